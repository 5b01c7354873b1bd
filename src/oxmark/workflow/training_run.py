"""train: a folder of pictures becomes a run folder with ``model.onnx``."""

from __future__ import annotations

import hashlib
import importlib
import json
import math
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oxmark.data.dataset import Dataset, check_trainable
from oxmark.data.folder import read_folder
from oxmark.data.ondisk import some_of
from oxmark.errors import RunError, require_packages
from oxmark.evaluation.trouble import Trouble
from oxmark.evaluation.verdict import Verdict
from oxmark.workflow import run_folder
from oxmark.workflow.beside import Beside
from oxmark.workflow.documenting import findings_json, get_ready_to_write
from oxmark.workflow.examining import Examining
from oxmark.workflow.finishing import finish
from oxmark.workflow.preparing import PreparedSet, prepare
from oxmark.workflow.progress import Clock, Progress
from oxmark.workflow.run_pictures import draw_learned, learned_from
from oxmark.workflow.watching import Watching

if TYPE_CHECKING:
    from oxmark.evaluation.metrics import Evaluation
    from oxmark.recipes import Recipe
    from oxmark.training.loop import Epoch, Fitted, Prepared


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
        trouble: What went wrong while it was trained; their sentences are among the notes too.
        verdict: How good the model is, how sure that is, and what to do next; None when stopped.
        finished: False when it was stopped; ``train(..., resume=True)`` goes on.
    """

    folder: Path
    recipe: Recipe
    classes: tuple[str, ...]
    history: tuple[Epoch, ...]
    kept_epoch: int
    evaluation: Evaluation | None
    notes: tuple[str, ...]
    trouble: tuple[Trouble, ...]
    verdict: Verdict | None
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
    how: dict[str, Any] = {"out": out, "seed": seed, "device": device, "resume": resume}
    return trained(data, recipe, **how, skip_bad=skip_bad, progress=progress or Progress())


def trained(
    data: str | os.PathLike[str],
    recipe: str | os.PathLike[str] | Recipe | None,
    *,
    out: str | os.PathLike[str] | None,
    seed: int,
    resume: bool,
    skip_bad: bool,
    progress: Progress,
    device: str = "auto",
    fit: Callable[..., Fitted] | None = None,
    options: Sequence[str] = (),
    more: Mapping[str, Any] | None = None,
) -> TrainingRun:
    """As :func:`train`, which is this with nothing else to train the network.

    Args:
        data: As there; so are all that follow but the last three.
        recipe: How to train.
        out: The run folder.
        seed: Everything random comes from it.
        resume: Go on with a stopped run.
        skip_bad: Leave unreadable pictures out.
        progress: Told how far it is.
        device: What trains, where it is this process.
        fit: Trains the network; None is :func:`oxmark.training.loop.fit`, and another one is called like it.
        options: Of the command line, which choose that other one; for the record.
        more: Facts for ``run.json``: ``workers``, which a run keeps when it goes on without them.
    """
    require_training("Training")
    clock = Clock(progress)
    with clock.stage("import", phase="import"):
        _look_for(device)
    dataset = read_folder(data)
    check_trainable(dataset)
    folder, chosen, seed = _place(out, recipe, seed, resume)
    loading = _import_beside()
    with clock.stage("prepare", phase="prepare"):
        prepared = _prepare(dataset, chosen, seed, skip_bad, progress)
    with clock.phase("import"):
        loading.join()
        from oxmark.training import checkpoint
    fingerprint = _fingerprint(prepared, chosen, seed)
    facts = {
        **_facts(data, seed, prepared, fingerprint),
        "data_digest": run_folder.data_digest(dataset, prepared.digest_by_path),
        "command": run_folder.command_line(
            str(data), chosen, folder, seed=seed, device=device, skip_bad=skip_bad, more=options
        ),
        "skip_bad": skip_bad,
        **(more or {}),
    }
    if not resume:
        run_folder.begin_run(folder, chosen)
        run_folder.write_facts(folder, facts)
    else:
        earlier = run_folder.read_facts(folder)
        clock.seconds.update(earlier.get("seconds", {}))
        facts = {**({"workers": earlier["workers"]} if "workers" in earlier else {}), **facts}
    progress.run_folder(folder)
    with Beside() as beside:
        clock.spend(prepared.spent, beside=True)
        with clock.stage("examine", phase="examine"):
            examining = Examining(prepared, beside, progress)
        with clock.stage("fit"):
            used, meant = _without_other_meanings(chosen, prepared, progress)
            samples = beside.do(draw_learned, folder, used.name, learned_from(used, prepared))
            beside.do(get_ready_to_write)
            watching = Watching(used, prepared, str(data), progress)
            saved = folder / checkpoint.FILE
            going_on = resume and saved.exists()
            if going_on:
                watching.catch_up(saved)

            def on_epoch(entry: Epoch) -> None:
                watching(entry)
                examining.look()

            fitted = _fit(
                fit,
                used,
                prepared,
                seed=seed,
                device=device,
                run_folder=folder,
                resume=going_on,
                fingerprint=fingerprint,
                on_epoch=on_epoch,
                should_stop=progress.should_stop,
                should_finish=progress.should_finish,
            )
        clock.spend(fitted.spent)
        clock.spend({"calibrate": fitted.beside}, beside=True)
        run_folder.write_history(folder / "history.csv", fitted.history)
        with clock.phase("examine"):
            examined = examining.result()
        for note in fitted.notes:
            progress.note(note)
        notes = (*prepared.notes, *examining.notes, *meant, *watching.notes, *fitted.notes)
        if fitted.ended:
            progress.note(_ended_note(fitted, used))
            notes = (*notes, _ended_note(fitted, used))
            facts["ended_by_user"] = len(fitted.history)
        facts |= {"notes": list(notes), "trouble": watching.as_json()}
        facts["findings"] = findings_json(examined.findings)
        evaluation, said = None, None
        if fitted.finished:
            evaluation, said = finish(folder, used, prepared, fitted, facts, clock, progress, beside, samples)
        else:
            run_folder.write_facts(folder, {**facts, "seconds": clock.seconds})
    return TrainingRun(
        folder,
        used,
        prepared.dataset.classes,
        fitted.history,
        fitted.kept_epoch,
        evaluation,
        notes,
        tuple(watching.trouble),
        said,
        fitted.finished,
    )


def _look_for(device: str) -> None:
    """Look for a device that must be looked for now, before any picture is read."""
    if device not in ("auto", "cpu"):
        from oxmark.training.device import choose_device

        choose_device(device)


def _import_beside() -> threading.Thread:
    """Begin to import what trains, which takes as long as reading some hundreds of pictures, beside that.

    Only now: an import holds Python's lock half of the time, and until pictures are read all else needs it.
    """
    loading = threading.Thread(target=importlib.import_module, args=("oxmark.training.loop",), daemon=True)
    loading.start()
    return loading


def _without_other_meanings(
    recipe: Recipe, prepared: PreparedSet, progress: Progress
) -> tuple[Recipe, tuple[str, ...]]:
    """The recipe without changes that would turn one class into another, and what the user is told of it."""
    from oxmark.training.meaning import keep_meaning

    rows = prepared.rows("train")
    used, found = keep_meaning(
        recipe, some_of(prepared.seen, rows), prepared.labels(rows), prepared.dataset.classes
    )
    for note in found:
        progress.note(note)
    return used, tuple(found)


def _fit(fit: Callable[..., Fitted] | None, recipe: Recipe, prepared: PreparedSet, **how: Any) -> Fitted:
    from oxmark.training import loop

    parts = [_arrays(prepared, part) for part in ("train", "validation")]
    return (fit or loop.fit)(recipe, parts[0], parts[1], len(prepared.dataset.classes), **how)


def _ended_note(fitted: Fitted, recipe: Recipe) -> str:
    validated = not math.isnan(fitted.history[-1].validation_loss)
    which = "which has the lowest validation loss" if validated else "the last one"
    return (
        f"The user ended the training after epoch {len(fitted.history)} of {recipe.epochs}. "
        f"Epoch {fitted.kept_epoch} was kept, {which}."
    )


def require_training(what: str) -> None:
    """Say early if a package for training is missing. Raises :class:`MissingExtra`."""
    learning = ("pydantic", "torch", "onnx", "safetensors", "sklearn", "scipy", "matplotlib", "imagehash")
    require_packages(what, *learning, "skimage", "cleanlab", "jinja2")


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
    prepared = prepare(dataset, recipe, seed=seed, skip_bad=skip_bad, progress=progress)
    check_trainable(prepared.dataset)
    notes = list(prepared.notes)
    if dataset.skipped:
        names = ", ".join(str(item.path.relative_to(dataset.root)) for item in dataset.skipped[:3])
        more = f" and {len(dataset.skipped) - 3} more" if len(dataset.skipped) > 3 else ""
        notes.append(f"Skipped, as no pictures of a class: {names}{more} ('oxmark show' lists them).")
    notes += [f"Skipped: {error}" for error in prepared.bad]
    return _noted(replace(prepared, notes=()), notes, progress)


def _noted(prepared: PreparedSet, notes: Sequence[str], progress: Progress) -> PreparedSet:
    """Tell the user and remember it."""
    for note in notes:
        progress.note(note)
    return replace(prepared, notes=(*prepared.notes, *notes))


def _arrays(prepared: PreparedSet, part: str) -> Prepared:
    from oxmark.training.loop import Prepared

    rows = prepared.rows(part)
    seen, views = some_of(prepared.seen, rows), some_of(prepared.views, rows)
    return Prepared(seen, prepared.labels(rows), views, prepared.groups(rows))


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
