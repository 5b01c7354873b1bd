"""The learning curve: what more pictures have brought so far, and may be expected to bring."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from oxmark.report.charts.svg import SMALL, Labels, chart, colour, heading, percent, spread, under
from oxmark.report.document import CurvePoint, LearningCurveJson
from oxmark.words import Message

_WIDTH, _HEIGHT = 460, 320
MOST_LINES = 6
"""Of more classes none has a line of its own."""


@dataclass(frozen=True)
class _Line:
    label: Message | str
    colour: str
    x: list[float]
    y: list[float]


def learning_chart(name: str, curve: LearningCurveJson, classes: Sequence[str]) -> str:
    """Draw the share of right answers over the pictures a class, its intervals, and what may be expected.

    Args:
        name: Of the chart, see :func:`oxmark.report.charts.svg.chart`.
        curve: At least one point.
        classes: Names as they are shown; up to six have a line each.

    Returns:
        One ``<svg>`` element.
    """
    points = [point for point in curve["points"] if point["right"]["share"] is not None]
    of_all = _Line(Message("report.chart.all_classes"), "blue", *_track(points))
    lines = _class_lines(points, classes) if len(classes) <= MOST_LINES else []
    expected = curve.get("expected")
    floor = _floor(curve, points, lines)

    def draw(figure: Figure, labels: Labels) -> None:
        axes = figure.add_axes((0.115, 0.155, 0.655, 0.70))
        heading(axes, labels, Message("report.chart.right_answers"), x=-0.135)
        under(axes, labels, Message("report.chart.pictures_a_class"))
        axes.set_ylim(floor - 0.02 * (1 - floor), 1 + 0.03 * (1 - floor))
        axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(FuncFormatter(percent))
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
        axes.yaxis.grid(True)
        axes.spines["left"].set_visible(False)
        _band(axes, curve)
        for line in lines:
            axes.plot(line.x, line.y, color=colour(line.colour), linewidth=1.4)
        _measured(axes, points, of_all)
        if expected and points:
            _expected(axes, labels, curve, of_all)
        _name_ends(axes, labels, [of_all, *lines])

    return chart(name, _WIDTH, _HEIGHT, draw)


def mean_pictures(point: CurvePoint) -> float:
    """Pictures a class, on average.

    Example:
        >>> share = {"right": 9, "total": 10, "share": 0.9, "interval_95": [0.555, 0.998]}
        >>> mean_pictures({"pictures": {"O": 10, "X": 12}, "right": share, "per_class": {}})
        11.0
    """
    return sum(point["pictures"].values()) / max(1, len(point["pictures"]))


def _track(points: Sequence[CurvePoint]) -> tuple[list[float], list[float]]:
    return [mean_pictures(point) for point in points], [point["right"]["share"] or 0.0 for point in points]


def _class_lines(points: Sequence[CurvePoint], classes: Sequence[str]) -> list[_Line]:
    """A line for each class; the points name the classes in the same order."""
    found = []
    for number, label in enumerate(classes, start=1):
        x, y = list[float](), list[float]()
        for point in points:
            share = list(point["per_class"].values())[number - 1]["share"]
            if share is not None:
                x.append(mean_pictures(point))
                y.append(share)
        if x:
            found.append(_Line(label, f"series-{number}", x, y))
    return found


def _floor(curve: LearningCurveJson, points: Sequence[CurvePoint], lines: Sequence[_Line]) -> float:
    """The lower end of the axis: all intervals and lines are above it."""
    lows = [(point["right"]["interval_95"] or [0.0])[0] for point in points]
    lows += [one["low"] for one in curve.get("band", [])]
    lows += [value for line in lines for value in line.y]
    return max(0.0, math.floor(10 * min(lows, default=0.0)) / 10)


def _band(axes: Axes, curve: LearningCurveJson) -> None:
    band = curve.get("band", [])
    if len(band) > 1:
        x = [one["pictures"] for one in band]
        low, high = [one["low"] for one in band], [one["high"] for one in band]
        axes.fill_between(x, low, high, color=colour("blue"), alpha=0.13, linewidth=0)
        axes.plot(x, [one["mid"] for one in band], color=colour("blue"), linewidth=1.2, linestyle=(0, (4, 4)))


def _measured(axes: Axes, points: Sequence[CurvePoint], line: _Line) -> None:
    for x, point in zip(line.x, points, strict=True):
        low, high = point["right"]["interval_95"] or (0.0, 1.0)
        axes.plot([x, x], [low, high], color=colour("blue"), linewidth=5, alpha=0.32)
    face, edge = colour("blue"), colour("paper")
    axes.plot(line.x, line.y, "o-", color=face, linewidth=2.4, ms=8, mec=edge, mew=1.5, zorder=4)


def _expected(axes: Axes, labels: Labels, curve: LearningCurveJson, line: _Line) -> None:
    """The expected point: hollow, with its band, and a dashed way to it."""
    expected = curve.get("expected")
    if not expected:
        return
    x, mid = expected["pictures"], expected["mid"]
    if len(curve.get("band", [])) < 2:
        way = ([line.x[-1], x], [line.y[-1], mid])
        axes.plot(*way, color=colour("blue"), linewidth=1.2, linestyle=(0, (4, 4)))
    axes.plot([x, x], [expected["low"], expected["high"]], color=colour("blue"), linewidth=5, alpha=0.32)
    axes.plot([x], [mid], "o", mfc=colour("paper"), mec=colour("blue"), mew=2, ms=9, zorder=5)
    axes.annotate(
        labels(Message("report.chart.expected")), (x, 1.0), xytext=(4, 4), ha="right", fontsize=SMALL,
        xycoords=("data", "axes fraction"), textcoords="offset points", color=colour("quiet"),
    )  # fmt: skip


def _name_ends(axes: Axes, labels: Labels, lines: Sequence[_Line]) -> None:
    low, high = axes.get_ylim()
    wanted = [(line.y[-1] - low) / (high - low) for line in lines]
    for line, place in zip(lines, spread(wanted, 0.075), strict=True):
        bold = "bold" if line.colour == "blue" else "normal"
        axes.text(
            1.03, place, labels(line.label), transform=axes.transAxes, va="center_baseline",
            color=colour(line.colour), fontsize=SMALL, fontweight=bold,
        )  # fmt: skip
