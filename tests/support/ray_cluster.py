"""A Ray cluster of several nodes on this machine, whose nodes and actors can be killed."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

DEADLINE = 240.0
POLLED_EVERY = 0.05
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1"}


class Nodes:
    """A head and other nodes, each with one core.

    Attributes:
        address: ``HOST:PORT`` of the head.
    """

    def __init__(self, cluster: Any, others: list[Any]) -> None:
        self._cluster, self._others = cluster, others
        self.address: str = cluster.address

    def kill_a_node(self) -> None:
        """End the last node at once, with everything that runs on it."""
        self._cluster.remove_node(self._others.pop(), allow_graceful=False)

    def kill_an_actor(self, named: str) -> None:
        """SIGKILL a process of an actor whose name begins so; wait until there is one."""
        wait_until(lambda: bool(self._actors(named)))
        os.kill(self._actors(named)[0], signal.SIGKILL)

    def _actors(self, named: str) -> list[int]:
        nodes = [self._cluster.head_node, *self._others]
        raylets = {one.process.pid for node in nodes for one in node.all_processes["raylet"]}
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                title = (folder / "cmdline").read_text()
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:  # it has ended
                continue
            if parent in raylets and title.startswith(f"ray::{named}"):
                found.append(int(folder.name))
        return sorted(found)


@contextmanager
def nodes(count: int) -> Iterator[Nodes]:
    """A cluster of so many nodes; this process is not connected to it."""
    os.environ.update(QUIET)
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        yield Nodes(cluster, [cluster.add_node(num_cpus=1) for _ in range(count - 1)])
    finally:
        cluster.shutdown()


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    until = time.monotonic() + DEADLINE
    while not true():
        if time.monotonic() > until:
            raise TimeoutError(f"not within {DEADLINE:.0f} s")
        threading.Event().wait(POLLED_EVERY)
