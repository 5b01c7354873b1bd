"""Where the randomness comes from: even quantiles for habits, smooth noise for movement."""

from __future__ import annotations

import numpy as np

_BLOCK = 5


class Quantiles:
    """The chance behind one hand's habits, spread evenly over neighbouring hands.

    Each habit is drawn so that every block of five hands has one in each fifth of the habit's range: five
    hands already differ as five people do, instead of by luck (a Latin hypercube). What a hand gets depends
    on the seed and its own number only, never on how many hands there are.

    Args:
        seed: Of the whole set, 0 or more.
        hand: The hand's number, 0 or more.
    """

    def __init__(self, seed: int, hand: int) -> None:
        self._rng = np.random.default_rng([seed, 1, hand // _BLOCK])
        self._place = hand % _BLOCK

    def spread(self, *values: float) -> float:
        """A value between the first and the last of ``values``, which are evenly spaced quantiles.

        ``spread(0.6, 0.95, 1.6)`` is below 0.95 half of the time.
        """
        fifths = (self._rng.permutation(_BLOCK) + self._rng.random(_BLOCK)) / _BLOCK
        return float(np.interp(fifths[self._place], np.linspace(0, 1, len(values)), values))

    def flag(self, share: float) -> bool:
        """True for ``share`` (0..1) of the hands."""
        return self.spread(0.0, 1.0) < share


def smooth_noise(rng: np.random.Generator, count: int, window: int) -> np.ndarray:
    """Noise that changes over about ``window`` samples.

    Args:
        rng: Where it comes from.
        count: How many values, 0 or more.
        window: Samples over which neighbours still agree, 1 or more.

    Returns:
        float64 ``(count,)``, mean 0 and standard deviation 1 in expectation.
    """
    kernel = np.hanning(window + 2)[1:-1]
    white = rng.standard_normal(count + window - 1)
    return np.convolve(white, kernel / np.sqrt((kernel**2).sum()), mode="valid")


def clipped(rng: np.random.Generator, mean: float, spread: float, low: float, high: float) -> float:
    """A normal value around ``mean``, kept in ``low..high``."""
    return float(np.clip(rng.normal(mean, spread), low, high))
