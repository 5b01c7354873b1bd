"""What was measured, as Markdown tables: a median never stands without its range and its number of runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from measuring.results import Results
from measuring.series import Series, shown

HEAD = ("measured", "median", "lowest to highest", "runs")


def tables(results: Results) -> str:
    """Conditions, rows, phases of the trainings, reaches."""
    told = [conditions_text(results.conditions)]
    for row in results.rows:
        if series := results.series(row):
            told.append(f"### {row.title} ({row.name})\n\n{series_table(series)}")
    for name, phases in results.profiles.items():
        told.append(f"### Where the time goes ({name})\n\n{series_table(phases)}")
    if reaches := results.reached():
        lines = [
            (
                *_cells(reach.title, series),
                f"{reach.side} {reach.limit:g}",
                _said(reach.reached(series.median)),
            )
            for reach, series in reaches
        ]
        told.append("### Reach\n\n" + markdown((*HEAD, "reach", "reached"), lines))
    return "\n\n".join(told) + "\n"


def conditions_text(conditions: Mapping[str, str]) -> str:
    """One line a condition."""
    return "\n".join(f"- {name}: {value}" for name, value in conditions.items())


def series_table(series: Mapping[str, Series]) -> str:
    """One line a figure."""
    return markdown(HEAD, [_cells(name, one) for name, one in series.items()])


def markdown(head: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """A table whose columns stand under each other.

    Example:
        >>> print(markdown(("a", "bc"), [("def", "g")]))
        | a   | bc |
        |-----|----|
        | def | g  |
    """
    rows = [list(head), *map(list, lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    told = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    told.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(told)


def _cells(name: str, one: Series) -> tuple[str, str, str, str]:
    unit = f" {one.unit}" if one.unit else ""
    return (
        name,
        shown(one.median) + unit,
        f"{shown(one.lowest)} to {shown(one.highest)}",
        str(len(one.values)),
    )


def _said(reached: bool) -> str:
    return "yes" if reached else "no"
