"""Ray: started on this machine's cores, or the cluster that is there already.

Started here it listens on the loopback address alone, wants a token that only its own processes know, keeps
its files in a folder that goes with it, and tells nobody anything: no usage statistics, no dashboard.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import re
import secrets
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oxmark.errors import ClusterError, require_packages
from oxmark.machine import cores

HERE = "local"
"""The address that starts Ray on this machine."""
ADDRESS = re.compile(r"auto|local|(\[[0-9a-fA-F:]+\]|[^\s/:]+):[0-9]{1,5}")
OBJECT_STORE = 512 << 20
"""Bytes of shared memory where Ray is started here and nothing large is handed around."""

ANSWERS_WITHIN = 10.0
"""Seconds."""
MOST_OF_PATH = 12

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_USAGE_STATS_PROMPT_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # would send the current folder to the nodes
}


_LOSSES = {
    "marked dead": "A node of the cluster was lost. Its work is done again on the others.",
    "A worker died": "A worker of the cluster died. Its work is done again.",
    "cannot be scheduled": "The cluster is busy: work waits for a free core.",
}
"""What Ray's messages say, and what the user is told."""


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster that this process is connected to.

    Attributes:
        started_here: Whether it was started on this machine, for this process.
        cores: Processor cores of all its nodes together, at least 1.
        gpus: Graphics cards of all its nodes together.
        nodes: The identifiers of its living nodes.
    """

    started_here: bool
    cores: int
    gpus: int
    nodes: tuple[str, ...]


@contextlib.contextmanager
def connected(
    address: str | None,
    *,
    object_store: int | None = OBJECT_STORE,
    tell: Callable[[str], None] = lambda text: None,
) -> Iterator[Cluster]:
    """Connect to a cluster, or start Ray here; leave it at the end, and end it if it was started here.

    Args:
        address: ``HOST:PORT`` of a head node, ``"auto"`` for the cluster that this machine belongs to;
            None, an empty text or ``"local"`` starts Ray on this machine's cores.
        object_store: Bytes of shared memory, where Ray is started here; None leaves the choice to Ray.
        tell: Told, in a sentence, when a worker or a node is lost while the work goes on.

    Raises:
        MissingExtra: Ray is not installed.
        ClusterError: The address is none, or nobody answers there.

    Example:
        >>> with connected(None) as cluster:  # doctest: +SKIP
        ...     cluster.cores
        8
    """
    require_packages("--cluster", "ray", "pyarrow")
    address = check_address(address)
    settings: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.FATAL}
    with contextlib.ExitStack() as stack:
        if address == HERE:
            folder = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="oxmark-", dir=_short_folder(), ignore_cleanup_errors=True)
            )
            token = {} if _too_late() else {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": _token()}
            stack.enter_context(_environment({**_QUIET, **token}))
            settings |= {
                "num_cpus": cores(),
                "include_dashboard": False,
                "object_store_memory": object_store,
                "_temp_dir": folder,
            }
        else:
            stack.enter_context(_environment(_QUIET))
        stack.enter_context(_told(tell))
        yield stack.enter_context(_initialised(address, settings))


def check_address(address: str | None) -> str:
    """The address of a cluster, or ``"local"``. Raises :class:`ClusterError` with the cure.

    Example:
        >>> check_address("10.0.0.5:6379"), check_address(None)
        ('10.0.0.5:6379', 'local')
    """
    if not address:
        return HERE
    if address.startswith("ray://"):
        raise ClusterError(
            f"'{address}' is an address of the Ray Client, which oxmark does not use. Run the command on a "
            "node of the cluster with --cluster auto, or hand it over with: ray job submit -- oxmark ..."
        )
    if not ADDRESS.fullmatch(address):
        raise ClusterError(
            f"'{address}' is no address of a Ray cluster. Give HOST:PORT of its head node, auto, or local; "
            "with --cluster alone, which starts Ray on this machine, put it after the other arguments."
        )
    return address


@contextlib.contextmanager
def _initialised(address: str, settings: Mapping[str, Any]) -> Iterator[Cluster]:
    import ray

    if ray.is_initialized():  # by a program that uses oxmark: its cluster is used, and stays
        yield _seen(started_here=False)
        return
    if address not in (HERE, "auto"):
        _look_for(address)
    with _on_loopback(address == HERE), _hushed():
        try:
            ray.init(address=address, **settings)
        except Exception as error:  # Ray raises that class itself, too
            raise _no_cluster(address, error) from error
    logging.getLogger("ray").setLevel(logging.CRITICAL)  # what matters is raised, and said by us
    try:
        yield _seen(started_here=address == HERE)
    finally:
        ray.shutdown()


def _look_for(address: str) -> None:
    """Whether anybody answers there; Ray itself would try for minutes. Raises :class:`ClusterError`."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWERS_WITHIN).close()
    except (OSError, OverflowError) as error:
        raise _no_cluster(address, error) from error


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """Nothing on stderr from Ray's compiled part, which tells its log level there; errors are raised."""
    if os.environ.get("OXMARK_DEBUG"):
        yield
        return
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@contextlib.contextmanager
def _told(tell: Callable[[str], None]) -> Iterator[None]:
    """Have Ray's messages about lost workers told in a sentence each; Ray prints pages of them, on stdout."""
    from ray._private import worker

    said: set[tuple[str, str]] = set()

    def once(data: Mapping[str, Any], **_: Any) -> None:
        text = " ".join(map(str, data.get("lines", ())))
        for sign, sentence in _LOSSES.items():
            if sign in text and (sign, text) not in said:
                said.add((sign, text))
                tell(sentence)
                return

    ray_worker: Any = worker
    before = getattr(ray_worker, "print_to_stdstream", None)
    ray_worker.print_to_stdstream = once
    try:
        yield
    finally:
        ray_worker.print_to_stdstream = before


@contextlib.contextmanager
def _on_loopback(wanted: bool) -> Iterator[None]:
    """Have Ray take the loopback address for this machine's, as it does on macOS and Windows by itself."""
    from ray._private import ray_constants

    constants: Any = ray_constants
    before = getattr(constants, "ENABLE_RAY_CLUSTER", True)
    constants.ENABLE_RAY_CLUSTER = before and not wanted
    try:
        yield
    finally:
        constants.ENABLE_RAY_CLUSTER = before


def _seen(*, started_here: bool) -> Cluster:
    import ray

    there = ray.cluster_resources()
    nodes = tuple(node["NodeID"] for node in ray.nodes() if node["Alive"])
    return Cluster(started_here, max(1, int(there.get("CPU", 1))), int(there.get("GPU", 0)), nodes)


def last_line(error: BaseException) -> str:
    """What an error of Ray says at its end, after the traces of its processes.

    Example:
        >>> last_line(ValueError("first\\nlast")), last_line(ValueError())
        ('last', 'ValueError')
    """
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else type(error).__name__


def _no_cluster(address: str, error: Exception) -> ClusterError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if address == HERE:
        return ClusterError(f"Ray cannot be started on this machine: {reason}")
    return ClusterError(
        f"No Ray cluster answers at '{address}' ({reason}). Start one with 'ray start --head', and look at "
        "its address with 'ray status'; --cluster without an address uses this machine alone."
    )


def _short_folder() -> str:
    """For Ray's files: the path of a socket, 80 characters further down, may have some hundred in all."""
    usual = tempfile.gettempdir()
    return "/tmp" if os.name == "posix" and len(usual) > MOST_OF_PATH else usual


def _too_late() -> bool:
    """Whether a program that uses oxmark has loaded Ray, which has looked for its token by then."""
    return "ray" in sys.modules and _token.cache_info().currsize == 0


@functools.cache
def _token() -> str:
    """One for each process: Ray's compiled part reads it once, and keeps it for the next start."""
    return secrets.token_hex(32)


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables that Ray and its processes read; what the user has set stays."""
    added = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def on_every_node(function: Any, *given: Any, nodes: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Have each node call a function once: its identifier, and the result or the error.

    Args:
        function: Importable by name.
        given: What it is called with.
        nodes: Their identifiers, as in :attr:`Cluster.nodes`.
    """
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    task = ray.remote(num_cpus=0, max_retries=0)(function)
    calls = [
        task.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False)).remote(*given)
        for node in nodes
    ]
    for node, call in zip(nodes, calls, strict=True):
        try:
            yield node, ray.get(call)
        except ray.exceptions.RayError as error:
            yield node, error
