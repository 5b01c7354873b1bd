"""Figures as tables: for the terminal, and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .measure import GOOD, SURE, ConditionFigures, Spread, SuiteFigures
from .real import RealFigures

LETTERS_SHOWN = 5


@dataclass(frozen=True)
class Table:
    """A title, a head and rows of cells; the first column is text, the others are figures."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def text(self) -> str:
        """Returns it in aligned columns."""
        widths = [max(map(len, column)) for column in zip(self.head, *self.rows, strict=True)]
        lines = ["  ".join(_aligned(row, widths)).rstrip() for row in (self.head, *self.rows)]
        return "\n".join([self.title, "", *lines])

    def markdown(self) -> str:
        """Returns it as Markdown under a heading."""
        rule = ("---", *("---:" for _ in self.head[1:]))
        lines = ["| " + " | ".join(row) + " |" for row in (self.head, rule, *self.rows)]
        return "\n".join([f"### {self.title}", "", *lines])


def recipe_tables(recipe: str, suite: SuiteFigures, real: RealFigures | None) -> list[Table]:
    """Returns all tables of one recipe."""
    tables = [conditions_table(recipe, suite), summary_table(recipe, suite), kinds_table(recipe, suite)]
    return tables + ([real_table(recipe, real), letters_table(recipe, real)] if real else [])


def conditions_table(recipe: str, figures: SuiteFigures) -> Table:
    """Returns one row a condition, and their mean."""
    head = ("condition", "right %", "worst seed", "severity 1", "severity 2", "severity 3", "answered %")
    rows = [_condition_row(name, condition) for name, condition in figures.conditions.items()]
    every = list(figures.conditions.values())
    levels = [[c.by_severity[level].mean for c in every if level in c.by_severity] for level in (1, 2, 3)]
    means = [_percent(sum(level) / len(level)) for level in levels]
    answered = _percent(sum(c.answered.mean for c in every) / len(every))
    last = (
        "mean of the conditions",
        _percent(figures.mean.mean),
        _percent(figures.mean.low),
        *means,
        answered,
    )
    return Table(f"{recipe}: rendered marks", head, (*rows, last))


def _condition_row(name: str, condition: ConditionFigures) -> tuple[str, ...]:
    by_severity = [condition.by_severity.get(level) for level in (1, 2, 3)]
    cells = [_percent(spread.mean) if spread else "" for spread in by_severity]
    right, answered = condition.right, condition.answered
    return (name, _percent(right.mean), _percent(right.low), *cells, _percent(answered.mean))


def summary_table(recipe: str, figures: SuiteFigures) -> Table:
    """Returns the suite in a few lines."""
    return Table(f"{recipe}: summary", ("figure", recipe), tuple(_summary(figures)))


def _summary(f: SuiteFigures) -> list[tuple[str, str]]:
    under = f"under {GOOD:.0%}".replace("%", " %")
    lowest = f.conditions[f.worst].right.mean
    worst = f"{f.worst} {_percent(lowest)}" if lowest < 1 else "none"
    errors = ", ".join(f"{100 * error:.2f}" for error in f.calibration_error.per_seed)
    return [
        ("mean over conditions, right % (worst seed)", _both(f.mean, f.mean.low)),
        (f"conditions {under} by their mean over seeds", f"{len(f.mean_below)} of {len(f.conditions)}"),
        (f"conditions {under} in one seed, mean (worst seed)", f"{f.below.mean:.1f} ({f.below.high:.0f})"),
        ("worst condition, right %", worst),
        ("marks answered % (worst seed)", _both(f.answered, f.answered.low)),
        ("calibration error, seeds pooled, percentage points", f"{100 * f.pooled_calibration_error:.2f}"),
        ("calibration error of each seed", errors),
        ("other drawings refused % (worst seed)", _both(f.others_refused, f.others_refused.low)),
        (
            f"other drawings answered with {SURE} or more % (worst seed)",
            _both(f.others_sure, f.others_sure.high),
        ),
        ("pictures of nothing refused % (worst seed)", _both(f.nothing_refused, f.nothing_refused.low)),
    ]


def kinds_table(recipe: str, figures: SuiteFigures) -> Table:
    """Returns how many of each kind of other drawings and of nothing are refused."""
    spreads = {
        **figures.others,
        "all other drawings": figures.others_refused,
        **figures.nothing,
        "all pictures of nothing": figures.nothing_refused,
    }
    rows = [(name, _percent(spread.mean), _percent(spread.low)) for name, spread in spreads.items()]
    return Table(f"{recipe}: what is no mark", ("kind", "refused %", "worst seed"), tuple(rows))


def real_table(recipe: str, real: RealFigures) -> Table:
    """Returns one row a seed, then mean and worst."""
    columns = (real.right, real.answered, real.area, real.refused)
    head = ("seed", f"right of {real.total}", "answered %", "AUC of known", "other letters refused %")
    rows = [
        (str(seed), f"{right:.0f}", _percent(answered), f"{area:.3f}", _percent(refused))
        for seed, (right, answered, area, refused) in enumerate(
            zip(*(column.per_seed for column in columns), strict=True)
        )
    ]
    for name, pick in (("mean", "mean"), ("worst", "low")):
        right, answered, area, refused = (getattr(column, pick) for column in columns)
        rows.append((name, f"{right:.1f}", _percent(answered), f"{area:.3f}", _percent(refused)))
    return Table(f"{recipe}: real marks", head, tuple(rows))


def letters_table(recipe: str, real: RealFigures) -> Table:
    """Returns the letters that are refused least."""
    shown = list(real.letters.items())[:LETTERS_SHOWN]
    rows = [(name, _percent(spread.mean), _percent(spread.low)) for name, spread in shown]
    head = ("letter, by its file name", "refused %", "worst seed")
    return Table(f"{recipe}: real letters refused least", head, tuple(rows))


def side_by_side(
    recipes: Sequence[str], suites: Sequence[SuiteFigures], reals: Sequence[RealFigures | None]
) -> Table:
    """Returns one column a recipe."""
    columns = [_summary(suite) + _real_summary(real) for suite, real in zip(suites, reals, strict=True)]
    rows = [(rows[0][0], *(cell for _, cell in rows)) for rows in zip(*columns, strict=True)]
    kept = [row for row in rows if row[0] != "calibration error of each seed"]
    return Table("Side by side", ("figure", *recipes), tuple(kept))


def _real_summary(real: RealFigures | None) -> list[tuple[str, str]]:
    if real is None:
        return []
    return [
        (f"real marks right of {real.total} (worst seed)", f"{real.right.mean:.1f} ({real.right.low:.0f})"),
        ("real marks answered % (worst seed)", _both(real.answered, real.answered.low)),
        ("real marks against other letters, AUC (worst seed)", f"{real.area.mean:.3f} ({real.area.low:.3f})"),
        ("real other letters refused % (worst seed)", _both(real.refused, real.refused.low)),
    ]


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    rest = zip(row[1:], widths[1:], strict=True)
    return [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in rest)]


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _both(spread: Spread, worst: float) -> str:
    return f"{_percent(spread.mean)} ({_percent(worst)})"
