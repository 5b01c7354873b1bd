"""What more drawings can be expected to bring, and of which class.

The error is taken as a power law of the number of pictures above a floor, ``floor + a * n ** -b``, b >= 0 and
floor >= 0 (Cortes et al., 1993, Learning Curves; Figueroa et al., 2012, doi:10.1186/1472-6947-12-8). Four
points of a few dozen pictures cannot fix three numbers, so no single curve is fitted: all curves are weighed
by how well they explain the counts, and expectation and band are those of all of them. Unlike the bootstrap
of one best fit, that does not promise perfection to a class without mistakes.

All trainings answer the same pictures, so together they show the present error no better than the whole
training alone. The error is therefore weighed by the whole training, and the bend, given the error, by the
smaller ones. Counts are binomial around an error that varies a little from training to training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from oxmark.evaluation.intervals import CONFIDENCE
from oxmark.evaluation.metrics import Share
from oxmark.words import Message, percent

_Floats = npt.NDArray[np.float64]

SEVERAL = 3
"""Fewer places than this make no curve."""
TRAININGS = 0.15
"""Standard deviation between trainings on equally many pictures, as a share of the error."""
SURE_BEST = 0.7
"""A class is named when it gains most in so large a share of the curves."""
_DRAWS = 4000
_WORST = 0.99
_ERRORS = np.sin(np.linspace(0, np.pi / 2, 122)[1:-1]) ** 2  # equally likely under Jeffreys' prior
_FLOORS = np.linspace(0, 0.8, 5)  # as shares of the present error
_LIKELY = np.array([4.0, 1.0, 1.0, 1.0, 1.0])  # as likely no floor as any
_POWERS = np.linspace(0, 1.5, 11)


@dataclass(frozen=True)
class Point:
    """One size of training.

    Attributes:
        pictures: Class name to how many pictures of it were learned from.
        right: Class name to the right answers, to pictures never learned from.
    """

    pictures: Mapping[str, int]
    right: Mapping[str, Share]

    @property
    def mean(self) -> float:
        """Pictures a class, on average."""
        return sum(self.pictures.values()) / max(len(self.pictures), 1)

    @property
    def share(self) -> Share:
        """Right answers of all classes."""
        shares = self.right.values()
        return Share(sum(one.right for one in shares), sum(one.total for one in shares))


@dataclass(frozen=True)
class Expected:
    """The share of right answers that may be expected of a training on so many pictures.

    Attributes:
        pictures: Of a class (on average over the classes, where it is about all of them).
        low: Lower end of the 95 % band, 0..1.
        mid: The middle: as likely more as less.
        high: Upper end.
    """

    pictures: float
    low: float
    mid: float
    high: float


@dataclass(frozen=True)
class Gain:
    """What more pictures can be expected to bring to one class.

    Attributes:
        now: Right answers of the training on all pictures.
        expected: The share with more pictures.
        gain: How much the share grows, 0..1; the middle.
    """

    now: Share
    expected: Expected
    gain: float


@dataclass(frozen=True)
class LearningCurve:
    """The share of right answers by the number of pictures, and what more of them would bring.

    Attributes:
        points: What was measured, the fewest pictures first.
        more: How many more pictures of each class are spoken of.
        band: What may be expected from the fewest pictures to ``more`` than all, for drawing.
        expected: With ``more`` pictures of each class; the last of ``band``.
        gain: How much the share grows by them, 0..1; the middle.
        gains: Class name to what they bring to it.
        best_class: The class that gains most; None where none is surely ahead or nothing is gained.
        sentences: All that in words.
    """

    points: tuple[Point, ...]
    more: int
    band: tuple[Expected, ...]
    expected: Expected
    gain: float
    gains: Mapping[str, Gain]
    best_class: str | None
    sentences: tuple[Message, ...]

    def as_json(self) -> dict[str, Any]:
        """For JSON files."""
        return {
            "points": [
                {
                    "pictures": dict(point.pictures),
                    "right": point.share.as_json(),
                    "per_class": {name: share.as_json() for name, share in point.right.items()},
                }
                for point in self.points
            ],
            "more": self.more,
            "expected": _json(self.expected),
            "gain": self.gain,
            "band": [_json(one) for one in self.band],
            "per_class": {
                name: {"now": one.now.as_json(), "expected": _json(one.expected), "gain": one.gain}
                for name, one in self.gains.items()
            },
            "best_class": self.best_class,
            "sentences": [sentence.as_json() for sentence in self.sentences],
        }


def learning_curve(points: Sequence[Point], more: int = 20, *, seed: int = 0) -> LearningCurve:
    """Weigh all power laws by what was measured, and look ahead.

    Args:
        points: What trainings on fewer and on all pictures answered; the same classes in each.
        more: How many more pictures of each class, at least 1.
        seed: Of the draws.

    Returns:
        The curve, its band, the gains. A class that is read without mistakes gains nothing; its band then is
        the exact interval.

    Raises:
        ValueError: No points, or none with pictures that were answered.

    Example:
        >>> shares = [(10, 30), (20, 36), (30, 38)]
        >>> curve = learning_curve([Point({"O": n}, {"O": Share(right, 40)}) for n, right in shares])
        >>> round(curve.gain, 2)
        0.02
    """
    ordered = tuple(sorted(points, key=lambda point: point.mean))
    if not ordered or ordered[-1].share.total == 0:
        raise ValueError("got no point with answered pictures, expected at least one")
    rng = np.random.default_rng(seed)
    whole = _curves([(point.mean, point.share) for point in ordered], rng)
    last = ordered[-1]
    drawn = {
        name: _curves([(point.pictures[name], point.right[name]) for point in ordered], rng)
        for name in last.pictures
        if last.right[name].total
    }
    gains = {name: _gain(curves, last.right[name], more) for name, curves in drawn.items()}
    places = np.linspace(ordered[0].mean, last.mean + more, 25)
    band = tuple(_expected(whole, place, last.share) for place in places)
    overall = _gain(whole, last.share, more)
    best = _best(drawn, gains, more)
    curve = LearningCurve(ordered, more, band, overall.expected, overall.gain, gains, best, ())
    return replace(curve, sentences=_sentences(curve))


@dataclass(frozen=True)
class _Curves:
    """Power laws, drawn as likely as they are: error at ``pictures``, share of it that is floor, power."""

    pictures: float
    error: _Floats
    floor: _Floats
    power: _Floats

    def errors(self, pictures: float) -> _Floats:
        """Of each curve at so many pictures, 0..1."""
        falling = (max(pictures, 0.5) / self.pictures) ** -self.power
        errors: _Floats = np.minimum(self.error * (self.floor + (1 - self.floor) * falling), _WORST)
        return errors


def _curves(points: Sequence[tuple[float, Share]], rng: np.random.Generator) -> _Curves:
    """Draw curves by how well they explain what was answered; the training on all pictures comes last."""
    error, floor, power = np.meshgrid(_ERRORS, _FLOORS, _POWERS, indexing="ij")
    every = _Curves(max(points[-1][0], 0.5), error, floor, power)
    bends = np.broadcast_to(np.log(_LIKELY)[:, None], error.shape)
    for pictures, share in points[:-1]:
        bends = bends + _fit(every.errors(pictures), share)
    bends = np.exp(bends - bends.max(axis=(1, 2), keepdims=True))
    bends /= bends.sum(axis=(1, 2), keepdims=True)
    present = np.exp(_fit(_ERRORS, points[-1][1]))
    weights = (bends * present[:, None, None]).ravel()
    chosen = rng.choice(weights.size, _DRAWS, p=weights / weights.sum())
    return _Curves(every.pictures, *(part.ravel()[chosen] for part in (error, floor, power)))


def _fit(errors: _Floats, share: Share) -> _Floats:
    """Logarithm of the beta-binomial likelihood of so many right, for each error."""
    from scipy.special import betaln

    both = np.maximum((1 - errors) / (TRAININGS**2 * errors), 2)
    wrong, right = errors * both, (1 - errors) * both
    fits: _Floats = betaln(share.total - share.right + wrong, share.right + right) - betaln(wrong, right)
    return fits


def _expected(curves: _Curves, pictures: float, now: Share) -> Expected:
    tail = (1 - CONFIDENCE) / 2
    low, mid, high = np.quantile(1 - curves.errors(pictures), [tail, 0.5, 1 - tail])
    if now.interval and now.right == now.total and pictures >= curves.pictures:
        low, mid, high = now.interval[0], 1.0, 1.0
    return Expected(float(pictures), float(low), float(mid), float(high))


def _gain(curves: _Curves, now: Share, more: int) -> Gain:
    expected = _expected(curves, curves.pictures + more, now)
    gained = curves.error - curves.errors(curves.pictures + more)
    return Gain(now, expected, 0.0 if now.right == now.total else float(np.median(gained)))


def _best(drawn: Mapping[str, _Curves], gains: Mapping[str, Gain], more: int) -> str | None:
    """The class whose pictures gain most, if it is surely ahead and gains something."""
    names = list(drawn)
    if len(names) < 2:
        return None
    gained = np.stack([curves.error - curves.errors(curves.pictures + more) for curves in drawn.values()])
    ahead = np.bincount(gained.argmax(axis=0), minlength=len(names)) / gained.shape[1]
    best = int(ahead.argmax())
    return names[best] if ahead[best] >= SURE_BEST and gains[names[best]].gain > 0 else None


def _sentences(curve: LearningCurve) -> tuple[Message, ...]:
    now, expected = curve.points[-1].share, curve.expected
    values: dict[str, str | int] = {
        "more": curve.more, "right": now.right, "total": now.total, "share": percent(now.share or 0.0),
        "low": percent(expected.low), "high": percent(expected.high),
    }  # fmt: skip
    if len(curve.points) < SEVERAL:
        return (Message("statistics.curve.too_few_points", {"count": len(curve.points), "needed": SEVERAL}),)
    if now.right == now.total:
        return (Message("statistics.curve.all_right", values),)
    if curve.gain * now.total < 1:  # not even one of the pictures measured
        return (Message("statistics.curve.no_gain", values),)
    sentences = [Message("statistics.curve.gain", {**values, "gain": f"{curve.gain * 100:.1f}"})]
    if curve.best_class:
        best = curve.gains[curve.best_class]
        of_best = {"name": curve.best_class, "gain": f"{best.gain * 100:.1f}"}
        of_best |= {"right": str(best.now.right), "total": str(best.now.total)}
        sentences.append(Message("statistics.curve.best", of_best))
    return tuple(sentences)


def _json(one: Expected) -> dict[str, float]:
    return {"pictures": one.pictures, "low": one.low, "mid": one.mid, "high": one.high}
