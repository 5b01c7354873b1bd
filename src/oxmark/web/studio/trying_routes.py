"""The route that answers pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request

from oxmark.web.description import problem
from oxmark.web.problems import Problem
from oxmark.web.studio.hiding import hiding_route
from oxmark.web.studio.runs import CURRENT
from oxmark.web.studio.trying_schemas import Answer

if TYPE_CHECKING:
    from oxmark.web.studio.teaching import Teaching

_BODY = {
    "requestBody": {
        "required": True,
        "description": "A picture file: PNG, JPEG, BMP, GIF, WebP or TIFF.",
        "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def routes(teaching: Teaching) -> APIRouter:
    """The routes of :class:`~oxmark.web.studio.trying.Answerer`."""
    router = APIRouter(tags=["try"], route_class=hiding_route(teaching.project.root))

    @router.post(
        "/answer",
        summary="Answer a picture",
        openapi_extra=_BODY,
        responses={
            404: problem("No such run."),
            409: problem("The run has no model."),
            415: problem("No picture in a format that is read."),
        },
    )
    async def answer(
        request: Request,
        run: Annotated[str, Query(description="Id of a run, 'builtin' or 'current'.")] = CURRENT,
        view: Annotated[bool, Query(description="Also what the network saw.")] = False,
    ) -> Answer:
        data = await request.body()
        if not data:
            raise Problem(415, "not_a_picture", "No picture was sent. Send the bytes of a picture file.")
        return await teaching.answerer.answer(data, run, view=view)

    return router
