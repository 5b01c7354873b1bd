"""The application that ``oxmark serve`` runs, made anew in each of its processes."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import FastAPI, Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from oxmark.machine import cores
from oxmark.web.app import create_app
from oxmark.web.guard import Rules
from oxmark.web.service.gate import Gate
from oxmark.web.service.logs import RequestLines, log_to_stderr
from oxmark.web.service.models import FileSource, Wanted
from oxmark.web.service.predict import Answering
from oxmark.web.service.service import Service
from oxmark.web.service.watching import Watching


@dataclass(frozen=True)
class ServiceApp:
    """Makes the application; can be sent to another process.

    Attributes:
        wanted: The models.
        rules: What the guard lets in.
        workers: Processes that share this machine's cores.

    Example:
        >>> app = ServiceApp((Wanted("builtin", None),), Rules())()
        >>> app.title
        'oxmark'
    """

    wanted: tuple[Wanted, ...]
    rules: Rules
    workers: int = 1

    def __call__(self) -> FastAPI:
        """Open the models and put the application together. Raises what opening a model does."""
        log_to_stderr()
        service = Service.of_files(self.wanted, gate=Gate(max(1, cores() // self.workers)))
        app = watched(service, self.rules, RequestLines(sys.stderr))
        gc.freeze()  # what is here stays: the collector need not look through it again and again
        return app

    def check(self) -> None:
        """Open the models and close them again, before processes are started for them in vain."""
        for one in self.wanted:
            FileSource(one)


def watched(
    service: Service, rules: Rules | None = None, write: Callable[[dict[str, object]], None] | None = None
) -> FastAPI:
    """The service as an application that counts and logs every request.

    Args:
        service: Answers.
        rules: What the guard lets in; None: this machine only.
        write: Takes what is known of each request; None writes no log.
    """
    app = create_app(service=service, rules=rules)
    direct = Route(
        "/predict", _Direct("/predict", service.predict), methods=["POST"], include_in_schema=False
    )
    app.router.routes.insert(0, direct)  # found before the described one
    app.add_middleware(Watching, metrics=service.metrics, write=write)
    return app


class _Direct:
    """What a route does, without the framework's work around its function; ``path`` is for the metrics."""

    def __init__(self, path: str, answer: Answering) -> None:
        self.path, self._answer = path, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["route"] = self
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)
