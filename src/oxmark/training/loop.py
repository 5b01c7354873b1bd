"""The training loop. Read it top to bottom and you know what training is.

fit
├── for each epoch
│   ├── _train_epoch        a fresh order, batch by batch
│   │   └── _step           augment, forward, loss, backward, update
│   ├── _measure            loss and accuracy on the validation pictures
│   ├── _keep               remember the weights if this is the epoch to keep
│   └── _save               a checkpoint, now and then
└── the kept weights, calibrated
"""

from __future__ import annotations

import dataclasses
import math
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from oxmark.errors import RunError, TrainingError
from oxmark.recipes import Recipe
from oxmark.training import checkpoint
from oxmark.training.augment import augment
from oxmark.training.calibration import fit_temperature
from oxmark.training.network import Network, Weights, build_network, probabilities, summary
from oxmark.training.optimizer import build_optimizer

SECONDS_BETWEEN_CHECKPOINTS = 5.0


@dataclasses.dataclass(frozen=True)
class Prepared:
    """Pictures as the network sees them, held whole in memory.

    Attributes:
        seen: float32 ``(N, 1, S, S)``, values 0..1.
        labels: int64 ``(N,)``, class numbers.
    """

    seen: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Epoch:
    """One line of ``history.csv``. Losses are mean cross-entropies in nats, accuracies 0..1.

    ``loss`` and ``accuracy`` are over the augmented training batches as they were learned from.
    """

    epoch: int
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    learning_rate: float


@dataclasses.dataclass(frozen=True)
class Fitted:
    """A trained network.

    Attributes:
        weights: For the model file: normalisation and temperature folded in.
        history: One entry an epoch.
        kept_epoch: The epoch whose weights these are, counted from 1.
        temperature: What the logits were divided by, at least 1.
        summary: Layers, shapes, parameters, as text.
        train_probabilities: float32 ``(N, classes)``, the network's own on the training pictures.
        finished: False when it was stopped before the last epoch.
        device: What it ran on.
    """

    weights: Weights
    history: tuple[Epoch, ...]
    kept_epoch: int
    temperature: float
    summary: str
    train_probabilities: npt.NDArray[np.float32]
    finished: bool
    device: str


@dataclasses.dataclass
class _Pass:
    """How far an epoch is: its order of pictures, the next batch, and what the batches so far gave."""

    rows: Tensor
    next_batch: int
    loss: Tensor
    right: Tensor


@dataclasses.dataclass
class _State:
    """What changes while training."""

    network: Network
    optimizer: torch.optim.Optimizer
    generator: torch.Generator
    average: dict[str, Tensor] | None  # the running average of the weights, where the recipe wants one
    history: list[Epoch]
    best: dict[str, Tensor]
    steps: int = 0
    kept_epoch: int = 0
    passing: _Pass | None = None
    saved_at: float = -math.inf

    @property
    def answering(self) -> dict[str, Tensor]:
        """The weights that are validated and kept: the running average, or the network's own."""
        return self.network.state_dict() if self.average is None else self.average


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
    on_epoch: Callable[[Epoch], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Fitted:
    """Train a network.

    Args:
        recipe: How.
        train: The pictures to learn from.
        validation: The pictures that choose the epoch to keep and the temperature.
        classes: Number of classes.
        seed: Everything random comes from it.
        device: ``"auto"`` (a CUDA device if there is one), ``"cpu"``, ``"cuda"``, ``"cuda:1"`` ...
        run_folder: Where to keep the checkpoint; None keeps none.
        resume: Go on from the checkpoint in ``run_folder``.
        fingerprint: Names data and recipe; a checkpoint made with another one is refused.
        on_epoch: Called after every epoch.
        should_stop: Asked before every step; when it says yes, the state is saved as it is, in mid-epoch,
            and what was kept so far is returned with ``finished=False``.

    Raises:
        TrainingError: No such device, or the loss is no longer a number.
        RunError: Nothing to resume, or it belongs to other data or another recipe.
    """
    place = choose_device(device)
    _make_repeatable()
    seen, labels = _on_device(train, place)
    state = _start(recipe, classes, seed, place)
    validation = _with_views(validation, recipe, seed)
    path = run_folder / checkpoint.FILE if run_folder else None
    if resume and path:
        _restore(state, checkpoint.read(path), fingerprint)

    def save_now_and_then() -> None:
        if path and time.monotonic() - state.saved_at > SECONDS_BETWEEN_CHECKPOINTS:
            _save(state, path, fingerprint)

    finished = True
    for number in range(len(state.history) + 1, recipe.epochs + 1):
        learned = _train_epoch(state, recipe, seen, labels, number, should_stop, save_now_and_then)
        if learned is None:
            finished = False
            break
        state.history.append(_epoch(number, learned, _measure(state, validation, place), state))
        _keep(state, recipe)
        if on_epoch:
            on_epoch(state.history[-1])
        save_now_and_then()
    if path:
        _save(state, path, fingerprint)
    return _fitted(state, recipe, train, validation, place, finished)


def _train_epoch(
    state: _State,
    recipe: Recipe,
    seen: Tensor,
    labels: Tensor,
    number: int,
    should_stop: Callable[[], bool],
    save_now_and_then: Callable[[], None],
) -> tuple[float, float] | None:
    """One pass over the pictures in a fresh order; mean loss and accuracy, or None when stopped."""
    state.network.train()
    if state.passing is None:
        zero = torch.zeros((), dtype=torch.float64, device=seen.device)
        rows = _rows_of_epoch(len(seen), recipe, state.generator)
        state.passing = _Pass(rows, 0, zero, zero.clone())
    now = state.passing
    batches = torch.split(now.rows.to(seen.device), recipe.batch)
    for index in range(now.next_batch, len(batches)):
        if should_stop():
            return None
        chosen = batches[index]
        rate = learning_rate(recipe, (number - 1) * len(batches) + index, recipe.epochs * len(batches))
        loss, correct = _step(state, recipe, seen[chosen], labels[chosen], rate)
        now.loss += loss * len(chosen)
        now.right += correct
        now.next_batch = index + 1
        save_now_and_then()
    state.passing = None
    mean_loss, accuracy = float(now.loss) / len(now.rows), float(now.right) / len(now.rows)
    if not math.isfinite(mean_loss):
        raise TrainingError(
            f"In epoch {number} the loss is no longer a number. "
            f"Try a smaller step: --set learning_rate={recipe.learning_rate / 10:g}"
        )
    return mean_loss, accuracy


def _rows_of_epoch(count: int, recipe: Recipe, generator: torch.Generator) -> Tensor:
    """Which pictures an epoch takes, in which order: a permutation, or its beginning, or several."""
    if recipe.steps_per_epoch == 0:
        return torch.randperm(count, generator=generator)
    wanted = recipe.steps_per_epoch * recipe.batch
    rounds = [torch.randperm(count, generator=generator) for _ in range(math.ceil(wanted / count))]
    return torch.cat(rounds)[:wanted]


def _step(state: _State, recipe: Recipe, batch: Tensor, labels: Tensor, rate: float) -> tuple[Tensor, Tensor]:
    """Learn from one batch; its loss and how many were right."""
    with torch.no_grad():
        changed = augment(batch, recipe, state.generator)
    logits = state.network(changed.contiguous(memory_format=torch.channels_last))
    loss = cross_entropy(logits, labels, recipe.label_smoothing)
    state.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    for group in state.optimizer.param_groups:
        group["lr"] = rate
    state.optimizer.step()
    state.steps += 1
    _follow(state, recipe)
    return loss.detach(), (predicted(logits) == labels).sum()


def _follow(state: _State, recipe: Recipe) -> None:
    """Move the running average a little towards the weights of this step; without averaging, all the way.

    The average moves faster at first, when it still remembers the random start.
    """
    if state.average is None:
        return
    towards = 1 - min(recipe.average, (1 + state.steps) / (10 + state.steps))
    for name, value in state.network.state_dict().items():
        if value.is_floating_point():
            state.average[name].lerp_(value, towards)


def cross_entropy(logits: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    """Mean cross-entropy in nats of logits ``(N, K)``; one column means two classes (binary)."""
    if logits.shape[1] == 1:
        target = labels.float() * (1 - smoothing) + smoothing / 2
        return functional.binary_cross_entropy_with_logits(logits[:, 0], target)
    return functional.cross_entropy(logits, labels, label_smoothing=smoothing)


def predicted(logits: Tensor) -> Tensor:
    """Class numbers ``(N,)`` of logits ``(N, K)``; one column means two classes."""
    return (logits[:, 0] > 0).long() if logits.shape[1] == 1 else logits.argmax(1)


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """The step size at one step of all: constant, or up over the first fifth and down along a cosine."""
    if recipe.schedule == "constant":
        return recipe.learning_rate
    warm = max(1, steps // 5)
    if step < warm:
        return recipe.learning_rate * (0.1 + 0.9 * step / warm)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def _with_views(pictures: Prepared, recipe: Recipe, seed: int) -> Prepared:
    """The validation pictures and, if the recipe wants, changed views of each: the same in every epoch.

    A dozen clean pictures are soon all right, and then cannot tell one epoch from another.
    """
    if recipe.validation_views == 0 or len(pictures.labels) == 0:
        return pictures
    generator = torch.Generator().manual_seed(seed + 1)
    clean = torch.from_numpy(pictures.seen)
    views = [augment(clean, recipe, generator) for _ in range(recipe.validation_views)]
    labels = np.tile(pictures.labels, recipe.validation_views + 1)
    return Prepared(torch.cat([clean, *views]).numpy(), labels)


def _measure(state: _State, pictures: Prepared, place: torch.device) -> tuple[float, float]:
    """Loss and accuracy on pictures as they are; NaN when there are none."""
    if len(pictures.labels) == 0:
        return math.nan, math.nan
    seen, labels = _on_device(pictures, place)
    logits = _logits(state.network, state.answering, seen)
    return float(cross_entropy(logits, labels)), float((predicted(logits) == labels).float().mean())


def _logits(network: Network, weights: dict[str, Tensor], seen: Tensor, batch: int = 64) -> Tensor:
    """What the network answers with these weights, a batch at a time to bound the memory."""
    network.eval()
    with torch.no_grad():
        parts = [
            torch.func.functional_call(network, weights, part.contiguous(memory_format=torch.channels_last))
            for part in torch.split(seen, batch)
        ]
    return torch.cat(parts)


def _epoch(number: int, learned: tuple[float, float], held_out: tuple[float, float], state: _State) -> Epoch:
    rate = float(state.optimizer.param_groups[0]["lr"])
    return Epoch(number, *learned, *held_out, rate)


def _keep(state: _State, recipe: Recipe) -> None:
    """Remember the weights if this epoch is the one to keep so far (of equals the later)."""
    losses = [entry.validation_loss for entry in state.history]
    if recipe.keep == "last" or math.isnan(losses[-1]):
        state.kept_epoch = len(state.history)
    elif losses[-1] <= min(losses):
        state.kept_epoch = len(state.history)
        state.best = {name: value.detach().clone() for name, value in state.answering.items()}


def _fitted(
    state: _State, recipe: Recipe, train: Prepared, validation: Prepared, place: torch.device, finished: bool
) -> Fitted:
    """The kept weights, calibrated and ready for the model file."""
    kept = state.best or state.answering
    state.network.load_state_dict(kept)
    temperature = 1.0
    if recipe.calibrate and len(validation.labels):
        seen, labels = _on_device(validation, place)
        temperature = fit_temperature(_logits(state.network, kept, seen).cpu().numpy(), labels.cpu().numpy())
    seen, _ = _on_device(train, place)
    answers = probabilities(_logits(state.network, kept, seen), temperature)
    return Fitted(
        weights=state.network.weights(temperature),
        history=tuple(state.history),
        kept_epoch=state.kept_epoch,
        temperature=temperature,
        summary=summary(state.network.cpu(), recipe.size),
        train_probabilities=answers.cpu().numpy(),
        finished=finished,
        device=str(place),
    )


# --- start, save, restore -----------------------------------------------------------------------------------


def choose_device(device: str) -> torch.device:
    """``"auto"`` is a CUDA device if there is one, else the CPU. Raises :class:`TrainingError`."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.zeros(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise TrainingError(f"The device '{device}' cannot be used: {reason}. Try --device auto.") from error
    return chosen


def _make_repeatable() -> None:
    """Same seed, same machine, same bits: a fixed number of threads and deterministic kernels."""
    torch.set_num_threads(min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1, 8))
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


def _start(recipe: Recipe, classes: int, seed: int, place: torch.device) -> _State:
    generator = torch.Generator().manual_seed(seed)
    network = build_network(recipe, classes, generator).to(place)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = {n: v.clone() for n, v in network.state_dict().items()} if recipe.average else None
    return _State(network, build_optimizer(recipe, network), generator, average, history=[], best={})


def _on_device(pictures: Prepared, place: torch.device) -> tuple[Tensor, Tensor]:
    return torch.from_numpy(pictures.seen).to(place), torch.from_numpy(pictures.labels).to(place)


def _save(state: _State, path: Path, fingerprint: str) -> None:
    tensors = {f"network.{name}": value for name, value in state.network.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in state.best.items()}
    tensors |= {f"average.{name}": value for name, value in (state.average or {}).items()}
    tensors |= checkpoint.optimizer_tensors(state.optimizer)
    tensors["generator"] = state.generator.get_state()
    if state.passing:
        tensors |= {"pass.rows": state.passing.rows, "pass.loss": state.passing.loss}
        tensors["pass.right"] = state.passing.right
    facts: dict[str, Any] = {
        "history": [dataclasses.asdict(entry) for entry in state.history],
        "kept_epoch": state.kept_epoch,
        "steps": state.steps,
        "next_batch": state.passing.next_batch if state.passing else 0,
        "fingerprint": fingerprint,
    }
    checkpoint.save(path, checkpoint.Checkpoint(tensors, facts))
    state.saved_at = time.monotonic()


def _restore(state: _State, saved: checkpoint.Checkpoint, fingerprint: str) -> None:
    if saved.facts["fingerprint"] != fingerprint:
        raise RunError(
            "The pictures or the recipe changed since this run was stopped, so it cannot go on. "
            "Train again into another folder with --out."
        )
    state.network.load_state_dict(saved.group("network"))
    for name, value in saved.group("average").items():
        (state.average or {})[name].copy_(value)
    state.best = saved.group("best")
    state.steps = saved.facts["steps"]
    checkpoint.restore_optimizer(state.optimizer, saved.group("optimizer"))
    state.generator.set_state(saved.tensors["generator"])
    state.history = [Epoch(**entry) for entry in saved.facts["history"]]
    state.kept_epoch = saved.facts["kept_epoch"]
    if half := saved.group("pass"):
        place = next(state.network.parameters()).device
        loss, right = half["loss"].to(place), half["right"].to(place)
        state.passing = _Pass(half["rows"], saved.facts["next_batch"], loss, right)
