"""Answers as output tensors of the Open Inference Protocol, in JSON or behind it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from starlette.responses import Response

from oxmark.inference import View
from oxmark.web.service.answering import Answer, prediction_of
from oxmark.web.service.models import Served
from oxmark.web.service.tensors import InferRequest, Wish

Tensor = npt.NDArray[np.float32] | list[bytes]


def needs_view(request: InferRequest) -> bool:
    """Whether an output is asked for that only a :class:`~oxmark.inference.View` has."""
    return any(wish.name in ("seen", "box", "heat") for wish in request.wishes)


def infer_response(model: Served, request: InferRequest, answers: Sequence[Answer]) -> Response:
    """The whole response.

    Args:
        model: The one that answered.
        request: What was asked.
        answers: One a picture; views where :func:`needs_view` says so.
    """
    outputs, blobs = list[dict[str, Any]](), list[bytes]()
    for wish in request.wishes:
        described, blob = _output(wish, _tensor(wish.name, answers))
        outputs.append(described)
        blobs += blob
    told: dict[str, Any] = {"model_name": model.name, "model_version": model.version}
    if request.id is not None:
        told["id"] = request.id
    header = json.dumps({**told, "outputs": outputs}, ensure_ascii=True).encode()
    if not any(wish.binary for wish in request.wishes):
        return Response(header, media_type="application/json")
    return Response(
        b"".join([header, *blobs]),
        media_type="application/octet-stream",
        headers={"Inference-Header-Content-Length": str(len(header))},
    )


def _tensor(name: str, answers: Sequence[Answer]) -> Tensor:
    """One output of all pictures: ``(pictures, ...)``."""
    predictions = [prediction_of(answer) for answer in answers]
    if name == "label":
        return [(prediction.label or "").encode() for prediction in predictions]
    if name == "known":
        return np.array([prediction.known for prediction in predictions], np.float32)
    if name == "probabilities":
        return np.array([list(prediction.probabilities.values()) for prediction in predictions], np.float32)
    views = [answer for answer in answers if isinstance(answer, View)]
    if name == "box":
        return np.array([view.box for view in views], np.float32)
    if name == "heat":
        return np.stack([view.heat for view in views])
    return np.stack([view.seen[None] for view in views])


def _output(wish: Wish, tensor: Tensor) -> tuple[dict[str, Any], list[bytes]]:
    """An output's JSON, and its bytes if it comes behind the JSON."""
    if isinstance(tensor, list):
        described = {"name": wish.name, "datatype": "BYTES", "shape": [len(tensor)]}
        values: list[Any] = [text.decode() for text in tensor]
        blob = b"".join(len(text).to_bytes(4, "little") + text for text in tensor)
    else:
        described = {"name": wish.name, "datatype": "FP32", "shape": list(tensor.shape)}
        values = [] if wish.binary else tensor.ravel().tolist()
        blob = np.ascontiguousarray(tensor, "<f4").tobytes()
    if wish.binary:
        return {**described, "parameters": {"binary_data_size": len(blob)}}, [blob]
    return {**described, "data": values}, []
