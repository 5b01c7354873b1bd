"""For the tests of teaching: a studio in this process, on a project that trains in a second."""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from oxmark.web.app import create_app
from oxmark.web.studio.events import EventHub
from oxmark.web.studio.project import Project
from oxmark.web.studio.studio import Studio

TINY: dict[str, Any] = {
    "epochs": 3,
    "size": 32,
    "width": 4,
    "batch": 4,
    "least_steps": 4,
    "views": 0,
    "outliers": 20,
    "outliers_per_batch": 4,
    "cross_fit": 0.4,
    "keep_meaning": False,
}
"""The recipe marks, so small that it trains in a second."""
DEADLINE = 120.0


class Opened:
    """A studio in this process.

    Attributes:
        client: Asks it.
        studio: The studio itself.
        told: What it told its pages, in order.
    """

    def __init__(self, client: TestClient, studio: Studio) -> None:
        self.client, self.studio = client, studio
        self.told: list[dict[str, Any]] = []
        self._news: queue.Queue[dict[str, Any]] = queue.Queue()

    def hear(self, publish: Callable[[Mapping[str, Any]], None]) -> Callable[[Mapping[str, Any]], None]:
        """A publish that is listened to."""

        def publishing(event: Mapping[str, Any]) -> None:
            self._news.put(dict(event))
            publish(event)

        return publishing

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next event that is wanted."""
        until = time.monotonic() + DEADLINE
        while True:
            event = self._news.get(timeout=max(0.0, until - time.monotonic()))
            self.told.append(event)
            if wanted(event):
                return event

    def wait_for_epoch(self) -> dict[str, Any]:
        """The event that tells of the next epoch."""
        return self.wait_for(lambda event: "entry" in event)

    def wait_for_end(self) -> dict[str, Any]:
        """The event with which a training ends."""
        return self.wait_for(lambda event: event.get("state") in ("done", "stopped", "failed"))

    def get(self, path: str, status: int = 200) -> Any:
        """The JSON at a path."""
        response = self.client.get(f"/api{path}")
        assert response.status_code == status, response.text
        return response.json()

    def send(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        """The JSON that a request is answered with."""
        response = self.client.request(method, f"/api{path}", json=body)
        assert response.status_code == status, response.text
        return response.json()

    def teach(self, status: int = 202, **settings: Any) -> Any:
        """Begin a tiny training."""
        return self.send("POST", "/teach", {"settings": {**TINY, **settings}}, status)

    def processes(self) -> list[int]:
        """The process of the training at work."""
        follower = self.studio.teaching._follower
        return [follower._process.pid] if follower and follower._process else []


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[Opened]:
    """Open a studio on a folder."""
    studio = Studio(Project(folder))
    client = TestClient(create_app(studio=studio), base_url="http://127.0.0.1")
    found = Opened(client, studio)
    hub: EventHub = studio.events
    hub.publish = found.hear(hub.publish)  # type: ignore[assignment,method-assign]
    with client:
        yield found


def fill(folder: Path, drawings: Mapping[str, list[bytes]]) -> Path:
    """A project of these drawings."""
    for sign, files in drawings.items():
        (folder / sign).mkdir(parents=True)
        for number, data in enumerate(files):
            (folder / sign / f"{number}.png").write_bytes(data)
    return folder


@dataclass(frozen=True)
class Taught:
    """A project with one finished run, and what was told of its training.

    Attributes:
        folder: The project. Read only.
        begun: What the wish to teach was answered with.
        told: Every event until the end.
        state: The state after that,
        runs: and the runs.
    """

    folder: Path
    begun: dict[str, Any]
    told: list[dict[str, Any]]
    state: dict[str, Any]
    runs: dict[str, Any]
