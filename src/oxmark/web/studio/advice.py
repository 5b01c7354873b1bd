"""The facts behind "what to draw next": counted in the project, told by the doctor, measured of a run."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from oxmark.web.studio.doctor import Diagnosis
from oxmark.web.studio.hints import Facts, Weakest
from oxmark.web.studio.listing import ClassFolders, Listing
from oxmark.web.studio.runs import BUILTIN

_DOUBTFUL = ("unreadable", "empty", "blank")
_COPIES = ("copies", "near_copies", "burst")


def facts_of(listing: Listing, diagnosis: Diagnosis, runs: Path, in_use: object = None) -> Facts:
    """Everything that the rules for hints go by.

    Args:
        listing: The project now.
        diagnosis: The doctor's newest; pictures that changed since count as sound.
        runs: The folder of the runs.
        in_use: Name of the run that was chosen to answer, as the project's settings have it; where there is
            none with a model the newest answers.
    """
    answering = _answering(runs, in_use)
    return Facts(
        counts={one.name: len(_learned(one)) for one in listing.classes.values()},
        in_all={one.name: len(one.pictures) for one in listing.classes.values()},
        doubtful=_doubtful(listing, diagnosis),
        hands={one.name: hands_of(one, listing) for one in listing.classes.values()},
        findings=frozenset(finding.code for finding in diagnosis.findings),
        spreads=diagnosis.spreads,
        parted=bool(listing.parts),
        weakest=weakest(answering / "metrics.json") if answering else None,
        can_refuse=answering is not None and _can_refuse(answering / "recipe.toml"),
    )


def hands_of(one: ClassFolders, listing: Listing) -> dict[str, int]:
    """Who drew how many pictures of a class, by name."""
    known = (listing.hands.get(picture.path) for picture in one.pictures)
    return dict(sorted(Counter(hand for hand in known if hand is not None).items()))


def _learned(one: ClassFolders) -> list[Path]:
    return [picture.path for picture in one.pictures if picture.part in (None, "train")]


def _doubtful(listing: Listing, diagnosis: Diagnosis) -> dict[str, int]:
    """How many pictures to learn from show nothing, or nothing new; of copies all but one are meant."""
    names: set[str] = set()
    for finding in diagnosis.findings:
        if finding.code in _DOUBTFUL:
            names.update(finding.files)
        elif finding.code in _COPIES:
            names.update(name for one in finding.sets for name in one[1:])
    found = (listing.picture_at(name) for name in names)
    return dict(Counter(one.class_name for one in found if one is not None and one.part in (None, "train")))


def _answering(runs: Path, in_use: object) -> Path | None:
    """The run that was chosen, else the one that was finished last; None where the built-in model answers."""
    models = [model for model in runs.glob("*/model.onnx") if not model.parent.name.startswith(".")]
    if in_use == BUILTIN or not models:
        return None
    chosen = (model for model in models if model.parent.name == in_use)
    return next(chosen, max(models, key=_when)).parent


def _when(model: Path) -> float:
    try:
        return model.stat().st_mtime
    except OSError:
        return 0.0


def weakest(metrics: Path) -> Weakest | None:
    """The class that a model read worst in its test.

    Args:
        metrics: The ``metrics.json`` of a run.

    Returns:
        The class with the lowest share of right answers; None if no answer was wrong, if several classes did
        equally badly, or if the file cannot be read.
    """
    try:
        shares: dict[str, Any] = json.loads(metrics.read_bytes())["per_class"]
        told = [Weakest(name, int(of["right"]), int(of["total"])) for name, of in shares.items()]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    measured = [one for one in told if one.total > 0]
    if not measured:
        return None
    worst = min(measured, key=lambda one: one.right / one.total)
    alike = sum(one.right * worst.total == worst.right * one.total for one in measured)
    return worst if worst.right < worst.total and alike == 1 else None


def _can_refuse(recipe: Path) -> bool:
    """Whether a model that was trained so can answer "none of these"."""
    try:
        return int(tomllib.loads(recipe.read_text(encoding="utf-8"))["outliers"]) > 0
    except (OSError, ValueError, LookupError, TypeError):
        return False
