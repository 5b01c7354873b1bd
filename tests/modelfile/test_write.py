"""The model file: it passes its own check, keeps the contract, and answers as torch does."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
import torch
from onnx import TensorProto

from oxmark.modelfile.builder import GraphBuilder, float_output
from oxmark.modelfile.check import ALLOWED_OPS, check
from oxmark.modelfile.network import VISIBLE, add_network
from oxmark.modelfile.preprocess import preprocess_model
from oxmark.modelfile.session import open_session
from oxmark.modelfile.write import metadata, model_bytes
from oxmark.recipes import Recipe, load_recipe, to_toml
from oxmark.training.calibration import Calibration
from oxmark.training.network import Network, build_network, probabilities

CASES = [("marks", 2), ("marks", 5), ("tutorial", 2), ("tutorial", 5)]
NAMES = ("동그라미", "X", "a b", "é", "five")
CALIBRATION = Calibration(temperature=1.7, known_slope=1.3, known_threshold=-0.4)
Floats = npt.NDArray[np.float32]


def recipe_of(name: str) -> Recipe:
    return load_recipe(name).with_settings({"size": 40 if name == "marks" else 30, "width": 4})


@functools.cache
def network_of(name: str, classes: int) -> Network:
    """With biases and statistics that are not those of the start, and logits that differ."""
    network = build_network(recipe_of(name), classes, torch.Generator().manual_seed(classes)).eval()
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for key, value in network.state_dict().items():
            if key.endswith(("bias", "running_mean")):
                value.copy_(torch.randn(value.shape, generator=generator) * 0.3)
            elif key.endswith("running_var"):
                value.copy_(torch.rand(value.shape, generator=generator) + 0.1)
            elif key in ("head.weight", "dense2.weight"):
                value.mul_(8)
    return network


def written(name: str, classes: int, **changes: Any) -> bytes:
    recipe = recipe_of(name)
    facts = metadata(
        classes=NAMES[:classes], recipe=to_toml(recipe), trained_on={"counts": {"train": {"X": 3}}},
        quality={"b": 1, "a": [0.5, None]}, version="0.1.0",
    )  # fmt: skip
    arguments = {
        "preprocess": recipe.preprocess, "size": recipe.size, "margin": recipe.margin,
        "network": recipe.network,
        "weights": network_of(name, classes).weights(CALIBRATION), "metadata": facts,
    }  # fmt: skip
    return model_bytes(**{**arguments, **changes})


def pictures(count: int) -> npt.NDArray[np.uint8]:
    """uint8 ``(count, 90, 120, 4)``: rough strokes in many colours, some on transparent paper."""
    generator = np.random.default_rng(count)
    batch = np.full((count, 90, 120, 4), 255, np.uint8)
    batch[::3, :, :, 3] = 0
    for picture in batch:
        for _ in range(3):
            y, x, h, w = generator.integers([5, 5, 4, 4], [50, 70, 40, 50])
            picture[y : y + h, x : x + w] = [*generator.integers(0, 200, 3), 255]
    return batch


def answers(data: bytes, batch: npt.NDArray[np.uint8]) -> dict[str, Floats]:
    session = open_session(data, "the model")
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {"pixels": batch}), strict=True))


@pytest.mark.parametrize(("name", "classes"), CASES)
def test_it_passes_the_check(name: str, classes: int) -> None:
    checked = check(written(name, classes))
    assert checked.classes == NAMES[:classes]
    assert checked.format == 1
    assert checked.metadata == {
        "oxmark.format": "1",
        "oxmark.classes": str(list(NAMES[:classes])).replace("'", '"'),
        "oxmark.recipe": to_toml(recipe_of(name)),
        "oxmark.trained_on": '{"counts":{"train":{"X":3}}}',
        "oxmark.quality": '{"a":[0.5,null],"b":1}',
        "oxmark.version": "0.1.0",
    }


@pytest.mark.parametrize(("name", "classes"), CASES)
def test_equal_arguments_give_equal_bytes(name: str, classes: int) -> None:
    assert written(name, classes) == written(name, classes)
    assert written(name, classes) != written(name, classes, size=recipe_of(name).size + 8)


def test_the_order_of_facts_does_not_matter() -> None:
    facts = [
        metadata(classes=["O", "X"], recipe="", trained_on=t, quality={}, version="1")
        for t in ({"a": 1, "b": 2}, {"b": 2, "a": 1})
    ]
    turned = dict(reversed(facts[1].items()))
    assert written("marks", 2, metadata=facts[0]) == written("marks", 2, metadata=turned)


def declared(value: onnx.ValueInfoProto) -> tuple[str, int, list[str | int]]:
    """Name, element type and dimensions; a free dimension by its name."""
    tensor = value.type.tensor_type
    return value.name, tensor.elem_type, [d.dim_param or d.dim_value for d in tensor.shape.dim]


@pytest.mark.parametrize(("name", "classes"), CASES)
def test_inputs_and_outputs_are_those_of_the_contract(name: str, classes: int) -> None:
    graph, size = onnx.load_model_from_string(written(name, classes)).graph, recipe_of(name).size
    assert [declared(value) for value in (*graph.input, *graph.output)] == [
        ("pixels", TensorProto.UINT8, ["batch", "height", "width", 4]),
        ("probabilities", TensorProto.FLOAT, ["batch", classes]),
        ("known", TensorProto.FLOAT, ["batch"]),
        ("seen", TensorProto.FLOAT, ["batch", 1, size, size]),
        ("box", TensorProto.FLOAT, ["batch", 4]),
        ("heat", TensorProto.FLOAT, ["batch", classes, "heat_height", "heat_width"]),
    ]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("name", "classes"), CASES)
def test_the_answers_have_the_declared_shapes(name: str, classes: int, count: int) -> None:
    found, size = answers(written(name, classes), pictures(count)), recipe_of(name).size
    places = size // 8 if name == "marks" else (((size - 2) // 2 - 2) // 2 - 2) // 2
    heat = (count, classes, places, places)
    assert {key: value.shape for key, value in found.items()} == {
        "probabilities": (count, classes), "known": (count,), "seen": (count, 1, size, size),
        "box": (count, 4), "heat": heat,
    }  # fmt: skip
    assert {value.dtype for value in found.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(("name", "classes"), CASES)
def test_torch_and_onnx_runtime_agree_from_raw_pixels(name: str, classes: int) -> None:
    recipe, batch = recipe_of(name), pictures(12)
    graph = preprocess_model(recipe.preprocess, recipe.size, recipe.margin).SerializeToString()
    prepared = answers(graph, batch)
    found = answers(written(name, classes), batch)
    with torch.no_grad():
        logits, known = network_of(name, classes)(torch.from_numpy(prepared["seen"]))
    expected = probabilities(logits, CALIBRATION.temperature).numpy()
    assert float(logits.std(dim=0).max()) > 0.02, "the pictures must be answered differently"
    np.testing.assert_allclose(found["probabilities"], expected, rtol=0, atol=1e-5)
    np.testing.assert_allclose(found["probabilities"].sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(found["seen"], prepared["seen"])
    np.testing.assert_array_equal(found["box"], prepared["box"])
    evidence = found["heat"].mean((2, 3)) * CALIBRATION.temperature
    if logits.shape[1] == 1:
        evidence = evidence[:, [1]] - evidence[:, [0]]
    np.testing.assert_allclose(evidence, logits, rtol=0, atol=2e-5)
    if name == "marks":
        certain = torch.sigmoid(CALIBRATION.known_slope * (known - CALIBRATION.known_threshold)).numpy()
        assert np.ptp(certain) > 0.02, "the pictures must be known differently"
        assert prepared["seen"].max((1, 2, 3)).min() > VISIBLE
        np.testing.assert_allclose(found["known"], certain, rtol=0, atol=1e-5)
    else:
        assert known is None


def weights_that_know(size: float) -> dict[str, Floats]:
    """Of a ``marks`` network that is equally sure of everything: the logit of ``known`` is ``size``."""
    weights = dict(network_of("marks", 2).weights())
    weights["known.weight"] = weights["known.weight"] * 0
    weights["known.bias"] = np.full_like(weights["known.bias"], size)
    return weights


@pytest.mark.parametrize("logit", [-3.0, 0.0, 9.0])
def test_known_is_the_sigmoid_of_its_logit(logit: float) -> None:
    found = answers(written("marks", 2, weights=weights_that_know(logit)), pictures(4))
    np.testing.assert_allclose(found["known"], 1 / (1 + np.exp(-logit)), rtol=0, atol=1e-6)


def test_known_follows_how_much_is_visible() -> None:
    """However sure the network is: what is hardly there fades out, and what is not there is not known."""
    builder = GraphBuilder()
    builder.op("Identity", "shown", name="seen")
    add_network(builder, "marks", weights_that_know(9.0))
    size = recipe_of("marks").size
    shown, answer = float_output("shown", "batch", 1, size, size), float_output("known", "batch")
    graph = builder.model("known", [shown], [answer])
    seen = np.zeros((4, 1, size, size), np.float32)
    seen[:, 0, 20, 20] = [0, 0.4 * VISIBLE, VISIBLE, 1]
    (known,) = open_session(graph.SerializeToString(), "known").run(None, {"shown": seen})
    np.testing.assert_allclose(known, np.array([0, 0.4, 1, 1]) / (1 + np.exp(-9)), rtol=0, atol=1e-6)


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_blank_picture_is_not_known(value: int) -> None:
    blank = np.full((1, 200, 300, 4), value, np.uint8)
    assert answers(written("marks", 2, weights=weights_that_know(9.0)), blank)["known"][0] < 0.5


@pytest.mark.parametrize("classes", [2, 5])
def test_everything_is_known_to_a_network_that_cannot_refuse(classes: int) -> None:
    batch = np.concatenate([pictures(4), np.full((1, 90, 120, 4), 255, np.uint8)])
    assert (answers(written("tutorial", classes), batch)["known"] == 1).all()


@pytest.mark.parametrize(("name", "classes"), CASES)
def test_the_file_begins_with_the_preprocessing_node_for_node(name: str, classes: int) -> None:
    recipe = recipe_of(name)
    alone = preprocess_model(recipe.preprocess, recipe.size, recipe.margin).graph
    whole = onnx.load_model_from_string(written(name, classes)).graph
    nodes = [node.SerializeToString(deterministic=True) for node in alone.node]
    constants = [constant.SerializeToString(deterministic=True) for constant in alone.initializer]
    assert len(nodes) > 20
    assert [n.SerializeToString(deterministic=True) for n in whole.node[: len(nodes)]] == nodes
    assert [c.SerializeToString(deterministic=True) for c in whole.initializer[: len(constants)]] == constants


@pytest.mark.parametrize(("name", "classes"), CASES)
def test_versions_and_operators(name: str, classes: int) -> None:
    model = onnx.load_model_from_string(written(name, classes))
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", 18)]
    assert (model.ir_version, model.producer_name) == (9, "oxmark")
    assert {node.op_type for node in model.graph.node} <= set(ALLOWED_OPS)
    assert {node.domain for node in model.graph.node} == {""}
    for constant in model.graph.initializer:
        assert constant.data_location == TensorProto.DEFAULT and not constant.external_data


def test_the_marks_file_is_small() -> None:
    recipe = load_recipe("marks")
    network = build_network(recipe, 2, torch.Generator().manual_seed(0))
    data = written("marks", 2, size=recipe.size, weights=network.weights())
    assert len(data) < 400_000
