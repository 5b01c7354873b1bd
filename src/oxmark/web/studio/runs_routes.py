"""The routes of the runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from starlette.responses import Response

from oxmark.web.description import problem
from oxmark.web.studio.exporting import keras_file, model_bytes
from oxmark.web.studio.hiding import hiding_route
from oxmark.web.studio.runs_comparing import compared
from oxmark.web.studio.runs_page import report_page
from oxmark.web.studio.runs_schemas import ComparedRuns, Run, RunName, Runs, Undoable
from oxmark.web.studio.runs_showing import all_runs, shown
from oxmark.web.studio.teach_schemas import Pair, Responses, Teach
from oxmark.web.studio.teaching_process import aside
from oxmark.words import Message

if TYPE_CHECKING:
    from oxmark.web.studio.teaching import Teaching

_RESERVED = '/\\:*?"<>|'
"""What a file's name must not have on some system."""
_NONE: Responses = {404: problem("No such run.")}
_UNFINISHED: Responses = {409: problem("The run has no model, or a training is at work.")}
_MISSING: Responses = {501: problem("A package that it needs is not installed.")}
_DISK: Responses = {507: problem("The disk cannot be written to.")}


def _file(media_type: str, description: str) -> Responses:
    schema = {"type": "string", "format": "binary"}
    return {200: {"description": description, "content": {media_type: {"schema": schema}}}}


def routes(teaching: Teaching) -> APIRouter:
    """The routes of :class:`~oxmark.web.studio.runs.Shelf`."""
    router = APIRouter(tags=["runs"], route_class=hiding_route(teaching.project.root))
    _listing(router, teaching)
    _files(router, teaching)
    return router


def _listing(router: APIRouter, teaching: Teaching) -> None:
    shelf = teaching.shelf

    def changed() -> None:
        teaching.events.publish({"type": "runs"})

    @router.get("/runs", summary="The runs, newest first")
    async def runs() -> Runs:
        return await aside(all_runs, teaching)

    @router.get(
        "/runs/compare",
        summary="Is one of two runs better?",
        responses={**_NONE, **_UNFINISHED, **_MISSING},
    )
    async def compare(
        one: Annotated[str, Query(description="Id of a run.")],
        other: Annotated[str, Query(description="Id of another.")],
    ) -> ComparedRuns:
        return await compared(teaching, one, other)

    @router.patch("/runs/{id}", summary="Call a run otherwise", responses={**_NONE, **_DISK})
    async def rename(id: str, wish: RunName) -> Run:
        found = await aside(shelf.rename, id, wish.name)
        changed()
        return shown(teaching, found)

    @router.post("/runs/{id}/use", summary="Let a run answer", responses={**_NONE, **_UNFINISHED, **_DISK})
    async def use(id: str) -> Runs:
        await aside(_use, teaching, id)
        changed()
        return await aside(all_runs, teaching)

    @router.post(
        "/runs/{id}/resume",
        summary="Go on with a run that was interrupted",
        status_code=202,
        responses={**_NONE, **_UNFINISHED, **_MISSING, **_DISK},
    )
    async def resume(id: str) -> Teach:
        return await teaching.resume(id)

    @router.delete("/runs/{id}", summary="Delete a run", responses={**_NONE, **_UNFINISHED, **_DISK})
    async def delete(id: str) -> Undoable:
        await aside(shelf.discard, id)
        changed()
        what = teaching.project.journal.what() or Message("studio.teach.deleted", {"name": ""})
        return Undoable(undo=Pair.of(what))


def _files(router: APIRouter, teaching: Teaching) -> None:
    @router.get(
        "/runs/{id}/model.onnx",
        summary="The model file of a run",
        response_class=Response,
        responses={**_NONE, **_UNFINISHED, **_file("application/octet-stream", "The model.")},
    )
    async def model(id: str) -> Response:
        return attachment(await aside(model_bytes, teaching, id), _name(teaching, id), ".onnx")

    @router.get(
        "/runs/{id}/model.keras",
        summary="The network of a run for Keras",
        response_class=Response,
        responses={
            **_NONE,
            **_UNFINISHED,
            **_MISSING,
            **_DISK,
            **_file("application/octet-stream", "The network."),
        },
    )
    async def keras(id: str) -> Response:
        return attachment(await keras_file(teaching, id), _name(teaching, id), ".keras")

    @router.get(
        "/runs/{id}/report",
        summary="The report of a run",
        response_class=Response,
        responses={**_NONE, **_file("text/html", "A page that needs nothing else.")},
    )
    async def report(id: str) -> Response:
        return await aside(report_page, teaching, id)


def _use(teaching: Teaching, id: str) -> None:
    """Only a run whose model can be opened is chosen. Raises :class:`Problem`, :class:`ModelFileError`."""
    teaching.answerer.classifier(teaching.shelf.answering(id))
    teaching.shelf.use(id)


def _name(teaching: Teaching, id: str) -> str:
    folder = teaching.shelf.answering(id)
    return teaching.shelf.name(folder.name) if folder else "ox"


def attachment(data: bytes, name: str, suffix: str) -> Response:
    """A file to be saved, named in any script (RFC 6266, RFC 5987).

    Example:
        >>> attachment(b"", "표시 1", ".onnx").headers["content-disposition"]
        "attachment; filename=model.onnx; filename*=UTF-8''%ED%91%9C%EC%8B%9C%201.onnx"
    """
    file = "".join("_" if sign in _RESERVED else sign for sign in name)
    told = f"attachment; filename=model{suffix}; filename*=UTF-8''{quote(file + suffix, safe='')}"
    return Response(data, media_type="application/octet-stream", headers={"content-disposition": told})
