"""The routes of teaching."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from oxmark.web.description import problem
from oxmark.web.studio.augmentation import variants
from oxmark.web.studio.hiding import hiding_route
from oxmark.web.studio.knobs import offer
from oxmark.web.studio.teach_schemas import (
    Augmentation,
    AugmentationOrder,
    Recipes,
    Responses,
    Teach,
    TeachOrder,
)

if TYPE_CHECKING:
    from oxmark.web.studio.teaching import Teaching

_MISSING: Responses = {501: problem("The packages for training are not installed.")}
_BUSY: Responses = {409: problem("A training is at work, or nothing is.")}
_DISK: Responses = {507: problem("The disk cannot be written to.")}


def routes(teaching: Teaching) -> APIRouter:
    """The routes of :class:`~oxmark.web.studio.teaching.Teaching`."""
    router = APIRouter(tags=["teach"], route_class=hiding_route(teaching.project.root))

    @router.get("/recipes", summary="The recipes and their important knobs")
    def recipes() -> Recipes:
        return offer()

    @router.get("/teach", summary="How far the teaching is")
    async def state() -> Teach:
        return teaching.state()

    @router.post(
        "/teach",
        summary="Teach the project's pictures",
        status_code=202,
        responses={**_BUSY, **_MISSING, **_DISK},
    )
    async def teach(order: TeachOrder) -> Teach:
        return await teaching.teach(order)

    @router.delete(
        "/teach", summary="End the training with its best epoch so far", responses={**_BUSY, **_DISK}
    )
    async def finish() -> Teach:
        return await teaching.finish()

    @router.post(
        "/augmentation",
        summary="What training makes of a picture",
        responses={404: problem("No such picture."), **_MISSING},
    )
    async def augmentation(order: AugmentationOrder) -> Augmentation:
        return await variants(teaching, order)

    return router
