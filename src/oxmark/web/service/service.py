"""The service as a part of the application: its routes, and what it does in the background."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from oxmark.inference import Classifier
from oxmark.web.service import descriptions
from oxmark.web.service.answerer import Answerer
from oxmark.web.service.gate import Gate
from oxmark.web.service.metrics import CONTENT_TYPE, Metrics
from oxmark.web.service.models import Change, FileSource, GivenSource, Models, Wanted
from oxmark.web.service.plain_route import PlainRoute
from oxmark.web.service.predict import add_predict_route, predicting
from oxmark.web.service.protocol import add_protocol_routes

logger = logging.getLogger("oxmark.web")

LOOK_SECONDS = 1.0
"""Between two looks at the models' files."""


class Service:
    """Answers pictures over HTTP: ``/predict``, ``/v2``, ``/metrics``.

    Args:
        models: Answer.
        gate: Bounds what is worked on; None takes one thread for each processor core.
        look_seconds: Between two looks at the models' files.

    Example:
        >>> service = Service.of_files([Wanted("builtin", None)])
        >>> service.models.names
        ['builtin']
    """

    def __init__(
        self, models: Models, *, gate: Gate | None = None, look_seconds: float = LOOK_SECONDS
    ) -> None:
        self.models, self.gate, self._look_seconds = models, gate or Gate(), look_seconds
        self.metrics = Metrics(models, self.gate)
        self._answerer = Answerer(self.gate)
        self.predict = predicting(models, self._answerer)
        self._watch: asyncio.Task[None] | None = None
        self._draining = False

    @classmethod
    def of_files(cls, wanted: Sequence[Wanted], *, gate: Gate | None = None) -> Service:
        """Serve model files. Raises what :func:`oxmark.inference.load` does."""
        return cls(Models([FileSource(one) for one in wanted]), gate=gate)

    @classmethod
    def of_current(cls, name: str, give: Callable[[], Classifier]) -> Service:
        """Serve, under one name, whatever model a function gives at the moment of the request."""
        return cls(Models([GivenSource(name, give)]))

    def routes(self) -> APIRouter:
        """What it answers."""
        router = APIRouter()
        add_predict_route(router, self.predict, self.models)
        add_protocol_routes(router, self.models, self._answerer, ready=lambda: not self._draining)
        router.add_api_route(
            "/metrics",
            self._metrics,
            route_class_override=PlainRoute,
            tags=["Operation"],
            **descriptions.METRICS,
        )
        return router

    async def start(self) -> None:
        """Begin to look after the models' files."""
        self._watch = asyncio.create_task(self._look_again())

    def drain(self) -> None:
        """Say to balancers that no more requests are wanted."""
        self._draining = True

    async def stop(self) -> None:
        """End the background work, and the threads."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        self.gate.close()

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(self._look_seconds)
            try:
                changes = await asyncio.to_thread(self.models.look)
            except Exception:  # whatever it is, the next file must be looked at again
                logger.exception("looking after the models' files failed")
                continue
            for change in changes:
                self._tell(change)
            self.metrics.refresh()

    def _tell(self, change: Change) -> None:
        if change.error is None:
            logger.info("The model %s is answered by its new file from now on.", change.name)
        else:
            logger.error("The new file of the model %s is not taken: %s", change.name, change.error)
        self.metrics.changed(change)

    async def _metrics(self, request: Request) -> Response:
        return Response(await asyncio.to_thread(self.metrics.text), headers={"content-type": CONTENT_TYPE})
