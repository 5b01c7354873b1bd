"""Opening checked bytes in ONNX Runtime, everywhere in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import onnxruntime as ort

from oxmark.errors import DamagedModel

OPTIMISED_FROM = 2**20
"""Graphs of fewer bytes are run as they are written.

ONNX Runtime's optimiser looks at every operator several times. That takes 20 ms for the 700 of ``marks``, and
spares its small convolutions 0.05 ms a picture; those of ``tutorial``, 0.4 ms."""


def open_session(data: bytes, name: str) -> ort.InferenceSession:
    """Open a model or a preprocessing graph.

    One thread a picture: many pictures run side by side instead, and the answers do not depend on the
    number of processors.

    Args:
        data: The bytes of a file that passed :func:`oxmark.modelfile.check.check`, or a graph of our own.
        name: For messages.

    Raises:
        DamagedModel: ONNX Runtime refuses the graph.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # memory goes back after every picture
    options.enable_mem_reuse = False  # planning it for hundreds of operators takes 0.1 s, and saves nothing
    if len(data) < OPTIMISED_FROM:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4  # a refusal becomes an exception below, not a line on stderr
    try:
        providers = ["CPUExecutionProvider"]  # the only one: the retry with others would print on stdout
        return ort.InferenceSession(data, options, providers=providers, enable_fallback=0)
    except Exception as error:  # ONNX Runtime's errors share no base class of their own
        raise DamagedModel(
            f"{name} passes the check, but ONNX Runtime refuses it: {error}. Get the file again."
        ) from error


def run_session(
    session: ort.InferenceSession, outputs: Sequence[str], inputs: dict[str, Any], name: str
) -> list[Any]:
    """Run an open model.

    Args:
        session: From :func:`open_session`.
        outputs: The outputs wanted, by name.
        inputs: Arrays by input name.
        name: For messages.

    Returns:
        The outputs, in the order asked for.

    Raises:
        DamagedModel: An altered graph can pass the check, be opened, and still fit no picture.
    """
    try:
        return list(session.run(list(outputs), inputs))
    except Exception as error:  # ONNX Runtime's errors share no base class of their own
        raise DamagedModel(
            f"{name} opens, but ONNX Runtime cannot answer with it: {error}. Get the file again; if other "
            "pictures are answered, this one needs more memory than is free."
        ) from error
