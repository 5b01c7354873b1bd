"""A real server in a thread, a client for it, pictures, and a second model."""

from __future__ import annotations

import contextlib
import io
import logging
import threading
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI
from PIL import Image

from oxmark.data.draw import draw_mark
from oxmark.inference import Classifier, load
from oxmark.web.service.application import watched
from oxmark.web.service.models import Wanted
from oxmark.web.service.service import Service
from oxmark.web.serving import Server, address, open_port

Answers = Callable[..., httpx2.Client]


@contextlib.contextmanager
def running(app: FastAPI) -> Iterator[httpx2.Client]:
    """A client of the application, which answers on a port of its own."""
    ready = threading.Event()
    with open_port("127.0.0.1", 0) as listening:
        base = address(listening)
        server = Server(
            uvicorn.Config(app, log_config=None, lifespan="on", ws="none", proxy_headers=False), ready.set
        )
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            assert ready.wait(30), "the server does not start"
            with httpx2.Client(base_url=base, timeout=60) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def client_of() -> Iterator[Answers]:
    """A function from an application to a client of it; its server ends with the test."""
    with contextlib.ExitStack() as servers:
        yield lambda app: servers.enter_context(running(app))


@pytest.fixture(scope="module")
def client() -> Iterator[httpx2.Client]:
    """A client of the built-in model under the name ox; for tests that need no server of their own."""
    with running(watched(Service.of_files([Wanted("ox", None)]))) as one:
        yield one


def encoded(pixels: np.ndarray, kind: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, kind, **options)
    return stream.getvalue()


@pytest.fixture(scope="session")
def pictures() -> list[bytes]:
    """Drawn marks as files of all kinds, from tiny to middling."""
    kinds = ["PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF"]
    sizes = [(28, 28), (60, 60), (300, 200), (90, 160)]
    return [
        encoded(draw_mark("OX"[seed % 2], seed=seed, size=sizes[seed % 4], pen_width=4), kinds[seed % 6])
        for seed in range(12)
    ]


@pytest.fixture(scope="session")
def mark(pictures: list[bytes]) -> bytes:
    """A PNG of 28 x 28 pixels."""
    return pictures[0]


@pytest.fixture(scope="session")
def builtin() -> Classifier:
    """What the answers must be equal to."""
    return load()


@pytest.fixture(scope="session")
def model_bytes() -> dict[str, bytes]:
    """Two models that differ in the names of their classes: OX and AB."""
    ox = resources.files("oxmark.builtin").joinpath("ox.onnx").read_bytes()
    assert ox.count(b'["O", "X"]') == 1
    return {"OX": ox, "AB": ox.replace(b'["O", "X"]', b'["A", "B"]')}


@pytest.fixture
def model_files(tmp_path: Path, model_bytes: dict[str, bytes]) -> dict[str, Path]:
    """The two models as files."""
    paths = {name: tmp_path / f"{name}.onnx" for name in model_bytes}
    for name, path in paths.items():
        path.write_bytes(model_bytes[name])
    return paths


@pytest.fixture
def own_loggers() -> Iterator[None]:
    """What a server does to the process's loggers is undone."""
    loggers = [logging.getLogger(name) for name in ("oxmark", "uvicorn")]
    before = [(one.handlers, one.level, one.propagate) for one in loggers]
    yield
    for one, (handlers, level, propagate) in zip(loggers, before, strict=True):
        one.handlers, one.propagate = handlers, propagate
        one.setLevel(level)
