"""What the OpenAPI document and the model metadata say of the Open Inference Protocol's routes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oxmark.web.description import problem
from oxmark.web.service.models import Served
from oxmark.web.service.tensors import OUTPUTS

TAGS = ["Open Inference Protocol"]
_NO_MODEL = problem("There is no such model or version.")
_DRAINING = problem("The server is about to end, or takes no more at the same time.")


def _answers(description: str, schema: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"type": "object", **schema}, "example": example}}
    return {"description": description, "content": content}


def _flag(name: str) -> dict[str, Any]:
    return {"required": [name], "properties": {name: {"type": "boolean"}}}


SERVER: dict[str, Any] = {
    "tags": TAGS,
    "summary": "The server",
    "description": "Its name, its version, and the extensions of the protocol that it offers.",
    "responses": {
        200: _answers(
            "The server.",
            {"required": ["name", "version", "extensions"]},
            {"name": "oxmark", "version": "0.1.0", "extensions": ["binary_tensor_data"]},
        )
    },
}
LIVE: dict[str, Any] = {
    "tags": TAGS,
    "summary": "Whether the server is alive",
    "description": "For a supervisor, which restarts a server that does not answer. Asks for no token.",
    "responses": {200: _answers("It is.", _flag("live"), {"live": True})},
}
READY: dict[str, Any] = {
    "tags": TAGS,
    "summary": "Whether the server takes requests",
    "description": "For a balancer: 200 while models answer, 503 when the server ends. Asks for no token.",
    "responses": {200: _answers("It does.", _flag("ready"), {"ready": True}), 503: _DRAINING},
}
MODEL_READY: dict[str, Any] = {
    "tags": TAGS,
    "summary": "Whether a model answers",
    "description": "A bad new file does not change that: the model before it goes on answering.",
    "responses": {
        200: _answers("It does.", _flag("ready"), {"name": "builtin", "ready": True}),
        404: _NO_MODEL,
        503: _DRAINING,
    },
}
_TENSORS = {"type": "array", "items": {"type": "object", "required": ["name", "datatype", "shape"]}}
MODEL: dict[str, Any] = {
    "tags": TAGS,
    "summary": "A model's inputs, outputs and version",
    "description": (
        "The version is the first 12 hexadecimal digits of the file's SHA-256; it changes when the file does."
    ),
    "responses": {
        200: _answers(
            "The model.",
            {
                "required": ["name", "versions", "platform", "inputs", "outputs"],
                "properties": {"inputs": _TENSORS, "outputs": _TENSORS},
            },
            {
                "name": "builtin",
                "versions": ["3f2a90c1d4e5"],
                "platform": "onnx_onnxv1",
                "inputs": [{"name": "pixels", "datatype": "UINT8", "shape": [-1, -1, -1, 4]}],
                "outputs": [{"name": "known", "datatype": "FP32", "shape": [-1]}],
            },
        ),
        404: _NO_MODEL,
    },
}


def metadata(model: Served) -> dict[str, Any]:
    """What the protocol calls a model's metadata; -1 is any size."""
    classes = len(model.classifier.classes)
    shapes = {
        "probabilities": [-1, classes],
        "known": [-1],
        "label": [-1],
        "seen": [-1, 1, -1, -1],
        "box": [-1, 4],
        "heat": [-1, classes, -1, -1],
    }
    return {
        "name": model.name,
        "versions": [model.version],
        "platform": "onnx_onnxv1",
        "inputs": [
            {"name": "pixels", "datatype": "UINT8", "shape": [-1, -1, -1, 4]},
            {"name": "image", "datatype": "BYTES", "shape": [-1]},
        ],
        "outputs": [
            {"name": name, "datatype": "BYTES" if name == "label" else "FP32", "shape": shape}
            for name, shape in shapes.items()
        ],
        "parameters": {"classes": list(model.classifier.classes)},
    }


_PARAMETERS = {"type": "object"}
_INPUT = {
    "type": "object",
    "required": ["name", "datatype", "shape"],
    "properties": {
        "name": {"enum": ["pixels", "image"]},
        "datatype": {"enum": ["UINT8", "BYTES"]},
        "shape": {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1, "maxItems": 4},
        "data": {"type": "array"},
        "parameters": _PARAMETERS,
    },
}
_OUTPUT = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"enum": list(OUTPUTS)}, "parameters": _PARAMETERS},
}
_REQUEST = {
    "type": "object",
    "required": ["inputs"],
    "properties": {
        "id": {"type": "string"},
        "inputs": {"type": "array", "items": _INPUT, "minItems": 1, "maxItems": 1},
        "outputs": {"type": "array", "items": _OUTPUT},
        "parameters": _PARAMETERS,
    },
}
_ONE_PIXEL = {"name": "pixels", "datatype": "UINT8", "shape": [1, 1, 1, 4], "data": [255, 255, 255, 255]}
_RESPONSE = {
    "type": "object",
    "required": ["model_name", "model_version", "outputs"],
    "properties": {"outputs": {"type": "array"}},
}
_ABOUT = (
    "One input: `pixels`, UINT8 `[batch, height, width, 4]`, RGBA; or `image`, BYTES `[number]`, whole "
    "picture files, which are base64 texts where they stand in JSON. Outputs: `probabilities`, `known` and "
    "`label` (an empty text is none of these); `seen`, `box` and `heat` if they are asked for. Tensors may "
    "follow the JSON as bytes; the header `Inference-Header-Content-Length` tells how long the JSON is."
)


_BINARY = {"schema": {"type": "string", "format": "binary"}}
_JSON_LENGTH = {
    "name": "Inference-Header-Content-Length",
    "in": "header",
    "description": "Bytes of JSON at the beginning of a body that goes on with binary tensors.",
    "schema": {"type": "integer", "minimum": 1},
}
INFER: dict[str, Any] = {
    "tags": TAGS,
    "summary": "Answer tensors",
    "description": _ABOUT,
    "responses": {
        200: {
            "description": "The outputs.",
            "content": {"application/json": {"schema": _RESPONSE}, "application/octet-stream": _BINARY},
        },
        400: problem("The body does not follow the protocol."),
        404: _NO_MODEL,
        413: problem("The body, its pixels or the number of its pictures are too large."),
        415: problem("A picture of `image` is none that oxmark reads, or the body is compressed."),
        422: problem("A picture of `image` is damaged."),
        500: problem("The model failed, or a defect of oxmark; its log says what."),
    },
}


def path_parameters(models: Sequence[str], *, version: bool) -> dict[str, Any]:
    """What is said of the names in an address.

    Args:
        models: The names that there are.
        version: Whether a version stands in the address, too.
    """
    named = {"model": {"type": "string", "enum": list(models)}}
    if version:
        named["version"] = {"type": "string"}
    found = [
        {"name": name, "in": "path", "required": True, "schema": schema} for name, schema in named.items()
    ]
    return {"parameters": found}


def with_body(parameters: dict[str, Any]) -> dict[str, Any]:
    """What is said of a request that infers.

    Args:
        parameters: From :func:`path_parameters`.
    """
    content = {
        "application/json": {"schema": _REQUEST, "example": {"inputs": [_ONE_PIXEL]}},
        "application/octet-stream": _BINARY,
    }
    return {
        "parameters": [*parameters["parameters"], _JSON_LENGTH],
        "requestBody": {"required": True, "content": content},
    }
