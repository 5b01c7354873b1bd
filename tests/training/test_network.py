"""The architectures: parameters, shapes, and weights that do in plain operators what the modules do."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from oxmark.recipes import load_recipe
from oxmark.training.calibration import Calibration
from oxmark.training.network import (
    MarksNetwork,
    Network,
    TutorialNetwork,
    Weights,
    build_network,
    probabilities,
    summary,
)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def network_of(name: str, classes: int, seed: int = 0, **changes: object) -> Network:
    return build_network(load_recipe(name).with_settings(changes), classes, seeded(seed))


def parameters(network: torch.nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(
    ("classes", "count"),
    [(2, 4_750_049), (3, 4_750_049 + 2 * 513), (5, 4_750_049 + 4 * 513)],
)
def test_the_tutorial_has_its_parameters(classes: int, count: int) -> None:
    assert parameters(network_of("tutorial", classes)) == count


def test_the_marks_network_is_small() -> None:
    recipe = load_recipe("marks")
    expected, before = 0, 1
    for number, after in enumerate((recipe.width, 2 * recipe.width, 4 * recipe.width, 4 * recipe.width)):
        expected += (9 if number else 25) * before * after + 2 * after
        before = after
    assert parameters(network_of("marks", 2)) == expected + 2 * (before + 1) + (2 * before + 1)
    assert expected < 100_000


@pytest.mark.parametrize(
    ("name", "classes", "columns"), [("marks", 2, 2), ("marks", 5, 5), ("tutorial", 2, 1), ("tutorial", 5, 5)]
)
@pytest.mark.parametrize("size", [24, 37])
def test_a_logit_for_each_class(name: str, classes: int, columns: int, size: int) -> None:
    network = network_of(name, classes, size=size, width=4).eval()
    logits, known = network(torch.rand(3, 1, size, size, generator=seeded()))
    if name == "marks":
        assert known.shape == (3,) and known.dtype == torch.float32
    else:
        assert known is None
    answers = probabilities(logits)
    assert logits.shape == (3, columns) and logits.dtype == torch.float32
    assert answers.shape == (3, classes)
    torch.testing.assert_close(answers.sum(1), torch.ones(3))


@pytest.mark.parametrize(
    ("logits", "temperature", "expected"),
    [
        ([[0.0]], 1.0, [[0.5, 0.5]]),
        ([[2.0]], 2.0, [[0.26894143, 0.73105860]]),
        ([[2.0, 0.0]], 2.0, [[0.73105860, 0.26894143]]),
        ([[1.0, 1.0, 1.0]], 5.0, [[1 / 3, 1 / 3, 1 / 3]]),
    ],
)
def test_probabilities(logits: list[list[float]], temperature: float, expected: list[list[float]]) -> None:
    torch.testing.assert_close(probabilities(torch.tensor(logits), temperature), torch.tensor(expected))


# --- starting weights ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["marks", "tutorial"])
def test_the_seed_gives_the_weights(name: str) -> None:
    one, same, other = (network_of(name, 2, seed, size=24, width=4).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(one[key], same[key]) for key in one)
    drawn = [key for key in one if key.endswith("weight") and "norm" not in key]
    assert len(drawn) == (6 if name == "marks" else 5)
    assert not any(torch.equal(one[key], other[key]) for key in drawn)


def test_the_tutorial_starts_glorot_uniform_with_zero_biases() -> None:
    network = network_of("tutorial", 2)
    assert isinstance(network, TutorialNetwork)
    layers: list[tuple[torch.nn.Conv2d | torch.nn.Linear, int, int]] = [
        (network.conv2, 9 * 16, 9 * 32),
        (network.dense1, 17 * 17 * 32, 512),
        (network.dense2, 512, 1),
    ]
    for layer, fan_in, fan_out in layers:
        limit = (6 / (fan_in + fan_out)) ** 0.5
        assert float(layer.weight.detach().abs().max()) <= limit
        assert float(layer.weight.detach().std()) == pytest.approx(limit / 3**0.5, rel=0.1)
        assert layer.bias is not None and not bool(layer.bias.any())


# --- the weights of the model file --------------------------------------------------------------------------


def experienced(network: Network) -> Network:
    """Biases and running statistics as after a training, not those of the start."""
    generator = seeded(9)
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if name.endswith(("bias", "running_mean")):
                value.copy_(torch.randn(value.shape, generator=generator) * 0.3 + 0.2)
            elif name.endswith("running_var"):
                value.copy_(torch.rand(value.shape, generator=generator) * 3 + 0.05)
    return network.eval()


def plainly(weights: Weights, seen: Tensor, *, marks: bool) -> tuple[Tensor, Tensor | None]:
    """Logits and ``known`` by convolutions and poolings with nothing but the exported weights."""
    w = {name: torch.from_numpy(value) for name, value in weights.items()}
    layers = sorted(name.split(".")[0] for name in w if name.startswith("conv") and name.endswith("weight"))
    x = seen
    for layer in layers:
        first = marks and layer == layers[0]
        pad, step = (2, 2) if first else (int(marks), 1)
        kernel = w[f"{layer}.weight"]
        x = functional.relu(functional.conv2d(x, kernel, w[f"{layer}.bias"], stride=step, padding=pad))
        if not first and not (marks and layer == layers[-1]):
            x = functional.max_pool2d(x, 2)
    if marks:
        features = torch.cat([x.mean((2, 3)), x.amax((2, 3))], dim=1)
        known = functional.linear(features, w["known.weight"], w["known.bias"])[:, 0]
        return functional.conv2d(x, w["head.weight"], w["head.bias"]).mean((2, 3)), known
    x = x.permute(0, 2, 3, 1).flatten(1)
    x = functional.relu(functional.linear(x, w["dense1.weight"], w["dense1.bias"]))
    return functional.linear(x, w["dense2.weight"], w["dense2.bias"]), None


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("name", ["marks", "tutorial"])
def test_plain_operators_with_the_weights_do_the_same(name: str, temperature: float, classes: int) -> None:
    network = experienced(network_of(name, classes, size=37, width=4))
    seen = torch.rand(6, 1, 37, 37, generator=seeded(1))
    with torch.no_grad():
        output = network(seen)
    weights = network.weights(Calibration(temperature, 0.7, 1.5))
    logits, known = plainly(weights, seen, marks=name == "marks")
    assert float(output.logits.std()) > 1e-3
    torch.testing.assert_close(logits, output.logits / temperature, rtol=0, atol=1e-5)
    if output.known is None:
        assert known is None
    else:
        assert float(output.known.std()) > 1e-3
        torch.testing.assert_close(known, (output.known - 1.5) * 0.7, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["marks", "tutorial"])
def test_the_weights_are_plain_arrays_of_their_own(name: str) -> None:
    network = network_of(name, 2, size=24, width=4)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    weights = network.weights(Calibration(2.0))
    assert all(value.dtype == np.float32 and value.flags.c_contiguous for value in weights.values())
    normalisation = sum(p.numel() for key, p in network.named_parameters() if "norm" in key)
    biases = sum(value.size for key, value in weights.items() if key[:4] == "conv" and key.endswith("bias"))
    total = sum(value.size for value in weights.values())
    assert total == parameters(network) - normalisation + (biases if name == "marks" else 0)


# --- the summary --------------------------------------------------------------------------------------------

TUTORIAL = """\
layer        type         output            parameters
------------------------------------------------------
conv1        Conv2d       16 x 148 x 148           160
conv2        Conv2d       32 x 72 x 72           4,640
conv3        Conv2d       32 x 34 x 34           9,248
dense1       Linear       512                4,735,488
dense2       Linear       1                        513
------------------------------------------------------
total                                        4,750,049
input                     1 x 150 x 150
"""


def test_the_summary_of_the_tutorial() -> None:
    assert summary(network_of("tutorial", 2), 150) == TUTORIAL


def test_the_summary_of_marks() -> None:
    network = network_of("marks", 3, width=4)
    assert isinstance(network, MarksNetwork)
    lines = summary(network, 64).splitlines()
    assert [line.split()[0] for line in lines[2:-3]] == [
        "conv1", "norm1", "conv2", "norm2", "conv3", "norm3", "conv4", "norm4", "known", "head",
    ]  # fmt: skip
    assert lines[2] == "conv1        Conv2d       4 x 32 x 32              100"
    assert lines[10] == "known        Linear       1                         33"
    assert lines[11] == "head         Conv2d       3 x 1 x 1                 51"
    assert lines[-2] == f"total {parameters(network):>48,}"


def test_the_summary_leaves_the_network_as_it_was() -> None:
    network = network_of("marks", 2, width=4).train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert summary(network, 24) == summary(network, 24)
    assert network.training
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
