"""From a matplotlib figure to SVG that a page can colour and translate.

matplotlib draws with stand-ins: a colour that nothing else has for each colour of the theme, and ``@3`` for
the third text. Afterwards the stand-ins become what the page understands: classes (``f-ink`` fills with the
ink of the theme, ``s-ink`` strokes with it) and texts in all languages, of which the page shows one. So no
name of a class ever meets matplotlib's fonts, and there is no ``style`` attribute, which a strict
content-security policy would refuse.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import matplotlib
import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from oxmark.words import LANGUAGES, Message

COLOURS = (
    "ink", "quiet", "line", "grid", "paper", "blue", "orange", "series-1", "series-2", "series-3", "series-4",
    "series-5", "series-6",
)  # fmt: skip
"""The colours of the theme that a chart may use."""

SIZE, SMALL = 12.0, 11.0
"""Of text, in units of the drawing: pixels, when it is shown at its own width."""

_STAND_INS = {name: f"#f1e2{number:02x}" for number, name in enumerate(COLOURS)}
_NAMES = {stand_in: name for name, stand_in in _STAND_INS.items()}
_NAMESPACE = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_KEPT = {
    "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-dasharray", "stroke-dashoffset", "opacity",
    "fill-opacity", "stroke-opacity", "text-anchor", "font-size", "font-weight",
}  # fmt: skip


def colour(name: str) -> str:
    """The stand-in for a colour of the theme, for matplotlib.

    Example:
        >>> colour("ink")
        '#f1e200'
    """
    return _STAND_INS[name]


_RC: Any = {
    "svg.fonttype": "none",
    "font.family": ["DejaVu Sans"],  # for measuring only
    "font.size": SMALL,
    "text.usetex": False,
    "text.parse_math": False,
    "text.color": colour("ink"),
    "axes.edgecolor": colour("line"),
    "axes.labelcolor": colour("quiet"),
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.linewidth": 1.0,
    "figure.facecolor": "none",
    "grid.color": colour("grid"),
    "grid.linewidth": 1.0,
    "xtick.color": colour("line"),
    "ytick.color": colour("line"),
    "xtick.labelcolor": colour("quiet"),
    "ytick.labelcolor": colour("quiet"),
    "xtick.major.size": 4.0,
    "ytick.major.size": 0.0,
    "lines.solid_capstyle": "butt",  # an interval ends where it ends
}


class Labels:
    """The texts of one chart."""

    def __init__(self) -> None:
        self._texts: list[Message | str] = []

    def __call__(self, text: Message | str) -> str:
        """The stand-in for a text, for matplotlib."""
        self._texts.append(text)
        return f"@{len(self._texts) - 1}"

    def of(self, stand_in: str) -> Message | str:
        """The text behind a stand-in; anything else is itself."""
        found = re.fullmatch(r"@(\d+)", stand_in)
        return self._texts[int(found[1])] if found else stand_in


def chart(name: str, width: int, height: int, draw: Callable[[Figure, Labels], None]) -> str:
    """Draw a figure and make it part of a page.

    Args:
        name: Distinguishes its ids from those of all other charts of the page; letters, digits and ``-``. The
            page names it by the element ``NAME-caption``.
        width: In pixels, when it is not made narrower.
        height: In pixels, likewise.
        draw: Draws; colours are those of :func:`colour`, and texts that are no numbers go through the labels.

    Returns:
        One ``<svg>`` element. The same figures give the same text.

    Example:
        >>> chart("empty", 100, 50, lambda figure, labels: None)[:40]
        '<svg class="chart" role="img" aria-label'
    """
    labels = Labels()
    with matplotlib.style.context(["default", {**_RC, "svg.hashsalt": name}]):
        figure = Figure(figsize=(width / 72, height / 72), dpi=72)  # 72 points an inch: a point is a pixel
        FigureCanvasSVG(figure)
        figure.patch.set_visible(False)
        draw(figure, labels)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    root = ElementTree.fromstring(text.getvalue())
    inside = [child for element in root for child in _rewritten(element, name, labels)]
    attributes = {
        "class": "chart", "role": "img", "aria-labelledby": f"{name}-caption", "width": str(width),
        "height": str(height), "viewBox": f"0 0 {width} {height}", "stroke-linejoin": "round",
        "stroke-linecap": "butt",
    }  # fmt: skip
    drawn = Element("svg", attributes)
    drawn.extend(inside)
    return ElementTree.tostring(drawn, encoding="unicode")


def _rewritten(element: Element, name: str, labels: Labels) -> Iterator[Element]:
    """The elements that stand for one of matplotlib's."""
    kind = element.tag.removeprefix(_NAMESPACE)
    if kind in ("style", "metadata"):
        return
    made = Element(kind, _attributes(element, kind, name))
    if kind == "text":
        yield from _texts(made, labels.of(element.text or ""))
        return
    made.extend(child for inner in element for child in _rewritten(inner, name, labels))
    if kind not in ("g", "defs") or len(made):
        yield made


def _attributes(element: Element, kind: str, name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in element.attrib.items():
        if key == "id":
            found |= {} if kind == "g" else {"id": f"{name}-{value}"}  # nothing refers to groups
        elif key == _LINK:
            found["href"] = f"#{name}-{value.removeprefix('#')}"
        elif key == "clip-path":
            found[key] = value.replace("url(#", f"url(#{name}-")
        elif key == "d":
            found[key] = " ".join(value.split())
        elif key not in ("style", "transform") or (key == "transform" and not value.startswith("rotate(-0 ")):
            found[key] = value
    return found | _style(element.get("style", ""), kind)


def _style(text: str, kind: str) -> dict[str, str]:
    """A style as attributes and classes; fonts are the page's."""
    found, classes = dict[str, str](), []
    for key, _, value in (part.strip().partition(": ") for part in text.split(";")):
        if key in ("fill", "stroke"):
            if value in _NAMES:
                classes.append(f"{key[0]}-{_NAMES[value]}")
            else:
                found[key] = value
        elif key in _KEPT:
            found[key] = value.removesuffix("px")
    if kind == "text" and not classes:
        classes.append("f-ink")
    return found | ({"class": " ".join(classes)} if classes else {})


def _texts(made: Element, text: Message | str) -> Iterator[Element]:
    """One element for each language, or one for all."""
    if isinstance(text, str):
        made.text = text
        yield made
        return
    for language in LANGUAGES:
        one = Element("text", {**made.attrib, "lang": language})
        one.text = text.text(language)
        yield one


def heading(axes: Axes, labels: Labels, text: Message, *, x: float = 0.0) -> None:
    """Write what a chart shows above its axes; ``x`` in parts of their width."""
    axes.annotate(
        labels(text), (x, 1.0), xytext=(0, 18), xycoords="axes fraction", textcoords="offset points",
        fontsize=SIZE, fontweight="bold", color=colour("ink"),
    )  # fmt: skip


def under(axes: Axes, labels: Labels, text: Message) -> None:
    """Write what the horizontal axis shows below its right end."""
    axes.annotate(
        labels(text), (1.0, 0.0), xytext=(0, -32), xycoords="axes fraction", textcoords="offset points",
        ha="right", fontsize=SMALL, color=colour("quiet"),
    )  # fmt: skip


def percent(value: float, _place: object = None) -> str:
    """A share as a label of an axis.

    Example:
        >>> percent(0.25)
        '25 %'
    """
    return f"{100 * value:.0f} %"


def spread(wanted: list[float], gap: float) -> list[float]:
    """Heights of labels, 0..1, moved apart by the least that leaves ``gap`` between neighbours.

    Example:
        >>> [round(place, 2) for place in spread([0.5, 0.5], 0.1)]
        [0.45, 0.55]
    """
    order = sorted(range(len(wanted)), key=lambda index: (wanted[index], index))
    groups: list[list[int]] = []
    centres: list[float] = []
    for index in order:
        groups.append([index])
        centres.append(min(1.0, max(0.0, wanted[index])))
        while len(groups) > 1 and _too_close(groups, centres, gap):
            group, centre = groups.pop(), centres.pop()
            weight = len(groups[-1]) + len(group)
            centres[-1] = (centres[-1] * len(groups[-1]) + centre * len(group)) / weight
            groups[-1] += group
    found = [0.0] * len(wanted)
    for group, centre in zip(groups, centres, strict=True):
        for place, index in enumerate(group):
            found[index] = centre + (place - (len(group) - 1) / 2) * gap
    return found


def _too_close(groups: list[list[int]], centres: list[float], gap: float) -> bool:
    room = gap * (len(groups[-1]) + len(groups[-2])) / 2
    return centres[-1] - centres[-2] < room - 1e-9
