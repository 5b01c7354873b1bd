"""What "none of these" costs: answered and right, by the threshold."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from oxmark.report.charts.svg import SMALL, Labels, chart, colour, heading, percent, spread, under
from oxmark.report.document import RefusalPoint
from oxmark.words import Message

_WIDTH, _HEIGHT = 400, 290
_OURS = 0.5


def refusal_chart(name: str, points: Sequence[RefusalPoint]) -> str:
    """Draw the share answered, and the share of right ones among these, over the threshold of ``known``.

    Args:
        name: Of the chart, see :func:`oxmark.report.charts.svg.chart`.
        points: At least one.

    Returns:
        One ``<svg>`` element.
    """
    ordered = sorted(points, key=lambda point: point["threshold"])

    def draw(figure: Figure, labels: Labels) -> None:
        axes = figure.add_axes((0.125, 0.17, 0.615, 0.66))
        heading(axes, labels, Message("report.chart.share_of_pictures"), x=-0.14)
        under(axes, labels, Message("report.chart.threshold"))
        axes.set(xlim=(0, 1), ylim=(-0.02, 1.03), xticks=[0, 0.25, 0.5, 0.75, 1])
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
        axes.set_xticklabels(["0", "0.25", "0.5", "0.75", "1"])
        axes.yaxis.set_major_formatter(FuncFormatter(percent))
        axes.yaxis.grid(True)
        axes.spines["left"].set_visible(False)
        axes.axvline(_OURS, color=colour("quiet"), linewidth=1, linestyle=(0, (3, 3)))
        axes.annotate(
            labels(Message("report.chart.as_used")), (_OURS, 1.0), xytext=(0, 4), ha="center",
            xycoords="axes fraction", textcoords="offset points", fontsize=SMALL, color=colour("quiet"),
        )  # fmt: skip
        ends = [_steps(figure, ordered, "answered", "orange"), _steps(figure, ordered, "right", "blue")]
        names = [("answered", "orange"), ("right_of_them", "blue")]
        for (key, hue), place in zip(names, spread([0.02 + 0.95 * end for end in ends], 0.09), strict=True):
            axes.text(
                1.03, place, labels(Message(f"report.chart.{key}")), transform=axes.transAxes,
                va="center_baseline", color=colour(hue), fontsize=SMALL, fontweight="bold",
            )  # fmt: skip

    return chart(name, _WIDTH, _HEIGHT, draw)


def _steps(figure: Figure, points: Sequence[RefusalPoint], key: str, hue: str) -> float:
    """Draw one line of steps: a share holds for all thresholds up to its point. Returns its last height."""
    shares = [(p["threshold"], p["answered" if key == "answered" else "right"]["share"]) for p in points]
    known = [(threshold, share) for threshold, share in shares if share is not None]
    if not known:
        return 0.0
    x = [0.0, *(threshold for threshold, _ in known)]
    y = [known[0][1], *(share for _, share in known)]
    figure.axes[0].plot(x, y, color=colour(hue), linewidth=2, drawstyle="steps-pre")
    return float(y[-1])
