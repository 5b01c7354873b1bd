"""The training loop. Read it top to bottom and you know what training is.

fit
├── make_lessons            pictures and outliers, brought to the device
├── Calibrating             two trainings on half of the pictures each, beside this one if a processor is free
├── for each epoch
│   ├── _train_epoch        a fresh order, batch by batch
│   │   ├── batches         a few batches, changed at random
│   │   └── step            forward, loss, backward, update
│   ├── _measure            loss, accuracy and commonest answer on the validation pictures
│   ├── _keep               remember the weights if this is the epoch to keep
│   ├── _end_early          the user has enough: the best epoch so far is kept
│   └── save                a checkpoint, now and then
└── _calibrated             by their answers to held-out pictures; then the kept weights

Where several processes train together (:mod:`oxmark.training.team`), each runs this very loop, in step with
the others; the calibration comes after the training then.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from oxmark.errors import TrainingError
from oxmark.machine import cores, keep_buffers
from oxmark.recipes import Recipe
from oxmark.training import checkpoint
from oxmark.training.answering import answers_to
from oxmark.training.augment import augment
from oxmark.training.calibrating import Calibrating
from oxmark.training.calibration import UNCALIBRATED, Calibration, fit_temperature
from oxmark.training.crossfit import can_cross_fit, cross_fitted
from oxmark.training.device import choose_device, make_repeatable, precision_of_steps
from oxmark.training.lessons import Lessons, make_lessons, make_stock
from oxmark.training.network import Weights, probabilities, summary
from oxmark.training.spent import Spent
from oxmark.training.state import Epoch, Pass, Prepared, State, restore, save, start
from oxmark.training.steps import (
    TOGETHER,
    cross_entropy,
    learning_rate,
    predicted,
    rows_of_epoch,
    step,
)
from oxmark.training.team import ALONE, Team
from oxmark.training.threads import MOST_THREADS, using_threads

SECONDS_BETWEEN_CHECKPOINTS = 5.0

Keep = Callable[[Callable[[Path], None]], None]
"""Is handed what writes a checkpoint to a file, and has one written somewhere."""


@dataclasses.dataclass(frozen=True)
class Fitted:
    """A trained network.

    Attributes:
        weights: For the model file: normalisation and calibration folded in.
        history: One entry an epoch.
        kept_epoch: The epoch whose weights these are, counted from 1.
        calibration: What its answers were changed by.
        summary: Layers, shapes, parameters, as text.
        train_probabilities: float32 ``(N, classes)``, the network's own on the training pictures.
        finished: False when it was stopped before the last epoch.
        ended: Whether the user ended it before the last epoch of the recipe; it is finished all the same.
        device: What it ran on.
        hardware: What else decides the last bits: threads and instructions of the processor, the precision of
            the steps, and the name of the graphics card where it ran on one.
        spent: Seconds by phase, of this call: ``outliers``, those of :class:`Spent`, ``validate``, and
            ``calibrate``, how long the calibration beside was waited for, or took where it came after.
        beside: Seconds that the calibration took beside the training; 0 where it came after.
        notes: What the user should know of how it was trained, in sentences.
    """

    weights: Weights
    history: tuple[Epoch, ...]
    kept_epoch: int
    calibration: Calibration
    summary: str
    train_probabilities: npt.NDArray[np.float32]
    finished: bool
    ended: bool
    device: str
    hardware: dict[str, str | int]
    spent: dict[str, float]
    beside: float
    notes: tuple[str, ...] = ()


__all__ = ["Epoch", "Fitted", "Prepared", "fit"]


def fit(
    recipe: Recipe,
    train: Prepared,
    validation: Prepared,
    classes: int,
    *,
    seed: int,
    device: str = "auto",
    run_folder: Path | None = None,
    resume: bool = False,
    fingerprint: str = "",
    threads: int | None = None,
    on_epoch: Callable[[Epoch], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
    should_finish: Callable[[], bool] = lambda: False,
    team: Team = ALONE,
    keep: Keep | None = None,
) -> Fitted:
    """Train a network.

    Args:
        recipe: How.
        train: The pictures to learn from.
        validation: The pictures that draw the curve, choose the epoch to keep where the recipe says so, and
            help to calibrate.
        classes: Number of classes.
        seed: Everything random comes from it.
        device: ``"auto"`` (a CUDA device if there is one), ``"cpu"``, ``"cuda"``, ``"cuda:1"`` ...
        run_folder: Where to keep the checkpoint; None keeps none.
        resume: Go on from the checkpoint in ``run_folder``.
        fingerprint: Names data and recipe; a checkpoint made with another one is refused.
        threads: To compute with, at least 1; None takes as many as there are processors, eight at most. With
            two or more on a CPU, one of them calibrates, if the recipe wants that.
        on_epoch: Called after every epoch.
        should_stop: Asked before every few steps; when it says yes, the state is saved as it is, in
            mid-epoch, and what was kept so far is returned with ``finished=False``.
        should_finish: Asked after every epoch but the last; when it says yes, the training ends there. The
            epoch with the lowest validation loss is kept, whatever the recipe says (the last one without
            validation pictures), and calibrated as at any end. A checkpoint remembers that it was ended.
        team: Who trains together; all of them call this alike, and what the first one is asked and told holds
            for all. Whether to stop, to finish and to save is its decision.
        keep: Where a checkpoint goes; None puts it into ``run_folder``. In a team, all workers call it at the
            same time, with the same state.

    Raises:
        TrainingError: No such device, or the loss is no longer a number.
        RunError: Nothing to resume, or it belongs to other data or another recipe.
    """
    place = choose_device(device)
    make_repeatable()
    keep_buffers()
    began = time.perf_counter()
    recipe = for_classes(recipe, classes)
    should_stop, should_finish = team.agreed(should_stop), team.agreed(should_finish)
    stock = make_stock(recipe, seed)
    everything = train.and_also(validation)
    cross_fits = recipe.calibrate and can_cross_fit(recipe, everything.labels, classes)
    own, beside = _shared_out(threads, place, cross_fits and team.size == 1)

    def cross_fit(used: Recipe, give_up: Callable[[], bool]) -> Calibration | None:
        how: dict[str, Any] = {"seed": seed, "place": place, "team": team}
        return cross_fitted(used, everything, stock, classes, should_stop=give_up, **how)

    with contextlib.ExitStack() as stack:
        stack.enter_context(using_threads(own))
        calibrating = None
        if cross_fits:
            calibrating = stack.enter_context(Calibrating(recipe, cross_fit, beside=beside))
        lessons = make_lessons(train, stock, classes, seed, place)
        spent = {"outliers": time.perf_counter() - began}
        state = start(recipe, classes, seed, place, team=team, refuses=len(lessons.outliers) > 0)
        if resume and run_folder:
            restore(state, checkpoint.read(run_folder / checkpoint.FILE), fingerprint)
        measured = _with_views(validation, recipe, seed)
        keep = keep or (_into(run_folder) if run_folder else None)
        around = _Around(keep, fingerprint, on_epoch, should_stop, should_finish)
        calibration = None
        if _learn(state, recipe, lessons, _own_part(measured, team), around):
            began = time.perf_counter()
            calibration = _calibrated(state, recipe, measured, calibrating, should_stop)
            around.spent["calibrate"] = time.perf_counter() - began
        fitted = _fitted(state, recipe, train, calibration, place)
    spent |= dataclasses.asdict(around.steps) | around.spent
    return dataclasses.replace(fitted, spent=spent, beside=calibrating.seconds if calibrating else 0.0)


@dataclasses.dataclass(frozen=True)
class _Around:
    """Who is told and asked while a network learns, and where its checkpoint goes; see :func:`fit`."""

    keep: Keep | None
    fingerprint: str
    on_epoch: Callable[[Epoch], None] | None
    should_stop: Callable[[], bool]
    should_finish: Callable[[], bool]
    steps: Spent = dataclasses.field(default_factory=Spent)
    spent: dict[str, float] = dataclasses.field(default_factory=lambda: {"validate": 0.0})

    def save(self, state: State) -> None:
        """Write the checkpoint."""
        if self.keep:
            self.keep(lambda path: save(state, path, self.fingerprint))

    def save_now_and_then(self, state: State) -> None:
        """Write the checkpoint if the last one is some seconds old."""
        if state.team.agree(time.monotonic() - state.saved_at > SECONDS_BETWEEN_CHECKPOINTS):
            self.save(state)


def _into(run_folder: Path) -> Keep:
    return lambda write: write(run_folder / checkpoint.FILE)


def _shared_out(threads: int | None, place: torch.device, cross_fits: bool) -> tuple[int, bool]:
    """The threads of the network's own steps, and whether calibration takes another one beside them."""
    count = threads or min(cores(), MOST_THREADS)
    beside = cross_fits and count > 1 and place.type == "cpu"
    return count - beside, beside


def _learn(state: State, recipe: Recipe, lessons: Lessons, measured: Prepared, around: _Around) -> bool:
    """All epochs that are left; False when stopped."""
    finished = True
    for number in range(len(state.history) + 1, recipe.epochs + 1):
        if state.ended:
            break
        learned = _train_epoch(state, recipe, lessons, number, around)
        if learned is None:
            finished = False
            break
        began = time.perf_counter()
        held_out = _measure(state, measured, lessons.labels.device)
        around.spent["validate"] += time.perf_counter() - began
        state.history.append(_epoch(number, learned, held_out, state))
        _keep(state, recipe)
        if around.on_epoch:
            around.on_epoch(state.history[-1])
        if number < recipe.epochs and around.should_finish():
            _end_early(state)
        around.save_now_and_then(state)
    around.save(state)
    return finished


def for_classes(recipe: Recipe, classes: int) -> Recipe:
    """The recipe with more steps for more classes: ``least_steps`` is meant for two."""
    return recipe.with_settings({"least_steps": math.ceil(recipe.least_steps * max(2, classes) / 2)})


def _train_epoch(
    state: State, recipe: Recipe, lessons: Lessons, number: int, around: _Around
) -> tuple[float, float] | None:
    """One pass over the pictures in a fresh order; mean loss and accuracy, or None when stopped."""
    state.network.train()
    if state.passing is None:
        zero = torch.zeros((), dtype=torch.float64, device=lessons.labels.device)
        rows = rows_of_epoch(len(lessons.labels), recipe, state.generator)
        state.passing = Pass(rows, 0, zero, zero.clone())
    now = state.passing
    chunks = torch.split(now.rows.to(lessons.labels.device), recipe.batch)
    for first in range(now.next_batch, len(chunks), TOGETHER):
        if around.should_stop():
            return None
        group = chunks[first : first + TOGETHER]
        began = time.perf_counter()
        chance = state.team.changing(state.generator, number, first)
        batches = lessons.batches(group, recipe, chance, state.team)
        around.steps.lap("augment", began)
        for index, (pictures, labels) in enumerate(batches, first):
            rate = learning_rate(recipe, (number - 1) * len(chunks) + index, recipe.epochs * len(chunks))
            share = lessons.share(chunks[index], recipe, state.team)
            loss, correct = step(state, recipe, pictures, labels, lessons.weight, rate, around.steps, share)
            now.loss += loss * len(chunks[index])
            now.right += correct
        now.next_batch = first + len(group)
        around.save_now_and_then(state)
    state.passing = None
    mean_loss, accuracy = float(now.loss) / len(now.rows), float(now.right) / len(now.rows)
    if not math.isfinite(mean_loss):
        raise TrainingError(
            f"In epoch {number} the loss is no longer a number. "
            f"Try a smaller step: --set learning_rate={recipe.learning_rate / 10:g}"
        )
    return mean_loss, accuracy


def _with_views(pictures: Prepared, recipe: Recipe, seed: int) -> Prepared:
    """The validation pictures and, if the recipe wants, changed views of each: the same in every epoch.

    A dozen clean pictures are soon all right, and then cannot tell one epoch from another; so many that they
    lie on disk can.
    """
    if recipe.validation_views == 0 or len(pictures.labels) == 0 or not isinstance(pictures.seen, np.ndarray):
        return pictures
    generator = torch.Generator().manual_seed(seed + 1)
    clean = torch.from_numpy(pictures.seen)
    views = [augment(clean, recipe, generator) for _ in range(recipe.validation_views)]
    labels = np.tile(pictures.labels, recipe.validation_views + 1)
    return Prepared(torch.cat([clean, *views]).numpy(), labels)


def _own_part(pictures: Prepared, team: Team) -> Prepared:
    """Those of the validation pictures that this worker answers."""
    count = len(pictures.labels)
    return pictures if team.size == 1 else pictures.chosen(np.arange(count)[team.part(count)])


def _measure(state: State, pictures: Prepared, place: torch.device) -> tuple[float, float, float]:
    """Loss, accuracy and share of the commonest answer on pictures as they are; NaN when there are none.

    In a team each worker answers its own part, and all get the figures of all pictures.
    """
    if len(pictures.labels) == 0:
        return math.nan, math.nan, math.nan
    labels = torch.from_numpy(pictures.labels).to(place)
    logits = answers_to(state.network, state.answering, pictures.seen, place).logits
    given = predicted(logits)
    count = torch.tensor(len(labels), dtype=torch.float64, device=place)
    loss, accuracy = cross_entropy(logits, labels) * count, (given == labels).float().mean() * count
    times = given.bincount(minlength=max(2, logits.shape[1])).double()
    loss, accuracy, times, count = state.team.mean([loss, accuracy, times, count])
    return float(loss / count), float(accuracy / count), float((times.max() / count).float())


def _epoch(
    number: int, learned: tuple[float, float], held_out: tuple[float, float, float], state: State
) -> Epoch:
    loss, accuracy, commonest = held_out
    return Epoch(number, *learned, loss, accuracy, state.optimizer.rate, commonest)


def _keep(state: State, recipe: Recipe) -> None:
    """Remember the weights if this epoch is the one to keep so far (of equals the later)."""
    latest = state.history[-1].validation_loss
    losses = [e.validation_loss for e in state.history if not math.isnan(e.validation_loss)]
    if losses and latest <= min(losses):  # never true of a loss that is not a number
        state.best_epoch = len(state.history)
        state.best = {name: value.detach().clone() for name, value in state.answering.items()}
    if recipe.keep == "last" or not losses:  # without validation pictures the last one is kept
        state.kept_epoch = len(state.history)
    else:
        state.kept_epoch = state.best_epoch


def _end_early(state: State) -> None:
    """End here. Where the recipe keeps its last epoch it means a whole training; the best so far is kept."""
    state.ended = True
    state.kept_epoch = state.best_epoch or len(state.history)


def _kept(state: State) -> dict[str, Tensor]:
    """The weights of the epoch that is kept."""
    return state.best if state.best and state.kept_epoch == state.best_epoch else state.answering


def _calibrated(
    state: State,
    recipe: Recipe,
    measured: Prepared,
    calibrating: Calibrating | None,
    should_stop: Callable[[], bool],
) -> Calibration | None:
    """How the answers are to be changed to be honest; None when stopped while finding out."""
    if calibrating:
        return calibrating.result(len(state.history) / recipe.epochs, should_stop)
    if not recipe.calibrate or len(measured.labels) == 0:
        return UNCALIBRATED
    place = next(state.network.parameters()).device
    logits = answers_to(state.network, _kept(state), measured.seen, place).logits
    return Calibration(fit_temperature(logits.cpu().numpy(), measured.labels))


def _fitted(
    state: State, recipe: Recipe, train: Prepared, calibration: Calibration | None, place: torch.device
) -> Fitted:
    """The kept weights, calibrated and ready for the model file; without calibration it was stopped."""
    network = state.network
    network.load_state_dict(_kept(state))
    network.cpu()  # the file will answer on a processor, so it is compared with one
    calibrated = calibration or UNCALIBRATED
    if recipe.outliers == 0:
        calibrated = dataclasses.replace(calibrated, known_slope=0.0)
    logits = answers_to(network, network.state_dict(), train.seen, torch.device("cpu")).logits
    return Fitted(
        weights=network.weights(calibrated),
        history=tuple(state.history),
        kept_epoch=state.kept_epoch,
        calibration=calibrated,
        summary=summary(network, recipe.size),
        train_probabilities=probabilities(logits, calibrated.temperature).numpy(),
        finished=calibration is not None,
        ended=state.ended,
        device=str(place),
        hardware=_hardware(recipe, place),
        spent={},
        beside=0.0,
    )


def _hardware(recipe: Recipe, place: torch.device) -> dict[str, str | int]:
    """What decides the last bits of a sum: how many add, and with which instructions."""
    found: dict[str, str | int] = {
        "threads": torch.get_num_threads(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "precision": precision_of_steps(recipe, place),
    }
    return found | ({"gpu": torch.cuda.get_device_name(place)} if place.type == "cuda" else {})
