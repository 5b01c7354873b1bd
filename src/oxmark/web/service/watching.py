"""Every request: counted for Prometheus and written as one line of the log, whoever answered it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oxmark.web.service.metrics import Metrics
from oxmark.web.service.record import Record, begin_record

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NO_ROUTE = "(none)"


class Watching:
    """ASGI middleware around the whole application, so that it sees what the guard refuses, too.

    Args:
        app: Answers.
        metrics: Count.
        write: Takes what is known of each request; None writes no log.
    """

    def __init__(
        self, app: ASGIApp, metrics: Metrics, write: Callable[[dict[str, object]], None] | None = None
    ) -> None:
        self._app, self._metrics, self._write = app, metrics, write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, then tell of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        record, answer = begin_record(scope), _Answer(send)
        try:
            await self._app(scope, receive, answer)
        finally:
            self._tell(scope, record, answer, time.perf_counter() - begun)

    def _tell(self, scope: Scope, record: Record, answer: _Answer, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = getattr(scope.get("route"), "path", _NO_ROUTE)
        self._metrics.request(method, route, answer.status, seconds, record)
        if answer.status >= 400:
            self._metrics.refusal(answer.code)
        if self._write is not None:
            self._write(_told(method, route, answer, seconds, record))


def _told(method: str, route: str, answer: _Answer, seconds: float, record: Record) -> dict[str, object]:
    told: dict[str, object] = {
        "method": method,
        "route": route,
        "status": answer.status,
        "ms": round(seconds * 1000, 2),
    }
    if answer.status >= 400:
        told["code"] = answer.code
    if record.model:
        told["model"] = record.model
        told["pictures"] = record.pictures
        told["pixels"] = record.pixels
        told["answers"] = record.answers
        told["none_of_these"] = record.none_of_these
    return told


class _Answer:
    """Send that remembers the status, and the code of an error."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._body = b""
        self.status = 0  # no answer: the connection was cut

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif self.status >= 400 and not self._body:
            self._body = message.get("body", b"")
        await self._send(message)

    @property
    def code(self) -> str:
        """What the body of an error says."""
        try:
            return str(json.loads(self._body)["code"])
        except (ValueError, TypeError, KeyError):
            return f"status_{self.status}"
