"""From scores to honest numbers: a temperature for probabilities, a line for ``known``.

Both are fitted on answers to pictures that the answering network has not learned from.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

HIGHEST = 20.0
SHARE_ANSWERED = 0.89
"""So many of the held-out answers pass the threshold of ``known``, at least. They come from half-trained
networks, and half of them or more from rendered views and changed copies: a finished network then answers
98 % of the robustness suite's marks, taught by one hand 93 %."""
SLOPES = (0.25, 4.0)


@dataclasses.dataclass(frozen=True)
class Calibration:
    """What a network's raw outputs are changed by before they are shown.

    Attributes:
        temperature: The class logits are divided by it, at least 1.
        known_slope: ``known`` is the sigmoid of slope times (its logit minus the threshold); 0 for a network
            that never learned to refuse, whose ``known`` is 1.
        known_threshold: The logit of ``known`` that becomes 0.5.
    """

    temperature: float = 1.0
    known_slope: float = 1.0
    known_threshold: float = 0.0


UNCALIBRATED = Calibration()


def fit_temperature(logits: npt.NDArray[np.floating], labels: npt.NDArray[np.integer]) -> float:
    """The temperature that gives held-out pictures the lowest cross-entropy, at least 1.

    Never below 1: a handful of pictures, all answered rightly, would ask for infinite confidence. Temperature
    scaling: Guo et al., "On Calibration of Modern Neural Networks", 2017 (arXiv:1706.04599).

    Args:
        logits: ``(N, K)``; one column means two classes.
        labels: ``(N,)``, class numbers.

    Returns:
        What to divide the logits by, from 1 to 20.

    Example:
        >>> fit_temperature(np.array([[8.0, 0.0], [8.0, 0.0]]), np.array([0, 1]))
        20.0
    """
    values = logits.astype(np.float64)
    if values.shape[1] == 1:
        values = np.concatenate([np.zeros_like(values), values], axis=1)
    of_truth = values[np.arange(len(labels)), labels].mean()

    def slope(sharpness: float) -> float:
        """Of the cross-entropy, which is convex in ``sharpness``, the temperature's inverse."""
        powers = np.exp(sharpness * (values - values.max(axis=1, keepdims=True)))
        expected = (powers * values).sum(axis=1) / powers.sum(axis=1)
        return float(expected.mean() - of_truth)

    return 1 / lowest_point(slope, 1 / HIGHEST, 1.0)


def fit_known(marks: npt.NDArray[np.floating], outliers: npt.NDArray[np.floating]) -> tuple[float, float]:
    """The slope and the threshold that make logits of ``known`` a fair bet between marks and outliers.

    Logistic regression, marks and outliers counting alike (Platt, "Probabilistic Outputs for Support Vector
    Machines", 1999); then the threshold is lowered, if needed, until SHARE_ANSWERED of the marks pass.

    Args:
        marks: ``(N,)``, logits of held-out marks.
        outliers: ``(M,)``, logits of pictures of none of the classes.

    Returns:
        Slope, within SLOPES, and threshold.

    Example:
        >>> slope, threshold = fit_known(np.array([2.0, 3.0, 4.0]), np.array([-4.0, -3.0, -2.0]))
        >>> abs(threshold) < 0.1
        True
    """
    scores = np.concatenate([marks, outliers]).astype(np.float64)
    middle = float(scores.mean())
    scores -= middle
    truth = np.concatenate([np.ones(len(marks)), np.zeros(len(outliers))])
    share = np.concatenate(
        [np.full(len(marks), 0.5 / len(marks)), np.full(len(outliers), 0.5 / len(outliers))]
    )

    def excess(slope: float, offset: float) -> npt.NDArray[np.float64]:
        """Probability of a mark beyond the truth, weighted: the loss's derivative by each answer."""
        return np.asarray(share * (0.5 + 0.5 * np.tanh((slope * scores + offset) / 2) - truth))

    def best_offset(slope: float) -> float:
        return lowest_point(lambda offset: float(excess(slope, offset).sum()), -50.0, 50.0)

    slope = lowest_point(lambda slope: float(excess(slope, best_offset(slope)) @ scores), *SLOPES)
    threshold = middle - best_offset(slope) / slope
    return slope, min(threshold, float(np.quantile(marks, 1 - SHARE_ANSWERED)))


def lowest_point(slope: Callable[[float], float], low: float, high: float) -> float:
    """Where a convex function is lowest, found by halving the interval until its ends are neighbours.

    A dozen lines, where ``scipy.optimize`` would take a fifth of a second to import in every training.

    Args:
        slope: The function's derivative, which never falls.
        low: Lower end of the interval.
        high: Upper end.

    Returns:
        A place in ``low..high``; an end where the function is lowest there, the upper one of a flat function.

    Example:
        >>> round(lowest_point(lambda x: 2 * (x - 3), 0, 10), 6), lowest_point(lambda x: 1.0, 0, 10)
        (3.0, 0)
    """
    if slope(high) <= 0:
        return high
    if slope(low) >= 0:
        return low
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if slope(middle) > 0 else (middle, high)
    return low
