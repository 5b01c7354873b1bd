"""One folder a training: its name, what it holds, and that an old one is never overwritten."""

from __future__ import annotations

import csv
import dataclasses
import datetime
import hashlib
import io
import json
import math
import os
import platform
import shlex
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from oxmark.data.dataset import Dataset
from oxmark.errors import RunError
from oxmark.files import make_folder, write_text
from oxmark.recipes import RECIPES, Recipe, load_recipe, to_toml

MODEL = "model.onnx"
RECIPE = "recipe.toml"
FACTS = "run.json"


def plan_run(out: str | os.PathLike[str] | None, recipe: Recipe) -> Path:
    """Choose the folder of a new run; nothing is written yet.

    Args:
        out: Where; None means ``runs/DATE-RECIPE`` in the current folder.
        recipe: Its name is a part of the folder's.

    Raises:
        RunError: The folder holds something already.
    """
    folder = Path(out) if out is not None else _free_name(recipe.name)
    if folder.is_dir() and any(folder.iterdir()):
        if (folder / MODEL).exists():
            raise RunError(
                f"{folder} holds a finished run, which is never overwritten. Choose another with --out."
            )
        if (folder / RECIPE).exists():
            raise RunError(
                f"{folder} holds a run that was stopped. Go on with --resume, or choose another with --out."
            )
        raise RunError(f"{folder} is not empty. Choose a new folder with --out.")
    return folder


def begin_run(folder: Path, recipe: Recipe) -> None:
    """Make the folder and save the recipe in it. Raises :class:`OutputError`."""
    make_folder(folder)
    write_text(folder / RECIPE, to_toml(recipe))


def resumed_run(out: str | os.PathLike[str] | None) -> tuple[Path, Recipe, dict[str, Any]]:
    """Find a run that was stopped; its folder, recipe and facts.

    Args:
        out: The run folder; None takes the newest unfinished one in ``runs``.

    Raises:
        RunError: There is none, or it is finished already.
    """
    folder = Path(out) if out is not None else _newest_unfinished()
    if not (folder / RECIPE).is_file():
        raise RunError(f"{folder} holds no run to resume. Train without --resume to begin one.")
    if (folder / MODEL).exists():
        raise RunError(f"The run {folder} is finished; there is nothing to resume.")
    return folder, load_recipe(folder / RECIPE), read_facts(folder)


def read_facts(folder: Path) -> dict[str, Any]:
    """The contents of ``run.json``. Raises :class:`RunError`."""
    try:
        facts = dict(json.loads((folder / FACTS).read_text(encoding="utf-8")))
        return {**facts, "seed": int(facts["seed"])}
    except FileNotFoundError as error:
        raise RunError(
            f"{folder} has no {FACTS}, so it is no run of a training. Give the folder that 'oxmark train' "
            "named."
        ) from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise RunError(
            f"{folder / FACTS} cannot be read ({error}). Delete the folder {folder} and train again."
        ) from error


def write_facts(folder: Path, facts: Mapping[str, Any]) -> None:
    """Write ``run.json``. Raises :class:`OutputError`."""
    write_text(folder / FACTS, json.dumps(facts, ensure_ascii=False, indent=2) + "\n")


def conditions() -> dict[str, Any]:
    """Versions and machine, for ``run.json``."""
    names = ("oxmark", "torch", "onnx", "onnxruntime", "numpy", "pillow")
    return {
        "versions": {name: metadata.version(name) for name in names},
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
    }


def data_digest(dataset: Dataset, digests: Mapping[Path, str]) -> str:
    """A name for the data: the same for the same pictures, labels, parts and drawers, wherever they lie.

    Args:
        dataset: As read from the folder; parts that are made later do not count, since the seed makes them.
        digests: The digest of each picture by its path; pictures without one do not count.

    Returns:
        32 hexadecimal digits. Neither names nor order of the files matter.

    Example:
        >>> data_digest(read_folder("marks"), digests)  # doctest: +SKIP
        '0f6d4e0c5f2a4f7d9f0c2b1a7e3d5c48'
    """
    rows = sorted(
        [digests[sample.path], dataset.classes[sample.label], sample.part or "", sample.group or ""]
        for sample in dataset.samples
        if sample.path in digests
    )
    return hashlib.blake2b(json.dumps(rows).encode(), digest_size=16).hexdigest()


def command_line(
    data: str,
    recipe: Recipe,
    folder: Path,
    *,
    seed: int,
    device: str = "auto",
    skip_bad: bool = False,
    more: Sequence[str] = (),
) -> str:
    """The command that makes the same run again, quoted for a shell.

    A recipe that comes with oxmark is named; any other one is taken from the run folder. ``more`` are further
    options.

    Example:
        >>> command_line("my marks", load_recipe("marks"), Path("runs/first"), seed=3)
        "oxmark train 'my marks' --recipe marks --seed 3"
    """
    words = ["oxmark", "train", data, "--recipe", recipe_word(recipe, folder), "--seed", str(seed)]
    words += ["--device", device] if device != "auto" else []
    words += ["--skip-bad"] if skip_bad else []
    return shlex.join([*words, *more])


def recipe_word(recipe: Recipe, folder: Path) -> str:
    """What to give as ``--recipe``: the name of a recipe of ours, or the file in the run folder."""
    named = recipe.name in RECIPES and recipe == load_recipe(recipe.name)
    return recipe.name if named else str(folder / RECIPE)


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file; numbers that do not exist (NaN) are left empty. Raises :class:`OutputError`."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    write_text(path, buffer.getvalue())


def write_history(path: Path, history: Sequence[Any]) -> None:
    """Write ``history.csv``, one line an epoch. Raises :class:`OutputError`."""
    if history:
        columns = [field.name for field in dataclasses.fields(history[0])]
        write_table(path, columns, [dataclasses.astuple(entry) for entry in history])


def _cell(value: object) -> object:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.7g}"
    return value


def _free_name(recipe: str) -> Path:
    date = datetime.datetime.now().astimezone().strftime("%Y-%m-%d-%H%M%S")
    for number in range(1, 1000):
        folder = Path("runs") / (f"{date}-{recipe}" + (f"-{number}" if number > 1 else ""))
        if not folder.exists():
            return folder
    raise RunError("Too many runs were begun in one second. Choose a folder with --out.")


def _newest_unfinished() -> Path:
    runs = [f for f in Path("runs").glob("*") if (f / RECIPE).is_file() and not (f / MODEL).exists()]
    if not runs:
        raise RunError("There is no stopped run in the folder runs. Name one with --out RUN --resume.")
    return max(runs, key=lambda folder: ((folder / RECIPE).stat().st_mtime_ns, folder.name))
