"""``POST /predict``: picture files in, answers out, as ``oxmark predict --json`` prints them."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from oxmark.errors import PictureError
from oxmark.inference import Prediction
from oxmark.web.problems import problem_of
from oxmark.web.service import descriptions
from oxmark.web.service.answerer import Answerer, all_outcomes
from oxmark.web.service.answering import Answer, prediction_of
from oxmark.web.service.models import Models, Served
from oxmark.web.service.plain_route import PlainRoute
from oxmark.web.service.record import Record, record_of
from oxmark.web.service.uploads import Upload, form_files, is_form

_JSON = json.JSONEncoder(ensure_ascii=False)


Answering = Callable[[Request], Coroutine[Any, Any, Response]]


def predicting(models: Models, answerer: Answerer) -> Answering:
    """What the route does.

    Args:
        models: Answer.
        answerer: Bounds what is worked on.
    """

    async def predict(request: Request) -> Response:
        model = models.choose(request.query_params.get("model"))
        record = record_of(request.scope)
        record.model, record.version = model.name, model.version
        if is_form(request):
            return await _answer_form(model, answerer, await form_files(request), record)
        return await _answer_body(model, answerer, await request.body(), record)

    return predict


def add_predict_route(router: APIRouter, predict: Answering, models: Models) -> None:
    """Put the route into a router, described."""
    router.add_api_route(
        "/predict",
        predict,
        methods=["POST"],
        tags=["Predict"],
        route_class_override=PlainRoute,
        openapi_extra=descriptions.predict_request(models.names),
        **descriptions.PREDICT,
    )


async def _answer_body(model: Served, answerer: Answerer, data: bytes, record: Record) -> Response:
    (pixels,) = await answerer.costs([data], record)
    with answerer.gate.admitted(1, pixels):
        answer = prediction_of(await answerer.file(model, data, pixels))
    record.count([answer])
    return _json(200, answer_json(answer), model)


async def _answer_form(model: Served, answerer: Answerer, uploads: list[Upload], record: Record) -> Response:
    pixels = await answerer.costs([upload.data for upload in uploads], record)
    with answerer.gate.admitted(len(uploads), sum(pixels)):
        outcomes = await all_outcomes(
            answerer.file(model, upload.data, cost, name=upload.name)
            for upload, cost in zip(uploads, pixels, strict=True)
        )
    record.count(prediction_of(one) for one in outcomes if not isinstance(one, PictureError))
    told = [_told(upload, outcome) for upload, outcome in zip(uploads, outcomes, strict=True)]
    errors = [outcome for outcome in outcomes if isinstance(outcome, PictureError)]
    if len(errors) < len(outcomes):
        return _json(200, {"answers": told}, model)
    many = "" if len(errors) == 1 else f"None of the {len(errors)} pictures can be read. The first: "
    problem = problem_of(errors[0])
    body = {"error": f"{many}{errors[0]}", "code": problem.code, "answers": told}
    return _json(problem.status_code, body, model)


def _told(upload: Upload, outcome: Answer | PictureError) -> dict[str, Any]:
    if isinstance(outcome, PictureError):
        return {"file": upload.name, **problem_of(outcome).body()}
    return {"file": upload.name, **answer_json(prediction_of(outcome))}


def answer_json(answer: Prediction) -> dict[str, Any]:
    """One answer as ``oxmark predict --json`` prints it, without the file.

    Example:
        >>> answer_json(Prediction("O", {"O": 0.99999961, "X": 0.00000039}, 1.0))
        {'label': 'O', 'probabilities': {'O': 1.0, 'X': 0.0}, 'known': 1.0}
    """
    return {
        "label": answer.label,
        "probabilities": {name: round(p, 6) for name, p in answer.probabilities.items()},
        "known": round(answer.known, 6),
    }


def _json(status: int, value: dict[str, Any], model: Served) -> Response:
    content = _JSON.encode(value).encode("utf-8", "replace")
    headers = {"oxmark-model": model.name, "oxmark-model-version": model.version}
    return Response(content, status, headers, "application/json")
