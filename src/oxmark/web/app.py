"""The one application: what the service and the studio offer, behind the guard."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Protocol

from fastapi import APIRouter, FastAPI

import oxmark
from oxmark.web import description, pages, problems
from oxmark.web.guard import Guard, Rules


class Part(Protocol):
    """A part of the application: the service, or the studio."""

    def routes(self) -> APIRouter:
        """What it answers."""

    async def start(self) -> None:
        """Called before the first request."""

    def drain(self) -> None:
        """Called when the server is told to end: let what would never end by itself end."""

    async def stop(self) -> None:
        """Called after the last answer."""


def create_app(
    *, service: Part | None = None, studio: Part | None = None, rules: Rules | None = None
) -> FastAPI:
    """Put the application together.

    Args:
        service: Answers pictures: ``/predict``, ``/v2``, ``/metrics``.
        studio: The page and what it asks for: ``/``, ``/api``.
        rules: What the guard lets in; None: this machine only, bodies of at most 20 MB.

    Returns:
        The application, to be run by :func:`oxmark.web.serving.serve` or, in tests, in-process.

    Example:
        >>> app = create_app()
        >>> app.title
        'oxmark'
    """
    parts = [part for part in (service, studio) if part is not None]

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            for part in parts:
                await part.start()
                stack.push_async_callback(part.stop)
            yield

    app = FastAPI(
        title="oxmark",
        version=oxmark.__version__,
        description=description.ABOUT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.parts = parts
    problems.install(app)
    for part in parts:
        app.include_router(part.routes())
    app.include_router(pages.routes(home="index.html" if studio else None))
    description.complete(app)
    app.add_middleware(Guard, rules=rules or Rules())
    return app
