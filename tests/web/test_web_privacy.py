"""The studio and the service listen on this machine, and call nobody.

The server and every process it starts leave with a code of their own as soon as Python's socket module is
asked to reach out, or to listen anywhere but on loopback.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from bad_files import good_picture

NETWORK = 86
DEADLINE = 180
GUARD = f"""
import os, sys

OUT = ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname")

def refuse(event, arguments):
    listens_beyond = event == "socket.bind" and arguments[1][0] != "127.0.0.1"
    if event in OUT or listens_beyond:
        os.write(2, f"network: {{event}}\\n".encode())
        os._exit({NETWORK})

sys.addaudithook(refuse)
"""
DRIVER = """
import sys
import oxmark.cli

if sys.argv[1]:
    from oxmark.web import pages

    read_files = pages.read_files
    def tell_someone():
        exec(sys.argv[1], {})
        return read_files()
    pages.read_files = tell_someone
oxmark.cli.run(sys.argv[2:])
"""


def started(folder: Path, planted: str, arguments: list[str]) -> subprocess.Popen[str]:
    (folder / "guard").mkdir()
    (folder / "guard" / "sitecustomize.py").write_text(GUARD)
    places = [str(folder / "guard"), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        [sys.executable, "-c", DRIVER, planted, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))},
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    return process.returncode, said


def address_of(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if found:
            return found[0]
    raise AssertionError(f"the server ended with {process.wait(60)}")


def until(client: httpx2.Client, path: str, states: tuple[str, ...]) -> dict[str, Any]:
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        told: dict[str, Any] = client.get(path).json()
        if told["state"] in states:
            return told
    raise AssertionError(f"{path}: {json.dumps(told)}")


def test_the_service_calls_nobody(tmp_path: Path) -> None:
    process = started(tmp_path, "", ["serve", "builtin", "--port", "0"])
    with httpx2.Client(base_url=address_of(process), timeout=60) as client:
        assert client.post("/predict", content=good_picture()).status_code == 200
        assert client.get("/metrics").status_code == 200
        assert client.get("/docs").status_code == 200
    code, said = ended(process)
    assert (code, "network:" in said) == (0, False), said


def test_the_studio_calls_nobody_while_it_examines_teaches_and_answers(tmp_path: Path, drawn: Path) -> None:
    shutil.copytree(drawn, tmp_path / "marks")
    process = started(tmp_path, "", ["studio", str(tmp_path / "marks"), "--port", "0"])
    with httpx2.Client(base_url=address_of(process), timeout=60) as client:
        assert client.get("/").status_code == 200
        first = client.get("/api/project").json()["classes"][0]["id"]
        saved = client.post(f"/api/classes/{first}/pictures?hand=mina", content=good_picture())
        assert saved.status_code == 201
        assert until(client, "/api/doctor", ("done", "failed"))["state"] == "done"
        begun = client.post("/api/teach", json={"recipe": "marks", "settings": {"epochs": 1}})
        assert begun.status_code == 202, begun.text
        assert until(client, "/api/teach", ("done", "failed"))["state"] == "done"
        assert client.post("/api/answer?run=current&view=1", content=good_picture()).status_code == 200
        preview = client.post("/api/augmentation", json={"recipe": "marks", "settings": {}, "seed": 1})
        assert preview.status_code == 200, preview.text
    code, said = ended(process)
    assert (code, "network:" in said) == (0, False), said


@pytest.mark.parametrize(
    "planted",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9')",
        "import socket; socket.socket().bind(('0.0.0.0', 0))",
        "import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', "
        "'import socket; socket.getaddrinfo(chr(97), 80)']).returncode)",
    ],
)
def test_a_planted_call_is_caught(planted: str, tmp_path: Path) -> None:
    process = started(tmp_path, planted, ["serve", "builtin", "--port", "0"])
    _, said = process.communicate(timeout=60)
    assert "network: socket." in said
    assert process.returncode != 0
