"""How training went: accuracy and loss over the epochs, with the kept epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from oxmark.report.charts.svg import SMALL, Labels, chart, colour, heading, percent, spread, under
from oxmark.report.document import EpochJson
from oxmark.words import Message

_WIDTH, _HEIGHT = 400, 262


@dataclass(frozen=True)
class _Line:
    label: Message
    colour: str
    values: list[float]  # not a number where there is none

    @property
    def last(self) -> float:
        return [value for value in self.values if math.isfinite(value)][-1]


def accuracy_chart(name: str, history: Sequence[EpochJson], kept_epoch: int | None) -> str:
    """Draw the accuracy of training and validation over the epochs.

    Args:
        name: Of the chart, see :func:`oxmark.report.charts.svg.chart`.
        history: One entry for each epoch, at least one.
        kept_epoch: The epoch whose weights were kept, or None.

    Returns:
        One ``<svg>`` element.
    """
    lines = _lines(history, "accuracy")
    lowest = min((value for line in lines for value in line.values if math.isfinite(value)), default=0.0)
    floor = max(0.0, math.floor(10 * lowest - 0.1) / 10)
    return _panel(name, history, lines, kept_epoch, "accuracy", (floor, 1.0), percent)


def loss_chart(name: str, history: Sequence[EpochJson], kept_epoch: int | None) -> str:
    """Draw the loss of training and validation over the epochs; values far above all others are cut off.

    Args:
        name: Of the chart, see :func:`oxmark.report.charts.svg.chart`.
        history: One entry for each epoch, at least one.
        kept_epoch: The epoch whose weights were kept, or None.

    Returns:
        One ``<svg>`` element.
    """
    lines = _lines(history, "loss")
    values = [value for line in lines for value in line.values if math.isfinite(value)] or [1.0]
    usual = 3 * float(np.quantile(values, 0.9))
    top = max(min(max(values), usual) if len(values) >= 10 else max(values), 1e-6)
    return _panel(name, history, lines, kept_epoch, "loss", (0.0, top), lambda value, _=None: f"{value:.3g}")


def _lines(history: Sequence[EpochJson], what: str) -> list[_Line]:
    """Training and validation, those that have a value."""
    pairs = [("training", "blue", what), ("validation", "orange", f"validation_{what}")]
    found = [
        _Line(Message(f"report.chart.{label}"), name, [_number(epoch.get(key)) for epoch in history])
        for label, name, key in pairs
    ]
    return [line for line in found if any(map(math.isfinite, line.values))]


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan


def _panel(
    name: str,
    history: Sequence[EpochJson],
    lines: list[_Line],
    kept: int | None,
    what: str,
    limits: tuple[float, float],
    write: Callable[..., str],
) -> str:
    def draw(figure: Figure, labels: Labels) -> None:
        axes = figure.add_axes((0.125, 0.17, 0.635, 0.64))
        heading(axes, labels, Message(f"report.chart.{what}"), x=-0.14)
        under(axes, labels, Message("report.chart.epoch"))
        epochs = [entry["epoch"] for entry in history]
        _axes(axes, epochs, limits, write)
        if kept in epochs:
            _mark_kept(axes, labels, kept)
        for line in lines:
            _draw_line(axes, epochs, line, kept)
        _name_ends(axes, labels, lines, limits)

    return chart(name, _WIDTH, _HEIGHT, draw)


def _axes(axes: Axes, epochs: list[int], limits: tuple[float, float], write: Callable[..., str]) -> None:
    room = 0.5 if len(epochs) == 1 else 0.02 * (epochs[-1] - epochs[0])
    span = limits[1] - limits[0]
    axes.set_xlim(epochs[0] - room, epochs[-1] + room)
    axes.set_ylim(limits[0] - 0.02 * span, limits[1] + 0.03 * span)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(write))
    axes.yaxis.grid(True)
    axes.spines["left"].set_visible(False)


def _draw_line(axes: Axes, epochs: list[int], line: _Line, kept: int | None) -> None:
    marker = "o" if len(epochs) <= 12 else ""
    axes.plot(epochs, line.values, color=colour(line.colour), linewidth=2, marker=marker, markersize=4)
    values = dict(zip(epochs, line.values, strict=True))
    if kept in values and math.isfinite(values[kept]):
        face, edge = colour(line.colour), colour("paper")
        axes.plot([kept], [values[kept]], "o", color=face, mec=edge, mew=1.5, ms=9, zorder=4, clip_on=False)


def _mark_kept(axes: Axes, labels: Labels, kept: int) -> None:
    axes.axvline(kept, color=colour("quiet"), linewidth=1, linestyle=(0, (3, 3)), zorder=1)
    low, high = axes.get_xlim()
    place = (kept - low) / (high - low)
    text = labels(Message("report.chart.kept", {"epoch": kept}))
    side = "left" if place < 0.3 else "right" if place > 0.7 else "center"
    axes.annotate(
        text, (place, 1.0), xytext=(0, 4), xycoords="axes fraction", textcoords="offset points", ha=side,
        fontsize=SMALL, color=colour("quiet"),
    )  # fmt: skip


def _name_ends(axes: Axes, labels: Labels, lines: list[_Line], limits: tuple[float, float]) -> None:
    """The lines' names beside their ends."""
    span = (limits[1] - limits[0]) or 1.0
    wanted = [min(1.0, (line.last - limits[0]) / span) for line in lines]
    for line, place in zip(lines, spread(wanted, 0.1), strict=True):
        axes.text(
            1.03, place, labels(line.label), transform=axes.transAxes, va="center_baseline",
            color=colour(line.colour), fontsize=SMALL, fontweight="bold",
        )  # fmt: skip
