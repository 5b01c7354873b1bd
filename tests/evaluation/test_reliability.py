"""Calibration: the error by hand, and chance told from dishonesty."""

from __future__ import annotations

import json

import numpy as np
import numpy.typing as npt
import pytest

from oxmark.evaluation.reliability import Reliability, reliability

Floats = npt.NDArray[np.float64]


def of(confidence: Floats, right: npt.NDArray[np.bool_]) -> Reliability:
    """Two classes; class 0 is always answered, with this probability."""
    return reliability(np.stack([confidence, 1 - confidence], axis=1), np.where(right, 0, 1))


def test_the_error_by_hand() -> None:
    found = of(np.array([0.92, 0.98, 0.62, 0.66]), np.array([True, True, True, False]))
    assert [(b.low, b.high, b.count, b.right) for b in found.bins] == [(0.6, 0.7, 2, 1), (0.9, 1.0, 2, 2)]
    assert [b.confidence for b in found.bins] == pytest.approx([0.64, 0.95])
    assert found.error == pytest.approx((abs(0.5 - 0.64) + abs(1 - 0.95)) / 2)
    assert found.bins[0].share == 0.5
    assert found.bins[1].interval == pytest.approx((0.15811, 1.0), abs=1e-5)
    assert found.confidence == pytest.approx(0.795)
    assert found.right == 0.75


def test_certainty_lies_in_the_last_bin() -> None:
    found = of(np.ones(3), np.ones(3, bool))
    assert [(b.low, b.high, b.count) for b in found.bins] == [(0.9, 1.0, 3)]
    assert (found.error, found.by_chance) == (0.0, 0.0)


@pytest.mark.parametrize(("count", "low", "high"), [(20, 0.12, 0.17), (100, 0.06, 0.08), (2000, 0.01, 0.02)])
def test_what_is_chance_shrinks_with_the_pictures(count: int, low: float, high: float) -> None:
    confidence = np.linspace(0.5, 1, count)
    assert low < of(confidence, np.ones(count, bool)).by_chance < high


def test_the_chance_error_of_one_bin_is_that_of_a_coin() -> None:
    """Mean distance of n coins of probability p from p: sqrt(2 p (1 - p) / (pi n)), about."""
    found = of(np.full(200, 0.75), np.ones(200, bool))
    assert found.by_chance == pytest.approx(np.sqrt(2 * 0.75 * 0.25 / (np.pi * 200)), rel=0.06)


@pytest.mark.parametrize(
    ("change", "kind", "least"),
    [
        (lambda c: c, "honest", 36),
        (lambda c: c - 0.2, "too_sure", 36),
        (lambda c: np.minimum(c + 0.2, 1), "too_modest", 36),
        (lambda c: np.where(c > 0.75, c - 0.25, c + 0.25), "uneven", 36),
    ],
)  # fmt: skip
def test_dishonest_probabilities_are_told(change: object, kind: str, least: int) -> None:
    assert callable(change)
    rng, found = np.random.default_rng(0), []
    for _ in range(40):
        confidence = rng.uniform(0.5, 1, 104)
        found.append(of(confidence, rng.random(104) < change(confidence)).sentence.code)
    assert found.count(f"statistics.calibration.{kind}") >= least


def test_the_sentence() -> None:
    found = of(np.array([0.92, 0.98, 0.62, 0.66] * 10), np.array([True, True, True, False] * 10))
    assert str(found.sentence) == (
        "The probabilities can be taken at their word as far as these pictures show: they are off by 9.5 % "
        "on average, and on so many pictures even perfectly honest ones would by chance be off by "
        f"{found.by_chance * 100:.1f} %, now and then by {found.chance_high * 100:.1f} %."
    )
    assert found.sentence.text("ko").startswith("이 그림들로 보는 한 확률은 믿을 만합니다. 평균 9.5 % 어긋")


def test_the_seed_decides() -> None:
    confidence, right = np.linspace(0.5, 1, 30), np.ones(30, bool)
    assert of(confidence, right) == of(confidence, right)


def test_no_pictures_show_nothing() -> None:
    found = reliability(np.zeros((0, 2)), np.zeros(0, np.int64))
    assert (found.bins, found.error) == ((), 0.0)
    assert str(found.sentence) == "No pictures were measured, so nothing is known about the probabilities."
    assert json.loads(json.dumps(found.as_json(), allow_nan=False))["bins"] == []
