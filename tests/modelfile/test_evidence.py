"""Evidence by places: its mean is the logit, and for the tutorial's network it is gradient times value."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
import torch
from torch.nn import functional

from oxmark.inference import Classifier
from oxmark.modelfile.builder import GraphBuilder
from oxmark.modelfile.check import check
from oxmark.modelfile.session import open_session
from oxmark.modelfile.write import metadata, model_bytes, network_bytes
from oxmark.recipes import load_recipe, to_toml
from oxmark.training.calibration import Calibration
from oxmark.training.network import TutorialNetwork, build_network

Floats = npt.NDArray[np.float32]
CASES = [("marks", 2), ("marks", 5), ("tutorial", 2), ("tutorial", 5)]
SIZES = {"marks": 40, "tutorial": 38}  # of the tutorial's last features: 3 x 3


@functools.cache
def weights_of(name: str, classes: int) -> dict[str, Floats]:
    """With biases, and logits that differ from picture to picture."""
    recipe = load_recipe(name).with_settings({"size": SIZES[name], "width": 4})
    network = build_network(recipe, classes, torch.Generator().manual_seed(classes)).eval()
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for key, value in network.state_dict().items():
            if key.endswith("bias"):
                value.copy_(torch.randn(value.shape, generator=generator) * 0.3)
            elif key in ("head.weight", "dense2.weight"):
                value.mul_(8)
    return network.weights(Calibration(temperature=1.7))


def seen(count: int, size: int) -> Floats:
    """float32 ``(count, 1, size, size)``: bars of ink, each somewhere else."""
    batch = np.zeros((count, 1, size, size), np.float32)
    for number, picture in enumerate(batch):
        start = 3 + 4 * number % (size // 2)
        picture[0, start : start + 5, 4 : size - start] = 1
    return batch


def answers(name: str, classes: int, batch: Floats) -> dict[str, Floats]:
    data = network_bytes(name, weights_of(name, classes), SIZES[name], classes)  # type: ignore[arg-type]
    names = ["probabilities", "known", "heat"]
    found = open_session(data, "the network").run(names, {"seen": batch})
    return dict(zip(names, found, strict=True))


@pytest.mark.parametrize(("name", "classes"), CASES)
def test_the_mean_over_places_is_the_logit(name: str, classes: int) -> None:
    found = answers(name, classes, seen(6, SIZES[name]))
    logits = found["heat"].astype(np.float64).mean(axis=(2, 3))
    differences = logits - logits[:, :1]
    expected = np.log(found["probabilities"].astype(np.float64))
    assert np.ptp(differences[:, 1]) > 0.05, "the pictures must be answered differently"
    np.testing.assert_allclose(differences, expected - expected[:, :1], rtol=0, atol=2e-5)


def test_one_logit_is_shared_by_two_classes() -> None:
    heat = answers("tutorial", 2, seen(3, SIZES["tutorial"]))["heat"]
    assert heat.shape == (3, 2, 3, 3) and np.ptp(heat) > 0.1
    np.testing.assert_array_equal(heat[:, 0], -heat[:, 1])


def gradient_times_value(classes: int, batch: Floats) -> tuple[Floats, Floats]:
    """By torch: evidence ``(N, logits, h, w)`` without the biases' part, and the logits ``(N, logits)``."""
    w = {name: torch.from_numpy(value) for name, value in weights_of("tutorial", classes).items()}
    x = torch.from_numpy(batch)
    for layer in ("conv1", "conv2", "conv3"):
        x = functional.relu(functional.conv2d(x, w[f"{layer}.weight"], w[f"{layer}.bias"]))
        x = functional.max_pool2d(x, 2)
    x.requires_grad_()
    flat = x.permute(0, 2, 3, 1).flatten(1)
    hidden = functional.relu(functional.linear(flat, w["dense1.weight"], w["dense1.bias"]))
    logits = functional.linear(hidden, w["dense2.weight"], w["dense2.bias"])
    maps = []
    for column in range(logits.shape[1]):
        (gradient,) = torch.autograd.grad(logits[:, column].sum(), x, retain_graph=True)
        maps.append((gradient * x).sum(1))
    return torch.stack(maps, 1).detach().numpy(), logits.detach().numpy()


@pytest.mark.parametrize("classes", [2, 5])
def test_the_tutorials_evidence_is_gradient_times_value(classes: int) -> None:
    batch = seen(4, SIZES["tutorial"])
    heat = answers("tutorial", classes, batch)["heat"]
    terms, logits = gradient_times_value(classes, batch)
    places = terms[0, 0].size
    biases = logits - terms.sum(axis=(2, 3))
    expected = places * terms + biases[:, :, None, None]
    assert np.ptp(terms) * places > 1 and np.abs(biases).max() > 0.1
    if classes == 2:
        expected = expected * np.array([-0.5, 0.5])[:, None, None]
    np.testing.assert_allclose(heat, expected, rtol=1e-4, atol=1e-4)


def written(**changes: Any) -> bytes:
    recipe = load_recipe("tutorial").with_settings({"size": SIZES["tutorial"], "width": 4})
    facts = metadata(classes=["O", "X"], recipe=to_toml(recipe), trained_on={}, quality={}, version="0.1.0")
    arguments: dict[str, Any] = {
        "preprocess": "tutorial", "size": recipe.size, "margin": 0.0, "network": "tutorial",
        "weights": weights_of("tutorial", 2), "metadata": facts,
    }  # fmt: skip
    return model_bytes(**{**arguments, **changes})


def test_no_weight_is_stored_twice() -> None:
    stored = onnx.load_model_from_string(written()).graph.initializer
    numbers = sum(value.size for value in weights_of("tutorial", 2).values())
    assert sum(int(np.prod(constant.dims)) for constant in stored) < numbers + 500
    names = [constant.name for constant in stored if constant.name.startswith(("conv", "dense"))]
    assert sorted(names) == sorted(weights_of("tutorial", 2))


def test_the_full_size_network_fits_its_file() -> None:
    network = TutorialNetwork(150, 16, 2)
    data = network_bytes("tutorial", network.weights(), 150, 2)
    assert len(data) < 4 * 4_750_049 + 10_000


def test_a_file_of_before_that_has_zeros_is_still_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(b: GraphBuilder, _weights: object, _places: str, hidden: str) -> str:
        zero = b.op("Mul", b.op("ReduceMax", hidden, b.ints(1), keepdims=1), b.float(0))
        return b.op("Unsqueeze", zero, b.ints(2, 3))

    monkeypatch.setattr("oxmark.modelfile.network._tutorial_heat", nothing)
    data = written()
    view = Classifier(data, check(data), "model.onnx").view(np.full((50, 60), 255, np.uint8))
    assert view.heat.shape == (2, 1, 1) and not view.heat.any()
