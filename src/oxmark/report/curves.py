"""How training went: accuracy and loss over the epochs."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from oxmark.report import style
from oxmark.report.canvas import Page, body_top

_WIDTH, _HEIGHT, _DPI = 1600, 640, 160
_OVERLAP = 12  # the figure has white space of its own at the top
_RC: Any = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "text.usetex": False,
    "text.parse_math": False,
    "text.color": style.INK,
    "axes.edgecolor": style.LINE,
    "axes.labelcolor": style.QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.facecolor": style.PAPER,
    "figure.facecolor": style.PAPER,
    "xtick.color": style.LINE,
    "ytick.color": style.LINE,
    "xtick.labelcolor": style.QUIET,
    "ytick.labelcolor": style.QUIET,
    "path.simplify": True,
}


@dataclass(frozen=True)
class _Curve:
    name: str
    colour: str
    values: NDArray[np.float64]

    @property
    def known(self) -> NDArray[np.bool_]:
        return np.isfinite(self.values)


def curves(
    path: str | os.PathLike[str],
    *,
    history: Mapping[str, Sequence[float]],
    kept_epoch: int,
    title: str,
) -> None:
    """Draw accuracy and loss, training and validation, with the kept epoch marked.

    Args:
        path: The PNG to write.
        history: Equally long columns ``epoch``, ``loss``, ``accuracy`` and, where there was validation,
            ``validation_loss`` and ``validation_accuracy``. Accuracies are in 0..1; values that are not
            finite leave a gap.
        kept_epoch: The epoch whose weights were kept; one of ``history["epoch"]``.
        title: At the top left.

    Raises:
        OutputError: The place cannot be written to.
        ValueError: A column is missing or of another length, or ``kept_epoch`` is not in ``epoch``.

    Example:
        >>> history = {"epoch": [1, 2], "loss": [0.7, 0.4], "accuracy": [0.5, 0.9]}
        >>> curves("curves.png", history=history, kept_epoch=2, title="marks")  # doctest: +SKIP
    """
    epochs, accuracy, loss = _read(history, kept_epoch)
    with matplotlib.style.context(["default", _RC]):  # whatever the user's own matplotlibrc says
        figure = Figure(figsize=(_WIDTH / _DPI, _HEIGHT / _DPI), dpi=_DPI)
        canvas = FigureCanvasAgg(figure)
        left, right = _panels(figure)
        _accuracy_panel(left, epochs, accuracy, kept_epoch)
        _loss_panel(right, epochs, loss, kept_epoch)
        canvas.draw()  # type: ignore[no-untyped-call]
        pixels = np.array(canvas.buffer_rgba(), dtype=np.uint8)[:, :, :3]  # type: ignore[no-untyped-call]
    page = Page(_WIDTH, body_top() - _OVERLAP + _HEIGHT, title=title, untitled="Training")
    page.picture(0, body_top() - _OVERLAP, pixels)
    page.save(path)


def _read(
    history: Mapping[str, Sequence[float]], kept_epoch: int
) -> tuple[NDArray[np.float64], list[_Curve], list[_Curve]]:
    """Epochs, accuracy curves and loss curves, checked."""
    missing = [key for key in ("epoch", "loss", "accuracy") if key not in history]
    if missing:
        raise ValueError(f"the history has no {', no '.join(missing)}")
    table = {key: np.asarray(values, dtype=np.float64) for key, values in history.items() if key in _COLUMNS}
    if len({len(values) for values in table.values()}) != 1 or not len(table["epoch"]):
        raise ValueError("the history's columns must be equally long and hold at least one epoch")
    if kept_epoch not in table["epoch"]:
        raise ValueError(f"epoch {kept_epoch} was kept, but the history has no such epoch")
    return table["epoch"], _pair(table, "accuracy"), _pair(table, "loss")


_COLUMNS = ("epoch", "loss", "accuracy", "validation_loss", "validation_accuracy")


def _pair(table: Mapping[str, NDArray[np.float64]], what: str) -> list[_Curve]:
    """Training and validation, those that have a value at all."""
    both = (("training", style.BLUE, what), ("validation", style.ORANGE, f"validation_{what}"))
    found = [_Curve(name, colour, table[key]) for name, colour, key in both if key in table]
    return [curve for curve in found if curve.known.any()]


def _panels(figure: Figure) -> tuple[Axes, Axes]:
    """Two axes side by side with room at their right for the lines' names."""
    left = figure.add_axes((0.072, 0.14, 0.325, 0.70))
    right = figure.add_axes((0.572, 0.14, 0.325, 0.70))
    return left, right


def _accuracy_panel(axes: Axes, epochs: NDArray[np.float64], drawn: list[_Curve], kept: int) -> None:
    values = np.concatenate([curve.values[curve.known] for curve in drawn] or [np.array([0.0, 1.0])])
    lowest = max(0.0, math.floor(10 * float(values.min()) - 0.1) / 10)
    span = 1.0 - lowest
    axes.set_ylim(lowest - 0.02 * span, 1.0 + 0.03 * span)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))
    _draw(axes, epochs, drawn, kept, "Accuracy", lambda value: f"{100 * value:.1f} %")


def _loss_panel(axes: Axes, epochs: NDArray[np.float64], drawn: list[_Curve], kept: int) -> None:
    values = np.concatenate([curve.values[curve.known] for curve in drawn] or [np.array([1.0])])
    top, spike = _loss_top(values)
    axes.set_ylim(-0.02 * top, 1.03 * top)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    _draw(axes, epochs, drawn, kept, "Loss", lambda value: f"{value:.3f}" if value < 10 else f"{value:.3g}")
    if spike:
        note = f"values up to {spike:.3g} are cut off"
        axes.text(1.0, 1.13, note, ha="right", transform=axes.transAxes, color=style.QUIET, fontsize=8.5)


def _loss_top(values: NDArray[np.float64]) -> tuple[float, float]:
    """Upper end of the loss axis, and the highest value if that lies far above it, else 0."""
    highest = max(float(values.max()), 1e-6)
    usual = float(np.quantile(values, 0.9)) * 2.0
    if highest > 2 * usual > 0 and len(values) >= 10:
        return usual, highest
    return highest, 0.0


def _draw(
    axes: Axes,
    epochs: NDArray[np.float64],
    drawn: list[_Curve],
    kept: int,
    heading: str,
    write: Callable[[float], str],
) -> None:
    """Lines, the kept epoch and the names at the lines' ends; the y range is set already."""
    axes.text(0.0, 1.13, heading, transform=axes.transAxes, fontsize=11, color=style.INK)
    axes.set_xlabel("epoch")
    _epoch_axis(axes, epochs)
    axes.yaxis.grid(True, color=style.GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=3, width=0.8)
    marker = "o" if len(epochs) <= 20 else ""
    for curve in drawn:
        axes.plot(epochs, curve.values, color=curve.colour, linewidth=1.6, marker=marker, markersize=3)
    for curve, value in _at(drawn, epochs == kept):
        axes.plot(
            [kept], [value], "o", color=curve.colour, markersize=6.5, mec=style.PAPER, mew=1.3, zorder=4
        )
    best = [f", {curve.name} {write(value)}" for curve, value in _at(drawn, epochs == kept)]
    _mark_kept(axes, kept, best[-1] if best else "")
    _name_ends(axes, drawn, write)


def _at(drawn: list[_Curve], chosen: NDArray[np.bool_]) -> list[tuple[_Curve, float]]:
    """The curves that have a value at the chosen epoch, with it."""
    found = [(curve, float(curve.values[chosen][0])) for curve in drawn]
    return [(curve, value) for curve, value in found if math.isfinite(value)]


def _epoch_axis(axes: Axes, epochs: NDArray[np.float64]) -> None:
    first, last = float(epochs.min()), float(epochs.max())
    room = 0.5 if first == last else 0.025 * (last - first)
    axes.set_xlim(first - room, last + room)
    ticks = MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]).tick_values(first, last)
    axes.set_xticks([tick for tick in ticks if first <= tick <= last and tick == round(tick)])


def _mark_kept(axes: Axes, kept: int, values: str) -> None:
    axes.axvline(kept, color=style.FAINT, linewidth=1.0, linestyle=(0, (4, 3)), zorder=1)
    low, high = axes.get_xlim()
    place = (kept - low) / (high - low)
    align = "left" if place < 0.33 else "right" if place > 0.67 else "center"
    line = f"kept: epoch {kept}{values}"
    axes.text(place, 1.025, line, transform=axes.transAxes, ha=align, color=style.INK, fontsize=8.5)


def _name_ends(axes: Axes, drawn: list[_Curve], write: Callable[[float], str]) -> None:
    """Name and last value beside each line's end, moved apart where they would touch."""
    low, high = axes.get_ylim()
    ends = [float(curve.values[curve.known][-1]) for curve in drawn]
    wanted = [min(1.0, (end - low) / (high - low)) for end in ends]
    for curve, end, place in zip(drawn, ends, _spread(wanted), strict=True):
        axes.text(
            1.025, place, f"{curve.name}\n{write(end)}", transform=axes.transAxes, va="center",
            color=curve.colour, fontsize=9, linespacing=1.25,
        )  # fmt: skip


def _spread(wanted: list[float], gap: float = 0.15) -> list[float]:
    """Heights of at most two labels, in parts of the axis, at least ``gap`` apart and on the page."""
    if len(wanted) < 2:
        return [min(0.96, max(0.03, place)) for place in wanted]
    lower, upper = sorted(range(2), key=lambda index: (wanted[index], -index))
    push = max(0.0, gap - (wanted[upper] - wanted[lower])) / 2
    low = min(max(wanted[lower] - push, 0.03), 0.96 - gap)
    found = [0.0, 0.0]
    found[lower], found[upper] = low, min(0.96, max(wanted[upper] + push, low + gap))
    return found
