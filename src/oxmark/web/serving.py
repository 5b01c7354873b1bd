"""Running the application: an open port first, then requests, and at the end the last answers."""

from __future__ import annotations

import contextlib
import errno
import signal
import socket
import threading
from collections.abc import Callable, Iterator

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import Multiprocess

from oxmark.errors import ServingError
from oxmark.web.guard import HEADERS
from oxmark.web.problems import Problem

DRAIN_SECONDS = 30
"""So long the requests in flight may take when the server is told to end."""
_WAITING = 2048  # connections that the system holds until they are accepted


def open_port(host: str, port: int) -> socket.socket:
    """Listen, before anything else is done.

    Args:
        host: An address or a name of this machine.
        port: 1..65535, or 0 for a free one.

    Returns:
        The listening socket.

    Raises:
        ServingError: The port is in use or not allowed, or the address is not this machine's.

    Example:
        >>> with open_port("127.0.0.1", 0) as listening:
        ...     listening.getsockname()[0]
        '127.0.0.1'
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(_WAITING)
    except OSError as error:
        listening.close()
        raise ServingError(_refusal(host, port, error)) from error
    return listening


def _refusal(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is in use. Choose another with --port, or --port 0 for a free one."
    if error.errno == errno.EACCES:
        return f"Port {port} is not allowed: those below 1024 are the system's. Choose another with --port."
    return f"Cannot listen on {host}: {error.strerror or error}. Give one of this machine, such as 127.0.0.1."


def address(listening: socket.socket) -> str:
    """What to type into a browser.

    Example:
        >>> with open_port("127.0.0.1", 0) as listening:
        ...     address(listening).startswith("http://127.0.0.1:")
        True
    """
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # what listens everywhere is also here
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def configured(make_app: Callable[[], FastAPI]) -> uvicorn.Config:
    """How uvicorn runs an application: nothing logged by itself, no header that tells what it is.

    Args:
        make_app: Makes the application.

    Example:
        >>> configured(FastAPI).access_log
        False
    """
    return uvicorn.Config(
        make_app,
        factory=True,
        http=Protocol,
        log_config=None,
        proxy_headers=False,
        access_log=False,
        server_header=False,
        date_header=False,
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_keep_alive=30,
    )


def serve(
    make_app: Callable[[], FastAPI],
    listening: socket.socket,
    *,
    workers: int = 1,
    on_ready: Callable[[], None] | None = None,
) -> None:
    """Answer until the process is told to end (SIGTERM, SIGINT); then finish what was begun.

    Args:
        make_app: Makes the application, in each process anew; with several workers it must be picklable.
        listening: From :func:`open_port`.
        workers: Processes.
        on_ready: Called once, when the first request can be answered; with several workers, when they start.

    Raises:
        ServingError: The application could not start; its log says why.
    """
    config = configured(make_app)
    if workers > 1:
        if on_ready is not None:
            on_ready()
        config.workers = workers
        Workers(config, [listening]).run()
        return
    server = Server(config, on_ready)
    server.run(sockets=[listening])
    if not server.started:
        raise ServingError("The server could not start; the lines above say why.")


class Server(uvicorn.Server):
    """uvicorn's server, which lets endless streams end before it waits for the last answers.

    Ended by a signal it returns, so that the command ends with its own exit code.
    """

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None] | None = None) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        if self.started and self._on_ready is not None:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End: no new connections, streams closed, the last answers given."""
        for part in self.config.loaded_app.state.parts:
            part.drain()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals that end a server; the ones before are put back."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        wanted = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP, which answers what is no HTTP in the shape of every other error."""

    def send_400_response(self, msg: str) -> None:
        """Say that the request cannot be understood, and close the connection."""
        answer = Problem(400, "bad_request", "This is no HTTP that the server understands.").response()
        headers = {**HEADERS, **dict(answer.headers), "connection": "close"}
        lines = ["HTTP/1.1 400 Bad Request", *(f"{name}: {value}" for name, value in headers.items())]
        self.transport.write("\r\n".join([*lines, "", ""]).encode("latin-1") + bytes(answer.body))
        self.transport.close()


class Workers(Multiprocess):
    """uvicorn's supervisor of several processes; told to end, it takes no more connections itself either."""

    def terminate_all(self) -> None:
        """Let every worker finish what it has begun, and end."""
        for one in self.sockets:
            one.close()
        super().terminate_all()
