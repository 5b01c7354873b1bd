"""The whole studio on a real port: its stream of events, and that it ends."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from oxmark import __version__
from oxmark.web.app import create_app
from oxmark.web.serving import Server, address, configured, open_port
from oxmark.web.studio.project import Project
from oxmark.web.studio.studio import Studio

from .cases import Drawing

PATIENCE = 60


@contextlib.contextmanager
def running(studio: Studio, listening: socket.socket) -> Iterator[Server]:
    app, ready = create_app(studio=studio), threading.Event()
    server = Server(configured(lambda: app), ready.set)
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


@contextlib.contextmanager
def listening_page(studio: Studio) -> Iterator[tuple[httpx2.Client, Iterator[str], Server]]:
    """A page that is open, the lines of its stream of events, and the server."""
    with (
        open_port("127.0.0.1", 0) as listening,
        running(studio, listening) as server,
        httpx2.Client(base_url=address(listening), timeout=PATIENCE) as page,
        page.stream("GET", "/api/events") as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "no-store"
        lines = stream.iter_lines()
        assert event(lines) == {"type": "hello", "version": __version__}
        yield page, lines, server


def test_events_reach_a_page_and_end_with_the_server(studio: Studio, drawing: Drawing) -> None:
    (class_id,) = studio.project.listing().classes
    with listening_page(studio) as (page, lines, server):
        page.post(f"/api/classes/{class_id}/pictures", content=drawing())
        seen = event(lines)
        while seen["type"] == "doctor":
            seen = event(lines)
        assert seen == {"type": "project"}
        server.should_exit = True
        assert [line for line in lines if line.startswith("data") and "doctor" not in line] == []
    Project(studio.project.root).close()  # it is free for another studio


def test_a_page_that_goes_away_is_forgotten(studio: Studio) -> None:
    with open_port("127.0.0.1", 0) as listening, running(studio, listening):
        with (
            httpx2.Client(base_url=address(listening), timeout=PATIENCE) as page,
            page.stream("GET", "/api/events") as stream,
        ):
            lines = stream.iter_lines()  # the stream is closed with it
            assert event(lines)["type"] == "hello"
            assert studio.events.listeners == 1
        left, waited = PATIENCE * 20, threading.Event()
        while studio.events.listeners and left:
            left -= 1
            waited.wait(0.05)
        assert studio.events.listeners == 0
