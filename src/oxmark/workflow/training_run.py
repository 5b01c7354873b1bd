"""train: a folder of pictures becomes a run folder with ``model.onnx``."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from oxmark.data.dataset import Dataset, check_trainable
from oxmark.data.folder import read_folder
from oxmark.data.split import same_in_two_parts
from oxmark.errors import MissingExtra, PictureError, RunError, TrainingError
from oxmark.files import write_bytes, write_text
from oxmark.inference import Classifier
from oxmark.modelfile.check import check
from oxmark.workflow import run_folder
from oxmark.workflow.progress import Progress

if TYPE_CHECKING:
    from oxmark.evaluation.metrics import Evaluation
    from oxmark.recipes import Recipe
    from oxmark.training.loop import Epoch, Fitted, Prepared
    from oxmark.workflow.preparing import PreparedSet

TOLERANCE = 1e-5
"""The written file must give the trained network's probabilities to this."""
MOST_CHECKED = 500
"""So many training pictures, evenly spread, are read again to compare the file with the network."""


@dataclass(frozen=True, eq=False)
class TrainingRun(os.PathLike[str]):
    """A training that was done, or stopped.

    Can be given wherever a model is asked for.

    Attributes:
        folder: The run folder.
        recipe: How it was trained.
        classes: Class names in the order of the probabilities.
        history: One entry an epoch.
        kept_epoch: The epoch whose weights were kept, from 1.
        evaluation: What the model answers to the test pictures; None when stopped.
        notes: What the user should know, in sentences.
        finished: False when it was stopped; ``train(..., resume=True)`` goes on.
    """

    folder: Path
    recipe: Recipe
    classes: tuple[str, ...]
    history: tuple[Epoch, ...]
    kept_epoch: int
    evaluation: Evaluation | None
    notes: tuple[str, ...]
    finished: bool

    @property
    def model(self) -> Path:
        """The model file."""
        return self.folder / run_folder.MODEL

    def __fspath__(self) -> str:
        return str(self.folder)


def train(
    data: str | os.PathLike[str],
    recipe: str | os.PathLike[str] | Recipe | None = None,
    *,
    out: str | os.PathLike[str] | None = None,
    seed: int = 0,
    device: str = "auto",
    resume: bool = False,
    skip_bad: bool = False,
    progress: Progress | None = None,
) -> TrainingRun:
    """Train a model on a folder of pictures.

    Args:
        data: Class folders, or part folders with class folders in them.
        recipe: ``"marks"`` (when None), ``"tutorial"``, a TOML file, or a :class:`Recipe`.
        out: The run folder; None makes ``runs/DATE-RECIPE``. An existing run is never overwritten.
        seed: Everything random comes from it; same seed and machine, same file, bit for bit. Not negative.
        device: ``"auto"``, ``"cpu"``, ``"cuda"``.
        resume: Go on with a stopped run, with its own recipe and seed.
        skip_bad: Leave unreadable pictures out instead of refusing.
        progress: Told how far it is.

    Returns:
        The run; its ``model`` is the file that answers.

    Raises:
        OxmarkError: The data, the recipe or the place cannot be used; see the subclasses.

    Example:
        >>> run = train("marks", recipe="marks", seed=0)  # doctest: +SKIP
        >>> run.evaluation.sentence  # doctest: +SKIP
        '12 of 12 right (100.0 %): so few pictures show only that at least 73.5 % ...'
    """
    _require_extra()
    progress, clock = progress or Progress(), Clock()
    with clock.stage("import"):
        from oxmark.training.loop import choose_device, fit

        choose_device(device)
    dataset = read_folder(data)
    check_trainable(dataset)
    folder, chosen, seed = _place(out, recipe, seed, resume)
    with clock.stage("prepare"):
        prepared = _prepare(dataset, chosen, seed, skip_bad, progress)
    fingerprint = _fingerprint(prepared, chosen, seed)
    facts = _facts(data, seed, prepared, fingerprint)
    if not resume:
        run_folder.begin_run(folder, chosen)
        run_folder.write_facts(folder, facts)
    with clock.stage("fit"):
        fitted = fit(
            chosen,
            _arrays(prepared, "train"),
            _arrays(prepared, "validation"),
            len(prepared.dataset.classes),
            seed=seed,
            device=device,
            run_folder=folder,
            resume=resume and (folder / run_folder.CHECKPOINT).exists(),
            fingerprint=fingerprint,
            on_epoch=lambda entry: progress.epoch(entry, chosen.epochs),
            should_stop=progress.should_stop,
        )
    run_folder.write_history(folder / "history.csv", fitted.history)
    evaluation = (
        _finish(folder, chosen, prepared, fitted, facts, clock, progress) if fitted.finished else None
    )
    return TrainingRun(
        folder,
        chosen,
        prepared.dataset.classes,
        fitted.history,
        fitted.kept_epoch,
        evaluation,
        prepared.notes,
        fitted.finished,
    )


class Clock:
    """Seconds that each stage took, for ``run.json``."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside."""
        begun = time.perf_counter()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - begun, 3)


def _require_extra() -> None:
    for name in ("pydantic", "torch", "onnx", "safetensors", "sklearn", "scipy", "matplotlib", "imagehash"):
        if find_spec(name) is None:
            raise MissingExtra(f"Training (the package {name})", "train")


# --- before -------------------------------------------------------------------------------------------------


def _place(
    out: str | os.PathLike[str] | None,
    recipe: str | os.PathLike[str] | Recipe | None,
    seed: int,
    resume: bool,
) -> tuple[Path, Recipe, int]:
    """The run folder, the recipe and the seed: new ones, or those of the run to resume."""
    from oxmark.recipes import RECIPES, Recipe, load_recipe

    wanted = recipe if isinstance(recipe, Recipe) or recipe is None else load_recipe(recipe)
    if not resume:
        chosen = wanted or load_recipe(RECIPES[0])
        return run_folder.plan_run(out, chosen), chosen, seed
    folder, saved, facts = run_folder.resumed_run(out)
    if wanted is not None and wanted != saved:
        raise RunError(
            f"The run {folder} was begun with another recipe ({folder / run_folder.RECIPE}). "
            "Leave --recipe and --set out to go on with it, or choose another folder with --out."
        )
    return folder, saved, int(facts["seed"])


def _prepare(dataset: Dataset, recipe: Recipe, seed: int, skip_bad: bool, progress: Progress) -> PreparedSet:
    """Read the pictures; tell the user what should be known about them."""
    from oxmark.workflow.preparing import prepare

    prepared = prepare(dataset, recipe, seed=seed, skip_bad=skip_bad, progress=progress)
    check_trainable(prepared.dataset)
    notes = list(prepared.notes)
    if dataset.skipped:
        names = ", ".join(str(item.path.relative_to(dataset.root)) for item in dataset.skipped[:3])
        more = f" and {len(dataset.skipped) - 3} more" if len(dataset.skipped) > 3 else ""
        notes.append(f"Skipped, as no pictures of a class: {names}{more} ('oxmark show' lists them).")
    notes += [f"Skipped: {error}" for error in prepared.bad]
    for one, other in same_in_two_parts(prepared.dataset, prepared.digests):
        first, second = prepared.dataset.relative(one), prepared.dataset.relative(other)
        notes.append(f"The same picture stands in two parts: {first} and {second}. Remove one of them.")
    for note in notes:
        progress.note(note)
    return replace(prepared, notes=tuple(notes))


def _arrays(prepared: PreparedSet, part: str) -> Prepared:
    from oxmark.training.loop import Prepared

    rows = prepared.rows(part)
    return Prepared(prepared.seen[rows], prepared.labels(rows))


def _fingerprint(prepared: PreparedSet, recipe: Recipe, seed: int) -> str:
    """Names data, recipe and seed: a checkpoint goes on only with the same."""
    samples = [
        (digest, sample.label, sample.part)
        for digest, sample in zip(prepared.digests, prepared.dataset.samples, strict=True)
    ]
    text = json.dumps([samples, prepared.dataset.classes, recipe.model_dump(), seed])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _facts(
    data: str | os.PathLike[str], seed: int, prepared: PreparedSet, fingerprint: str
) -> dict[str, Any]:
    return {
        "status": "training",
        "data": str(data),
        "data_and_recipe_digest": fingerprint,
        "seed": seed,
        "classes": list(prepared.dataset.classes),
        "pictures": prepared.dataset.counts(),
        "notes": list(prepared.notes),
        **run_folder.conditions(),
    }


# --- after --------------------------------------------------------------------------------------------------


def _finish(
    folder: Path,
    recipe: Recipe,
    prepared: PreparedSet,
    fitted: Fitted,
    facts: dict[str, Any],
    clock: Clock,
    progress: Progress,
) -> Evaluation:
    """Make the file, measure it, draw the pictures; the model gets its name last."""
    from oxmark.report.fonts import missing_font_note
    from oxmark.workflow.measuring import measure
    from oxmark.workflow.run_pictures import draw_run

    with clock.stage("measure"):
        draft = _model(recipe, prepared, fitted, quality={})
        learned = {
            d for d, s in zip(prepared.digests, prepared.dataset.samples, strict=True) if s.part != "test"
        }
        tests = prepared.dataset.part("test")
        evaluation = measure(_opened(draft), prepared.dataset, tests, part="test", left_out=learned)
    with clock.stage("check"):
        data = _model(recipe, prepared, fitted, quality=_quality(evaluation))
        _check_answers(_opened(data), prepared, fitted)
    with clock.stage("draw"):
        draw_run(folder, recipe, prepared, fitted, evaluation)
    write_text(folder / "summary.txt", fitted.summary)
    if note := missing_font_note([*prepared.dataset.classes, *evaluation.files]):
        progress.note(note)
    facts = {
        **facts,
        "status": "finished",
        "device": fitted.device,
        "kept_epoch": fitted.kept_epoch,
        "temperature": fitted.temperature,
        "seconds": clock.seconds,
    }
    run_folder.write_facts(folder, facts)
    write_bytes(folder / run_folder.MODEL, data)
    progress.note(evaluation.sentence)
    return evaluation


def _model(recipe: Recipe, prepared: PreparedSet, fitted: Fitted, quality: dict[str, Any]) -> bytes:
    import oxmark
    from oxmark.modelfile.write import metadata, model_bytes
    from oxmark.recipes import to_toml

    learned = {
        part: sorted(prepared.digests[row] for row in prepared.rows(part)) for part in ("train", "validation")
    }
    return model_bytes(
        preprocess=recipe.preprocess,
        size=recipe.size,
        margin=recipe.margin,
        network=recipe.network,
        weights=fitted.weights,
        metadata=metadata(
            classes=prepared.dataset.classes,
            recipe=to_toml(recipe),
            trained_on={"counts": prepared.dataset.counts(), "pictures": learned},
            quality=quality,
            version=oxmark.__version__,
        ),
    )


def _opened(data: bytes) -> Classifier:
    return Classifier(data, check(data), "the new model")


def _quality(evaluation: Evaluation) -> dict[str, Any]:
    """Figures for the model file, each with its interval and the pictures it was measured on."""
    count = evaluation.accuracy.total
    if count == 0:
        return {}
    figures = {
        **evaluation.accuracy.as_json(),
        "measured_on": f"test part, {count} pictures never learned from",
    }
    return {"accuracy": figures}


def _check_answers(classifier: Classifier, prepared: PreparedSet, fitted: Fitted) -> None:
    """The file, from raw pixels, must answer as the network did in training."""
    rows = prepared.rows("train")
    chosen = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST_CHECKED)).astype(int))
    paths = [prepared.dataset.samples[rows[i]].path for i in chosen]
    for i, (path, answer) in zip(chosen, classifier.stream(paths), strict=True):
        if isinstance(answer, PictureError):
            raise answer
        difference = float(np.abs(list(answer.probabilities.values()) - fitted.train_probabilities[i]).max())
        if not difference <= TOLERANCE:
            raise TrainingError(
                f"The model file answers {path} differently from the trained network (by {difference:.1e}, "
                f"at most {TOLERANCE} is allowed), so it was not saved. Please report this defect."
            )
