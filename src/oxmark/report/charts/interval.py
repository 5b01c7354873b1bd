"""A share and its interval on the whole way from never to always."""

from __future__ import annotations

from matplotlib.figure import Figure

from oxmark.report.charts.svg import Labels, chart, colour
from oxmark.words import Message

_WIDTH, _HEIGHT = 360, 92
_TEXT = 12.5
_TRACK, _BAND = 7.0, 17.0


def interval_chart(name: str, share: float, low: float, high: float, guess: float | None = None) -> str:
    """Draw a share, its interval and what guessing reaches, from 0 to 100 %.

    Args:
        name: Of the chart, see :func:`oxmark.report.charts.svg.chart`.
        share: 0..1.
        low: Lower end of its interval.
        high: Upper end.
        guess: What guessing reaches, 0..1; None to leave it out.

    Returns:
        One ``<svg>`` element.

    Example:
        >>> interval_chart("headline", 1.0, 0.735, 1.0, 0.5).startswith("<svg")
        True
    """

    def draw(figure: Figure, labels: Labels) -> None:
        axes = figure.add_axes((0.05, 0.30, 0.90, 0.42))
        axes.set(xlim=(0, 1), ylim=(-1, 1), yticks=[], xticks=[0, 0.25, 0.5, 0.75, 1])
        axes.set_xticklabels(["0 %", "25 %", "50 %", "75 %", "100 %"])
        axes.tick_params(length=0, pad=2, labelsize=_TEXT)
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.plot([0, 1], [0, 0], color=colour("grid"), linewidth=_TRACK, clip_on=False)
        axes.plot([low, high], [0, 0], color=colour("blue"), linewidth=_BAND, alpha=0.42, clip_on=False)
        axes.plot([share], [0], "o", color=colour("blue"), ms=9, mec=colour("paper"), mew=1.5, clip_on=False)
        middle = (low + high) / 2
        side = "right" if middle > 0.8 else "left" if middle < 0.2 else "center"
        place = {"right": max(high, share), "left": min(low, share), "center": middle}[side]
        ends = f"{100 * low:.1f} – {100 * high:.1f} %"
        axes.text(place, 1.35, ends, ha=side, color=colour("ink"), fontsize=_TEXT, fontweight="bold")
        if guess is not None:
            axes.plot([guess, guess], [-0.75, 0.75], color=colour("quiet"), linewidth=1.5)
            if place - 0.3 > guess or place + 0.3 < guess:
                text = labels(Message("report.chart.guessing"))
                edge = "left" if guess < 0.1 else "center"
                axes.text(guess, 1.35, text, ha=edge, color=colour("quiet"), fontsize=_TEXT)

    return chart(name, _WIDTH, _HEIGHT, draw)
