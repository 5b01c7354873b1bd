"""For the tests of teaching: a project of small drawings, a studio on it in this process, a finished run."""

from __future__ import annotations

import contextlib
import io
import queue
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from oxmark.data.draw import draw_dataset
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


@pytest.fixture(scope="session")
def open_studio() -> Callable[[Path], contextlib.AbstractContextManager[Opened]]:
    """A function that opens a studio on a folder."""
    return opened


@pytest.fixture(scope="session")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bytes]]:
    """Eight small PNG files of each of O and X."""
    folder = draw_dataset(tmp_path_factory.mktemp("drawings") / "marks", counts=(4, 2, 2), hands=2, seed=4)
    return {sign: [_small(path) for path in sorted(folder.rglob(f"{sign}/*.png"))] for sign in "OX"}


def _small(path: Path) -> bytes:
    with Image.open(path) as picture:
        small = picture.convert("L").resize((picture.width // 6, picture.height // 6))
    buffer = io.BytesIO()
    small.save(buffer, "PNG")
    return buffer.getvalue()


def fill(folder: Path, drawings: Mapping[str, list[bytes]]) -> Path:
    """A project of these drawings."""
    for sign, files in drawings.items():
        (folder / sign).mkdir(parents=True)
        for number, data in enumerate(files):
            (folder / sign / f"{number}.png").write_bytes(data)
    return folder


@pytest.fixture
def project(tmp_path: Path, drawings: dict[str, list[bytes]]) -> Path:
    """A project that was never taught; the test's own."""
    return fill(tmp_path / "marks", drawings)


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


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory, drawings: dict[str, list[bytes]]) -> Taught:
    """A project that was taught once."""
    folder = fill(tmp_path_factory.mktemp("taught") / "marks", drawings)
    with opened(folder) as studio:
        begun = studio.teach()
        assert studio.wait_for_end()["state"] == "done"
        return Taught(folder, begun, studio.told, studio.get("/teach"), studio.get("/runs"))


@pytest.fixture(scope="session")
def taught(first: Taught) -> Path:
    """The project with one finished run. Read only."""
    return first.folder


@pytest.fixture(scope="session")
def tiny() -> dict[str, Any]:
    """Settings that make the recipe marks train in a second."""
    return TINY


@pytest.fixture
def again(taught: Path, tmp_path: Path) -> Path:
    """A copy of the project with a finished run; the test's own."""
    return Path(shutil.copytree(taught, tmp_path / "marks", symlinks=True))


@pytest.fixture
def studio(again: Path) -> Iterator[Opened]:
    """A studio on that copy."""
    with opened(again) as found:
        yield found
