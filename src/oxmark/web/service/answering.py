"""One picture's bytes to one answer, in a thread; and what the bytes will cost, from their header."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from oxmark.data.decode import MAX_PIXELS, decode, picture_info
from oxmark.data.kinds import HEAD_BYTES, kind_of, png_size
from oxmark.errors import PictureError
from oxmark.inference import Prediction, View
from oxmark.web.problems import Problem
from oxmark.web.service.models import Served

logger = logging.getLogger("oxmark.web")

Pixels = npt.NDArray[np.uint8]
Answer = Prediction | View
Result = TypeVar("Result", Prediction, View)


def pixels_at_a_glance(data: bytes) -> int | None:
    """How many pixels a PNG file announces; None for the formats whose header must be searched for.

    Example:
        >>> header = b"\\0\\0\\0\\rIHDR" + b"\\0\\0\\0\\x03" + b"\\0\\0\\0\\x02"
        >>> pixels_at_a_glance(b"\\x89PNG\\r\\n\\x1a\\n" + header)
        6
    """
    head = data[:HEAD_BYTES]
    kind = kind_of(head)
    if kind is None or (kind == "PNG" and len(head) < 24):
        return 0  # refused as soon as it is read
    if kind != "PNG":
        return None
    width, height = png_size(head)
    return _bounded(width * height)


def pixels_of(data: bytes) -> int:
    """How many pixels a picture's header announces; 0 for bytes that will be refused.

    Example:
        >>> pixels_of(b"no picture")
        0
    """
    try:
        info = picture_info(data)
    except PictureError:
        return 0
    return _bounded(info.width * info.height)


def _bounded(pixels: int) -> int:
    return pixels if pixels <= MAX_PIXELS else 0


def predicted(model: Served, data: bytes, name: str | None) -> Prediction:
    """The answer to one picture file.

    Args:
        model: Answers.
        data: The file's bytes.
        name: What messages call it.

    Raises:
        PictureError: The bytes cannot be read as a picture.
        Problem: 500 when the model itself fails.
    """
    return answered(model, model.classifier.predict, decode(data, name=name))


def viewed(model: Served, data: bytes, name: str | None) -> View:
    """As :func:`predicted`, with what the network saw."""
    return answered(model, model.classifier.view, decode(data, name=name))


def answered(model: Served, ask: Callable[[Pixels], Result], pixels: Pixels) -> Result:
    """What a model says of pixels; its failures are named. Raises :class:`Problem`."""
    try:
        result = ask(pixels)
    except PictureError:
        raise
    except Exception as error:  # ONNX Runtime's errors share no base class of their own
        logger.exception("The model %s failed on a picture of shape %s.", model.name, pixels.shape)
        raise model_failed(model) from error
    if not _finite(prediction_of(result)):
        raise model_failed(model)
    return result


def answered_together(model: Served, pictures: list[Pixels]) -> list[Prediction | Problem]:
    """What a model says of pictures of one shape; if it fails, each is asked alone and has its own error."""
    if len(pictures) > 1:
        try:
            answers = model.classifier.predict_stack(np.stack(pictures))
        except Exception:  # ONNX Runtime's errors share no base class of their own
            logger.exception("The model %s failed on %d pictures together.", model.name, len(pictures))
        else:
            return [answer if _finite(answer) else model_failed(model) for answer in answers]
    return [_alone(model, picture) for picture in pictures]


def _alone(model: Served, pixels: Pixels) -> Prediction | Problem:
    try:
        return answered(model, model.classifier.predict, pixels)
    except Problem as problem:
        return problem


def _finite(prediction: Prediction) -> bool:
    return all(map(math.isfinite, (*prediction.probabilities.values(), prediction.known)))


def prediction_of(answer: Answer) -> Prediction:
    """The answer itself, with or without what the network saw."""
    return answer if isinstance(answer, Prediction) else answer.prediction


def model_failed(model: Served) -> Problem:
    """What is said when the model is at fault, not the picture."""
    return Problem(
        500,
        "model_failed",
        f"The model {model.name} failed on this picture. Ask with another model, or replace its file.",
    )
