"""Where the time of a training goes."""

from __future__ import annotations

import dataclasses
import time


@dataclasses.dataclass
class Spent:
    """Seconds spent in the phases of the steps so far.

    On a CUDA device this is the time to hand the work over; the device does it later, and nobody waits.

    Attributes:
        augment: Changing pictures at random.
        forward: The network's answers and the loss.
        backward: The gradients.
        optimizer: Moving the weights, and the running average after them.

    Example:
        >>> spent = Spent()
        >>> later = spent.lap("forward", time.perf_counter())
        >>> 0 < spent.forward < 1
        True
    """

    augment: float = 0.0
    forward: float = 0.0
    backward: float = 0.0
    optimizer: float = 0.0

    def lap(self, phase: str, since: float) -> float:
        """Add the time since then to a phase.

        Args:
            phase: One of the attributes.
            since: When it began, as ``time.perf_counter()`` tells it.

        Returns:
            The time now, when the next phase begins.
        """
        now = time.perf_counter()
        setattr(self, phase, getattr(self, phase) + now - since)
        return now
