"""The page's files, read once: what is not among them cannot be asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from oxmark.web.problems import Problem

_TYPES = {  # not from the machine's own table: some have text/plain for .js
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class File:
    """One file of the page.

    Attributes:
        content: Its bytes.
        media_type: What a browser is told.
        tag: Its ETag.
    """

    content: bytes
    media_type: str
    tag: str


def read_files() -> dict[str, File]:
    """Every file of the page by its name, ``/`` between folders.

    Example:
        >>> "index.html" in read_files()
        True
    """
    return {name: _file(entry) for name, entry in _entries(resources.files("oxmark.web") / "page", "")}


def _entries(folder: Traversable, above: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _entries(entry, f"{above}{entry.name}/")
        elif any(entry.name.endswith(suffix) for suffix in _TYPES):
            yield above + entry.name, entry


def _file(entry: Traversable) -> File:
    content = entry.read_bytes()
    suffix = entry.name[entry.name.rfind(".") :]
    return File(content, _TYPES[suffix], f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"')


def routes(home: str | None) -> APIRouter:
    """The routes of the page's files.

    Args:
        home: The file at ``/``; None leads from there to ``/docs``.
    """
    files = read_files()
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    def front(request: Request) -> Response:
        return RedirectResponse("/docs") if home is None else _answer(files[home], request)

    @router.get("/docs")
    def docs(request: Request) -> Response:
        return _answer(files["docs.html"], request)

    @router.get("/favicon.ico")
    def icon(request: Request) -> Response:
        return _answer(files["icon.svg"], request)

    @router.get("/page/{name:path}")
    def file(name: str, request: Request) -> Response:
        if name not in files:
            raise Problem(404, "not_found", "The page has no such file. Reload it.")
        return _answer(files[name], request)

    return router


def _answer(file: File, request: Request) -> Response:
    headers = {"etag": file.tag, "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == file.tag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)
