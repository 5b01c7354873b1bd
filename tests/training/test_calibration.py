"""Temperature and threshold: known ones come back, nothing becomes more confident, few marks are refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax, softmax

from oxmark.training.calibration import (
    HIGHEST,
    SHARE_ANSWERED,
    SLOPES,
    fit_known,
    fit_temperature,
    lowest_point,
)


@pytest.mark.parametrize(
    ("logits", "labels", "temperature"),
    [
        ([[8.0, 0.0], [8.0, 0.0]], [0, 1], HIGHEST),  # sure, and right half of the time
        ([[8.0, 0.0], [0.0, 8.0]], [0, 1], 1.0),  # all right: never more confident
        ([[0.1, 0.0], [0.0, 0.1]], [0, 1], 1.0),  # too modest: stays so
        ([[8.0], [8.0]], [0, 1], HIGHEST),  # one column is two classes
        ([[-8.0], [8.0]], [0, 1], 1.0),
        ([[0.0, 0.0]], [1], 1.0),  # nothing to soften
        ([[4.0, 0.0]] * 4, [0, 0, 0, 1], 4 / np.log(3)),  # three in four: the logit should be log 3
        ([[4.0]] * 4, [1, 1, 1, 0], 4 / np.log(3)),
        ([[-4.0]] * 4, [0, 0, 0, 1], 4 / np.log(3)),
    ],
)
def test_the_temperature(logits: list[list[float]], labels: list[int], temperature: float) -> None:
    found = fit_temperature(np.array(logits, np.float32), np.array(labels))
    assert found == pytest.approx(temperature, rel=1e-4)


def overconfident(classes: int, temperature: float) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Logits that are over-confident by a known factor, and labels drawn from the honest ones."""
    generator = np.random.default_rng(classes)
    honest = generator.normal(0, 2, (40_000, classes))
    choice = (softmax(honest, axis=1).cumsum(1) < generator.random((40_000, 1))).sum(1)
    return (honest * temperature).astype(np.float32), choice.astype(np.int64)


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("temperature", [1.5, 3.0, 10.0])
def test_a_known_temperature_is_found(classes: int, temperature: float) -> None:
    assert fit_temperature(*overconfident(classes, temperature)) == pytest.approx(temperature, rel=0.04)


@pytest.mark.parametrize("temperature", [0.2, 0.7])
def test_modest_logits_are_left_alone(temperature: float) -> None:
    assert fit_temperature(*overconfident(3, temperature)) == 1.0


def test_one_column_and_its_two_columns_agree() -> None:
    logits, labels = overconfident(2, 3.0)
    column = logits[:, 1:] - logits[:, :1]
    assert fit_temperature(column, labels) == pytest.approx(fit_temperature(logits, labels), rel=1e-4)


# --- known --------------------------------------------------------------------------------------------------


def two_heaps(apart: float, count: int = 20_000) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Logits of marks and outliers, both normal with spread 1, their middles 2 * apart from each other."""
    generator = np.random.default_rng(0)
    return generator.normal(apart, 1, count), generator.normal(-apart, 1, count)


def test_of_separable_logits_the_threshold_is_between_and_the_slope_is_bounded() -> None:
    slope, threshold = fit_known(np.array([3.0, 4.0, 5.0]), np.array([-5.0, -4.0, -1.0]))
    assert -1 < threshold < 3
    assert 1 < slope <= SLOPES[1]


@pytest.mark.parametrize("apart", [0.3, 0.5, 0.9])
def test_of_overlapping_logits_the_slope_is_the_honest_one(apart: float) -> None:
    """For two normal heaps the honest logit is 2 * apart * score; the threshold loses few marks."""
    marks, outliers = two_heaps(apart)
    slope, threshold = fit_known(marks, outliers)
    assert slope == pytest.approx(max(2 * apart, SLOPES[0]), rel=0.05)
    assert threshold == pytest.approx(float(np.quantile(marks, 1 - SHARE_ANSWERED)))
    assert threshold < 0


@pytest.mark.parametrize("shift", [-7.0, 0.0, 10.0])
def test_the_threshold_moves_with_the_logits(shift: float) -> None:
    marks, outliers = two_heaps(3.0)
    slope, threshold = fit_known(marks + shift, outliers + shift)
    assert threshold - shift == pytest.approx(0, abs=0.15)
    assert slope == pytest.approx(fit_known(marks, outliers)[0], rel=0.05)


@pytest.mark.parametrize("count", [10, 1000])
def test_marks_and_outliers_count_alike_however_many_there_are(count: int) -> None:
    marks, outliers = two_heaps(3.0, 1000)
    _, threshold = fit_known(marks, np.tile(outliers, count // 10))
    assert threshold == pytest.approx(fit_known(marks, outliers)[1], abs=1e-3)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("marks", [1, 3, 40, 500])
def test_nearly_all_marks_are_answered(seed: int, marks: int) -> None:
    generator = np.random.default_rng(seed)
    found, others = generator.normal(0, 2, marks), generator.normal(generator.uniform(-3, 3), 1, 200)
    slope, threshold = fit_known(found, others)
    assert SLOPES[0] <= slope <= SLOPES[1] and np.isfinite(threshold)
    assert (found >= threshold).mean() >= SHARE_ANSWERED - 1 / marks
    assert (found >= threshold).mean() >= np.floor(marks * SHARE_ANSWERED) / marks


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_useless_logits_give_finite_numbers(scale: float) -> None:
    generator = np.random.default_rng(1)
    marks, others = generator.normal(0, scale, 50), generator.normal(0, scale, 50)
    slope, threshold = fit_known(marks, others)
    assert SLOPES[0] <= slope <= SLOPES[1]
    assert threshold <= np.quantile(marks, 1 - SHARE_ANSWERED)


# --- the library as the referee -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_scipy_finds_nothing_lower(seed: int) -> None:
    generator = np.random.default_rng(seed)
    count, classes = int(generator.integers(8, 200)), int(generator.integers(2, 5))
    logits = generator.normal(0, generator.uniform(0.5, 6), (count, classes))
    labels = np.where(generator.random(count) < 0.8, logits.argmax(1), generator.integers(0, classes, count))

    def loss(temperature: float) -> float:
        return float(-log_softmax(logits / temperature, axis=1)[np.arange(count), labels].mean())

    best = minimize_scalar(loss, bounds=(1, HIGHEST), method="bounded", options={"xatol": 1e-9})
    assert loss(fit_temperature(logits, labels)) <= best.fun + 1e-12

    marks, outliers = generator.normal(3, 2, count), generator.normal(-1, 2, count)
    slope, threshold = fit_known(marks, outliers)
    signs = np.repeat([1.0, -1.0], count)

    def bet(line: npt.NDArray[np.float64]) -> float:
        scores = line[0] * np.concatenate([marks, outliers]) + line[1]
        return float(np.logaddexp(0, -signs * scores).mean())

    found = minimize(bet, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=[SLOPES, (-50, 50)], tol=1e-12)
    lowered = float(np.quantile(marks, 1 - SHARE_ANSWERED))
    assert threshold == pytest.approx(min(-found.x[1] / found.x[0], lowered), abs=1e-3)
    assert slope == pytest.approx(found.x[0], rel=1e-3)


@pytest.mark.parametrize(
    ("derivative", "low", "high", "place"),
    [
        (lambda x: 2 * (x - 3), 0.0, 10.0, 3.0),
        (lambda x: 2 * (x - 3), 4.0, 10.0, 4.0),  # lowest at the lower end
        (lambda x: 2 * (x - 3), 0.0, 2.0, 2.0),  # at the upper end
        (lambda x: 1.0, 0.0, 1.0, 0.0),
        (lambda x: -1.0, 0.0, 1.0, 1.0),
        (lambda x: x - 1e-9, -1.0, 1.0, 1e-9),
    ],
)
def test_the_lowest_point(
    derivative: Callable[[float], float], low: float, high: float, place: float
) -> None:
    assert lowest_point(derivative, low, high) == pytest.approx(place, rel=1e-12)
