"""The Open Inference Protocol, version 2, so that its clients work as they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

import oxmark
from oxmark.data.decode import MAX_PIXELS
from oxmark.errors import PictureError
from oxmark.web.problems import Problem
from oxmark.web.service import protocol_descriptions as described
from oxmark.web.service.answerer import Answerer, all_outcomes
from oxmark.web.service.answering import Answer, prediction_of
from oxmark.web.service.gate import Gate
from oxmark.web.service.inferred import infer_response, needs_view
from oxmark.web.service.models import Models, Served
from oxmark.web.service.plain_route import PlainRoute
from oxmark.web.service.record import Record, record_of
from oxmark.web.service.tensors import InferRequest, read_request


def add_protocol_routes(
    router: APIRouter, models: Models, answerer: Answerer, ready: Callable[[], bool]
) -> None:
    """Put health, metadata and inference into a router.

    Args:
        router: Gets them.
        models: Answer.
        answerer: Bounds what is worked on.
        ready: Whether requests are wanted.
    """
    _add_health_routes(router, ready)
    _add_model_routes(router, models, ready)
    _add_infer_routes(router, models, answerer)


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


def _add_infer_routes(router: APIRouter, models: Models, answerer: Answerer) -> None:
    async def infer(request: Request) -> Response:
        return await _infer(request, _model_of(request, models), answerer)

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


async def _infer(request: Request, model: Served, answerer: Answerer) -> Response:
    record = record_of(request.scope)
    record.model, record.version = model.name, model.version
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Problem(415, "compressed_body", "Compressed bodies are not read. Send the body as it is.")
    asked = await _read(request, answerer.gate)
    outcomes = await _outcomes(model, asked, answerer, record)
    answers = [one for one in outcomes if not isinstance(one, PictureError)]
    record.count(map(prediction_of, answers))
    if len(answers) < len(outcomes):
        wrong = next(one for one in outcomes if isinstance(one, PictureError))
        outcomes.clear()
        try:
            raise wrong
        finally:
            del wrong  # else the error holds this frame, and this frame the error
    return infer_response(model, asked, answers)


async def _read(request: Request, gate: Gate) -> InferRequest:
    """The request, unpacked in a thread; a byte of JSON may take as much memory as two pixels."""
    body = await request.body()
    length = request.headers.get("inference-header-content-length")
    weight = min(2 * len(body), MAX_PIXELS)
    with gate.admitted(1, weight):
        return await gate.run(weight, partial(read_request, body, length))


async def _outcomes(
    model: Served, asked: InferRequest, answerer: Answerer, record: Record
) -> list[Answer | PictureError]:
    view, count = needs_view(asked), len(asked.pictures)
    files = [picture for picture in asked.pictures if isinstance(picture, bytes)]
    arrays = [picture for picture in asked.pictures if not isinstance(picture, bytes)]
    record.pictures, record.pixels = count, sum(array.shape[0] * array.shape[1] for array in arrays)
    costs = await answerer.costs(files, record) if files else []
    with answerer.gate.admitted(count, record.pixels):
        if not files:
            return await all_outcomes(answerer.pixels(model, array, view=view) for array in arrays)
        return await all_outcomes(
            answerer.file(model, data, cost, name=f"Picture {number} of {count}", view=view)
            for number, (data, cost) in enumerate(zip(files, costs, strict=True), start=1)
        )
