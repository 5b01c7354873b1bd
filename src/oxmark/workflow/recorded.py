"""What the folder of a finished run records."""

from __future__ import annotations

import csv
import json
import math
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oxmark.errors import RunError
from oxmark.inference import load
from oxmark.recipes import Recipe, load_recipe
from oxmark.workflow import run_folder

if TYPE_CHECKING:
    from oxmark.inference import Classifier


@dataclass(frozen=True, eq=False)
class Recorded:
    """A finished run, read from its folder.

    Attributes:
        folder: The run folder.
        recipe: As the user wanted it.
        facts: ``run.json``.
        metrics: ``metrics.json``.
        history: The lines of ``history.csv``.
        classifier: The model.
        digest: SHA-256 of the model file, hexadecimal.
    """

    folder: Path
    recipe: Recipe
    facts: Mapping[str, Any]
    metrics: Mapping[str, Any]
    history: tuple[Mapping[str, str], ...]
    classifier: Classifier
    digest: str

    @property
    def seed(self) -> int:
        """Everything random came from it."""
        return int(self.facts["seed"])

    @property
    def skip_bad(self) -> bool:
        """Whether unreadable pictures were left out; older runs say so in their notes alone."""
        told = any(str(note).startswith("Skipped: ") for note in self.facts.get("notes", ()))
        return bool(self.facts.get("skip_bad", told))


def recorded_run(folder: Path) -> Recorded:
    """Read a finished run.

    Raises:
        RunError: No run folder, or an unfinished or damaged one.
        ModelFileError: The model cannot be opened.
        RecipeError: The recipe cannot be read.
    """
    if not (folder / run_folder.RECIPE).is_file():
        raise RunError(f"{folder} is no run folder: it has no {run_folder.RECIPE}. Name one that train made.")
    facts = run_folder.read_facts(folder)
    if not (folder / run_folder.MODEL).is_file():
        resume = shlex.join(["oxmark", "train", str(facts.get("data")), "--out", str(folder), "--resume"])
        raise RunError(
            f"The run {folder} is not finished, so there is nothing to verify yet. Go on with: {resume}"
        )
    try:
        metrics = dict(json.loads((folder / "metrics.json").read_text(encoding="utf-8")))
        with (folder / "history.csv").open(encoding="utf-8", newline="") as file:
            history = tuple(csv.DictReader(file))
        _ = [metrics[name] for name in ("accuracy", "per_class", "loss", "refused")]
        _ = [facts[name] for name in ("data", "kept_epoch")]
        if not history or not all(math.isfinite(float(line["loss"])) for line in history):
            raise ValueError("no losses")
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise RunError(
            f"The records of the run {folder} cannot be read (run.json, metrics.json, history.csv: {error}), "
            "so there is nothing to compare with. Verify another run."
        ) from error
    classifier = load(folder / run_folder.MODEL)
    return Recorded(
        folder,
        load_recipe(folder / run_folder.RECIPE),
        facts,
        metrics,
        history,
        classifier,
        classifier.digest,
    )
