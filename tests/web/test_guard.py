"""The door: who may ask, how much they may send, and what browsers are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from oxmark.errors import ServingError
from oxmark.web import problems
from oxmark.web.guard import BODIES, Guard, Rules, is_loopback, rules_for
from oxmark.web.problems import Problem

TOKEN = "a-token-of-enough-letters"
LIMIT = 1000


class Door:
    """A small application behind the guard; its route keeps a body until it may go on."""

    def __init__(self, rules: Rules) -> None:
        app = FastAPI()
        problems.install(app)
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.app, self.opened = app, 0

        @app.api_route("/echo", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
        async def echo(request: Request) -> Response:
            self.opened += 1
            body = await request.body()
            await self.go_on.wait()
            return JSONResponse({"size": len(body)})

        @app.get("/v2/health/live")
        async def live() -> dict[str, bool]:
            return {"live": True}

        @app.get("/defect")
        async def defect() -> None:
            raise RuntimeError("a secret at /home/anna")

        app.add_middleware(Guard, rules=rules)
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app, raise_app_exceptions=False), base_url="http://127.0.0.1:8104"
        )

    def ask(self, method: str, path: str = "/echo", **more: object) -> httpx2.Response:
        async def asked() -> httpx2.Response:
            return await self.client.request(method, path, **more)  # type: ignore[arg-type]

        return asyncio.run(asked())


def door(**rules: object) -> Door:
    return Door(Rules(max_body=LIMIT, **rules))  # type: ignore[arg-type]


def code_of(answer: httpx2.Response) -> str:
    body = answer.json()
    assert sorted(body) == ["code", "error"]
    assert body["error"].endswith(".")
    return str(body["code"])


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8104", 200),
        ("localhost:8104", 200),
        ("LOCALHOST", 200),
        ("[::1]:8104", 200),
        ("evil.example", 403),
        ("evil.example:8104", 403),
        ("127.0.0.1.evil.example", 403),
        ("localhost.evil.example:8104", 403),
        ("192.168.0.7:8104", 403),
        ("", 403),
    ],
)
def test_a_foreign_name_is_refused(host: str, status: int) -> None:
    answer = door().ask("GET", headers={"host": host})
    assert answer.status_code == status
    assert status == 200 or code_of(answer) == "foreign_host"


FOREIGN = [
    {"origin": "http://evil.example"},
    {"origin": "http://127.0.0.1:9999"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:8104.evil.example"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
]
OWN = [
    {},
    {"origin": "http://127.0.0.1:8104"},
    {"origin": "http://127.0.0.1:8104", "sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "none"},
]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("headers", FOREIGN)
def test_another_pages_request_is_refused(method: str, headers: dict[str, str]) -> None:
    answer = door().ask(method, headers=headers)
    assert (answer.status_code, code_of(answer)) == (403, "foreign_page")


@pytest.mark.parametrize("headers", OWN)
def test_our_own_page_and_programs_are_let_in(headers: dict[str, str]) -> None:
    assert door().ask("POST", headers=headers, content=b"abc").json() == {"size": 3}


def test_a_link_from_another_page_may_be_followed() -> None:
    assert door().ask("GET", headers={"sec-fetch-site": "cross-site"}).status_code == 200


@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"]
)
def test_without_the_token_nothing_is_answered(given: str | None) -> None:
    answer = door(token=TOKEN).ask("GET", headers={} if given is None else {"authorization": given})
    assert (answer.status_code, code_of(answer)) == (401, "token_needed")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_the_token_opens_under_any_name_and_health_needs_none() -> None:
    one = door(token=TOKEN)
    headers = {"authorization": f"Bearer {TOKEN}", "host": "marks.example"}
    assert one.ask("GET", headers=headers).status_code == 200
    assert one.ask("GET", "/v2/health/live", headers={"host": "10.0.0.7"}).json() == {"live": True}
    foreign = one.ask("POST", headers={**headers, "origin": "http://evil.example"})
    assert code_of(foreign) == "foreign_page"
    assert TOKEN not in repr(Rules(token=TOKEN))


async def pieces(number: int, size: int) -> AsyncIterator[bytes]:
    for _ in range(number):
        yield b"x" * size


def test_a_body_is_refused_by_its_length_before_it_is_read() -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    answer = door().ask("POST", content=never(), headers={"content-length": str(LIMIT + 1)})
    assert (answer.status_code, code_of(answer)) == (413, "body_too_large")


def test_a_body_of_unknown_length_is_refused_as_it_grows() -> None:
    assert door().ask("POST", content=pieces(10, 100)).json() == {"size": LIMIT}
    answer = door().ask("POST", content=pieces(1000, 100))
    assert (answer.status_code, code_of(answer)) == (413, "body_too_large")


@pytest.mark.parametrize("told", ["-1", "1e3", "abc", "0x10", "٣"])
def test_a_length_that_is_no_number_is_refused(told: str) -> None:
    answer = door().ask("POST", headers={"content-length": told.encode()}, content=b"")
    assert (answer.status_code, code_of(answer)) == (400, "bad_request")


@pytest.mark.parametrize("told", [True, False])
def test_bodies_read_at_the_same_time_share_a_budget(told: bool) -> None:
    async def together() -> list[httpx2.Response]:
        one = door()
        one.go_on.clear()

        async def post() -> httpx2.Response:
            return await one.client.post("/echo", content=b"x" * LIMIT if told else pieces(10, 100))

        waiting = [asyncio.create_task(post()) for _ in range(BODIES + 2)]
        while sum(task.done() for task in waiting) < 2:
            await asyncio.sleep(0)
        one.go_on.set()
        answers = await asyncio.gather(*waiting)
        return [*answers, await post()]  # what was reserved has been given back

    *answers, last = asyncio.run(together())
    refused = [answer for answer in answers if answer.status_code == 503]
    assert [(code_of(answer), answer.headers["retry-after"]) for answer in refused] == [("busy", "1")] * 2
    assert last.status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_page_cannot_start_work_by_reading(site: str) -> None:
    answer = door().ask("GET", "/api/runs/compare", headers={"sec-fetch-site": site})
    assert (answer.status_code, code_of(answer)) == (403, "foreign_page")


async def stalling() -> AsyncIterator[bytes]:
    yield b"x"
    await asyncio.Event().wait()


@pytest.mark.parametrize("headers", [{}, {"content-length": "900"}])
def test_a_body_that_never_ends_is_given_up(headers: dict[str, str]) -> None:
    answer = door(body_seconds=0.05).ask("POST", content=stalling(), headers=headers)
    assert (answer.status_code, code_of(answer)) == (408, "too_slow")


def test_clients_that_announce_and_send_nothing_keep_nobody_out() -> None:
    async def beside() -> httpx2.Response:
        one = door()
        big = {"content-length": str(LIMIT)}
        silent = [
            asyncio.create_task(one.client.post("/echo", content=stalling(), headers=big))
            for _ in range(3 * BODIES)
        ]
        while one.opened < len(silent):
            await asyncio.sleep(0)
        answer = await one.client.post("/echo", content=b"x" * 100)
        for task in silent:
            task.cancel()
        return answer

    assert asyncio.run(beside()).json() == {"size": 100}


def test_a_client_that_leaves_is_no_defect(caplog: pytest.LogCaptureFixture) -> None:
    messages = [{"type": "http.request", "body": b"x", "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/echo",
        "raw_path": b"/echo",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), (b"content-length", b"9")],
    }
    asyncio.run(door().app(scope, receive, send))
    assert (sent, caplog.text) == ([], "")


def test_a_sentence_that_is_no_utf8_is_told() -> None:
    assert Problem(422, "bad", "No value '\ud800'.").response().body == (
        b'{"error":"No value \'\\\\ud800\'.","code":"bad"}'
    )


def test_a_defect_shows_no_stack_and_no_path(caplog: pytest.LogCaptureFixture) -> None:
    answer = door().ask("GET", "/defect")
    assert (answer.status_code, code_of(answer)) == (500, "internal")
    assert "anna" not in answer.text
    assert "a secret at /home/anna" in caplog.text


@pytest.mark.parametrize("path", ["/echo", "/nowhere", "/defect"])
def test_every_answer_has_the_safety_headers(path: str) -> None:
    headers = door().ask("GET", path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.7", False),
        ("example.org", False),
    ],
)
def test_loopback_is_known(host: str, local: bool) -> None:
    assert is_loopback(host) is local


def test_beyond_this_machine_a_token_is_demanded_and_why(tmp_path: Path) -> None:
    with pytest.raises(ServingError, match=r"^Listening on 0\.0\.0\.0 lets every machine .* --token-file"):
        rules_for("0.0.0.0", None)
    file = tmp_path / "token.txt"
    file.write_text(f"{TOKEN}\n")
    assert rules_for("0.0.0.0", file).token == TOKEN


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "must be one line of at least 16"),
        (b"short", "must be one line of at least 16"),
        (b"two words that are long", "without spaces"),
        (b"first-line-is-long\nsecond-line", "must be one line"),
        (b"\xff\xfe" * 20, "it is not UTF-8 text"),
    ],
)
def test_a_token_file_that_is_no_good_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "token.txt"
    file.write_bytes(content)
    with pytest.raises(ServingError, match=sentence):
        rules_for("127.0.0.1", file)


def test_a_missing_token_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ServingError, match=r"token\.txt cannot be read: No such file"):
        rules_for("127.0.0.1", tmp_path / "token.txt")
