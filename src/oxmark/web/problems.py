"""The one shape of every error that leaves the server, and the one table from exception to status.

::

    {"error": "One sentence for people, with the cure.", "code": "one_word_for_programs"}

``error`` is a plain text because the Open Inference Protocol demands it; so one shape serves every route.
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from oxmark import errors

logger = logging.getLogger("oxmark.web")

INTERNAL = "Something went wrong inside oxmark; its log says what."

_STATUSES: tuple[tuple[type[errors.OxmarkError], int, str], ...] = (
    (errors.PictureTooLarge, 413, "picture_too_large"),
    (errors.BrokenPicture, 422, "broken_picture"),
    (errors.NotAPicture, 415, "not_a_picture"),
    (errors.PictureError, 422, "picture"),
    (errors.BadPictures, 422, "bad_pictures"),
    (errors.FolderError, 422, "folder"),
    (errors.DataError, 422, "data"),
    (errors.RecipeError, 422, "recipe"),
    (errors.RunError, 409, "run"),
    (errors.TrainingError, 409, "training"),
    (errors.ModelFileError, 422, "model_file"),
    (errors.OutputError, 507, "cannot_write"),
    (errors.MissingExtra, 501, "missing_extra"),
    (errors.OxmarkError, 400, "refused"),
)
_CODES = {
    400: "bad_request",
    401: "token_needed",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "body_too_large",
    415: "not_a_picture",
    422: "bad_request",
    503: "busy",
}
_SENTENCES = {
    404: "There is nothing at this address. /docs lists what there is.",
    405: "This address does not answer that method. /docs lists what there is.",
}


class Problem(HTTPException):
    """An error that a route tells its caller.

    Args:
        status: HTTP status, 400..599.
        code: One snake_case word for programs.
        message: One sentence for people, with the cure. No path, no stack.
        headers: Further headers, such as ``Retry-After``.

    Example:
        >>> Problem(404, "no_such_class", "There is no such class any more. Reload the page.").body()
        {'error': 'There is no such class any more. Reload the page.', 'code': 'no_such_class'}
    """

    def __init__(
        self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, message, dict(headers) if headers else None)
        self.code = code

    def body(self) -> dict[str, str]:
        """What is sent; what cannot be written as UTF-8 is written as ``\\udcXX``."""
        text = str(self.detail).encode("utf-8", "backslashreplace").decode()
        return {"error": text, "code": self.code}

    def response(self) -> Response:
        """The whole answer."""
        return JSONResponse(self.body(), self.status_code, self.headers)


def problem_of(error: Exception) -> Problem:
    """What a caller is told of an exception.

    Args:
        error: Raised by a route: one of oxmark's, one of the framework's, or an unexpected one.

    Returns:
        Its status, code and sentence; 500 without details for an unexpected one.

    Example:
        >>> problem_of(errors.NotAPicture("a.png is empty.")).status_code
        415
    """
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        return Problem(422, "bad_request", _validation(error))
    if isinstance(error, HTTPException):
        status = error.status_code
        sentence = _SENTENCES.get(status) or str(error.detail)
        return Problem(status, _CODES.get(status, "refused"), sentence, headers=error.headers)
    for kind, status, code in _STATUSES:
        if isinstance(error, kind):
            return Problem(status, code, str(error))
    return Problem(500, "internal", INTERNAL)


def install(app: FastAPI) -> None:
    """Make every error of an application leave in the one shape. The guard catches unexpected ones."""

    def answer(request: Request, error: Exception) -> Response:
        return problem_of(error).response()

    for kind in (HTTPException, RequestValidationError, errors.OxmarkError):
        app.add_exception_handler(kind, answer)


@contextlib.contextmanager
def hiding(root: Path) -> Iterator[None]:
    """Take a folder's absolute path out of what oxmark's errors say: paths stay on the machine.

    Args:
        root: The folder; what lies below it is told relative to it.

    Raises:
        Problem: For an :class:`~oxmark.errors.OxmarkError` raised inside.

    Example:
        >>> with hiding(Path("/home/anna/marks")):  # doctest: +SKIP
        ...     raise errors.FolderError("/home/anna/marks/O is empty.")
        Traceback (most recent call last):
        oxmark.web.problems.Problem: 422: O is empty.
    """
    try:
        yield
    except errors.OxmarkError as error:
        found = problem_of(error)
        raise Problem(found.status_code, found.code, without_paths(str(error), root)) from error


def without_paths(text: str, root: Path) -> str:
    """A sentence without the absolute path of a folder.

    Example:
        >>> without_paths("/home/anna/marks/O/1.png is empty.", Path("/home/anna/marks"))
        'O/1.png is empty.'
    """
    for name in sorted({str(root), str(root.resolve()), root.as_posix()}, key=len, reverse=True):
        if len(name) > 1:
            text = re.sub(re.escape(name) + r"[/\\]", "", text)
            text = text.replace(name, root.resolve().name)
    return text


def _validation(error: RequestValidationError) -> str:
    """The first thing that is wrong with a request, in a sentence."""
    first: dict[str, Any] = dict(error.errors()[0])
    where = ".".join(str(one) for one in first.get("loc", ()) if one not in ("body", "query", "path"))
    said = str(first.get("msg", "is not as expected")).removeprefix("Value error, ")
    return f"{where or 'The request'}: {said}. /docs shows what is expected."
