"""Temperature scaling: known temperatures come back, and nothing becomes more confident."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import softmax

from oxmark.training.calibration import HIGHEST, fit_temperature


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
