"""Opening checked bytes in ONNX Runtime, everywhere in the same way."""

from __future__ import annotations

import onnxruntime as ort

from oxmark.errors import DamagedModel


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
    options.log_severity_level = 4  # a refusal becomes an exception below, not a line on stderr
    try:
        return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors share no base class of their own
        raise DamagedModel(
            f"{name} passes the check, but ONNX Runtime refuses it: {error}. Get the file again."
        ) from error
