"""The addresses of collecting."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

import oxmark
from oxmark.data.decode import decode, picture_info
from oxmark.data.walk import shown_name
from oxmark.web.description import problem
from oxmark.web.problems import Problem
from oxmark.web.studio.collecting import Collecting
from oxmark.web.studio.events import as_line
from oxmark.web.studio.hiding import hiding_route
from oxmark.web.studio.listing import Picture
from oxmark.web.studio.names import LONGEST, checked_hand
from oxmark.web.studio.schemas import (
    ChangedPicture,
    ClassAnswer,
    ClassesAnswer,
    ClassOrder,
    DoctorAnswer,
    HandAnswer,
    HandOrder,
    HintsAnswer,
    MoveOrder,
    PicturesAnswer,
    ProjectAnswer,
    SortOrder,
    Undoable,
    Undone,
)
from oxmark.web.studio.thumbnails import WHOLE, as_png

_Responses: TypeAlias = "dict[int | str, dict[str, Any]]"

_NO_CLASS: _Responses = {404: problem("There is no such class.")}
_NO_PICTURE: _Responses = {404: problem("There is no such picture.")}
_CHANGES: _Responses = {
    403: problem("A link leads out of the project; or a foreign page asked."),
    409: problem("The project is in another state than this needs: the code says which."),
    507: problem("The disk is full or read-only."),
}
_PICTURE_FILE = {
    "requestBody": {
        "required": True,
        "description": "A picture file: PNG, JPEG, BMP, GIF, WebP or TIFF, of at most 64 megapixels.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class Png(Response):
    """A picture for the page."""

    media_type = "image/png"


_PNG: dict[str, Any] = {
    "response_class": Png,
    "responses": {
        200: {
            "description": "The picture.",
            "content": {"image/png": {"schema": {"type": "string", "format": "binary"}}},
        },
        304: {"description": "The picture that If-None-Match names is the newest.", "content": {}},
        403: problem("The picture is a link that leads out of the project."),
        413: problem("The picture has more than 64 megapixels."),
        415: problem("The file is no picture."),
        422: problem("The picture is damaged."),
        **_NO_PICTURE,
    },
}


def routes(collecting: Collecting) -> APIRouter:
    """Everything under ``/api`` that collects."""
    router = APIRouter(prefix="/api", tags=["Collect"], route_class=hiding_route(collecting.project.root))
    _project(router, collecting)
    _classes(router, collecting)
    _lists(router, collecting)
    _pictures(router, collecting)
    _said(router, collecting)
    return router


def _project(router: APIRouter, collecting: Collecting) -> None:
    @router.get("/project", summary="The project and its classes")
    def project() -> ProjectAnswer:
        """Read from the disk anew: what another program changed shows at once."""
        return collecting.answer()

    @router.put("/hand", summary="Say who is drawing", responses={507: _CHANGES[507]})
    def hand(order: HandOrder) -> HandAnswer:
        """Remembered in the project; pictures are given a hand by the parameter of their upload."""
        collecting.project.state.set("hand", checked_hand(order.hand or ""))
        collecting.events.publish({"type": "project"})
        return HandAnswer(hand=collecting.hand())

    @router.post("/undo", summary="Take the newest action back", responses=_CHANGES)
    def undo() -> Undone:
        """A hundred actions can be taken back, one after the other, also after a restart."""
        return collecting.undo()


def _classes(router: APIRouter, collecting: Collecting) -> None:
    changing: _Responses = {**_CHANGES, **_NO_CLASS}

    @router.post("/classes", status_code=201, summary="Make a class", responses=_CHANGES)
    def create(order: ClassOrder) -> ClassAnswer:
        """409 `class_exists` and `name_taken`; 422 `bad_name`."""
        return collecting.class_answer(collecting.classes.create(order.name))

    @router.put("/classes/order", summary="Order the classes", responses=changing)
    def sort(order: SortOrder) -> ClassesAnswer:
        """Classes that are not named follow in the order that they had."""
        listing = collecting.classes.order(order.ids)
        return ClassesAnswer(
            classes=[collecting.class_answer(one, listing) for one in listing.classes.values()]
        )

    @router.patch("/classes/{id}", summary="Rename a class", responses=changing)
    def rename(id: str, order: ClassOrder) -> ClassAnswer:
        """Its folders in all parts and the rows of its pictures follow; it has a new id then."""
        return collecting.class_answer(collecting.classes.rename(id, order.name))

    @router.delete("/classes/{id}", summary="Delete a class", responses=changing)
    def delete(id: str) -> Undoable:
        """It can be taken back. 409 `other_files` where its folder holds something that is no picture."""
        collecting.classes.delete(id)
        return collecting.undoable()


def _lists(router: APIRouter, collecting: Collecting) -> None:
    @router.get("/classes/{id}/pictures", summary="Pictures of a class", responses=_NO_CLASS)
    def some(
        id: str,
        offset: Annotated[int, Query(description="So many are left out.", ge=0, le=10_000_000)] = 0,
        limit: Annotated[int, Query(description="So many are told.", ge=1, le=1000)] = 200,
    ) -> PicturesAnswer:
        """The newest first."""
        return collecting.some_pictures(id, offset, limit)

    @router.post(
        "/classes/{id}/pictures",
        status_code=201,
        summary="Store a picture",
        openapi_extra=_PICTURE_FILE,
        responses={
            **_CHANGES,
            **_NO_CLASS,
            413: problem("The body is larger than the server takes, or has more than 64 megapixels."),
            415: problem("The bytes are no picture."),
            422: problem("The picture is damaged, or the hand's name is not usable."),
        },
    )
    async def add(
        id: str,
        request: Request,
        hand: Annotated[str, Query(description=f"Who drew it; at most {LONGEST} characters.")] = "",
        name: Annotated[str, Query(description="The file's name, for messages only.", max_length=1000)] = "",
    ) -> ChangedPicture:
        """The bytes are stored as they come, under a new name in the class folder (of the training part).

        The picture, its row in metadata.csv and their folders are on the disk before this is answered.
        409 `already_there` for the bytes of a picture that the class has.
        """
        drawer = checked_hand(hand)
        collecting.project.latest().class_of(id)
        data = await request.body()
        called = shown_name(name) or "The picture"
        info = await asyncio.to_thread(picture_info, data, name=called)
        pixels = info.width * info.height
        with collecting.gate.admitted(1, pixels):
            await collecting.gate.run(pixels, lambda: decode(data, name=called))
        one = await asyncio.to_thread(collecting.pictures.add, id, data, hand=drawer)
        return await asyncio.to_thread(collecting.changed, one)


def _pictures(router: APIRouter, collecting: Collecting) -> None:
    changing: _Responses = {**_CHANGES, **_NO_PICTURE}

    @router.get("/pictures/{id}", summary="A picture", **_PNG)
    async def picture(id: str, request: Request) -> Response:
        """Made anew as PNG: upright, on white, at most 1600 pixels a side."""
        return await _shown(collecting, id, request, lambda one: as_png(one.path, WHOLE))

    @router.get("/pictures/{id}/thumbnail", summary="A small picture", **_PNG)
    async def thumbnail(id: str, request: Request) -> Response:
        """Made anew as PNG: upright, on white, at most 192 pixels a side."""
        made = collecting.thumbnails
        return await _shown(collecting, id, request, lambda one: made.get(one.path, one.stamp))

    @router.delete("/pictures/{id}", summary="Delete a picture", responses=changing)
    def delete(id: str) -> Undoable:
        """It can be taken back, with its place and its row."""
        collecting.pictures.delete(id)
        return collecting.undoable()

    @router.patch("/pictures/{id}", summary="Move a picture to another class", responses=changing)
    def move(id: str, order: MoveOrder) -> ChangedPicture:
        """It stays in its part; it has a new id then."""
        return collecting.changed(collecting.pictures.move(id, order.class_))


def _said(router: APIRouter, collecting: Collecting) -> None:
    @router.get("/doctor", summary="What is wrong with the pictures")
    def doctor() -> DoctorAnswer:
        """The doctor looks by itself, some time after each change."""
        return collecting.diagnosis()

    @router.get("/next", summary="What to draw next")
    def following() -> HintsAnswer:
        """From counts, from the doctor's findings and from the newest run."""
        return HintsAnswer(hints=collecting.hints())

    @router.get("/events", include_in_schema=False)  # it never ends, which no description can say
    def events() -> StreamingResponse:
        async def lines() -> AsyncIterator[str]:
            async for event in collecting.events.subscribe({"type": "hello", "version": oxmark.__version__}):
                yield as_line(event)

        return StreamingResponse(
            lines(), media_type="text/event-stream", headers={"cache-control": "no-store"}
        )


async def _shown(
    collecting: Collecting, id: str, request: Request, make: Callable[[Picture], bytes]
) -> Response:
    """A picture made anew, or 304 where the browser has it."""
    one = await asyncio.to_thread(_as_it_is, collecting, id)
    headers = {"etag": f'"{one.id}-{one.changed:x}-{one.size:x}"', "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    if collecting.thumbnails.has(one.stamp):
        pixels = 0
    else:
        header = await asyncio.to_thread(collecting.headers.of, one)
        pixels = header.width * header.height
    with collecting.gate.admitted(1, pixels):
        content = await collecting.gate.run(pixels, lambda: make(one))
    return Png(content, headers=headers)


def _as_it_is(collecting: Collecting, id: str) -> Picture:
    """A picture with the size and the time that its file has now. Raises :class:`Problem`."""
    one = collecting.project.picture(id)
    try:
        status = one.path.stat()
    except OSError as error:
        raise Problem(
            404, "no_such_picture", "This picture is not there any more. Reload the page."
        ) from error
    return dataclasses.replace(one, size=status.st_size, changed=status.st_mtime_ns)
