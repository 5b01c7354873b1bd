"""docs/service.md is true: its commands and its Python run against a server, and its tables are complete."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from oxmark.data.decode import MAX_PIXELS
from oxmark.web import guard
from oxmark.web.service import answerer, drift, gate, tensors, together, uploads
from oxmark.web.service.application import watched
from oxmark.web.service.models import FileSource, Models, Wanted
from oxmark.web.service.service import Service

PAGE = (Path(__file__).parents[3] / "docs" / "service.md").read_text(encoding="utf-8")
WRITTEN = "127.0.0.1:8000"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)


def section(heading: str) -> str:
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


@pytest.fixture
def address(client_of: Callable[..., httpx2.Client], tmp_path: Path, mark: bytes) -> str:
    """A server with the models that the page speaks of, and the files that it names."""
    (tmp_path / "photo.png").write_bytes(mark)
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "token.txt").write_text("a-token-for-the-tests-only")
    models = Models([FileSource(Wanted(name, None)) for name in ("marks", "ox")])
    return client_of(watched(Service(models))).base_url.netloc.decode()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_commands_answer(address: str) -> None:
    commands = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("curl ")]
    assert len(commands) == 4
    for command in commands:
        if "?model=" not in command:  # the page's first server has one model, this one two
            command = command.replace("/predict", "/predict?model=ox")
        shell = ["sh", "-c", command.replace(WRITTEN, address)]
        answer = json.loads(subprocess.run(shell, capture_output=True, check=True).stdout)
        first = answer["answers"][0] if "answers" in answer else answer
        assert first["label"] == "O", command


def test_python_blocks_answer(address: str) -> None:
    plain, triton = blocks("python")
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(plain.replace(f"{WRITTEN}/predict", f"{address}/predict?model=marks"), {})
    assert output.getvalue() == "O\n"
    compile(triton, "docs/service.md", "exec")  # its calls are those of the test of the real client


def test_answers_have_the_shape_that_is_shown(address: str, mark: bytes) -> None:
    one, form, error, line = (json.loads(block) for block in blocks("json"))
    url = f"http://{address}/predict"
    assert list(httpx2.post(f"{url}?model=ox", content=mark).json()) == list(one)
    files = [("a", ("photo.png", mark)), ("b", ("notes.txt", b"hello"))]
    answers = httpx2.post(f"{url}?model=ox", files=files).json()["answers"]
    assert [list(answer) for answer in answers] == [list(answer) for answer in form["answers"]]
    assert answers[1] == form["answers"][1]
    assert list(httpx2.post(f"{url}?model=no", content=mark).json()) == list(error)
    assert {"time", "level", "event", "method", "route", "status", "ms"} < set(line)


def test_every_metric_is_listed(address: str, mark: bytes) -> None:
    httpx2.post(f"http://{address}/predict?model=ox", content=mark)
    text = httpx2.get(f"http://{address}/metrics").text
    names = set(re.findall(r"^# TYPE (\w+) ", text, re.M))
    listed = section("Metrics")
    for name in names:
        assert name.startswith("process_") or f"`{name}" in listed, name
    for name in re.findall(r"`(oxmark_\w+)", listed.partition("Worth an alert")[0]):
        assert name in names, name


def test_every_address_and_output_is_listed(address: str) -> None:
    paths: dict[str, Any] = httpx2.get(f"http://{address}/openapi.json").json()["paths"]
    for path in paths:
        shown = path.replace("{model}", "NAME").replace("{version}", "VERSION")
        assert f"{shown}`" in PAGE, path
    for name in tensors.OUTPUTS:
        assert f"| `{name}` |" in section("Open Inference Protocol")


def test_every_code_is_listed() -> None:
    files = [*Path(uploads.__file__).parent.glob("*.py"), Path(guard.__file__)]
    raised = {
        code
        for file in files
        for code in re.findall(
            r'\b(?:Problem|refused)\(\s*\d{3},\s*"(\w+)"', file.read_text(encoding="utf-8")
        )
    }
    assert {"busy", "too_much_json", "not_a_file"} < raised
    for code in raised:
        assert f"`{code}`" in section("Errors"), code


def test_the_limits_are_as_told() -> None:
    limits, page = section("Limits"), PAGE
    assert f"| {guard.MAX_BODY / 1e6:g} MB; `--max-body` |" in limits
    for number in (MAX_PIXELS, answerer.MOST_PIXELS, gate.PIXELS_AT_ONCE, gate.ADMITTED_PIXELS):
        assert f"{number:,}" in limits
    for number in (uploads.MOST_PICTURES, gate.ADMITTED_PICTURES):
        assert re.search(rf"\b{number}\b", limits)
    assert f"{tensors.MOST_JSON / 1e6:g} MB; tensors" in limits
    assert f"at least {guard.SHORTEST_TOKEN} characters" in page
    assert f"first {drift.FIRST} answers" in page and f"latest {drift.RECENT} answers" in page
    assert f"{drift.ENOUGH} latest answers" in page
    assert together.SMALL == 128 * 128 and "up to 128 x 128 pixels" in page and together.MOST == 8
