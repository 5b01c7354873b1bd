"""The door of the server: who may ask, how much they may send, and what browsers are told.

A server on 127.0.0.1 is reached by every page that the user's browser has open, so being local is not enough:

- ``Host`` must be a name of this machine; otherwise a foreign name that was made to point here (DNS
  rebinding) would read the answers.
- a request that changes something must come from our own page: ``Origin`` and ``Sec-Fetch-Site`` tell.
- beyond loopback a token is demanded, and then it alone decides who may ask.
- a body is refused by its length before it is read, or as soon as it grows too long or arrives too slowly;
  all bodies that are being read at the same time share a budget.

Sources: the OWASP cheat sheets "Cross-Site Request Forgery Prevention" and "HTTP Headers", the Fetch Metadata
Request Headers draft of the W3C.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oxmark.errors import ServingError
from oxmark.web.problems import Problem, problem_of

logger = logging.getLogger("oxmark.web")

MAX_BODY = 20_000_000
"""Bytes of one request's body, unless told otherwise."""
BODIES = 8
"""So many of the largest bodies may be in memory at the same time."""
BODY_SECONDS = 120.0
"""So long a body may take to arrive; a slow phone sends 20 MB in that time."""
SHORTEST_TOKEN = 16

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OPEN_PATHS = frozenset(
    {"/v2/health/live", "/v2/health/ready", "/", "/docs", "/openapi.json", "/favicon.ico"}
)
"""A balancer asks for the health without a token, and a browser for the description; both tell nothing."""
_OPEN_FOLDER = "/page/"
_STUDIO_FOLDER = "/api/"  # some of its GETs start work
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; font-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
    "cache-control": "no-store",
}
"""What every answer tells browsers, unless it tells something else itself."""
_RAW_HEADERS = [(name.encode(), value.encode()) for name, value in HEADERS.items()]


@dataclass(frozen=True)
class Rules:
    """What the door lets in.

    Attributes:
        max_body: Bytes of one request's body.
        token: Demanded as ``Authorization: Bearer TOKEN``; None demands none, and then ``Host`` must be a
            name of this machine.
        body_seconds: So long a body may take to arrive.
    """

    max_body: int = MAX_BODY
    token: str | None = field(default=None, repr=False)
    body_seconds: float = BODY_SECONDS


class Guard:
    """ASGI middleware that keeps the rules, and the last catch for unexpected errors."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app, self._rules = app, rules
        self._budget = BODIES * rules.max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it with what is wrong."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        answer = _Answer(send)
        try:
            headers = Headers(scope=scope)
            self._check(scope, headers)
            self._check_length(headers)
            with _Body(self, self._rules) as body:
                await self._app(scope, body.counted(receive), answer)
        except ClientDisconnect:  # nobody is left to be answered
            return
        except Exception as error:
            found = problem_of(error)
            if found.status_code == 500:
                logger.exception("%s %s failed", scope["method"], scope["path"])
            if answer.begun:
                raise
            await found.response()(scope, receive, answer)

    def _check(self, scope: Scope, headers: Headers) -> None:
        host = headers.get("host", "")
        if self._rules.token is None and _name(host) not in _LOCAL_NAMES:
            raise Problem(
                403,
                "foreign_host",
                "This server answers under the names localhost and 127.0.0.1 only, so that no other website "
                "can reach it through your browser. Use http://127.0.0.1 and its port.",
            )
        path = scope["path"]
        acts = scope["method"] not in _SAFE_METHODS or path.startswith(_STUDIO_FOLDER)
        if acts and _foreign(headers, host):
            raise Problem(
                403,
                "foreign_page",
                "Another website's page sent this request, so it was refused. Use oxmark's own page, or a "
                "program that sends no Origin header.",
            )
        if path not in _OPEN_PATHS and not path.startswith(_OPEN_FOLDER):
            self._check_token(headers.get("authorization", ""))

    def _check_token(self, given: str) -> None:
        wanted = self._rules.token
        if wanted is None:
            return
        kind, _, token = given.partition(" ")
        if kind.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), wanted.encode()):
            raise Problem(
                401,
                "token_needed",
                "This server asks for its token: send the header 'Authorization: Bearer TOKEN'.",
                headers={"WWW-Authenticate": "Bearer"},
            )

    def _check_length(self, headers: Headers) -> None:
        """Refuse a body by the length that is told beforehand."""
        told = headers.get("content-length")
        if told is None:
            return
        if not (told.isascii() and told.isdigit()):
            raise Problem(400, "bad_request", "Content-Length must be a whole number of bytes.")
        if int(told) > self._rules.max_body:
            raise self.too_large()
        if int(told) > self._budget:
            raise _busy()

    def too_large(self) -> Problem:
        """What is said of a body that is too long."""
        return Problem(
            413,
            "body_too_large",
            f"The request is larger than {self._rules.max_body / 1e6:g} MB. Send a smaller picture, or "
            "fewer at a time; --max-body of oxmark serve changes the limit.",
            headers={"Connection": "close"},
        )

    def take(self, size: int) -> None:
        """Reserve memory for what was read. Raises :class:`Problem` when too much is being read."""
        if size > self._budget:
            raise _busy()
        self._budget -= size

    def give_back(self, size: int) -> None:
        """Free what :meth:`take` reserved."""
        self._budget += size


class _Body:
    """One request's body while it arrives: counted, and given up when it is too long or too slow."""

    def __init__(self, guard: Guard, rules: Rules) -> None:
        self._guard, self._rules = guard, rules
        self._read = self._taken = 0
        self._complete = False
        self._deadline: float | None = None

    def __enter__(self) -> _Body:
        return self

    def __exit__(self, *exception: object) -> None:
        self._guard.give_back(self._taken)

    def counted(self, receive: Receive) -> Receive:
        """Receive that keeps the limits until the body is complete."""

        async def counting() -> Message:
            if self._complete:
                return await receive()
            message = await self._in_time(receive)
            if message["type"] == "http.request":
                self._complete = not message.get("more_body", False)
                self._count(len(message.get("body", b"")))
            return message

        return counting

    async def _in_time(self, receive: Receive) -> Message:
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + self._rules.body_seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                return await receive()
        except TimeoutError as error:
            raise Problem(
                408,
                "too_slow",
                "The request took too long to arrive. Send a smaller picture, or try again.",
                headers={"Connection": "close"},
            ) from error

    def _count(self, size: int) -> None:
        self._read += size
        if self._read > self._rules.max_body:
            raise self._guard.too_large()
        self._guard.take(size)
        self._taken += size


def _busy() -> Problem:
    return Problem(
        503,
        "busy",
        "Too many uploads at the same time. Try again in a second.",
        headers={"Retry-After": "1"},
    )


class _Answer:
    """Send that adds the headers every answer has, and remembers whether the answer has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            told = list(message.get("headers", ()))
            names = {name.lower() for name, _ in told}
            message["headers"] = told + [pair for pair in _RAW_HEADERS if pair[0] not in names]
        await self._send(message)


def _name(host: str) -> str:
    """The name in a Host header, without the port."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isascii() and port.isdigit() else host).lower()


def _foreign(headers: Headers, host: str) -> bool:
    """Whether a browser says that another site's page sent this."""
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2].lower() != host.lower():
        return True
    return headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine only.

    Example:
        >>> is_loopback("localhost"), is_loopback("::1"), is_loopback("0.0.0.0")
        (True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def rules_for(host: str, token_file: Path | None, max_body: int = MAX_BODY) -> Rules:
    """The rules for an address to listen on.

    Args:
        host: The address.
        token_file: A file that holds the token and nothing else; None demands no token.
        max_body: Bytes of one request's body.

    Raises:
        ServingError: No token for an address beyond this machine, or a token file that cannot be used.

    Example:
        >>> rules_for("127.0.0.1", None).token is None
        True
    """
    if token_file is not None:
        return Rules(max_body, _read_token(token_file))
    if not is_loopback(host):
        raise ServingError(
            f"Listening on {host} lets every machine that reaches this one ask, so oxmark wants a token "
            "there. Make one with: python -c 'import secrets; print(secrets.token_urlsafe(32))' > token.txt, "
            "give --token-file token.txt, and let programs send the header 'Authorization: Bearer TOKEN'."
        )
    return Rules(max_body)


def _read_token(file: Path) -> str:
    try:
        token = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ServingError(
            f"The token file {file} cannot be read: {reason}. Name a readable file."
        ) from error
    if len(token) < SHORTEST_TOKEN or not _plain(token):
        raise ServingError(
            f"The token in {file} must be one line of at least {SHORTEST_TOKEN} letters, digits and signs "
            "without spaces. Make one with: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    return token


def _plain(characters: Iterable[str]) -> bool:
    return all("!" <= character <= "~" for character in characters)
