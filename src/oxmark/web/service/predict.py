"""``POST /predict``: picture files in, answers out, as ``oxmark predict --json`` prints them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from oxmark.data.decode import MAX_PIXELS
from oxmark.errors import PictureError
from oxmark.inference import Prediction
from oxmark.web.problems import Problem, problem_of
from oxmark.web.service import descriptions
from oxmark.web.service.answering import pixels_at_a_glance, pixels_of, predicted
from oxmark.web.service.gate import Gate
from oxmark.web.service.models import Models, Served
from oxmark.web.service.plain_route import PlainRoute
from oxmark.web.service.record import Record, record_of
from oxmark.web.service.uploads import Upload, form_files, is_form

MOST_PIXELS = 4 * MAX_PIXELS
"""Pixels of all pictures of one request."""

QUICK = 256 * 256
"""Pixels, and bytes, of a picture that is answered in 2 or 3 milliseconds."""

_JSON = json.JSONEncoder(ensure_ascii=False)

Outcome = Prediction | PictureError


Answering = Callable[[Request], Coroutine[Any, Any, Response]]


def predicting(models: Models, gate: Gate) -> Answering:
    """What the route does.

    Args:
        models: Answer.
        gate: Bounds what is worked on.
    """

    async def predict(request: Request) -> Response:
        model = models.choose(request.query_params.get("model"))
        record = record_of(request.scope)
        record.model, record.version = model.name, model.version
        if is_form(request):
            return await _answer_form(model, gate, await form_files(request), record)
        return await _answer_body(model, gate, await request.body(), record)

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


async def _answer_body(model: Served, gate: Gate, data: bytes, record: Record) -> Response:
    (pixels,) = await costs(gate, [data], record)
    with gate.admitted(1, pixels):
        quick = max(pixels, len(data)) <= QUICK
        answer = await gate.run(pixels, partial(predicted, model, data, None), quick=quick)
    record.count([answer])
    return _json(200, answer_json(answer), model)


async def _answer_form(model: Served, gate: Gate, uploads: list[Upload], record: Record) -> Response:
    pixels = await costs(gate, [upload.data for upload in uploads], record)
    with gate.admitted(len(uploads), sum(pixels)):
        outcomes = await asyncio.gather(
            *(
                gate.run(cost, partial(_outcome, model, upload))
                for cost, upload in zip(pixels, uploads, strict=True)
            )
        )
    answers = [outcome for outcome in outcomes if isinstance(outcome, Prediction)]
    record.count(answers)
    told = [_told(upload, outcome) for upload, outcome in zip(uploads, outcomes, strict=True)]
    if answers:
        return _json(200, {"answers": told}, model)
    first = next(outcome for outcome in outcomes if isinstance(outcome, PictureError))
    many = "" if len(uploads) == 1 else f"None of the {len(uploads)} pictures can be read. The first: "
    problem = problem_of(first)
    return _json(
        problem.status_code, {"error": f"{many}{first}", "code": problem.code, "answers": told}, model
    )


async def costs(gate: Gate, pictures: list[bytes], record: Record) -> list[int]:
    """What each picture will take, in pixels, from its header; noted in the record, too.

    Raises:
        Problem: 413 when they are too many for one request.
    """
    pixels = [await _cost(gate, data) for data in pictures]
    record.pictures, record.pixels = len(pixels), sum(pixels)
    if record.pixels > MOST_PIXELS:
        raise Problem(
            413,
            "too_many_pixels",
            f"The pictures of this request have {record.pixels:,} pixels altogether, and a request takes at "
            f"most {MOST_PIXELS:,}. Send fewer at a time.",
        )
    return pixels


async def _cost(gate: Gate, data: bytes) -> int:
    pixels = pixels_at_a_glance(data)
    return await gate.run(0, partial(pixels_of, data)) if pixels is None else pixels


def _outcome(model: Served, upload: Upload) -> Outcome:
    try:
        return predicted(model, upload.data, upload.name)
    except PictureError as error:
        return error


def _told(upload: Upload, outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, PictureError):
        return {"file": upload.name, **problem_of(outcome).body()}
    return {"file": upload.name, **answer_json(outcome)}


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
