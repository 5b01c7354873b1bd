"""Temperature scaling: one number that makes over-confident probabilities honest.

Guo et al., "On Calibration of Modern Neural Networks", 2017 (arXiv:1706.04599).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

HIGHEST = 20.0


def fit_temperature(logits: npt.NDArray[np.floating], labels: npt.NDArray[np.integer]) -> float:
    """The temperature that gives held-out pictures the lowest cross-entropy, at least 1.

    Never below 1: a handful of pictures, all answered rightly, would ask for infinite confidence.

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
