"""One run folder as the studio shows it. Whatever lies in it, it is read or it is called broken."""

from __future__ import annotations

import csv
import datetime
import io
import json
import math
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, FiniteFloat

from oxmark.web.studio.runs_notes import notes_of
from oxmark.web.studio.runs_schemas import Accuracy, Parts
from oxmark.web.studio.teach_schemas import Epoch, Pair
from oxmark.web.studio.teaching_files import read_plain, stamp
from oxmark.web.studio.wording import in_studio
from oxmark.words import LANGUAGES, Message, topics

MODEL, FACTS, RECIPE, METRICS, HISTORY, REPORT = (
    "model.onnx",
    "run.json",
    "recipe.toml",
    "metrics.json",
    "history.csv",
    "report.html",
)
_READ = (MODEL, FACTS, RECIPE, METRICS, HISTORY)
MOST_EPOCHS = 100_000
_LONGEST_HISTORY = 16 * 2**20
_COLUMNS = {
    "train_loss": "loss",
    "train_accuracy": "accuracy",
    "validation_loss": "validation_loss",
    "validation_accuracy": "validation_accuracy",
}


class _Facts(BaseModel):
    """What the studio needs of ``run.json``."""

    status: str
    classes: list[str]
    pictures: dict[str, dict[str, int]] = {}
    kept_epoch: int | None = None
    ended_by_user: int | None = None
    verdict: list[dict[str, Any]] = []
    trouble: list[dict[str, Any]] = []
    notes: Any = None
    findings: Any = None
    seconds: dict[str, FiniteFloat] = {}


@dataclass(frozen=True)
class Reading:
    """A run folder.

    Attributes:
        folder: Where it is.
        state: ``"stopped"`` was ended by the user with the best epoch kept; ``"broken"`` has no model.
        resumable: Broken, but it can be gone on with.
        damaged: Broken, because its model file cannot be opened.
        begun: In seconds since 1970.
        recipe: Its name, if it can be read.
        epochs: Of the recipe, if it can be read.
        kept_epoch: Whose weights were kept.
        classes: Their names.
        pictures: How many in each part.
        accuracy: What was measured.
        verdict: What that means.
        trouble: What went wrong.
        notes: What was left out, and what must be mended.
        history: One entry an epoch.
        seconds: What each stage took.
    """

    folder: Path
    state: Literal["finished", "stopped", "broken"]
    resumable: bool = False
    damaged: bool = False
    begun: float = 0.0
    recipe: str | None = None
    epochs: int | None = None
    kept_epoch: int | None = None
    classes: tuple[str, ...] = ()
    pictures: Parts = field(default_factory=Parts)
    accuracy: Accuracy | None = None
    verdict: tuple[Pair, ...] = ()
    trouble: tuple[Pair, ...] = ()
    notes: tuple[Pair, ...] = ()
    history: tuple[Epoch, ...] = ()
    seconds: Mapping[str, float] | None = None

    @property
    def answers(self) -> bool:
        """Whether there is a model."""
        return self.state != "broken"

    @property
    def when(self) -> str | None:
        """When it was begun; None where the disk gives a time that no calendar has."""
        try:
            return datetime.datetime.fromtimestamp(self.begun).astimezone().isoformat(timespec="seconds")
        except (ValueError, OverflowError, OSError):
            return None


class Readings:
    """Reads run folders, each again only if its files changed.

    Example:
        >>> Readings().of(Path("runs/first")).state  # doctest: +SKIP
        'finished'
    """

    def __init__(self) -> None:
        self._known: dict[Path, tuple[object, Reading]] = {}

    def of(self, folder: Path) -> Reading:
        """The run in a folder."""
        stamps = tuple(stamp(folder / name) for name in _READ)
        known = self._known.get(folder)
        if known is None or known[0] != stamps:
            known = stamps, read_run(folder)
            self._known[folder] = known
        return known[1]

    def keep_only(self, folders: Iterable[Path]) -> None:
        """Forget all others."""
        wanted = set(folders)
        self._known = {folder: known for folder, known in self._known.items() if folder in wanted}


def read_run(folder: Path) -> Reading:
    """Read a run folder, whatever is in it."""
    recipe, epochs = _recipe(folder / RECIPE)
    found = Reading(folder, "broken", begun=_begun(folder), recipe=recipe, epochs=epochs)
    try:
        facts = _Facts.model_validate_json(read_plain(folder / FACTS))
    except (OSError, ValueError, RecursionError):
        return found
    counts = {part: sum(facts.pictures.get(part, {}).values()) for part in Parts.model_fields}
    found = replace(
        found,
        classes=tuple(facts.classes),
        pictures=Parts(**counts),
        trouble=_pairs(facts.trouble),
        notes=notes_of(facts.notes, facts.findings),
        history=tuple(_history(folder / HISTORY)),
    )
    if stamp(folder / MODEL) is None:
        return replace(found, resumable=recipe is not None and facts.status == "training")
    if facts.status != "finished":
        return found
    return replace(
        found,
        state="stopped" if facts.ended_by_user else "finished",
        kept_epoch=facts.kept_epoch,
        accuracy=_accuracy(folder / METRICS),
        verdict=_pairs(facts.verdict),
        seconds=facts.seconds,
    )


def accuracy_of(share: Mapping[str, Any]) -> Accuracy | None:
    """A share as :meth:`oxmark.evaluation.metrics.Share.as_json` gives it; None if nothing was measured."""
    try:
        low, high = share["interval_95"]
        values = {name: share[name] for name in ("right", "total", "share")}
        return Accuracy(**values, low=low, high=high)
    except (KeyError, TypeError, ValueError):
        return None


def epoch_of(values: Mapping[str, Any]) -> Epoch:
    """An epoch as ``history.csv`` names its figures. Raises :class:`ValueError` for anything else."""
    try:
        figures = {name: _number(values[column]) for name, column in _COLUMNS.items()}
        number = int(values["epoch"])
        if not 0 <= number <= MOST_EPOCHS:
            raise ValueError("no such epoch")
        return Epoch(epoch=number, **figures)
    except (KeyError, TypeError, OverflowError) as error:
        raise ValueError("not an epoch") from error


def message_of(data: Any) -> Message:
    """A sentence that was written to a file. Raises :class:`ValueError` if this version cannot say it."""
    try:
        if data["code"].partition(".")[0] not in topics():
            raise ValueError("unknown sentence")
        message = Message.from_json(data)
        for form in (message, in_studio(message)):
            for language in LANGUAGES:
                form.text(language).encode()
    except (LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError("not a sentence") from error
    return message


def _number(value: Any) -> float | None:
    if value is None or value == "":
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _begun(folder: Path) -> float:
    """The recipe is written first, and never again."""
    for path in (folder / RECIPE, folder):
        try:
            return path.lstat().st_mtime
        except OSError:
            continue
    return 0.0


def _recipe(path: Path) -> tuple[str | None, int | None]:
    try:
        table = tomllib.loads(read_plain(path).decode())
        return str(table["name"]), int(table["epochs"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None, None


def _history(path: Path) -> Iterable[Epoch]:
    try:
        text = io.StringIO(read_plain(path, _LONGEST_HISTORY).decode(), newline="")
        return [epoch_of(row) for row in islice(csv.DictReader(text), MOST_EPOCHS)]
    except (OSError, ValueError, csv.Error):
        return []


def _accuracy(path: Path) -> Accuracy | None:
    try:
        return accuracy_of(json.loads(read_plain(path))["accuracy"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _pairs(messages: Iterable[Mapping[str, Any]]) -> tuple[Pair, ...]:
    """Sentences of a run; one that this version does not know is shown as it was written."""
    found = []
    for message in messages:
        try:
            found.append(Pair.of(in_studio(message_of(message))))
        except ValueError:
            text = str(message.get("text", ""))
            found.append(Pair(en=text, ko=text))
    return tuple(found)


def is_run_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry of the runs is shown: a folder of its own, not hidden, no link."""
    return not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
