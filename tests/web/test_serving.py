"""A port that can be listened on, or why not; and ending without losing what was begun."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading

import httpx2
import pytest

from oxmark.errors import ServingError
from oxmark.web.app import create_app
from oxmark.web.serving import Server, address, configured, open_port

SLOW = """
import asyncio, sys
from fastapi import APIRouter
from starlette.responses import StreamingResponse
from oxmark.web.app import create_app
from oxmark.web.app import create_app
from oxmark.web.serving import Server, address, configured, open_port, serve

class Part:
    def __init__(self):
        self.ended = asyncio.Event()
        self.began = asyncio.Event()
    def routes(self):
        router = APIRouter()
        @router.get("/slow")
        async def slow():
            self.began.set()
            await self.ended.wait()  # set by drain: the request was begun before the signal
            return {"done": True}
        @router.get("/began")
        async def began():
            await self.began.wait()
            return {}
        return router
    async def start(self): print("started", flush=True)
    def drain(self): self.ended.set()
    async def stop(self): print("stopped", flush=True)

def app():
    return create_app(service=Part())

if __name__ == "__main__":
    with open_port("127.0.0.1", 0) as listening:
        serve(app, listening, on_ready=lambda: print(address(listening), flush=True))
"""


def test_a_port_in_use_is_said() -> None:
    with open_port("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(ServingError, match=rf"^Port {port} of 127\.0\.0\.1 is in use\. .* --port 0"):
            open_port("127.0.0.1", port)


def test_an_address_of_another_machine_is_said() -> None:
    with pytest.raises(ServingError, match=r"^Cannot listen on 203\.0\.113\.7: .* such as 127\.0\.0\.1\.$"):
        open_port("203.0.113.7", 0)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "256.1.1.1", "a b"])
def test_a_name_that_is_no_address_is_said(host: str) -> None:
    with pytest.raises(ServingError, match=r"^Cannot listen on "):
        open_port(host, 0)


@pytest.mark.parametrize(
    ("host", "beginning"), [("127.0.0.1", "http://127.0.0.1:"), ("0.0.0.0", "http://127.0.0.1:")]
)
def test_the_address_can_be_typed_into_a_browser(host: str, beginning: str) -> None:
    with open_port(host, 0) as listening:
        assert address(listening) == f"{beginning}{listening.getsockname()[1]}"


def test_sigterm_answers_what_was_begun_and_takes_nothing_new() -> None:
    with subprocess.Popen([sys.executable, "-c", SLOW], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        base = process.stdout.readline().strip()
        answers: list[httpx2.Response] = []
        asking = threading.Thread(target=lambda: answers.append(httpx2.get(f"{base}/slow", timeout=60)))
        asking.start()
        httpx2.get(f"{base}/began", timeout=60)  # the slow request is in flight
        process.send_signal(signal.SIGTERM)
        asking.join(60)
        assert [answer.json() for answer in answers] == [{"done": True}]
        assert process.stdout.read() == "stopped\n"
        assert process.wait(60) == 0
    port = int(base.rpartition(":")[2])
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
        b"GET /a b HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_answered_in_the_one_shape(request_bytes: bytes) -> None:
    ready = threading.Event()
    with open_port("127.0.0.1", 0) as listening:
        host, port = listening.getsockname()
        server = Server(configured(create_app), on_ready=ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        assert ready.wait(60)
        with socket.create_connection((host, port), timeout=60) as client:
            client.sendall(request_bytes)
            with client.makefile("rb") as stream:
                head, _, body = stream.read().partition(b"\r\n\r\n")
        server.should_exit = True
        thread.join(60)
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"x-content-type-options: nosniff" in head
    assert json.loads(body)["code"] == "bad_request"
