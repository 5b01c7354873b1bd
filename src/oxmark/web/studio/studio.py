"""The studio as a part of the application: collecting, teaching and trying, on one project."""

from __future__ import annotations

from fastapi import APIRouter

from oxmark.web.guard import MAX_BODY
from oxmark.web.studio.collecting import Collecting
from oxmark.web.studio.events import EventHub
from oxmark.web.studio.project import Project
from oxmark.web.studio.teaching import Teaching


class Studio:
    """Everything that the page asks for.

    Args:
        project: Open; it is closed when the studio stops.
        max_body: Bytes that one upload may have, as the guard is told.

    Attributes:
        project: The same.
        events: Everything that happens.
        collecting: The first place.
        teaching: The second and the third.

    Example:
        >>> app = create_app(studio=Studio(Project("marks")))  # doctest: +SKIP
    """

    def __init__(self, project: Project, *, max_body: int = MAX_BODY) -> None:
        self.project, self.events = project, EventHub()
        self.collecting = Collecting(project, self.events, max_body)
        self.teaching = Teaching(project, self.events)

    def routes(self) -> APIRouter:
        """What is answered under ``/api``."""
        router = APIRouter()
        router.include_router(self.collecting.routes())
        router.include_router(self.teaching.routes())
        return router

    async def start(self) -> None:
        """Begin what goes on by itself: the doctor, and a training that an earlier studio left."""
        await self.collecting.start()
        await self.teaching.start()

    def drain(self) -> None:
        """End the streams of events, which would never end by themselves."""
        self.events.close()

    async def stop(self) -> None:
        """End everything but a training, and let another studio open the project."""
        self.drain()
        await self.collecting.stop()
        await self.teaching.stop()
        self.project.close()
