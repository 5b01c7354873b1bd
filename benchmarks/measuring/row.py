"""A row: what is measured together in every run; and a reach: what shall come of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from measuring.work import Work

Figures = Mapping[str, float]
"""What one run of a row measured, by the name of the figure."""
Run = Mapping[str, Figures]
"""What one run measured, by the name of the row."""


@dataclass(frozen=True)
class Row:
    """What is measured together.

    Attributes:
        name: For ``--only``, where its beginning is enough.
        title: What is done, for people.
        units: Every figure that ``measure`` may give, and its unit.
        measure: Measures once, in the run of this number.
        dear: Takes more than a few seconds a run, so ``--quick`` leaves it out.
        peer: Needs the peers' environment.
    """

    name: str
    title: str
    units: Mapping[str, str]
    measure: Callable[[Work, int], Figures]
    dear: bool = False
    peer: bool = False


@dataclass(frozen=True)
class Reach:
    """What shall be reached; the value is made of one run's figures, so it is paired run by run.

    Attributes:
        title: What is compared.
        unit: Of the value; "" for a ratio.
        value: From one run, or None where a row that it needs was not measured.
        side: Which side of the limit is good.
        limit: In the same unit.
    """

    title: str
    unit: str
    value: Callable[[Run], float | None]
    side: Literal["at least", "under"]
    limit: float

    def reached(self, value: float) -> bool:
        """True where the value is on the good side."""
        return value >= self.limit if self.side == "at least" else value < self.limit


def figure(row: str, name: str) -> Callable[[Run], float | None]:
    """One figure of one row."""
    return lambda run: run.get(row, {}).get(name)


def ratio(
    over: Callable[[Run], float | None], under: Callable[[Run], float | None]
) -> Callable[[Run], float | None]:
    """One figure divided by another of the same run."""

    def value(run: Run) -> float | None:
        first, second = over(run), under(run)
        return None if first is None or second is None else first / second

    return value


def lowest(*figures: Callable[[Run], float | None]) -> Callable[[Run], float | None]:
    """The smallest of several figures of one run, where all of them were measured."""

    def value(run: Run) -> float | None:
        values = [one(run) for one in figures]
        found = [one for one in values if one is not None]
        return min(found) if len(found) == len(values) else None

    return value
