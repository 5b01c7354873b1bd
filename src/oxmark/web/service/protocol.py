"""The Open Inference Protocol, version 2, so that its clients work as they are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

import oxmark
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
        return {"name": "oxmark", "version": oxmark.__version__, "extensions": ["binary_tensor_data"]}

    @router.get("/v2/health/live", **described.LIVE)
    async def live() -> dict[str, bool]:
        return {"live": True}

    @router.get("/v2/health/ready", **described.READY)
    async def is_ready() -> dict[str, bool]:
        _check_ready(ready)
        return {"ready": True}


def _add_model_routes(router: APIRouter, models: Models, ready: Callable[[], bool]) -> None:
    async def metadata(request: Request) -> Response:
        return JSONResponse(described.metadata(_model_of(request, models)))

    async def model_ready(request: Request) -> Response:
        model = _model_of(request, models)
        _check_ready(ready)
        return JSONResponse({"name": model.name, "ready": True})

    for path, parameters in _paths(models):
        add = partial(router.add_api_route, route_class_override=PlainRoute, openapi_extra=parameters)
        add(path, metadata, **described.MODEL)
        add(f"{path}/ready", model_ready, **described.MODEL_READY)


def _add_infer_routes(router: APIRouter, models: Models, gate: Gate) -> None:
    async def infer(request: Request) -> Response:
        return await _infer(request, _model_of(request, models), gate)

    for path, parameters in _paths(models):
        router.add_api_route(
            f"{path}/infer",
            infer,
            methods=["POST"],
            route_class_override=PlainRoute,
            openapi_extra=described.with_body(parameters),
            **described.INFER,
        )


def _paths(models: Models) -> list[tuple[str, dict[str, Any]]]:
    """Each model's address without and with its version, and what OpenAPI says of what stands in it."""
    return [
        ("/v2/models/{model}", described.path_parameters(models.names, version=False)),
        ("/v2/models/{model}/versions/{version}", described.path_parameters(models.names, version=True)),
    ]


def _model_of(request: Request, models: Models) -> Served:
    given = request.path_params
    return models.choose(given["model"], given.get("version"))


def _check_ready(ready: Callable[[], bool]) -> None:
    if not ready():
        raise Problem(
            503, "draining", "This server is about to end. Ask another one.", headers={"Retry-After": "1"}
        )


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
