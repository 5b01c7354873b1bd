"""What the workers of a training tell the process that began it, and what they are told: an actor of Ray."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from oxmark.errors import OxmarkError

if TYPE_CHECKING:
    from oxmark.training.loop import Epoch


@dataclass(frozen=True)
class Heard:
    """What is new.

    Attributes:
        epochs: Those done since.
        nodes: Where the workers run, by rank; empty while none has begun.
        checkpoint: The latest one, if it is new: the content of its file.
        error: Why it cannot go on.
    """

    epochs: tuple[Epoch, ...]
    nodes: dict[int, str]
    checkpoint: bytes | None
    error: OxmarkError | None


class News:
    """Kept on the node of the process that began the training, so it outlives every worker.

    Example:
        >>> news = News()
        >>> news.join(0, "a")
        >>> news.exchange(0, stop=True, finish=False).nodes, news.wanted()
        ({0: 'a'}, (True, False))
    """

    def __init__(self) -> None:
        self._epochs: list[Epoch] = []
        self._nodes: dict[int, str] = {}
        self._checkpoint: bytes | None = None
        self._error: OxmarkError | None = None
        self._stop = self._finish = False

    # --- for the workers ------------------------------------------------------------------------------------

    def join(self, rank: int, node: str) -> None:
        """A worker begins, perhaps once more."""
        self._nodes[rank] = node

    def epoch(self, entry: Epoch) -> None:
        """An epoch is done; one that was lost with a worker and is done again is no news."""
        if not self._epochs or entry.epoch > self._epochs[-1].epoch:
            self._epochs.append(entry)

    def saved(self, checkpoint: bytes) -> None:
        """A checkpoint was written; this is its content."""
        self._checkpoint = checkpoint

    def fail(self, error: OxmarkError) -> None:
        """A worker met what no second try can mend; the first such error counts."""
        self._error = self._error or error

    def failed(self) -> bool:
        """Whether one did."""
        return self._error is not None

    def wanted(self) -> tuple[bool, bool]:
        """Whether the user wants it stopped, and whether ended with the epoch."""
        return self._stop, self._finish

    # --- for who began it -----------------------------------------------------------------------------------

    def exchange(self, told: int, *, stop: bool, finish: bool) -> Heard:
        """Hear what is new.

        Args:
            told: Epochs that were heard of.
            stop: Whether the training is to stop.
            finish: Whether it is to end with the epoch.
        """
        self._stop, self._finish = self._stop or stop, self._finish or finish
        checkpoint, self._checkpoint = self._checkpoint, None
        return Heard(tuple(self._epochs[told:]), dict(self._nodes), checkpoint, self._error)


def started() -> Any:
    """The actor, on this node."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    return ray.remote(News).options(num_cpus=0, scheduling_strategy=here).remote()
