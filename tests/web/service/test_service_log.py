"""The log: one JSON object a line, and nothing of the pictures in it."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable

import httpx2
import pytest

from oxmark.web.service.application import watched
from oxmark.web.service.logs import JsonLines, RequestLines, log_to_stderr
from oxmark.web.service.models import FileSource, Models, Wanted
from oxmark.web.service.service import Service


@pytest.fixture
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def client(client_of: Callable[..., httpx2.Client], log: io.StringIO) -> httpx2.Client:
    service = Service(Models([FileSource(Wanted("ox", None))]))
    return client_of(watched(service, write=RequestLines(log)))


def test_a_line_a_request(client: httpx2.Client, log: io.StringIO, mark: bytes) -> None:
    files = [("secret", ("secret.png", mark)), ("b", ("secret.txt", b"secret"))]
    client.post("/predict", content=mark)
    client.post("/predict?secret=1", files=files)
    client.get("/v2/models/secret")
    client.get("/secret", headers={"secret": "secret"})
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    for line in lines:
        assert line.pop("time").endswith("Z")
        assert line.pop("ms") > 0
        assert (line.pop("level"), line.pop("event")) == ("info", "request")
    seen = {"model": "ox", "pixels": 784, "answers": 1, "none_of_these": 0}
    assert lines == [
        {"method": "POST", "route": "/predict", "status": 200, "pictures": 1, **seen},
        {"method": "POST", "route": "/predict", "status": 200, "pictures": 2, **seen},
        {"method": "GET", "route": "/v2/models/{model}", "status": 404, "code": "no_such_model"},
        {"method": "GET", "route": "(none)", "status": 404, "code": "not_found"},
    ]
    assert "secret" not in log.getvalue()


def test_a_log_that_nobody_reads_stops_nothing(client: httpx2.Client, log: io.StringIO, mark: bytes) -> None:
    log.close()
    assert client.post("/predict", content=mark).status_code == 200


def test_a_defect_is_logged_with_its_stack_in_one_line() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError:
        record = logging.LogRecord("oxmark.web", logging.ERROR, "", 0, "%s failed", ("POST",), sys.exc_info())
    text = JsonLines().format(record)
    line = json.loads(text)
    assert "\n" not in text
    assert (line["level"], line["event"]) == ("error", "POST failed")
    assert line["stack"].startswith("Traceback") and line["stack"].endswith("two\nlines")


@pytest.mark.usefixtures("own_loggers")
def test_what_oxmark_says_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        log_to_stderr()
    logging.getLogger("oxmark.web").info("The model is new.")
    logging.getLogger("uvicorn.error").info("Not of interest.")
    logging.getLogger("uvicorn.error").warning("Of interest.")
    out, err = capsys.readouterr()
    assert out == ""
    assert [json.loads(line)["event"] for line in err.splitlines()] == ["The model is new.", "Of interest."]
