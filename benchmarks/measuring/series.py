"""The values of one figure over the runs. One value means little, so none is shown alone."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Series:
    """A figure as measured in each run.

    Attributes:
        values: In the order of the runs; at least one.
        unit: Of every value.

    Example:
        >>> Series((3.0, 1.0, 2.0), "s").median
        2.0
    """

    values: tuple[float, ...]
    unit: str

    @property
    def median(self) -> float:
        """The middle value; of an even number the mean of the middle two."""
        return statistics.median(self.values)

    @property
    def lowest(self) -> float:
        """The smallest value."""
        return min(self.values)

    @property
    def highest(self) -> float:
        """The largest value."""
        return max(self.values)

    def as_json(self) -> dict[str, object]:
        """For the file."""
        return {
            "unit": self.unit,
            "median": self.median,
            "lowest": self.lowest,
            "highest": self.highest,
            "values": list(self.values),
        }


def alternating(names: Sequence[str], run: int) -> list[str]:
    """The order of one run: forwards in even runs and backwards in odd ones, so that drift hits all alike."""
    return list(names) if run % 2 == 0 else list(reversed(names))


def shown(value: float) -> str:
    """Three digits that count, and no exponent.

    Example:
        >>> [shown(value) for value in (0.01234, 1.234, 123.4, 12345.0)]
        ['0.0123', '1.23', '123', '12,345']
    """
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3 if size >= 0.1 else 4
    return f"{value:,.{digits}f}"
