"""A model file replaced under load: no request is lost, and every answer is of one model, whole."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from oxmark.web.service.application import watched
from oxmark.web.service.models import FileSource, Models, Wanted
from oxmark.web.service.service import Service

LOOK_SECONDS = 0.02
CLASSES = {"OX": ["O", "X"], "AB": ["A", "B"]}


@pytest.fixture
def client(client_of: Callable[..., httpx2.Client], model_files: dict[str, Path]) -> httpx2.Client:
    models = Models([FileSource(Wanted("m", model_files["OX"]))])
    return client_of(watched(Service(models, look_seconds=LOOK_SECONDS)))


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, f"waited too long for {what}"


def metric(client: httpx2.Client, line: str) -> str | None:
    """The value behind a metric's name and labels."""
    found = [text for text in client.get("/metrics").text.splitlines() if text.startswith(f"{line} ")]
    return found[0].rpartition(" ")[2] if found else None


def test_a_swap_under_load_loses_nothing(
    client: httpx2.Client, model_files: dict[str, Path], model_bytes: dict[str, bytes], mark: bytes
) -> None:
    end = threading.Event()
    versions: dict[str, set[tuple[str, ...]]] = {}

    def ask() -> int:
        asked = 0
        with httpx2.Client(base_url=client.base_url, timeout=60) as own:
            while not end.is_set():
                response = own.post("/predict", content=mark)
                assert response.status_code == 200, response.text
                answer = response.json()
                classes = tuple(answer["probabilities"])
                assert answer["label"] == classes[0], "the picture is the first class in both models"
                versions.setdefault(response.headers["oxmark-model-version"], set()).add(classes)
                asked += 1
        return asked

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        try:
            for number in range(6):
                name = ("AB", "OX")[number % 2]
                new = model_files["OX"].with_name("new")
                new.write_bytes(model_bytes[name])
                new.replace(model_files["OX"])
                wanted = f"{number + 1}.0"
                until(lambda w=wanted: metric(client, 'oxmark_model_swaps_total{model="m"}') == w, "swap")  # type: ignore[misc]
                answer = client.post("/predict", content=mark).json()
                assert list(answer["probabilities"]) == CLASSES[name]
        finally:
            end.set()
        assert all(one.result() > 0 for one in asking)
    assert sorted(versions.values(), key=str) == [{("A", "B")}, {("O", "X")}]


def test_a_bad_new_file_is_told_and_the_old_model_goes_on(
    client: httpx2.Client, model_files: dict[str, Path], mark: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "oxmark.web")
    good = 'oxmark_model_file_good{model="m"}'
    assert metric(client, good) == "1.0"
    new = model_files["OX"].with_name("new")
    new.write_bytes(b"no model")
    new.replace(model_files["OX"])
    until(lambda: metric(client, good) == "0.0", "the bad file to be seen")
    assert client.get("/v2/models/m/ready").status_code == 200
    assert client.get("/v2/health/ready").status_code == 200
    assert list(client.post("/predict", content=mark).json()["probabilities"]) == ["O", "X"]
    assert metric(client, 'oxmark_model_swaps_total{model="m"}') is None
    model_files["AB"].replace(model_files["OX"])
    until(lambda: metric(client, good) == "1.0", "the good file to be taken")
    assert list(client.post("/predict", content=mark).json()["probabilities"]) == ["A", "B"]
    bad, taken = (record.getMessage() for record in caplog.records if record.name == "oxmark.web")
    assert bad.startswith("The new file of the model m is not taken: ") and "OX.onnx" in bad
    assert taken == "The model m is answered by its new file from now on."
