"""Opening and running: whatever ONNX Runtime says becomes one named error, and nothing is printed."""

from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from oxmark.errors import DamagedModel
from oxmark.modelfile.session import OPTIMISED_FROM, open_session, run_session

LEVEL = ort.GraphOptimizationLevel


def graph(node_name: str = "reshape", operator: str = "Reshape") -> bytes:
    """Reshapes what it gets to seven values, which fits no other number."""
    node = helper.make_node(operator, ["given", "shape"], ["result"], name=node_name)
    made = helper.make_graph(
        [node],
        "graph",
        [helper.make_tensor_value_info("given", TensorProto.FLOAT, ["n"])],
        [helper.make_tensor_value_info("result", TensorProto.FLOAT, None)],
        [helper.make_tensor("shape", TensorProto.INT64, [1], [7])],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    return bytes(model.SerializeToString())


def test_what_fits_is_answered() -> None:
    session = open_session(graph(), "model.onnx")
    (result,) = run_session(session, ["result"], {"given": np.arange(7, dtype=np.float32)}, "model.onnx")
    assert result.tolist() == list(range(7))


@pytest.mark.parametrize(
    ("name", "level"), [("short", LEVEL.ORT_DISABLE_ALL), ("n" * OPTIMISED_FROM, LEVEL.ORT_ENABLE_ALL)]
)
def test_only_large_graphs_are_optimised(name: str, level: object) -> None:
    session = open_session(graph(name), "model.onnx")
    assert session.get_session_options().graph_optimization_level == level


def test_a_graph_that_fails_while_it_answers_is_damaged() -> None:
    session = open_session(graph(), "model.onnx")
    with pytest.raises(DamagedModel, match=r"^model\.onnx opens, but ONNX Runtime cannot answer with it: "):
        run_session(session, ["result"], {"given": np.zeros(3, np.float32)}, "model.onnx")


@pytest.mark.parametrize(
    "data",
    [b"", graph()[:40], graph(operator="Rashape"), graph("?" * 9, "Rashape").replace(b"?" * 9, b"\x80" * 9)],
)
def test_a_graph_that_is_refused_is_damaged_and_prints_nothing(
    data: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(DamagedModel, match=r"^model\.onnx passes the check, but ONNX Runtime refuses it: "):
        open_session(data, "model.onnx")
    assert capfd.readouterr() == ("", "")
