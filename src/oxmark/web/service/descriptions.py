"""What the OpenAPI document says of the service's routes: bodies, answers, errors, examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oxmark.web.description import problem

_FILE = {"type": "string", "format": "binary"}
_PROBABILITY = {"type": "number", "minimum": 0, "maximum": 1}
_ANSWER = {
    "type": "object",
    "title": "Answer",
    "required": ["label", "probabilities", "known"],
    "properties": {
        "file": {"type": "string", "description": "The file's name as the form gave it."},
        "label": {"type": ["string", "null"], "description": "The class; null for none of these."},
        "probabilities": {"type": "object", "additionalProperties": _PROBABILITY},
        "known": {
            **_PROBABILITY,
            "description": "How far it is any of the classes; below 0.5 there is no label.",
        },
    },
}
_UNREAD = {
    "type": "object",
    "title": "Unread",
    "description": "A file of a form that could not be read, in its place.",
    "required": ["file", "error", "code"],
    "properties": {name: {"type": "string"} for name in ("file", "error", "code")},
}
_ANSWERS = {
    "type": "object",
    "title": "Answers",
    "required": ["answers"],
    "properties": {"answers": {"type": "array", "items": {"anyOf": [_ANSWER, _UNREAD]}}},
}
_EXAMPLE = {"label": "O", "probabilities": {"O": 0.998, "X": 0.002}, "known": 0.97}

PREDICT: dict[str, Any] = {
    "summary": "Answer pictures",
    "description": (
        "The body is one picture (PNG, JPEG, BMP, GIF, WebP or TIFF), or a form with one or many files under "
        "any field names. One picture as the body gives one answer; a form gives a list with one entry a "
        "file, in its order, where a file that cannot be read has `error` and `code` instead. If no file can "
        "be read, the status tells why."
    ),
    "response_description": "The answer, or the answers to a form's files.",
    "responses": {
        200: {
            "content": {
                "application/json": {
                    "schema": {"anyOf": [_ANSWER, _ANSWERS]},
                    "examples": {
                        "one picture as the body": {"value": _EXAMPLE},
                        "a form with files": {"value": {"answers": [{"file": "photo.png", **_EXAMPLE}]}},
                    },
                }
            }
        },
        404: problem("There is no model of that name."),
        413: problem("The body, the pictures or their number are too large."),
        415: problem("The bytes are no picture in a format that oxmark reads."),
        422: problem("A damaged picture, a form without files, or several models and none named."),
        500: problem("The model failed, or a defect of oxmark; its log says what."),
    },
}
METRICS: dict[str, Any] = {
    "summary": "Metrics for Prometheus",
    "description": "Counts, latencies, refusals, the queue, and how the share of none of these has changed.",
    "response_description": "The text format of Prometheus.",
    "responses": {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
}


def predict_request(models: Sequence[str]) -> dict[str, Any]:
    """What is said of the request of ``POST /predict``.

    Args:
        models: The names that there are.
    """
    many = "Needed here, where there are several." if len(models) > 1 else "Not needed here, with one model."
    model = {"type": "string", "enum": list(models)}
    form = {"type": "object", "minProperties": 1, "additionalProperties": _FILE}
    kinds = ("image/png", "image/jpeg", "application/octet-stream")
    return {
        "parameters": [{"name": "model", "in": "query", "description": many, "schema": model}],
        "requestBody": {
            "required": True,
            "content": {
                **{kind: {"schema": _FILE} for kind in kinds},
                "multipart/form-data": {"schema": form},
            },
        },
    }
