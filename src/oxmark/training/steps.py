"""One step of learning: answer, be corrected, change a little."""

from __future__ import annotations

import math
import time

import torch
from torch import Tensor
from torch.nn import functional

from oxmark.recipes import Recipe
from oxmark.training.device import precision_of_steps
from oxmark.training.network import Network, Output
from oxmark.training.spent import Spent
from oxmark.training.state import State
from oxmark.training.team import Share

TOGETHER = 8
"""So many batches are changed at random together."""
SOFT = 0.01
"""How far the truth about being known is from 0 and 1, against over-confidence."""


def step(
    state: State,
    recipe: Recipe,
    pictures: Tensor,
    labels: Tensor,
    weight: Tensor,
    rate: float,
    spent: Spent | None = None,
    share: Share | None = None,
) -> tuple[Tensor, Tensor]:
    """Learn from one batch.

    Where the precision is bfloat16 (see :func:`precision_of_steps`), only the feature maps and their
    gradients are: weights, statistics, heads, loss and optimizer stay float32.

    Args:
        state: What changes.
        recipe: How.
        pictures: float32 ``(B + O, 1, S, S)``, already changed; the last O are outliers.
        labels: int64 ``(B,)``.
        weight: float32 ``(classes,)``, what each class counts.
        rate: The learning rate of this step.
        spent: Where the seconds of each phase are added.
        share: How the pictures count where they are a worker's share of a batch; None where they are all.

    Returns:
        The cross-entropy of the classes and how many were right, of the whole batch.
    """
    spent = spent or Spent()
    began = time.perf_counter()
    precision: torch.dtype = getattr(torch, precision_of_steps(recipe, pictures.device))
    seen = pictures.contiguous(memory_format=torch.channels_last).to(precision)
    output: Output = state.learning(seen)
    logits = output.logits[: len(labels)]
    of_classes = cross_entropy(logits, labels, recipe.label_smoothing, weight)
    loss = of_classes if share is None else of_classes * share.loss
    if output.known is not None and recipe.outlier_weight and len(pictures) > len(labels):
        loss = loss + recipe.outlier_weight * _known_loss(output.known, len(labels), share)
    state.optimizer.zero_grad()
    began = spent.lap("forward", began)
    loss.backward()  # type: ignore[no-untyped-call]
    began = spent.lap("backward", began)
    state.optimizer.rate = rate
    state.optimizer.step()
    state.steps += 1
    right = (predicted(logits) == labels).sum()
    if share is not None:
        of_classes, right = _in_step(state, of_classes * share.loss, right * share.right)
    _follow(state, recipe)
    spent.lap("optimizer", began)
    return of_classes.detach(), right


def _known_loss(known: Tensor, marks: int, share: Share | None = None) -> Tensor:
    """Binary cross-entropy in nats of logits ``(N,)``, the first ``marks`` of which are of marks."""
    truth = torch.full_like(known, SOFT)
    truth[:marks] = 1 - SOFT
    if share is None:
        return functional.binary_cross_entropy_with_logits(known, truth)
    counts = torch.full_like(known, share.outlier)
    counts[:marks] = share.mark
    return functional.binary_cross_entropy_with_logits(known, truth, counts)


def _in_step(state: State, loss: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
    """Loss and right answers of the whole batch; and the workers' running statistics become their mean."""
    statistics = [value for value in state.network.buffers() if value.is_floating_point()]
    loss, right, *means = state.team.mean([loss, right, *statistics])
    for value, mean in zip(statistics, means, strict=True):
        value.copy_(mean)
    return loss, right


def _follow(state: State, recipe: Recipe) -> None:
    """Move the running average a little towards the weights of this step; without averaging, all the way.

    The average moves faster at first, when it still remembers the random start.
    """
    if state.average is None:
        return
    towards = 1 - min(recipe.average, (1 + state.steps) / (10 + state.steps))
    weights = {n: value for n, value in state.network.state_dict().items() if value.is_floating_point()}
    torch._foreach_lerp_([state.average[name] for name in weights], list(weights.values()), towards)


def cross_entropy(
    logits: Tensor, labels: Tensor, smoothing: float = 0.0, weight: Tensor | None = None
) -> Tensor:
    """Mean cross-entropy in nats of logits ``(N, K)``; one column means two classes (binary).

    ``weight``, float32 ``(classes,)``, is what the pictures of each class count; without it all count alike.
    """
    if logits.shape[1] == 1:
        target = labels.float() * (1 - smoothing) + smoothing / 2
        each = functional.binary_cross_entropy_with_logits(logits[:, 0], target, reduction="none")
    else:
        each = functional.cross_entropy(logits, labels, label_smoothing=smoothing, reduction="none")
    return (each if weight is None else each * weight[labels]).mean()


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


def steps_in_epoch(count: int, recipe: Recipe) -> int:
    """Batches in an epoch of ``count`` pictures."""
    return recipe.steps_per_epoch or max(math.ceil(count / recipe.batch), recipe.least_steps)


def rows_of_epoch(count: int, recipe: Recipe, generator: torch.Generator) -> Tensor:
    """Which pictures an epoch takes, in which order: a permutation, or its beginning, or several."""
    whole = recipe.steps_per_epoch == 0 and math.ceil(count / recipe.batch) >= recipe.least_steps
    if whole:
        return torch.randperm(count, generator=generator)
    wanted = steps_in_epoch(count, recipe) * recipe.batch
    rounds = [torch.randperm(count, generator=generator) for _ in range(math.ceil(wanted / count))]
    return torch.cat(rounds)[:wanted]


def answers(network: Network, weights: dict[str, Tensor], seen: Tensor, batch: int = 64) -> Output:
    """What the network answers with these weights, a batch at a time to bound the memory.

    Args:
        network: The architecture; left in evaluation mode.
        weights: As in its ``state_dict``.
        seen: float32 ``(N, 1, S, S)``, values 0..1.
        batch: Pictures at once.
    """
    network.eval()
    with torch.no_grad():
        parts = [
            torch.func.functional_call(network, weights, part.contiguous(memory_format=torch.channels_last))
            for part in torch.split(seen, batch)
        ]
    known = [part.known for part in parts if part.known is not None]
    return Output(torch.cat([part.logits for part in parts]), torch.cat(known) if known else None)
