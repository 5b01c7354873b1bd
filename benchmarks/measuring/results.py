"""Rows measured in turn, run after run; what came of them, for people's tables and for a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from measuring.row import Figures, Reach, Row
from measuring.series import Series, alternating
from measuring.work import Work


@dataclass
class Results:
    """What was measured.

    Attributes:
        conditions: Under which.
        rows: What was measured together.
        reaches: What shall come of it.
        runs: Each run's figures by row.
        profiles: Phases of each training, by row and run.
    """

    conditions: dict[str, str]
    rows: Sequence[Row]
    reaches: Sequence[Reach]
    runs: list[dict[str, Figures]] = field(default_factory=list)
    profiles: dict[str, dict[str, Series]] = field(default_factory=dict)

    def series(self, row: Row) -> dict[str, Series]:
        """Every figure of a row, over the runs that have it."""
        found = {}
        for name, unit in row.units.items():
            values = [run[row.name][name] for run in self.runs if name in run.get(row.name, {})]
            if values:
                found[name] = Series(tuple(values), unit)
        return found

    def reached(self) -> list[tuple[Reach, Series]]:
        """The reaches whose rows were measured, their values made run by run."""
        found = []
        for reach in self.reaches:
            values = [value for run in self.runs if (value := reach.value(run)) is not None]
            if values:
                found.append((reach, Series(tuple(values), reach.unit)))
        return found

    def as_json(self) -> dict[str, object]:
        """All of it."""
        rows = {
            row.name: {
                "title": row.title,
                "figures": {name: one.as_json() for name, one in self.series(row).items()},
            }
            for row in self.rows
        }
        reaches = [
            {
                "title": reach.title,
                "side": reach.side,
                "limit": reach.limit,
                "reached": reach.reached(series.median),
                **series.as_json(),
            }
            for reach, series in self.reached()
        ]
        profiles = {
            name: {phase: series.as_json() for phase, series in phases.items()}
            for name, phases in self.profiles.items()
        }
        return {"conditions": self.conditions, "rows": rows, "reaches": reaches, "profiles": profiles}

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.part")
        temporary.write_text(
            json.dumps(self.as_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        temporary.replace(path)


def measure_all(
    results: Results,
    work: Work,
    runs: int,
    told: Callable[[int, Row, Figures], None],
    kept: Callable[[], None],
) -> None:
    """Measure every row once in each run, forwards and backwards in turn.

    Args:
        results: Is filled.
        work: Where.
        runs: How many.
        told: Called after each row.
        kept: Called after each run: what is measured by then is kept.
    """
    rows = {row.name: row for row in results.rows}
    for number in range(runs):
        figures: dict[str, Figures] = {}
        results.runs.append(figures)
        for name in alternating(tuple(rows), number):
            figures[name] = rows[name].measure(work, number)
            told(number, rows[name], figures[name])
        results.profiles = {name: phases_over(list(profiles)) for name, profiles in work.profiles.items()}
        kept()


def phases_over(profiles: Sequence[Figures]) -> dict[str, Series]:
    """Each phase over the runs; a phase that a run does not have took no time in it."""
    names = dict.fromkeys(name for profile in profiles for name in profile)
    return {name: Series(tuple(profile.get(name, 0.0) for profile in profiles), "s") for name in names}
