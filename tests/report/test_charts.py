"""The charts: SVG that follows the page's colours and language, the same for the same figures."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from oxmark.evaluation.metrics import Share
from oxmark.report.charts.calibration import calibration_chart
from oxmark.report.charts.interval import interval_chart
from oxmark.report.charts.learning import learning_chart
from oxmark.report.charts.refusal import refusal_chart
from oxmark.report.charts.svg import COLOURS, Labels, chart, spread
from oxmark.report.charts.training import accuracy_chart, loss_chart
from oxmark.words import Message

HISTORY: list[Any] = [
    {"epoch": n, "loss": 1 / n, "accuracy": 0.9, "validation_loss": 1 / n, "validation_accuracy": 0.8}
    for n in range(1, 15)
]
UNVALIDATED: list[Any] = [{**HISTORY[0], "validation_loss": None, "validation_accuracy": None}]
BINS: list[Any] = [
    {"low": 0.5, "high": 0.6, "count": 0, "confidence": 0.0, "right": 0, "interval_95": [0, 1]},
    {"low": 0.9, "high": 1.0, "count": 8, "confidence": 0.95, "right": 7, "interval_95": [0.47, 1.0]},
]
POINTS: list[Any] = [
    {"threshold": x, "answered": Share(n, 9).as_json(), "right": Share(n - 1 if n else 0, n).as_json()}
    for x, n in ((0.2, 9), (0.6, 5), (0.9, 0))
]
NAMES = ["동그라미", "$x$ & <b>", "ox"]
CURVE: Any = {
    "points": [
        {
            "pictures": dict.fromkeys(NAMES, n),
            "right": Share(n, 50).as_json(),
            "per_class": {name: Share(n, 50).as_json() for name in NAMES},
        }
        for n in (10, 20, 40)
    ],
    "expected": {"pictures": 60.0, "low": 0.7, "mid": 0.9, "high": 0.95},
}
BAND = [{"pictures": n, "low": 0.5, "mid": 0.7, "high": 0.9} for n in (10, 40, 60)]
WITH_BAND: Any = {**CURVE, "band": BAND}
UNEXPECTED: Any = {**CURVE, "expected": None}

CHARTS: dict[str, Callable[[str], str]] = {
    "interval": lambda name: interval_chart(name, 0.96, 0.9, 0.99, 0.5),
    "interval-without-guess": lambda name: interval_chart(name, 0.1, 0.0, 0.2),
    "accuracy": lambda name: accuracy_chart(name, HISTORY, 9),
    "accuracy-one-epoch": lambda name: accuracy_chart(name, UNVALIDATED, None),
    "loss": lambda name: loss_chart(name, HISTORY, 14),
    "calibration": lambda name: calibration_chart(name, BINS, 3),
    "calibration-of-two": lambda name: calibration_chart(name, BINS, 2),
    "refusal": lambda name: refusal_chart(name, POINTS),
    "learning": lambda name: learning_chart(name, CURVE, NAMES),
    "learning-with-band": lambda name: learning_chart(name, WITH_BAND, NAMES),
    "learning-unexpected": lambda name: learning_chart(name, UNEXPECTED, NAMES),
}


@functools.cache
def drawn_once(kind: str) -> str:
    return CHARTS[kind]("a")


@pytest.fixture(scope="module", params=CHARTS)
def drawn(request: pytest.FixtureRequest) -> str:
    """Each chart, drawn under the name ``a``. Warnings are errors: no name meets matplotlib's fonts."""
    return drawn_once(request.param)


def test_the_page_styles_it(drawn: str) -> None:
    root = ElementTree.fromstring(drawn)
    every = list(root.iter())
    assert [e.tag for e in every if "style" in e.attrib or e.tag in ("style", "metadata")] == []
    colours = {e.get(key) for e in every for key in ("fill", "stroke")} - {None, "none"}
    assert colours == set()
    classes = {name for e in every for name in e.get("class", "").split()} - {"chart"}
    assert classes <= {f"{kind}-{name}" for kind in "fs" for name in COLOURS}
    assert "DejaVu" not in drawn


def test_its_ids_are_its_own(drawn: str) -> None:
    ids = re.findall(r' id="([^"]*)"', drawn)
    used = re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', drawn)
    assert len(ids) == len(set(ids))
    assert all(name.startswith("a-") for name in ids)
    assert {one or other for one, other in used} <= set(ids)


@pytest.mark.parametrize("kind", CHARTS)
def test_the_same_figures_give_the_same_text(kind: str) -> None:
    assert CHARTS[kind]("a") == drawn_once(kind)


def texts(svg: str) -> list[tuple[str | None, str | None]]:
    return [(e.get("lang"), e.text) for e in ElementTree.fromstring(svg).iter("text")]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("interval", [("en", "guessing"), ("ko", "짐작"), (None, "90.0 – 99.0 %")]),
        ("interval-without-guess", [(None, "0.0 – 20.0 %")]),
        ("accuracy", [("en", "kept: 9"), ("ko", "남김: 9"), ("en", "validation"), (None, "80 %")]),
        ("loss", [("en", "kept: 14"), ("ko", "손실")]),
        ("calibration", [("en", "How often the answer is right"), (None, "8"), ("ko", "정직한 확률")]),
        ("refusal", [("en", "answered"), ("ko", "답함"), ("en", "in use")]),
        ("learning", [(None, "동그라미"), (None, "$x$ & <b>"), ("en", "expected"), ("ko", "예상")]),
    ],
)
def test_what_is_written(kind: str, said: list[tuple[str | None, str]]) -> None:
    found = texts(drawn_once(kind))
    assert [one for one in said if one not in found] == []
    assert not any((text or "").startswith("@") for _, text in found)
    assert [text for _, text in found if not text] == []


def test_without_validation_there_is_one_line() -> None:
    assert ("en", "validation") not in texts(drawn_once("accuracy-one-epoch"))


def test_nothing_is_expected_without_an_expectation() -> None:
    assert ("en", "expected") not in texts(drawn_once("learning-unexpected"))


def test_many_classes_have_no_lines_of_their_own() -> None:
    names = [f"class {number}" for number in range(7)]
    per_class = {name: Share(9, 10).as_json() for name in names}
    curve: Any = {**CURVE, "points": [{**point, "per_class": per_class} for point in CURVE["points"]]}
    found = texts(learning_chart("a", curve, names))
    assert not {text for _, text in found} & set(names)


def test_the_interval_is_drawn_where_it_is() -> None:
    root = ElementTree.fromstring(interval_chart("a", 0.5, 0.25, 0.75))
    strokes = {e.get("class"): e.get("d", "") for e in root.iter("path") if "s-" in e.get("class", "")}
    whole, part = ([float(x) for x in re.findall(r"[ML] ([\d.]+)", strokes[k])] for k in ("s-grid", "s-blue"))
    width = whole[1] - whole[0]
    assert [(x - whole[0]) / width for x in part] == pytest.approx([0.25, 0.75], abs=1e-4)


def test_a_label_stands_for_its_text() -> None:
    labels, message = Labels(), Message("words.example", {"count": 2})
    assert [labels.of(labels(one)) for one in ("@0", message, "a")] == ["@0", message, "a"]
    assert labels.of("25 %") == "25 %"


def test_a_chart_has_its_size_and_its_caption() -> None:
    root = ElementTree.fromstring(chart("some-name", 120, 60, lambda figure, labels: None))
    assert (root.get("viewBox"), root.get("aria-labelledby")) == ("0 0 120 60", "some-name-caption")
    assert root.get("role") == "img"


@pytest.mark.parametrize(
    ("wanted", "gap", "places"),
    [
        ([], 0.1, []),
        ([0.3], 0.1, [0.3]),
        ([0.2, 0.8], 0.1, [0.2, 0.8]),
        ([0.5, 0.5], 0.1, [0.45, 0.55]),
        ([0.5, 0.5, 0.5], 0.1, [0.4, 0.5, 0.6]),
        ([0.52, 0.5, 0.9], 0.1, [0.56, 0.46, 0.9]),
    ],
)
def test_labels_move_apart(wanted: list[float], gap: float, places: list[float]) -> None:
    assert spread(wanted, gap) == pytest.approx(places)
