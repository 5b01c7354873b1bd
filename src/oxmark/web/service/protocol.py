"""The Open Inference Protocol, version 2, so that its clients work as they are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from oxmark import __version__
from oxmark.data.decode import MAX_PIXELS
from oxmark.web.problems import Problem
from oxmark.web.service import protocol_descriptions as described
from oxmark.web.service.answering import Answer, answered, predicted, prediction_of, viewed
from oxmark.web.service.gate import Gate
from oxmark.web.service.inferred import infer_response, needs_view
from oxmark.web.service.models import Models, Served
from oxmark.web.service.plain_route import PlainRoute
from oxmark.web.service.predict import costs
from oxmark.web.service.record import Record, record_of
from oxmark.web.service.tensors import InferRequest, read_request

_MODEL = "/v2/models/{model}"
_VERSION = f"{_MODEL}/versions/{{version}}"


def add_protocol_routes(router: APIRouter, models: Models, gate: Gate, ready: Callable[[], bool]) -> None:
    """Put health, metadata and inference into a router.

    Args:
        router: Gets them.
        models: Answer.
        gate: Bounds what is worked on.
        ready: Whether requests are wanted.
    """
    _add_health_routes(router, ready)
    _add_model_routes(router, models, ready)
    _add_infer_routes(router, models, gate)


def _add_health_routes(router: APIRouter, ready: Callable[[], bool]) -> None:
    @router.get("/v2", **described.SERVER)
    async def server() -> dict[str, Any]:
        return {"name": "oxmark", "version": __version__, "extensions": ["binary_tensor_data"]}

    @router.get("/v2/health/live", **described.LIVE)
    async def live() -> dict[str, bool]:
        return {"live": True}

    @router.get("/v2/health/ready", **described.READY)
    async def is_ready() -> dict[str, bool]:
        _check_ready(ready)
        return {"ready": True}


def _add_model_routes(router: APIRouter, models: Models, ready: Callable[[], bool]) -> None:
    @router.get(_MODEL, **described.MODEL)
    async def metadata(model: str) -> dict[str, Any]:
        return described.metadata(models.choose(model))

    @router.get(_VERSION, **described.MODEL)
    async def version_metadata(model: str, version: str) -> dict[str, Any]:
        return described.metadata(models.choose(model, version))

    @router.get(f"{_MODEL}/ready", **described.MODEL_READY)
    async def model_ready(model: str) -> dict[str, Any]:
        return _ready(models.choose(model), ready)

    @router.get(f"{_VERSION}/ready", **described.MODEL_READY)
    async def version_ready(model: str, version: str) -> dict[str, Any]:
        return _ready(models.choose(model, version), ready)


def _add_infer_routes(router: APIRouter, models: Models, gate: Gate) -> None:
    async def infer(request: Request) -> Response:
        return await _infer(request, models.choose(request.path_params["model"]), gate)

    async def infer_version(request: Request) -> Response:
        given = request.path_params
        return await _infer(request, models.choose(given["model"], given["version"]), gate)

    add = partial(router.add_api_route, methods=["POST"], route_class_override=PlainRoute)
    add(f"{_MODEL}/infer", infer, **described.infer("model"))
    add(f"{_VERSION}/infer", infer_version, **described.infer("model", "version"))


def _check_ready(ready: Callable[[], bool]) -> None:
    if not ready():
        raise Problem(
            503, "draining", "This server is about to end. Ask another one.", headers={"Retry-After": "1"}
        )


def _ready(model: Served, ready: Callable[[], bool]) -> dict[str, Any]:
    _check_ready(ready)
    return {"name": model.name, "ready": True}


async def _infer(request: Request, model: Served, gate: Gate) -> Response:
    record = record_of(request.scope)
    record.model, record.version = model.name, model.version
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Problem(415, "compressed_body", "Compressed bodies are not read. Send the body as it is.")
    asked = await _read(request, gate)
    work, pixels = await _work(model, asked, gate, record)
    with gate.admitted(len(work), sum(pixels)):
        answers = await asyncio.gather(*(gate.run(cost, one) for cost, one in zip(pixels, work, strict=True)))
    record.count(map(prediction_of, answers))
    return infer_response(model, asked, answers)


async def _read(request: Request, gate: Gate) -> InferRequest:
    """The request, unpacked in a thread; JSON takes about as much memory as a picture of as many pixels."""
    body = await request.body()
    length = request.headers.get("inference-header-content-length")
    weight = min(len(body), MAX_PIXELS)
    with gate.admitted(1, weight):
        return await gate.run(weight, partial(read_request, body, length))


async def _work(
    model: Served, asked: InferRequest, gate: Gate, record: Record
) -> tuple[list[Callable[[], Answer]], list[int]]:
    """What is to be done for each picture, and its pixels."""
    view = needs_view(asked)
    files = [picture for picture in asked.pictures if isinstance(picture, bytes)]
    if files:
        pixels = await costs(gate, files, record)
        read = viewed if view else predicted
        return [partial(read, model, data, _called(n, files)) for n, data in enumerate(files)], pixels
    arrays = [picture for picture in asked.pictures if not isinstance(picture, bytes)]
    pixels = [array.shape[0] * array.shape[1] for array in arrays]
    record.pictures, record.pixels = len(arrays), sum(pixels)
    if view:
        return [partial(answered, model, model.classifier.view, array) for array in arrays], pixels
    return [partial(answered, model, model.classifier.predict, array) for array in arrays], pixels


def _called(number: int, files: list[bytes]) -> str:
    return f"Picture {number + 1} of {len(files)}"
