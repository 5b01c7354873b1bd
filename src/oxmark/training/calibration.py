"""From scores to honest numbers: a temperature for probabilities, a line for ``known``.

Both are fitted on answers to pictures that the answering network has not learned from.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax

HIGHEST = 20.0
SHARE_ANSWERED = 0.89
"""So many of the held-out answers pass the threshold of ``known``, at least. They come from half-trained
networks and, half of them, from rendered views: a finished network then answers 97 % of the robustness
suite's marks."""
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
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        return float(-log_softmax(values / np.exp(log_temperature), axis=1)[rows, labels].mean())

    best = minimize_scalar(loss, bounds=(0.0, np.log(HIGHEST)), method="bounded", options={"xatol": 1e-6})
    temperature = float(np.exp(best.x))
    if loss(0.0) <= loss(best.x):
        return 1.0
    return HIGHEST if loss(np.log(HIGHEST)) <= loss(best.x) else temperature


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
    signs = np.concatenate([np.ones(len(marks)), -np.ones(len(outliers))])
    share = np.concatenate(
        [np.full(len(marks), 0.5 / len(marks)), np.full(len(outliers), 0.5 / len(outliers))]
    )

    def loss(line: npt.NDArray[np.float64]) -> float:
        return float((share * np.logaddexp(0, -signs * (line[0] * scores + line[1]))).sum())

    bounds = [SLOPES, (-50.0, 50.0)]
    best = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=bounds)
    slope, offset = (float(value) for value in best.x)
    return slope, min(middle - offset / slope, float(np.quantile(marks, 1 - SHARE_ANSWERED)))
