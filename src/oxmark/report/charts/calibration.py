"""The reliability diagram: how often answers are right, by how sure they are."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from oxmark.report.charts.svg import SMALL, Labels, chart, colour, heading, percent, under
from oxmark.report.document import Bin
from oxmark.words import Message

_WIDTH, _HEIGHT = 380, 356


def calibration_chart(name: str, bins: Sequence[Bin], classes: int) -> str:
    """Draw the share of right answers, with its interval, over their probability, and how many there are.

    After DeGroot and Fienberg, 1983, doi:10.2307/2987588.

    Args:
        name: Of the chart, see :func:`oxmark.report.charts.svg.chart`.
        bins: Answers of about the same probability; those without pictures are left out.
        classes: How many there are: no answer has a probability below 1 / classes.

    Returns:
        One ``<svg>`` element.
    """
    filled = [one for one in bins if one["count"]]
    lowest = 0.5 if classes == 2 else 0.0
    most = max((one["count"] for one in filled), default=1)

    def draw(figure: Figure, labels: Labels) -> None:
        axes = figure.add_axes((0.135, 0.30, 0.81, 0.59))
        heading(axes, labels, Message("report.chart.really_right"), x=-0.135)
        room = 0.015 * (1 - lowest)
        axes.set(xlim=(lowest - room, 1 + room), ylim=(-0.02, 1.02), yticks=[0, 0.25, 0.5, 0.75, 1])
        axes.yaxis.set_major_formatter(FuncFormatter(percent))
        axes.tick_params(labelbottom=False, length=0)
        axes.grid(True, axis="y")
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.plot([lowest, 1], [lowest, 1], color=colour("quiet"), linewidth=1.2, linestyle=(0, (4, 4)))
        _key(axes, labels)
        for one in filled:
            share, (low, high) = one["right"] / one["count"], one["interval_95"]
            x = one["confidence"]
            axes.plot([x, x], [low, high], color=colour("blue"), linewidth=5, alpha=0.32)
            size = 6 + 6 * (one["count"] / most) ** 0.5
            axes.plot(
                [x], [share], "o", color=colour("blue"), ms=size, mec=colour("paper"), mew=1.5, clip_on=False
            )
        _counts(figure, labels, filled, lowest, most)

    return chart(name, _WIDTH, _HEIGHT, draw)


def _key(axes: Axes, labels: Labels) -> None:
    """What the dashed line is, where hardly ever an interval is: sure answers are rarely all wrong."""
    place, hue = axes.transAxes, colour("quiet")
    axes.plot([0.66, 0.74], [0.06, 0.06], color=hue, linewidth=1.2, linestyle=(0, (4, 4)), transform=place)
    axes.text(0.77, 0.04, labels(Message("report.chart.honest")), color=hue, fontsize=SMALL, transform=place)


def _counts(figure: Figure, labels: Labels, filled: Sequence[Bin], lowest: float, most: int) -> None:
    """How many answers are behind each point, as bars below."""
    axes = figure.add_axes((0.135, 0.13, 0.81, 0.13))
    room = 0.015 * (1 - lowest)
    axes.set(xlim=(lowest - room, 1 + room), ylim=(0, 1.45 * most), yticks=[])
    axes.xaxis.set_major_formatter(FuncFormatter(percent))
    axes.set_xticks([lowest + (1 - lowest) * step / 5 for step in range(6)])
    axes.spines["left"].set_visible(False)
    under(axes, labels, Message("report.chart.claimed"))
    for one in filled:
        width = one["high"] - one["low"]
        middle = (one["high"] + one["low"]) / 2
        axes.bar([middle], [one["count"]], 0.86 * width, color=colour("blue"), alpha=0.32, linewidth=0)
        place = one["count"] + 0.08 * most
        axes.text(middle, place, str(one["count"]), ha="center", color=colour("quiet"), fontsize=10)
