"""Routes whose errors do not tell where the project is."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from oxmark.web.problems import hiding


def hiding_route(root: Path) -> type[APIRoute]:
    """A kind of route whose errors do not tell where the project is.

    Args:
        root: The project.

    Example:
        >>> router = APIRouter(route_class=hiding_route(project.root))  # doctest: +SKIP
    """

    class HidingRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handler = super().get_route_handler()

            async def hidden(request: Request) -> Response:
                with hiding(root):
                    return await handler(request)

            return hidden

    return HidingRoute
