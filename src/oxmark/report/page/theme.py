"""The page's colours, light and dark, as CSS variables; and the classes that use them.

Blue is right and orange is wrong, told apart with every common kind of colour blindness; words always say it
as well. Every text has a contrast of at least 4.5 : 1 with what is behind it (WCAG 2.2, AA); a test counts.
"""

from __future__ import annotations

from oxmark.report.charts.svg import COLOURS

LIGHT = {
    "paper": "#ffffff",
    "ground": "#f5f6f7",
    "ink": "#1b1f24",
    "quiet": "#59636e",
    "line": "#cfd5da",
    "grid": "#e8ebee",
    "blue": "#1f6fb4",
    "orange": "#b0540a",
    "red": "#b3261a",
    "series-1": "#0b7a75",
    "series-2": "#7b4bb3",
    "series-3": "#b0307a",
    "series-4": "#66730f",
    "series-5": "#8a5a2b",
    "series-6": "#4a6076",
}
DARK = {
    "paper": "#131619",
    "ground": "#1b2025",
    "ink": "#e6e9ec",
    "quiet": "#a1abb5",
    "line": "#3a434c",
    "grid": "#272e35",
    "blue": "#6db3f2",
    "orange": "#f0a35a",
    "red": "#ff9486",
    "series-1": "#4fc4bd",
    "series-2": "#bf9bf0",
    "series-3": "#f08cc0",
    "series-4": "#b9c65a",
    "series-5": "#d3a574",
    "series-6": "#9fb6cc",
}
LEVELS = (0.2, 0.34, 0.5, 0.76, 1.0)
"""How much of blue or orange a cell of the confusion matrix has, from few pictures of its row to all."""


def css() -> str:
    """The beginning of the style sheet.

    Example:
        >>> ":root{color-scheme:light;--paper:#ffffff" in css()
        True
    """
    light, dark = (_variables(kind, colours) for kind, colours in (("light", LIGHT), ("dark", DARK)))
    classes = [f".f-{name}{{fill:var(--{name})}}.s-{name}{{stroke:var(--{name})}}" for name in COLOURS]
    levels = [
        f".{kind}.l{level}{{background:var(--{kind}-{level});color:var(--on-{kind}-{level})}}"
        for kind in ("right", "wrong")
        for level in range(1, len(LEVELS) + 1)
    ]
    return "\n".join(
        [
            f":root{{{light}}}",
            f'@media screen and (prefers-color-scheme:dark){{:root:not([data-theme="light"]){{{dark}}}}}',
            f'@media screen{{:root[data-theme="dark"]{{{dark}}}}}',
            *classes,
            *levels,
            "",
        ]
    )


def _variables(kind: str, colours: dict[str, str]) -> str:
    dim = "brightness(.88)" if kind == "dark" else "none"  # white paper in a dark room
    every = {**colours, **levels(colours), "dim": dim}
    return f"color-scheme:{kind};" + ";".join(f"--{name}:{value}" for name, value in every.items())


def levels(colours: dict[str, str]) -> dict[str, str]:
    """Colours of the cells of the confusion matrix and of the text on them.

    Example:
        >>> levels(LIGHT)["right-5"], levels(LIGHT)["on-right-5"]
        ('#1f6fb4', '#ffffff')
    """
    found = {}
    for kind, hue in (("right", "blue"), ("wrong", "orange")):
        for level, depth in enumerate(LEVELS, start=1):
            ground = _mixed(colours[hue], colours["paper"], depth)
            found[f"{kind}-{level}"] = ground
            ink, paper = colours["ink"], colours["paper"]
            found[f"on-{kind}-{level}"] = ink if contrast(ink, ground) > contrast(paper, ground) else paper
    return found


def contrast(one: str, other: str) -> float:
    """How well two colours are told apart, 1..21 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio).

    Example:
        >>> round(contrast("#ffffff", "#000000"), 2)
        21.0
    """
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [part / 255 for part in _parts(colour)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _mixed(colour: str, ground: str, depth: float) -> str:
    pairs = zip(_parts(colour), _parts(ground), strict=True)
    return "#" + "".join(f"{round(low + (high - low) * depth):02x}" for high, low in pairs)
