"""The body of an inference request of the Open Inference Protocol, version 2, checked and unpacked.

Both forms of the body are read: all in JSON, and JSON followed by binary tensors, where the header
``Inference-Header-Content-Length`` tells where the JSON ends. Sizes are checked before anything is allocated.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from oxmark.data.decode import MAX_PIXELS
from oxmark.web.problems import Problem
from oxmark.web.service.uploads import MOST_PICTURES

OUTPUTS = ("probabilities", "known", "label", "seen", "box", "heat")
"""Every output that can be asked for."""
USUAL_OUTPUTS = OUTPUTS[:3]
"""What is given when none is asked for."""

MOST_JSON = 4_000_000
"""Bytes of JSON in one request: a quarter of a megapixel in numbers. Its lists may take 25 times as much."""

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Wish:
    """An output that is asked for.

    Attributes:
        name: One of ``OUTPUTS``.
        binary: Whether its values come behind the JSON.
    """

    name: str
    binary: bool


@dataclass(frozen=True, slots=True)
class InferRequest:
    """What a request asks.

    Attributes:
        id: To be given back; None without one.
        pictures: Each either pixels, uint8 ``(h, w, 4)``, or the bytes of a picture file.
        wishes: The outputs, in their order.
    """

    id: str | None
    pictures: list[Pixels] | list[bytes]
    wishes: list[Wish]


def refused(message: str) -> Problem:
    """What is said of a request that does not follow the protocol."""
    return Problem(400, "bad_inference_request", f"{message} /docs shows what is expected.")


def read_request(body: bytes, json_length: str | None) -> InferRequest:
    """Check and unpack a body.

    Args:
        body: All of it.
        json_length: The header ``Inference-Header-Content-Length``, if there.

    Raises:
        Problem: 400 for what does not follow the protocol, 413 for too much of anything.

    Example:
        >>> tensor = {"name": "pixels", "datatype": "UINT8", "shape": [1, 1, 1, 4], "data": [0, 0, 0, 255]}
        >>> read_request(json.dumps({"inputs": [tensor]}).encode(), None).pictures[0].shape
        (1, 1, 4)
    """
    length = _json_length(json_length, len(body))
    _check_json(length)
    request = _object(_parsed(body[:length]), "The body")
    tensor = _only_input(request)
    data, binary = tensor.get("data"), _binary(tensor, memoryview(body)[length:])
    if (data is None) == (binary is None):
        raise refused("The input needs either 'data' or the parameter 'binary_data_size'.")
    name, shape = tensor.get("name"), _shape(tensor.get("shape"))
    if name == "pixels":
        _check_type(tensor, "UINT8")
        pictures: list[Pixels] | list[bytes] = _pixels(shape, data, binary)
    elif name == "image":
        _check_type(tensor, "BYTES")
        pictures = _files(shape, data, binary)
    else:
        raise refused("The input must be named 'pixels' or 'image'.")
    return InferRequest(_id(request), pictures, _wishes(request))


def _json_length(header: str | None, body_length: int) -> int:
    if header is None:
        return body_length
    length = int(header) if header.isascii() and header.isdigit() and len(header) < 12 else -1
    if not 0 < length <= body_length:
        raise refused("Inference-Header-Content-Length must be the length of the JSON in the body, in bytes.")
    return length


def _check_json(length: int) -> None:
    if length > MOST_JSON:
        raise Problem(
            413,
            "too_much_json",
            f"The JSON is larger than {MOST_JSON / 1e6:g} MB. Send the tensor as bytes behind it: the binary "
            "extension of the protocol, which clients use unless told otherwise.",
        )


def _parsed(text: bytes) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise refused("The body is not JSON, or lacks the header Inference-Header-Content-Length.") from error


def _object(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise refused(f"{what} must be a JSON object.")
    return value


def _list(value: object, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise refused(f"{what} must be a JSON list.")
    return value


def _parameters(holder: dict[str, Any]) -> dict[str, Any]:
    return _object(holder.get("parameters", {}), "'parameters'")


def _id(request: dict[str, Any]) -> str | None:
    given = request.get("id")
    if given is not None and not isinstance(given, str):
        raise refused("'id' must be a text.")
    return given


def _only_input(request: dict[str, Any]) -> dict[str, Any]:
    inputs = _list(request.get("inputs"), "'inputs'")
    if len(inputs) != 1:
        raise refused(f"One input is expected, 'pixels' or 'image', not {len(inputs)}.")
    return _object(inputs[0], "The input")


def _shape(value: object) -> list[int]:
    shape = _list(value, "'shape'")
    if not all(type(side) is int and 1 <= side <= MAX_PIXELS for side in shape):
        raise refused("'shape' must hold whole numbers from 1.")
    return shape


def _check_type(tensor: dict[str, Any], datatype: str) -> None:
    if tensor.get("datatype") != datatype:
        raise refused(f"The datatype of this input must be {datatype}.")


def _check_count(pictures: int) -> None:
    if pictures > MOST_PICTURES:
        raise Problem(
            413,
            "too_many_pictures",
            f"A request takes at most {MOST_PICTURES} pictures. Send fewer at a time.",
        )


def _binary(tensor: dict[str, Any], rest: memoryview) -> memoryview | None:
    """The input's bytes behind the JSON; None if it has its values in the JSON."""
    parameters = _parameters(tensor)
    if "shared_memory_region" in parameters:
        raise refused("Shared memory is not offered. Send the tensor in the body.")
    size = parameters.get("binary_data_size")
    if size is None:
        if len(rest):
            raise refused("There are bytes behind the JSON that no input announces with 'binary_data_size'.")
        return None
    if type(size) is not int or size != len(rest):
        raise refused(f"'binary_data_size' must be the {len(rest)} bytes that follow the JSON.")
    return rest


def _pixels(shape: list[int], data: object, binary: memoryview | None) -> list[Pixels]:
    if len(shape) != 4 or shape[3] != 4:
        raise refused("The shape of 'pixels' must be [batch, height, width, 4], RGBA.")
    _check_count(shape[0])
    if math.prod(shape[:3]) > MAX_PIXELS:
        raise Problem(
            413, "too_many_pixels", f"A tensor takes at most {MAX_PIXELS:,} pixels. Send fewer at a time."
        )
    if binary is not None:
        if len(binary) != math.prod(shape):
            raise refused(f"The shape asks for {math.prod(shape)} bytes, but there are {len(binary)}.")
        return list(np.frombuffer(binary, np.uint8).reshape(shape))
    return list(_numbers(_list(data, "'data'"), math.prod(shape)).reshape(shape))


def _numbers(data: list[Any], count: int) -> Pixels:
    """JSON numbers, nested or not, as bytes; one by one, because NumPy would make room for any text."""
    flat = data
    while any(isinstance(one, list) for one in flat):
        if not all(isinstance(one, list) for one in flat):
            raise refused("'data' must hold either lists or numbers on each level.")
        flat = list(itertools.chain.from_iterable(flat))
    if not all(type(one) is int and 0 <= one <= 255 for one in flat):
        raise refused("'data' must hold whole numbers from 0 to 255.")
    if len(flat) != count:
        raise refused(f"The shape asks for {count} numbers, but 'data' holds {len(flat)}.")
    return np.fromiter(flat, np.uint8, count)


def _files(shape: list[int], data: object, binary: memoryview | None) -> list[bytes]:
    if len(shape) != 1:
        raise refused("The shape of 'image' must be [number of pictures].")
    _check_count(shape[0])
    files = _texts(_list(data, "'data'")) if binary is None else _elements(binary, shape[0])
    if len(files) != shape[0]:
        raise refused(f"The shape asks for {shape[0]} pictures, but there are {len(files)}.")
    return files


def _texts(data: list[Any]) -> list[bytes]:
    try:
        return [base64.b64decode(text, validate=True) for text in data]
    except (binascii.Error, ValueError, TypeError) as error:
        raise refused("In JSON each picture of 'image' must be a file's bytes as base64 text.") from error


def _elements(binary: memoryview, most: int) -> list[bytes]:
    """Each element is its length in four bytes, little-endian, then its bytes."""
    files, place = list[bytes](), 0
    while place < len(binary) and len(files) <= most:
        end = place + 4 + int.from_bytes(binary[place : place + 4], "little")
        if place + 4 > len(binary) or end > len(binary):
            raise refused("The bytes of 'image' end within a picture.")
        files.append(bytes(binary[place + 4 : end]))
        place = end
    return files


def _wishes(request: dict[str, Any]) -> list[Wish]:
    all_binary = _flag(_parameters(request), "binary_data_output", False)
    if request.get("outputs") is None:
        return [Wish(name, all_binary) for name in USUAL_OUTPUTS]
    wishes: dict[str, Wish] = {}
    for given in _list(request["outputs"], "'outputs'"):
        output = _object(given, "An output")
        name, parameters = output.get("name"), _parameters(output)
        if name not in OUTPUTS or name in wishes:
            raise refused(f"Each output must be one of {', '.join(OUTPUTS)}, each once.")
        if "classification" in parameters:
            raise refused("The parameter 'classification' is not offered. Ask for the output 'label'.")
        wishes[name] = Wish(name, _flag(parameters, "binary_data", all_binary))
    return list(wishes.values()) or [Wish(name, all_binary) for name in USUAL_OUTPUTS]


def _flag(parameters: dict[str, Any], name: str, default: bool) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise refused(f"The parameter '{name}' must be true or false.")
    return value
