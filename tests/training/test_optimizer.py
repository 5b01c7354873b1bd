"""The optimizers: RMSprop against a reference in float64, AdamW against torch, Muon against its promise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from oxmark.recipes import load_recipe
from oxmark.training.network import build_network
from oxmark.training.optimizer import CHUNK, AdamW, KerasRMSprop, Muon, build_optimizer, roots

LR, RHO, EPS = 0.01, 0.9, 1e-7
Array = npt.NDArray[np.float64]


def orthogonal(matrix: Tensor) -> Tensor:
    """About the nearest matrix whose singular values are all 1, float32 ``(m, n)``."""
    return roots([matrix])[0] @ matrix


def reference(weight: Array, gradients: list[Array]) -> Array:
    velocity = np.zeros_like(weight)
    for gradient in gradients:
        velocity = RHO * velocity + (1 - RHO) * gradient**2
        weight = weight - LR * gradient / np.sqrt(velocity + EPS)
    return weight


def same(tensor: Tensor) -> Tensor:
    return tensor


def channels_last(tensor: Tensor) -> Tensor:
    return tensor.contiguous(memory_format=torch.channels_last)


def transposed(tensor: Tensor) -> Tensor:
    """The same values, the memory in the order of the reversed axes."""
    axes = tuple(reversed(range(tensor.dim())))
    return tensor.permute(axes).contiguous().permute(axes)


Layout = Callable[[Tensor], Tensor]
LAYOUTS: list[tuple[tuple[int, ...], Layout, Layout]] = [
    ((), same, same),
    ((7,), same, same),
    ((5, 3), same, same),
    ((5, 3), same, transposed),
    ((8, 4, 3, 3), same, same),
    ((8, 4, 3, 3), same, channels_last),
    ((8, 4, 3, 3), channels_last, same),
    ((8, 4, 3, 3), channels_last, channels_last),
    ((8, 4, 3, 3), channels_last, transposed),
    ((8, 1, 3, 3), channels_last, same),
    ((2, 16, 1, 1), channels_last, same),
    ((CHUNK + 1,), same, same),
    ((3, CHUNK // 2 + 5), same, transposed),
    ((64, 300, 3, 3), channels_last, same),
]


@pytest.mark.parametrize(("shape", "of_weight", "of_gradient"), LAYOUTS)
def test_rmsprop_is_that_of_keras_in_every_layout(
    shape: tuple[int, ...], of_weight: Layout, of_gradient: Layout
) -> None:
    generator = np.random.default_rng(0)
    start = np.asarray(generator.normal(size=shape), np.float32)
    scales = (1.0, 1e-3, 1e-5, 10.0, 0.0)
    gradients = [np.asarray(generator.normal(size=shape) * scale, np.float32) for scale in scales]
    weight = torch.nn.Parameter(of_weight(torch.from_numpy(start.copy())))
    optimizer = KerasRMSprop([weight], LR, RHO, EPS)
    for gradient in gradients:
        weight.grad = of_gradient(torch.from_numpy(gradient.copy()))
        optimizer.step()
    expected = reference(start.astype(np.float64), [g.astype(np.float64) for g in gradients])
    np.testing.assert_allclose(weight.detach().numpy(), expected, rtol=0, atol=1e-6)
    assert weight.is_contiguous(memory_format=torch.channels_last) or of_weight is not channels_last


def test_a_tensor_spans_more_than_one_chunk() -> None:
    assert any(np.prod(shape) > CHUNK for shape, _, _ in LAYOUTS)


def test_a_weight_without_gradient_stays() -> None:
    weights = [torch.nn.Parameter(torch.ones(3)) for _ in range(2)]
    optimizer = KerasRMSprop(weights, LR, RHO, EPS)
    weights[0].grad = torch.ones(3)
    optimizer.step()
    assert not torch.equal(weights[0], torch.ones(3))
    assert torch.equal(weights[1], torch.ones(3))


def test_the_first_step_is_the_size_keras_makes_it() -> None:
    """With epsilon outside the root, as torch has it, a tiny gradient would step eighty times as far."""
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = KerasRMSprop([weight], 0.001, 0.9, 1e-7)
    weight.grad = torch.full((1,), 1e-6)
    optimizer.step()
    assert float(weight.detach()) == pytest.approx(-0.001 * 1e-6 / np.sqrt(0.1 * 1e-12 + 1e-7), rel=1e-5)


def test_the_tutorials_optimizer_has_the_recipes_numbers() -> None:
    recipe = load_recipe("tutorial").with_settings({"size": 24, "width": 4, "rho": 0.8, "epsilon": 1e-5})
    network = build_network(recipe, 2, torch.Generator())
    optimizer = build_optimizer(recipe, network)
    assert isinstance(optimizer, KerasRMSprop)
    assert (optimizer.rate, optimizer.rho, optimizer.epsilon) == (0.001, 0.8, 1e-5)
    assert [id(p) for p in optimizer.weights] == [id(p) for p in network.parameters()]


@pytest.mark.parametrize("kind", ["adamw", "muon"])
def test_weights_are_decayed_and_nothing_else(kind: str) -> None:
    recipe = load_recipe("marks").with_settings(
        {"optimizer": kind, "weight_decay": 0.1, "learning_rate": 0.5, "width": 4}
    )
    network = build_network(recipe, 2, torch.Generator().manual_seed(0))
    optimizer = build_optimizer(recipe, network)
    assert type(optimizer) is {"adamw": AdamW, "muon": Muon}[kind]
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.5)  # no weight is zero, where decay would not show
    before = {name: p.detach().clone() for name, p in network.named_parameters()}
    learned = {name: p for name, p in network.named_parameters() if p.requires_grad}
    for parameter in learned.values():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    for name, parameter in network.named_parameters():
        decayed = name.endswith("weight") and not name.startswith("norm")
        turned = kind == "adamw" or name in ("conv2.weight", "conv3.weight", "conv4.weight")
        rate = 0.5 if turned else 0.5 * Muon.ADAM_SHARE
        expected = before[name] * (1 - rate * 0.1) if decayed else before[name]
        torch.testing.assert_close(parameter.detach(), expected, msg=name)
    assert {id(p) for p in learned.values()} == {id(p) for p in optimizer.weights}
    assert isinstance(optimizer, AdamW) and optimizer.epsilon == recipe.epsilon


@pytest.mark.parametrize("of_weight", [same, channels_last])
def test_adamw_is_that_of_torch(of_weight: Layout) -> None:
    start = of_weight(torch.randn(6, 4, 3, 3, generator=torch.Generator().manual_seed(0)))
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    optimizer = AdamW([ours], 0.01, 1e-8, 0.1)
    referee = torch.optim.AdamW([theirs], lr=0.01, eps=1e-8, weight_decay=0.1)
    generator = torch.Generator().manual_seed(1)
    for rate in (0.01, 0.02, 0.005, 0.001):
        optimizer.rate = referee.param_groups[0]["lr"] = rate
        ours.grad = torch.randn(6, 4, 3, 3, generator=generator)
        theirs.grad = ours.grad.clone()
        optimizer.step()
        referee.step()
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-7)
    optimizer.zero_grad()
    assert ours.grad is None


# --- Muon ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(32, 288), (64, 32), (16, 16), (288, 32), (8, 36)])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e4])
def test_orthogonal_brings_all_singular_values_near_one(shape: tuple[int, int], scale: float) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0)) * scale
    found = orthogonal(matrix)
    assert found.shape == shape
    if min(shape) < max(shape):  # a random square has directions that are nearly nothing
        values = torch.linalg.svdvals(found)
        assert float(values.min()) > 0.5 and float(values.max()) < 1.3
    left, _, right = torch.linalg.svd(matrix / scale, full_matrices=False)
    direction = left @ right  # the nearest matrix with all of them 1
    assert float((found * direction).sum() / found.norm() / direction.norm()) > 0.9


def test_orthogonal_of_nothing_is_nothing() -> None:
    assert not bool(orthogonal(torch.zeros(4, 9)).any())


def test_matrices_of_several_sizes_go_together() -> None:
    generator = torch.Generator().manual_seed(0)
    matrices = [torch.randn(shape, generator=generator) for shape in [(8, 36), (16, 72), (16, 20), (3, 5)]]
    for matrix, root in zip(matrices, roots(matrices), strict=True):
        torch.testing.assert_close(root @ matrix, orthogonal(matrix), rtol=1e-5, atol=1e-5)


def test_roots_are_what_the_iteration_on_the_matrix_itself_gives() -> None:
    """Newton and Schulz's iteration as its authors write it; directions that are hardly there."""
    left, _, right = torch.linalg.svd(torch.randn(32, 144, generator=torch.Generator().manual_seed(0)))
    for faint in (0.0, 2.0, 5.0):
        matrix = left @ torch.diag(torch.logspace(0, -faint, 32)) @ right[:32]
        x = matrix.double() / matrix.double().norm()
        for _ in range(4):
            square = x @ x.T
            x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
        torch.testing.assert_close(orthogonal(matrix), x.float(), rtol=0, atol=1e-4)


def one_step(kind: str, **changes: object) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """All weights of a small network before and after one step along the same gradients."""
    settings = {"optimizer": kind, "width": 4, "weight_decay": 0.0, "learning_rate": 0.1, **changes}
    recipe = load_recipe("marks").with_settings(settings)
    network = build_network(recipe, 3, torch.Generator().manual_seed(0))
    optimizer = build_optimizer(recipe, network)
    before = {name: p.detach().clone() for name, p in network.named_parameters()}
    generator = torch.Generator().manual_seed(1)
    for weight in optimizer.weights:
        weight.grad = torch.randn(weight.shape, generator=generator)
    optimizer.step()
    return before, {name: p.detach() for name, p in network.named_parameters()}


def test_muon_turns_the_inner_convolutions_and_leaves_the_rest_to_adamw() -> None:
    before, after = one_step("muon")
    _, adam = one_step("adamw", learning_rate=0.1 * Muon.ADAM_SHARE)
    turned = {name for name in before if not torch.allclose(after[name], adam[name], rtol=1e-5, atol=1e-7)}
    assert turned == {"conv2.weight", "conv3.weight", "conv4.weight"}
    for name in turned:
        step = (before[name] - after[name]).flatten(1) / 0.1
        values = torch.linalg.svdvals(step)
        assert float(values.min()) > 0.5 and float(values.max()) < 1.3


def test_muon_steps_further_where_there_are_more_channels_out_than_in() -> None:
    weight = torch.nn.Parameter(torch.zeros(64, 2, 2, 2))
    optimizer = Muon([weight], 0.1, 1e-8, 0.0)
    weight.grad = torch.randn(64, 2, 2, 2, generator=torch.Generator().manual_seed(0))
    optimizer.step()
    values = torch.linalg.svdvals(weight.detach().flatten(1)) / 0.1
    assert float(values.min() / 8**0.5) > 0.5 and float(values.max() / 8**0.5) < 1.3


@pytest.mark.parametrize("of_weight", [same, channels_last])
def test_muon_looks_ahead_along_its_memory(of_weight: Layout) -> None:
    generator = torch.Generator().manual_seed(0)
    weight = torch.nn.Parameter(of_weight(torch.randn(6, 4, 3, 3, generator=generator)))
    optimizer = Muon([weight], 0.1, 1e-8, 0.2)
    expected, mean = weight.detach().clone(), torch.zeros(6, 4, 3, 3)
    for _ in range(3):
        gradient = torch.randn(6, 4, 3, 3, generator=generator)
        mean = 0.9 * mean + 0.1 * gradient
        ahead = orthogonal((0.1 * gradient + 0.9 * mean).flatten(1)).view(6, 4, 3, 3)
        expected = expected * (1 - 0.1 * 0.2) - 0.1 * ahead
        weight.grad = gradient
        optimizer.step()
    torch.testing.assert_close(weight.detach(), expected, rtol=0, atol=1e-5)


def test_muon_remembers_where_it_went() -> None:
    """After ten steps one way, one gradient the other way does not turn it round."""
    weight = torch.nn.Parameter(torch.zeros(4, 3, 3, 3))
    optimizer = Muon([weight], 0.1, 1e-8, 0.0)
    gradient = torch.randn(4, 3, 3, 3, generator=torch.Generator().manual_seed(0))
    for sign in (*[1.0] * 10, -0.1):
        before = weight.detach().clone()
        weight.grad = gradient * sign
        optimizer.step()
    assert float(((weight.detach() - before) * gradient).sum()) < 0
    assert optimizer.rate == 0.1
