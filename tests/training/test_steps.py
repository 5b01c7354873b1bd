"""One step: its loss, the running average that follows it, its learning rate, and which pictures it takes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from oxmark.recipes import Recipe, load_recipe
from oxmark.training import steps
from oxmark.training.network import MarksNetwork
from oxmark.training.spent import Spent
from oxmark.training.state import State, start
from oxmark.training.steps import (
    answers,
    cross_entropy,
    learning_rate,
    predicted,
    rows_of_epoch,
    step,
    steps_in_epoch,
)

SIZE = 24
CPU = torch.device("cpu")
Loss = tuple[list[list[float]], list[int], float, float]


def small(name: str = "marks", **changes: object) -> Recipe:
    return load_recipe(name).with_settings({"size": SIZE, "width": 4, "batch": 4, **changes})


def batch(marks: int = 4, outliers: int = 4, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Marks are bars across (class 0) and down (class 1); outliers are noise."""
    seen = torch.zeros(marks + outliers, 1, SIZE, SIZE)
    seen[0:marks:2, :, 10:14, 2:22] = 1
    seen[1:marks:2, :, 2:22, 10:14] = 1
    generator = torch.Generator().manual_seed(seed)
    seen[marks:] = (torch.rand(outliers, 1, SIZE, SIZE, generator=generator) > 0.7).float()
    return seen, torch.arange(marks) % 2


def known_of(state: State, seen: Tensor) -> Tensor:
    known = answers(state.network, state.network.state_dict(), seen).known
    state.network.train()
    assert known is not None
    return known


# --- the loss -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("logits", "labels", "smoothing", "loss"),
    [
        ([[0.0]], [1], 0.0, math.log(2)),
        ([[2.0]], [1], 0.0, math.log1p(math.exp(-2))),
        ([[2.0]], [0], 0.0, math.log1p(math.exp(2))),
        ([[2.0]], [1], 0.2, 0.9 * math.log1p(math.exp(-2)) + 0.1 * math.log1p(math.exp(2))),
        ([[0.0, 2.0]], [1], 0.2, 0.9 * math.log1p(math.exp(-2)) + 0.1 * math.log1p(math.exp(2))),
        ([[0.0, 0.0, 0.0]], [2], 0.3, math.log(3)),
        ([[0.0, 0.0], [0.0, math.log(3)]], [0, 1], 0.0, (math.log(2) + math.log(4 / 3)) / 2),
    ],
)
def test_the_loss(logits: list[list[float]], labels: list[int], smoothing: float, loss: float) -> None:
    given = torch.tensor(logits), torch.tensor(labels)
    assert float(cross_entropy(*given, smoothing)) == pytest.approx(loss, rel=1e-5)
    alike = torch.ones(3)
    assert float(cross_entropy(*given, smoothing, alike)) == pytest.approx(loss, rel=1e-5)


@pytest.mark.parametrize("columns", [1, 2])
def test_each_class_counts_by_its_weight(columns: int) -> None:
    """The mean is over the pictures, so the weights, which are 1 on average, do not change its size."""
    logits = torch.tensor([[0.0], [0.0], [2.0]])
    logits = logits if columns == 1 else torch.cat([torch.zeros(3, 1), logits], dim=1)
    weight = torch.tensor([0.75, 1.5])
    found = cross_entropy(logits, torch.tensor([0, 0, 1]), 0.0, weight)
    expected = (0.75 * math.log(2) * 2 + 1.5 * math.log1p(math.exp(-2))) / 3
    assert float(found) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("logits", "classes"), [([[0.1], [-0.1], [0.0]], [1, 0, 0]), ([[0, 1, 2], [3, 1, 2]], [2, 0])]
)
def test_the_predicted_class(logits: list[list[float]], classes: list[int]) -> None:
    assert predicted(torch.tensor(logits)).tolist() == classes


def test_a_step_learns_both_tasks_and_tells_how_well_classes_are_told_apart() -> None:
    recipe = small(outlier_weight=0.3, label_smoothing=0.1, precision="float32")
    state, twin = (start(recipe, 2, 0, CPU) for _ in range(2))
    seen, labels = batch(4, 2)
    output = twin.network(seen)  # in training mode: normalised by this batch
    truth = torch.tensor([0.99] * 4 + [0.01] * 2)
    known = torch.sigmoid(output.known)
    refusing = -(truth * known.log() + (1 - truth) * (1 - known).log()).mean()
    weight = torch.tensor([0.5, 1.5])
    telling = cross_entropy(output.logits[:4], labels, 0.1, weight)
    (telling + 0.3 * refusing).backward()  # type: ignore[no-untyped-call]
    loss, right = step(state, recipe, seen, labels, weight, 0.01)
    torch.testing.assert_close(loss, telling.detach())
    assert int(right) == int((output.logits[:4].argmax(1) == labels).sum())
    assert not loss.requires_grad and state.steps == 1 and state.optimizer.rate == 0.01
    for own, expected in zip(state.optimizer.weights, twin.optimizer.weights, strict=True):
        assert own.grad is not None and expected.grad is not None
        torch.testing.assert_close(own.grad, expected.grad, rtol=1e-3, atol=1e-5)


def test_known_rises_for_marks_and_falls_for_outliers() -> None:
    recipe = small(average=0.0, outlier_weight=1.0)
    state = start(recipe, 2, 0, CPU)
    seen, labels = batch(8, 8)
    before = known_of(state, seen)
    for number in range(40):
        pictures = batch(8, 8, seed=number)[0]
        step(state, recipe, pictures, labels, torch.ones(2), 0.03)
    after = known_of(state, seen)
    assert float(after[:8].min()) > 1 and float(after[8:].max()) < -1
    assert float(after[:8].mean()) > float(before[:8].mean())
    assert float(after[8:].mean()) < float(before[8:].mean())


@pytest.mark.parametrize(("weight", "outliers"), [(0.0, 4), (0.5, 0)])
def test_without_outliers_or_weight_known_is_left_alone(weight: float, outliers: int) -> None:
    recipe = small(outlier_weight=weight, weight_decay=0.0)
    state = start(recipe, 2, 0, CPU)
    assert isinstance(state.network, MarksNetwork)
    before = {name: value.clone() for name, value in state.network.known.state_dict().items()}
    seen, labels = batch(4, outliers)
    step(state, recipe, seen, labels, torch.ones(2), 0.05)
    assert all(torch.equal(before[name], value) for name, value in state.network.known.state_dict().items())
    assert state.network.known.weight.grad is None or not bool(state.network.known.weight.grad.any())


@pytest.mark.parametrize("name", ["marks", "tutorial"])
def test_answers_are_the_same_in_any_batches(name: str) -> None:
    state = start(small(name), 2, 0, CPU)
    seen, _ = batch(7, 3)
    one, other = (answers(state.network, state.answering, seen, batch=size) for size in (3, 64))
    torch.testing.assert_close(one.logits, other.logits)
    assert len(one.logits) == 10
    if one.known is None or other.known is None:
        assert name == "tutorial" and one.known is other.known
    else:
        torch.testing.assert_close(one.known, other.known)


# --- bfloat16 -----------------------------------------------------------------------------------------------


def trained(recipe: Recipe, count: int) -> tuple[State, list[float]]:
    """The state after so many steps, and their losses."""
    state = start(recipe, 2, 0, CPU)
    losses = []
    for number in range(count):
        pictures, labels = batch(8, 4 if recipe.outliers else 0, seed=number)
        losses.append(float(step(state, recipe, pictures, labels, torch.ones(2), 0.01)[0]))
    return state, losses


@pytest.fixture
def bfloat16(monkeypatch: pytest.MonkeyPatch) -> list[torch.dtype]:
    """On any processor, be it slow; what the convolutions are given."""
    given: list[torch.dtype] = []
    convolve = functional.conv2d

    def watched(x: Tensor, *others: Any) -> Tensor:
        given.append(x.dtype)
        return convolve(x, *others)

    monkeypatch.setattr(steps, "precision_of_steps", lambda recipe, place: "bfloat16")
    monkeypatch.setattr("oxmark.training.network.functional.conv2d", watched)
    return given


@pytest.mark.parametrize("name", ["marks", "tutorial"])
def test_in_bfloat16_only_feature_maps_are_rounded(name: str, bfloat16: list[torch.dtype]) -> None:
    recipe = small(name)
    state, losses = trained(recipe, 6)
    assert bfloat16.count(torch.bfloat16) == 6 * (4 if name == "marks" else 3)  # in every convolution of maps
    learned = [*state.optimizer.weights, *(weight.grad for weight in state.optimizer.weights)]
    memory = [value for values in state.optimizer.memory.values() for value in values]
    kept = [value for value in state.answering.values() if value.is_floating_point()]
    assert {value.dtype for value in (*learned, *memory, *kept) if value is not None} == {torch.float32}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "precision_of_steps", lambda recipe, place: "float32")
        _, exact = trained(recipe, 6)
    assert losses[0] != exact[0]
    assert losses[0] == pytest.approx(exact[0], rel=0.02)
    assert losses[-1] == pytest.approx(exact[-1], abs=0.1)


@pytest.mark.parametrize("name", ["marks", "tutorial"])
@pytest.mark.usefixtures("bfloat16")
def test_in_bfloat16_the_same_steps_give_the_same_bits(name: str) -> None:
    one, other = (trained(small(name), 4)[0].network.state_dict() for _ in range(2))
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_answers_are_float32_whatever_the_steps(bfloat16: list[torch.dtype]) -> None:
    state, _ = trained(small(), 1)
    bfloat16.clear()
    output = answers(state.network, state.answering, batch()[0])
    assert output.logits.dtype == torch.float32
    assert torch.bfloat16 not in bfloat16


def test_a_step_tells_where_its_time_went() -> None:
    recipe, spent = small(), Spent()
    step(start(recipe, 2, 0, CPU), recipe, *batch(), torch.ones(2), 0.01, spent)
    assert min(spent.forward, spent.backward, spent.optimizer) > 0
    assert spent.augment == 0


# --- the running average ------------------------------------------------------------------------------------


def test_the_average_follows_slowly_and_faster_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[tuple[float, float]] = []  # the head's first bias: its own value, its average
    follow: Callable[[Any, Recipe], None] = steps._follow

    def following(state: Any, recipe: Recipe) -> None:
        follow(state, recipe)
        noted.append((float(state.network.head.bias[0].detach()), float(state.average["head.bias"][0])))

    monkeypatch.setattr(steps, "_follow", following)
    recipe = small(average=0.5)
    state = start(recipe, 2, 0, CPU)
    for _ in range(12):
        step(state, recipe, *batch(), torch.ones(2), 0.05)
    expected = 0.0  # the bias starts at zero
    for number, (own, average) in enumerate(noted, start=1):
        towards = 1 - min(0.5, (1 + number) / (10 + number))
        expected += (own - expected) * towards
        assert average == pytest.approx(expected, abs=1e-6)
    assert len(noted) == 12 and len({own for own, _ in noted}) == 12


def test_without_averaging_there_is_no_average() -> None:
    recipe = small(average=0.0)
    state = start(recipe, 2, 0, CPU)
    step(state, recipe, *batch(), torch.ones(2), 0.05)
    assert state.average is None
    assert state.answering["head.bias"].data_ptr() == state.network.state_dict()["head.bias"].data_ptr()


# --- the learning rate --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "number", "count", "share"),
    [
        ("constant", 0, 100, 1.0),
        ("constant", 99, 100, 1.0),
        ("one-cycle", 0, 100, 0.1),
        ("one-cycle", 10, 100, 0.55),
        ("one-cycle", 20, 100, 1.0),
        ("one-cycle", 60, 100, 0.5),
        ("one-cycle", 40, 100, (2 + math.sqrt(2)) / 4),
        ("one-cycle", 99, 100, (1 - math.cos(math.pi / 80)) / 2),
        ("one-cycle", 0, 1, 0.1),
        ("one-cycle", 1, 2, 1.0),
    ],
)
def test_the_learning_rate(schedule: str, number: int, count: int, share: float) -> None:
    recipe = small(schedule=schedule, learning_rate=0.004)
    assert learning_rate(recipe, number, count) == pytest.approx(0.004 * share)


# --- which pictures an epoch takes --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "least", "size", "count", "batches", "rows"),
    [
        (0, 0, 4, 10, 3, 10),  # every picture once
        (2, 0, 4, 10, 2, 8),  # fewer
        (5, 0, 4, 10, 5, 20),  # all of them twice
        (4, 0, 16, 76, 4, 64),
        (0, 3, 4, 10, 3, 10),  # three batches are enough: every picture once, the last batch smaller
        (0, 8, 4, 10, 8, 32),  # few pictures are taken several times
        (0, 8, 16, 5, 8, 128),
        (2, 8, 4, 10, 2, 8),  # a fixed number of batches is not raised
        (0, 8, 4, 33, 9, 33),
        (0, 8, 4, 32, 8, 32),
    ],
)
def test_the_rows_of_an_epoch(
    wanted: int, least: int, size: int, count: int, batches: int, rows: int
) -> None:
    recipe = small("tutorial", steps_per_epoch=wanted, least_steps=least, batch=size)
    generator = torch.Generator().manual_seed(0)
    one, other = (rows_of_epoch(count, recipe, generator).tolist() for _ in range(2))
    assert len(one) == rows and one != other
    assert all(rows // count <= one.count(row) <= -(-rows // count) for row in range(count))
    assert steps_in_epoch(count, recipe) == batches == len(torch.split(torch.tensor(one), size))
    for first in range(0, rows - count + 1, count):  # every picture is taken once before one is taken again
        assert sorted(one[first : first + count]) == list(range(count))
