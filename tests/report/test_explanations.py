"""Pages and sheets of explained answers: colours only where there is evidence, wrong ones marked."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from oxmark.errors import OutputError
from oxmark.report import explanations, style
from oxmark.report.explanations import (
    MOST_ON_SHEET,
    ExplainedPicture,
    explanation_page,
    explanation_sheet,
    keep_small,
)


def explained(**changes: Any) -> ExplainedPicture:
    """A page with a dark square in it, answered O."""
    picture = np.full((120, 180, 4), 255, np.uint8)
    picture[40:80, 60:100, :3] = 30
    box = (50.0, 30.0, 110.0, 90.0)
    whole, whole_box, near, near_box = keep_small(picture, box)
    first = ExplainedPicture(
        name="1.png", whole=whole, whole_box=whole_box, near=near, near_box=near_box,
        seen=np.ones((48, 48), np.float32), heat=np.full((6, 6), 5, np.float32), answer="O", against="X",
        probabilities={"O": 0.9, "X": 0.1}, known=0.98, truth=None, sentences=("A sentence.",),
    )  # fmt: skip
    return dataclasses.replace(first, **changes)


def load(path: Path) -> NDArray[np.int64]:
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB")).astype(np.int64)


def count(picture: NDArray[np.int64], colour: str, share: float = 1.0) -> int:
    return int((np.abs(picture - np.array(style.blend(colour, share))).max(axis=2) <= 1).sum())


def page(path: Path, **changes: Any) -> NDArray[np.int64]:
    explanation_page(path, picture=explained(**changes), scale=5.0)
    return load(path)


FULL = explanations.PANEL**2 // 4


def test_a_page_shows_the_evidence_in_two_panels(tmp_path: Path) -> None:
    found = page(tmp_path / "a.png")
    assert count(found, style.ORANGE, 0.85) > FULL
    against = page(tmp_path / "b.png", heat=np.full((6, 6), -5, np.float32))
    assert count(against, style.BLUE, 0.85) > FULL and count(against, style.ORANGE, 0.85) < 1000


def test_none_of_these_has_no_colours(tmp_path: Path) -> None:
    found = page(tmp_path / "a.png", answer=None, heat=None, known=0.12)
    assert np.ptp(found, axis=2).max() < 40, "only greys"


@pytest.mark.parametrize(
    ("answer", "truth", "right", "red"),
    [("O", None, None, False), ("O", "O", True, False), ("O", "X", False, True), (None, "X", False, True)],
)
def test_only_wrong_answers_are_red(
    answer: str | None, truth: str | None, right: bool | None, red: bool, tmp_path: Path
) -> None:
    one = explained(answer=answer, truth=truth, heat=None if answer is None else explained().heat)
    assert one.right is right
    explanation_page(tmp_path / "page.png", picture=one, scale=5.0)
    explanation_sheet(tmp_path / "sheet.png", pictures=[one], scale=5.0, title="t")
    for name in ("page.png", "sheet.png"):
        assert (count(load(tmp_path / name), style.WRONG) > 100) == red


@pytest.mark.parametrize("pictures", [0, 1, 5, MOST_ON_SHEET, MOST_ON_SHEET + 7])
def test_a_sheet_holds_at_most_sixty(pictures: int, tmp_path: Path) -> None:
    explanation_sheet(
        tmp_path / "a.png", pictures=[explained()] * pictures, scale=5.0, title="t", note="small print"
    )
    found = load(tmp_path / "a.png")
    each = count(load_one(tmp_path), style.ORANGE, 0.85)
    legend = count(load_none(tmp_path), style.ORANGE, 0.85)
    shown = min(pictures, MOST_ON_SHEET)
    assert count(found, style.ORANGE, 0.85) == legend + shown * (each - legend)
    assert found.shape[1] < 1600


def load_one(folder: Path) -> NDArray[np.int64]:
    explanation_sheet(folder / "one.png", pictures=[explained()], scale=5.0, title="t", note="small print")
    return load(folder / "one.png")


def load_none(folder: Path) -> NDArray[np.int64]:
    explanation_sheet(folder / "none.png", pictures=[], scale=5.0, title="t", note="small print")
    return load(folder / "none.png")


def test_bars_have_the_colours_of_the_evidence(tmp_path: Path) -> None:
    many = {f"class {number}": 0.05 for number in range(9)} | {"O": 0.35, "X": 0.2}
    found = page(tmp_path / "a.png", probabilities=many)
    orange, blue, others = (count(found, colour) for colour in (style.ORANGE, style.BLUE, style.FAINT))
    assert orange == pytest.approx(170 * 0.35 * 16, rel=0.1)
    assert blue == pytest.approx(170 * 0.2 * 16, rel=0.1)
    assert others > 4 * 8 * 16  # four more bars; the other five are only counted


def test_names_of_any_length_and_script(tmp_path: Path) -> None:
    name = "동그라미" * 60
    one = {"answer": name, "against": "X", "probabilities": {name: 0.9, "X": 0.1}, "truth": "X"}
    found = page(tmp_path / "a.png", **one, name="\ud83d\ude00" * 200, sentences=("word " * 100, name))
    assert found.shape[1] == page(tmp_path / "b.png").shape[1]
    assert count(found, style.WRONG) > 100


def test_what_is_kept_is_small() -> None:
    huge = np.full((3000, 4000, 4), 255, np.uint8)
    whole, whole_box, near, near_box = keep_small(huge, (1000, 1000, 1400, 1400))
    assert (whole.shape, near.shape) == ((210, 280, 3), (280, 280, 3))
    assert whole_box == pytest.approx((70, 70, 98, 98))
    assert near_box == pytest.approx((46.7, 46.7, 233.3, 233.3), abs=0.1)
    for box in ((1000, 1000, 1400, 1400), (1000, 1000, 1100, 1100)):
        whole, _, near, _ = keep_small(huge, box)
        assert whole.base is None and near.base is None, "the large picture must not be held"


def test_equal_pages_are_equal_files_and_failures_are_named(tmp_path: Path) -> None:
    page(tmp_path / "a.png")
    page(tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with pytest.raises(OutputError, match=r"cannot write .*a\.png"):
        explanation_page(tmp_path / "a.png" / "c.png", picture=explained(), scale=1.0)
