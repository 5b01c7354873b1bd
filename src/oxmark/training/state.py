"""What a training is made of: its pictures, its state, and how that is saved and restored."""

from __future__ import annotations

import dataclasses
import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from oxmark.data.ondisk import Pictures, Views, joined, some_of
from oxmark.errors import RunError
from oxmark.recipes import Recipe
from oxmark.training import checkpoint
from oxmark.training.network import Network, build_network
from oxmark.training.optimizer import Optimizer, build_optimizer
from oxmark.training.team import ALONE, Team


@dataclasses.dataclass(frozen=True)
class Prepared:
    """Pictures as the network sees them, in memory or, where there are very many, on disk.

    Attributes:
        seen: float32 ``(N, 1, S, S)``, values 0..1.
        labels: int64 ``(N,)``, class numbers.
        views: The same pictures under V rendered conditions, float32 ``(N, V, 1, S, S)``; None for none.
        groups: Who drew each, int64 ``(N,)``; None when nobody knows.
    """

    seen: Pictures
    labels: npt.NDArray[np.int64]
    views: Views | None = None
    groups: npt.NDArray[np.int64] | None = None

    def chosen(self, rows: npt.NDArray[np.int64]) -> Prepared:
        """Some of the pictures."""
        views = None if self.views is None else some_of(self.views, rows)
        groups = None if self.groups is None else self.groups[rows]
        return Prepared(some_of(self.seen, rows), self.labels[rows], views, groups)

    def and_also(self, other: Prepared) -> Prepared:
        """These pictures and others."""

        def both(a: Any, b: Any) -> Any:
            return None if a is None or b is None else joined(a, b)

        labels = np.concatenate([self.labels, other.labels])
        views, groups = both(self.views, other.views), both(self.groups, other.groups)
        return Prepared(joined(self.seen, other.seen), labels, views, groups)


@dataclasses.dataclass(frozen=True)
class Epoch:
    """One line of ``history.csv``. Losses are mean cross-entropies in nats, accuracies 0..1.

    ``loss`` and ``accuracy`` are over the augmented training batches as they were learned from.
    ``validation_commonest`` is the share of the validation pictures, 0..1, that were answered with the class
    that was answered most often. What has no validation pictures, and what was saved before there was such a
    figure, has NaN.
    """

    epoch: int
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    learning_rate: float
    validation_commonest: float = math.nan


@dataclasses.dataclass
class Pass:
    """How far an epoch is: its order of pictures, the next batch, and what the batches so far gave."""

    rows: Tensor
    next_batch: int
    loss: Tensor
    right: Tensor


@dataclasses.dataclass
class State:
    """What changes while training."""

    network: Network
    optimizer: Optimizer
    generator: torch.Generator
    average: dict[str, Tensor] | None  # the running average of the weights, where the recipe wants one
    history: list[Epoch]
    best: dict[str, Tensor]
    steps: int = 0
    best_epoch: int = 0  # whose weights ``best`` are, from 1; 0 while there are none
    kept_epoch: int = 0
    ended: bool = False  # by the user, before the last epoch
    passing: Pass | None = None
    saved_at: float = dataclasses.field(default_factory=time.monotonic)  # or begun, before anything is saved
    team: Team = ALONE
    learning: Any = None  # what answers in the steps: the network, in a team within what joins the gradients

    @property
    def answering(self) -> dict[str, Tensor]:
        """The weights that are validated and kept: the running average, or the network's own."""
        return self.network.state_dict() if self.average is None else self.average


def start(
    recipe: Recipe,
    classes: int,
    seed: int,
    place: torch.device,
    *,
    team: Team = ALONE,
    refuses: bool = True,
) -> State:
    """The state before the first step.

    Args:
        recipe: How.
        classes: Number of classes.
        seed: Of everything random.
        place: The device.
        team: Who trains it together.
        refuses: Whether there are outliers to learn from.
    """
    generator = torch.Generator().manual_seed(seed)
    network = build_network(recipe, classes, generator).to(place)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    refusing = refuses and recipe.outlier_weight > 0 and recipe.outliers_per_batch > 0
    all_used = recipe.network == "tutorial" or refusing
    learning = team.learning(network, all_used=all_used)
    average = {n: v.clone() for n, v in network.state_dict().items()} if recipe.average else None
    optimizer = build_optimizer(recipe, network)
    return State(network, optimizer, generator, average, history=[], best={}, team=team, learning=learning)


def save(state: State, path: Path, fingerprint: str) -> None:
    """Write the checkpoint, as it is, in mid-epoch too. Raises :class:`OutputError`."""
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
        "best_epoch": state.best_epoch,
        "ended": state.ended,
        "steps": state.steps,
        "next_batch": state.passing.next_batch if state.passing else 0,
        "fingerprint": fingerprint,
    }
    checkpoint.save(path, checkpoint.Checkpoint(tensors, facts))
    state.saved_at = time.monotonic()


def restore(state: State, saved: checkpoint.Checkpoint, fingerprint: str) -> None:
    """Go back to a saved state. Raises :class:`RunError` when it belongs to other data or another recipe."""
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
    state.best_epoch = saved.facts.get("best_epoch", state.kept_epoch if state.best else 0)
    state.ended = saved.facts.get("ended", False)
    if half := saved.group("pass"):
        place = next(state.network.parameters()).device
        loss, right = half["loss"].to(place), half["right"].to(place)
        state.passing = Pass(half["rows"], saved.facts["next_batch"], loss, right)
