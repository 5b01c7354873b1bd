"""The table of all conditions, of other drawings and of pictures of nothing."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import figures, inks, nothing, scans, shapes
from .media import Pixels


@dataclass(frozen=True)
class Condition:
    """One hard condition at one severity.

    Attributes:
        name: What it is called.
        severity: 1 mild, 2 hard, 3 beyond what anybody promises.
        make: Draws "O" or "X": uint8 (H, W, 3), or (H, W, 4) where transparent.
    """

    name: str
    severity: int
    make: Callable[[str, np.random.Generator], Pixels]


@dataclass(frozen=True)
class _Severe:
    """A maker at one severity; unlike a lambda, it can go to another process."""

    maker: Callable[[str, np.random.Generator, int], Pixels]
    severity: int

    def __call__(self, sign: str, rng: np.random.Generator) -> Pixels:
        return self.maker(sign, rng, self.severity)


_MAKERS: dict[str, Callable[[str, np.random.Generator, int], Pixels]] = {
    "coloured ink, transparent": inks.coloured_ink,
    "white on black": inks.white_on_black,
    "thumbnail": inks.thumbnail,
    "hairline": inks.hairline,
    "felt": inks.felt,
    "small and far": inks.small_and_far,
    "cut by the border": inks.cut_by_border,
    "open or unequal": shapes.open_or_unequal,
    "overshoot and hooks": shapes.overshoot_and_hooks,
    "tails": shapes.tails,
    "narrow or wide": shapes.narrow_or_wide,
    "turned": shapes.turned,
    "bent": shapes.bent,
    "broken strokes": inks.broken_strokes,
    "shaky": shapes.shaky,
    "uneven light": scans.uneven_light,
    "edge shadow": scans.edge_shadow,
    "black frame": scans.black_frame,
    "white frame": scans.white_frame,
    "grid lines": scans.grid_lines,
    "ruled paper": scans.ruled_paper,
    "squared paper": scans.squared_paper,
    "jpeg": inks.small_jpeg,
    "sensor noise": scans.sensor_noise,
    "blur": scans.blur,
    "low contrast": scans.low_contrast,
    "textured paper": scans.textured_paper,
    "bleed-through": scans.bleed_through,
    "photograph": scans.photograph,
}


def _condition(name: str, severity: int) -> Condition:
    return Condition(name, severity, _Severe(_MAKERS[name], severity))


CONDITIONS: tuple[Condition, ...] = (
    Condition("plain", 1, shapes.plain),
    *(_condition(name, severity) for name in _MAKERS for severity in (1, 2, 3)),
)

OTHERS: dict[str, Callable[[np.random.Generator], Pixels]] = {
    "letters": figures.letter,
    "triangle": figures.triangle,
    "square": figures.square,
    "star": figures.star,
    "tick": figures.tick,
    "line": figures.line,
    "asterisk": figures.asterisk,
    "arrow": figures.arrow,
    "heart": figures.heart,
    "wave": figures.wave,
    "spiral": figures.spiral,
    "house": figures.house,
    "face": figures.face,
    "circled x": figures.circled_x,
    "two marks": figures.two_marks,
    "scribble": figures.scribble,
    "word": figures.word,
    "doodle": figures.doodle,
    "photo-like": figures.photo_like,
}

NOTHING: dict[str, Callable[[np.random.Generator], Pixels]] = {
    "blank paper": nothing.blank_paper,
    "noise": nothing.noise,
    "solid colour": nothing.solid_colour,
    "gradients": nothing.gradients,
    "dots": nothing.specks,
    "ruled paper without a mark": nothing.ruled_without_mark,
}


def _generator(*parts: str | int) -> np.random.Generator:
    """Returns a generator that depends on all parts, the same on every machine."""
    return np.random.default_rng(
        [zlib.crc32(part.encode()) if isinstance(part, str) else part for part in parts]
    )


def picture(condition: Condition, sign: str, seed: int, number: int) -> Pixels:
    """Returns the picture `number` of a sign under a condition; the same arguments give the same picture."""
    return condition.make(sign, _generator(condition.name, condition.severity, sign, seed, number))


def other(name: str, seed: int, number: int) -> Pixels:
    """Returns the picture `number` of a kind in `OTHERS` or `NOTHING`, just as repeatably."""
    return (OTHERS | NOTHING)[name](_generator(name, seed, number))
