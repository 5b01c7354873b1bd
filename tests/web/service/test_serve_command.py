"""``oxmark serve`` as a process: it says where it is, answers, drains, and refuses what is unsafe."""

from __future__ import annotations

import contextlib
import io
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import httpx2
import pytest
from PIL import Image

from oxmark import cli
from oxmark.cli.serve import serve

TOKEN = "a-token-for-the-tests-only"


@contextlib.contextmanager
def server(*arguments: str | Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A server on a free port, and what it says of itself on stdout."""
    command = [sys.executable, "-m", "oxmark", "serve", *map(str, arguments), "--port", "0", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        yield process, json.loads(line)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, f"waited too long for {what}"


def large_picture() -> bytes:
    """36 megapixels in a few kilobytes: about half a second of work."""
    stream = io.BytesIO()
    Image.new("1", (6000, 6000), 1).save(stream, "PNG")
    return stream.getvalue()


def test_it_answers_and_ends_with_the_last_answer(mark: bytes) -> None:
    with server("builtin") as (process, told):
        assert told["models"] == ["builtin"] and told["token"] is False
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", told["address"])
        with httpx2.Client(base_url=told["address"], timeout=60) as client:
            assert client.post("/predict", content=mark).json()["label"] == "O"
            answers: list[httpx2.Response] = []
            asking = threading.Thread(
                target=lambda: answers.append(
                    httpx2.post(f"{told['address']}/predict", content=large_picture(), timeout=60)
                )
            )
            asking.start()
            until(lambda: "oxmark_working_pixels 3.6e+07" in client.get("/metrics").text, "the large picture")
        process.send_signal(signal.SIGTERM)
        asking.join()
        assert answers[0].status_code == 200 and answers[0].json()["label"] is None
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        assert out == ""
        lines = [json.loads(line) for line in err.splitlines()]
        assert {line["event"] for line in lines} == {"request"}
        with pytest.raises(httpx2.ConnectError):
            httpx2.post(f"{told['address']}/predict", content=mark)


def test_several_workers_answer_and_count_together(mark: bytes, tmp_path: Path) -> None:
    with server("a=builtin", "b=builtin", "--workers", "2") as (process, told):
        assert told["models"] == ["a", "b"]

        def alive() -> bool:
            with contextlib.suppress(httpx2.TransportError):
                return httpx2.get(f"{told['address']}/v2/health/ready").status_code == 200
            return False

        until(alive, "a worker")
        for _ in range(20):  # each on a connection of its own, so that both workers get some
            assert httpx2.post(f"{told['address']}/predict?model=b", content=mark).status_code == 200
        text = httpx2.get(f"{told['address']}/metrics").text
        assert 'oxmark_pictures_total{model="b"} 20.0' in text
        assert 'oxmark_model_file_good{model="a"} 1.0' in text
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err


def test_beyond_this_machine_the_token_is_demanded(mark: bytes, tmp_path: Path) -> None:
    file = tmp_path / "token.txt"
    file.write_text(f"{TOKEN}\n")
    with server("builtin", "--host", "0.0.0.0", "--token-file", file) as (_, told):
        assert told["token"] is True
        url = f"{told['address']}/predict"
        refused = httpx2.post(url, content=mark)
        assert (refused.status_code, refused.json()["code"]) == (401, "token_needed")
        assert httpx2.post(url, content=mark, headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
        assert httpx2.get(f"{told['address']}/v2/health/ready").status_code == 200


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit code and stderr of a command that does not come to serving."""
    with pytest.raises(SystemExit) as left:
        cli.run(["serve", "--port", "0", *arguments])
    assert isinstance(left.value.code, int)
    return left.value.code, capsys.readouterr().err


REFUSED = [
    (["builtin", "--host", "0.0.0.0"], "Listening on 0.0.0.0 lets every machine that reaches this one ask"),
    (["builtin", "builtin"], "oxmark: Two models would have the name builtin."),
    (["none.onnx"], "oxmark: cannot read none.onnx: there is no such file."),
    (["none.onnx", "--workers", "2"], "oxmark: cannot read none.onnx: there is no such file."),
    (["builtin", "--token-file", "none.txt"], "The token file none.txt cannot be read"),
    (["builtin", "--host", "203.0.113.7", "--token-file", "token.txt"], "Cannot listen on 203.0.113.7"),
    ([], "Missing argument '[NAME=]MODEL...'"),
    (["builtin", "--port", "70000"], "70000 is not in the range 0<=x<=65535"),
    (["builtin", "--max-body", "much"], "'much' is no size. Give a number with a unit: 20MB."),
    (["builtin", "--workers", "0"], "0 is not in the range 1<=x<=64"),
]


@pytest.mark.usefixtures("own_loggers")
@pytest.mark.parametrize(("arguments", "sentence"), REFUSED)
def test_what_cannot_be_served_is_refused(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "token.txt").write_text(TOKEN)
    code, err = ran(capsys, *arguments)
    assert code == 2
    assert sentence in err


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("20MB", 20_000_000),
        ("1", 1),
        ("7 b", 7),
        ("3kB", 3000),
        ("2GB", 2 * 10**9),
        ("4KiB", 4096),
        ("1MiB", 2**20),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert serve.make_context("serve", ["builtin", "--max-body", text]).params["max_body"] == size


@pytest.mark.parametrize("text", ["", "MB", "-1MB", "0", "0MB", "1.5MB", "1TB", "²MB", "1" * 20])
def test_bad_sizes(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"is no size\. Give a number with a unit: 20MB\."):
        serve.make_context("serve", ["builtin", "--max-body", text])
