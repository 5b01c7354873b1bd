"""The training loop. Read it top to bottom and you know what training is.

fit
├── for each epoch
│   ├── _train_epoch        a fresh order, batch by batch
│   │   └── _step           augment, forward, loss, backward, update
│   ├── _measure            loss and accuracy on the validation pictures
│   ├── _keep               remember the weights if this is the epoch to keep
│   └── save                a checkpoint, now and then
└── the kept weights, calibrated
"""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from oxmark.errors import TrainingError
from oxmark.recipes import Recipe
from oxmark.training import checkpoint
from oxmark.training.augment import augment
from oxmark.training.calibration import fit_temperature
from oxmark.training.device import choose_device, keep_buffers, make_repeatable
from oxmark.training.network import Network, Weights, probabilities, summary
from oxmark.training.state import Epoch, Pass, Prepared, State, on_device, restore, save, start

SECONDS_BETWEEN_CHECKPOINTS = 5.0


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


__all__ = ["Epoch", "Fitted", "Prepared", "cross_entropy", "fit", "learning_rate", "predicted"]


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
    make_repeatable()
    keep_buffers()
    seen, labels = on_device(train, place)
    state = start(recipe, classes, seed, place)
    validation = _with_views(validation, recipe, seed)
    path = run_folder / checkpoint.FILE if run_folder else None
    if resume and path:
        restore(state, checkpoint.read(path), fingerprint)

    def save_now_and_then() -> None:
        if path and time.monotonic() - state.saved_at > SECONDS_BETWEEN_CHECKPOINTS:
            save(state, path, fingerprint)

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
        save(state, path, fingerprint)
    return _fitted(state, recipe, train, validation, place, finished)


def _train_epoch(
    state: State,
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
        state.passing = Pass(rows, 0, zero, zero.clone())
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


def _step(state: State, recipe: Recipe, batch: Tensor, labels: Tensor, rate: float) -> tuple[Tensor, Tensor]:
    """Learn from one batch; its loss and how many were right."""
    with torch.no_grad():
        changed = augment(batch, recipe, state.generator)
    logits = state.network(changed.contiguous(memory_format=torch.channels_last))
    loss = cross_entropy(logits, labels, recipe.label_smoothing)
    state.optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    state.optimizer.rate = rate
    state.optimizer.step()
    state.steps += 1
    _follow(state, recipe)
    return loss.detach(), (predicted(logits) == labels).sum()


def _follow(state: State, recipe: Recipe) -> None:
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


def _measure(state: State, pictures: Prepared, place: torch.device) -> tuple[float, float]:
    """Loss and accuracy on pictures as they are; NaN when there are none."""
    if len(pictures.labels) == 0:
        return math.nan, math.nan
    seen, labels = on_device(pictures, place)
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


def _epoch(number: int, learned: tuple[float, float], held_out: tuple[float, float], state: State) -> Epoch:
    return Epoch(number, *learned, *held_out, state.optimizer.rate)


def _keep(state: State, recipe: Recipe) -> None:
    """Remember the weights if this epoch is the one to keep so far (of equals the later)."""
    latest = state.history[-1].validation_loss
    losses = [e.validation_loss for e in state.history if not math.isnan(e.validation_loss)]
    if recipe.keep == "last" or not losses:  # without validation pictures the last one is kept
        state.kept_epoch = len(state.history)
    elif latest <= min(losses):  # never true of a loss that is not a number
        state.kept_epoch = len(state.history)
        state.best = {name: value.detach().clone() for name, value in state.answering.items()}


def _fitted(
    state: State, recipe: Recipe, train: Prepared, validation: Prepared, place: torch.device, finished: bool
) -> Fitted:
    """The kept weights, calibrated and ready for the model file."""
    state.network.load_state_dict(state.best or state.answering)
    kept = state.network.state_dict()  # in the network's own memory layout, also after a resume
    temperature = 1.0
    if recipe.calibrate and len(validation.labels):
        seen, labels = on_device(validation, place)
        temperature = fit_temperature(_logits(state.network, kept, seen).cpu().numpy(), labels.cpu().numpy())
    network = state.network.cpu()  # the file will answer on a processor, so it is compared with one
    answers = probabilities(_logits(network, network.state_dict(), torch.from_numpy(train.seen)), temperature)
    return Fitted(
        weights=network.weights(temperature),
        history=tuple(state.history),
        kept_epoch=state.kept_epoch,
        temperature=temperature,
        summary=summary(network, recipe.size),
        train_probabilities=answers.numpy(),
        finished=finished,
        device=str(place),
    )
