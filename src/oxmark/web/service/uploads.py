"""The picture files of a request: its whole body, or the files of a form; kept in memory, never on disk."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from oxmark.web.problems import Problem

MOST_PICTURES = 256
"""Pictures in one request."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a form.

    Attributes:
        name: As the form gives it; the name of the field where the file has none. Never used as a path.
        data: Its bytes.
    """

    name: str
    data: bytes


class _InMemory(MultiPartParser):
    """Starlette's parser, which would write files of more than 1 MB to disk."""

    spool_max_size = sys.maxsize


def is_form(request: Request) -> bool:
    """Whether the body is a form with files; any other body is one picture."""
    kind = request.headers.get("content-type", "").partition(";")[0]
    return kind.strip().lower() == "multipart/form-data"


async def form_files(request: Request) -> list[Upload]:
    """The files of a form, in its order.

    Raises:
        Problem: 400 for a body that is no form, 413 for too many pictures, 422 for a form without files or
            with a text where a file is expected.
    """
    parser = _InMemory(
        request.headers, request.stream(), max_files=MOST_PICTURES, max_fields=0, max_part_size=0
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise _refusal(error.message) from error
    files = [(field, part) for field, part in form.multi_items() if isinstance(part, UploadFile)]
    if not files:
        raise Problem(
            422, "no_picture", "The form holds no file. Send at least one: curl -F picture=@photo.png"
        )
    try:
        return [Upload(part.filename or field, await part.read()) for field, part in files]
    finally:
        await form.close()


def _refusal(said: str) -> Problem:
    if said.startswith("Too many files"):
        return Problem(
            413,
            "too_many_pictures",
            f"A request takes at most {MOST_PICTURES} pictures. Send fewer at a time.",
        )
    if said.startswith("Too many fields"):
        return Problem(
            422,
            "not_a_file",
            "The form has a text where a picture file is expected. Send files only, each with a file name, "
            "and the model's name as ?model=NAME.",
        )
    return Problem(
        400, "bad_form", f"The form cannot be read: {said} Send it again, or one picture as the body."
    )
