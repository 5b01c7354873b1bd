"""The whole studio on a real port: its stream of events, and that it ends."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn

from oxmark import __version__
from oxmark.web.app import create_app
from oxmark.web.serving import Server, address, open_port
from oxmark.web.studio.project import Project
from oxmark.web.studio.studio import Studio

from .cases import Drawing

PATIENCE = 60


@contextlib.contextmanager
def running(studio: Studio, listening: socket.socket) -> Iterator[Server]:
    app = create_app(studio=studio)
    ready = threading.Event()
    config = uvicorn.Config(app, log_config=None, lifespan="on", timeout_graceful_shutdown=PATIENCE)
    config.load()
    server = Server(config, ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        yield server
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        assert not thread.is_alive()


def event(lines: Iterator[str]) -> dict[str, str]:
    return dict(json.loads(next(line for line in lines if line.startswith("data: "))[6:]))


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    (tmp_path / "marks" / "O").mkdir(parents=True)
    return Studio(Project(tmp_path / "marks"))


def test_events_reach_a_page_and_end_with_the_server(studio: Studio, drawing: Drawing) -> None:
    (class_id,) = studio.project.listing().classes
    with open_port("127.0.0.1", 0) as listening, running(studio, listening) as server:
        with httpx.Client(base_url=address(listening), timeout=PATIENCE) as page:
            with page.stream("GET", "/api/events") as stream:
                assert stream.headers["content-type"].startswith("text/event-stream")
                assert stream.headers["cache-control"] == "no-store"
                lines = stream.iter_lines()
                assert event(lines) == {"type": "hello", "version": __version__}
                page.post(f"/api/classes/{class_id}/pictures", content=drawing())
                seen = event(lines)
                while seen["type"] == "doctor":
                    seen = event(lines)
                assert seen == {"type": "project"}
                server.should_exit = True
                assert all(
                    not line.startswith("data") or "doctor" in line for line in lines
                )  # the end is reached
    Project(studio.project.root).close()  # it is free for another studio


def test_a_page_that_goes_away_is_forgotten(studio: Studio) -> None:
    with open_port("127.0.0.1", 0) as listening, running(studio, listening):
        with httpx.Client(base_url=address(listening), timeout=PATIENCE) as page:
            with page.stream("GET", "/api/events") as stream:
                event(stream.iter_lines())
                assert studio.events.listeners == 1
            waited = threading.Event()
            for _ in range(PATIENCE * 20):
                if studio.events.listeners == 0:
                    break
                studio.events.publish({"type": "runs"})  # sending finds that nobody is there
                waited.wait(0.05)
            assert studio.events.listeners == 0
