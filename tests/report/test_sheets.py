"""Sheets of pictures: what stands where, and that wrong answers cannot be overlooked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from oxmark.errors import OutputError
from oxmark.report import augmentation, fonts, sheets, style
from oxmark.report.sheets import AugmentationRow, Tile, answers_grid, augmentation_sheet, contact_sheet

GREEN = (0, 160, 0)


def load(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert not image.info
        return np.asarray(image.convert("RGB"))


def count(picture: NDArray[np.uint8], colour: str | tuple[int, int, int]) -> int:
    wanted = style.rgb(colour) if isinstance(colour, str) else colour
    return int((picture == np.array(wanted)).all(axis=2).sum())


def square(side: int = 140, colour: tuple[int, int, int] = GREEN) -> NDArray[np.uint8]:
    return np.full((side, side, 3), colour, np.uint8)


def tile(ok: bool | None = None, caption: str = "O 98 %", detail: str = "") -> Tile:
    return Tile(square(), caption, detail, ok)


def row(name: str = "1.png", size: int = 64) -> AugmentationRow:
    seen = np.zeros((size, size), np.float32)
    return AugmentationRow(np.full((90, 135, 4), 255, np.uint8), seen, np.stack([seen + 1] * 8), name)


def test_a_contact_sheet_holds_every_picture_once(tmp_path: Path) -> None:
    path = tmp_path / "show.png"
    contact_sheet(path, rows=[("O", [tile()] * 8), ("X", [tile()] * 3)], title="marks")
    picture = load(path)
    assert count(picture, GREEN) == 11 * 140 * 140
    assert 1000 < picture.shape[1] <= 1900
    left, top = style.MARGIN, np.argwhere((picture == GREEN).all(axis=2))[0][0]
    assert picture[top, left].tolist() == list(GREEN)  # classes begin at the left margin


@pytest.mark.parametrize(("columns", "rows"), [(1, 5), (2, 3), (5, 1), (8, 1)])
def test_contact_sheet_columns(tmp_path: Path, columns: int, rows: int) -> None:
    contact_sheet(tmp_path / "a.png", rows=[("O", [tile()] * 5)], title="t", columns=columns)
    greens = (load(tmp_path / "a.png") == GREEN).all(axis=2).any(axis=1)
    assert (np.diff(greens.astype(int)) == 1).sum() == rows


@pytest.mark.parametrize(("classes", "each", "shown"), [(2, 2, 4), (9, 1, 3), (1, 50, 3 * 8), (2, 20, 20)])
def test_contact_sheets_stay_bounded(
    tmp_path: Path, classes: int, each: int, shown: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 3)
    contact_sheet(tmp_path / "a.png", rows=[(f"c{i}", [tile()] * each) for i in range(classes)], title="t")
    assert count(load(tmp_path / "a.png"), GREEN) == shown * 140 * 140


def test_the_line_about_what_does_not_fit() -> None:
    all_of_it = [("O", [tile()] * 4), ("X", [tile()])]
    assert sheets._shown_of_all(all_of_it, all_of_it) == ""
    assert sheets._shown_of_all([], []) == "There is nothing to show."
    line = sheets._shown_of_all([("O", [tile()] * 3)], all_of_it)
    assert line == "Shown are 1 of 2 classes and 3 of 5 pictures."


def test_only_wrong_answers_are_red(tmp_path: Path) -> None:
    answers_grid(tmp_path / "right.png", tiles=[tile(True), tile(None)], title="t")
    answers_grid(tmp_path / "wrong.png", tiles=[tile(True), tile(False)], title="t")
    assert count(load(tmp_path / "right.png"), style.WRONG) == 0
    picture = load(tmp_path / "wrong.png")
    red = np.argwhere((picture == np.array(style.rgb(style.WRONG))).all(axis=2))
    assert len(red) > 4 * 4 * 140
    assert red[:, 1].min() >= style.MARGIN + 140  # around the second picture, not the first


def test_wrong_answers_carry_a_word_besides_the_colour(tmp_path: Path) -> None:
    answers_grid(tmp_path / "a.png", tiles=[tile(False)], title="t")
    picture = load(tmp_path / "a.png")
    y, x = np.argwhere((picture == np.array(style.rgb(style.WRONG))).all(axis=2))[0]
    flag = picture[y + 6 : y + 20, x + 6 : x + 60]
    assert count(flag, style.PAPER) > 40  # white letters on the filled corner
    assert count(flag, style.WRONG) > 200


def test_right_answers_have_a_tick_and_neutral_ones_none(tmp_path: Path) -> None:
    answers_grid(tmp_path / "a.png", tiles=[tile(True)], title="t")
    answers_grid(tmp_path / "b.png", tiles=[tile(None)], title="t")
    below = slice(style.MARGIN + style.TITLE_HEIGHT + 142, None)  # the caption's line
    bluish = [load(tmp_path / f"{name}.png")[below].astype(int) for name in "ab"]
    assert [int((pixels[:, :, 2] - pixels[:, :, 0] > 60).sum() > 10) for pixels in bluish] == [1, 0]


def test_wrong_answers_are_kept_when_there_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "MOST_ANSWERS", 4)
    red, green = Tile(square(140, (255, 0, 0)), "a", ok=False), tile(True)
    answers_grid(tmp_path / "a.png", tiles=[green] * 6 + [red] * 2, title="t")
    picture = load(tmp_path / "a.png")
    assert count(picture, (255, 0, 0)) > 1.5 * 140 * 140  # both, less what the corner covers
    assert count(picture, GREEN) == 2 * 140 * 140


@pytest.mark.parametrize(
    ("oks", "note"),
    [
        ([True] * 3, ""),
        ([True] * 3 + [False] * 2, "3 of 5 pictures are shown; 2 are not, none of them wrong."),
        ([False] * 5, "3 of 5 pictures are shown; 2 are not, 2 of them wrong."),
        ([], "There is nothing to show."),
    ],
)
def test_the_line_about_what_is_left_out(oks: list[bool], note: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_ANSWERS", 3)
    shown, line = sheets._keep_wrong_first([tile(ok) for ok in oks])
    assert line == note
    assert [number for number, _ in shown] == sorted(number for number, _ in shown)


@pytest.mark.parametrize(
    ("pictures", "columns"), [(0, 1), (1, 1), (6, 6), (12, 6), (24, 8), (40, 8), (50, 10), (120, 8)]
)
def test_the_grid_leaves_few_empty_places(pictures: int, columns: int) -> None:
    assert sheets._good_columns(pictures) == columns


@pytest.mark.parametrize("draw", ["contact", "answers"])
def test_no_columns_are_refused(tmp_path: Path, draw: str) -> None:
    with pytest.raises(ValueError, match=r"^columns must be at least 1, not 0$"):
        if draw == "contact":
            contact_sheet(tmp_path / "a.png", rows=[], title="t", columns=0)
        else:
            answers_grid(tmp_path / "a.png", tiles=[], title="t", columns=0)
    assert list(tmp_path.iterdir()) == []


def test_nothing_to_show_is_a_picture_too(tmp_path: Path) -> None:
    contact_sheet(tmp_path / "a.png", rows=[], title="t")
    contact_sheet(tmp_path / "b.png", rows=[("O", [])], title="t")
    answers_grid(tmp_path / "c.png", tiles=[], title="t")
    augmentation_sheet(tmp_path / "d.png", rows=[], title="t")
    for name in "abcd":
        assert load(tmp_path / f"{name}.png").shape[1] >= 640


def test_pictures_of_every_kind_and_size(tmp_path: Path) -> None:
    shapes = [(900, 1350, 4), (40, 4000, 3), (4000, 40), (1, 1, 4), (28, 28), (0, 0, 4)]
    tiles = [Tile(np.zeros(shape, np.uint8), str(shape)) for shape in shapes]
    answers_grid(tmp_path / "a.png", tiles=tiles, title="t")
    assert load(tmp_path / "a.png").shape[0] < 600


@pytest.mark.parametrize("font", [True, False])
@pytest.mark.parametrize(
    "name",
    ["$\\frac{1}{2}$", "오 엑스.png", "\U0001f984", "עברית", "a\nb\tc", "", "x" * 200, "\udcff", "\x00"],
)
def test_any_name_can_be_a_caption(
    tmp_path: Path, name: str, font: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not font:
        alone = fonts.FontBook(fonts.base_font_file(), others=())
        monkeypatch.setattr(fonts, "book", lambda: alone)
    contact_sheet(tmp_path / "a.png", rows=[(name, [tile(caption=name, detail=name)])], title=name)
    answers_grid(tmp_path / "b.png", tiles=[tile(False, name, name)], title=name)
    augmentation_sheet(tmp_path / "c.png", rows=[row(name)], title=name)
    assert load(tmp_path / "a.png").shape[1] == 1356  # eight columns; long names do not widen it


def test_a_caption_without_a_font_reads_like_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = fonts.FontBook(fonts.base_font_file(), others=())
    monkeypatch.setattr(fonts, "book", lambda: alone)
    contact_sheet(tmp_path / "a.png", rows=[("오", [tile(caption="a"), tile(caption="엑")])], title="제목")
    plain = [("class 1", [tile(caption="a"), tile(caption="picture 2")])]
    contact_sheet(tmp_path / "b.png", rows=plain, title="Pictures")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize(("size", "side"), [(64, 128), (150, 150), (28, 140), (300, 150)])
def test_an_augmentation_row_shows_what_is_seen_and_eight_variants(
    tmp_path: Path, size: int, side: int
) -> None:
    seen = np.zeros((size, size), np.float32)
    variants = np.full((8, size, size), 0.6, np.float32)
    original = np.zeros((90, 135, 4), np.uint8)
    original[:] = (*GREEN, 255)
    augmentation_sheet(tmp_path / "a.png", rows=[AugmentationRow(original, seen, variants, "n")], title="t")
    picture = load(tmp_path / "a.png")
    assert count(picture, GREEN) == 90 * 135
    assert count(picture, (0, 0, 0)) == side * side
    assert abs(count(picture, (153, 153, 153)) - 8 * side * side) < 200
    assert picture.shape[1] <= 1900


def test_augmentation_sheets_stay_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(augmentation, "MOST_PICTURES", 3)
    augmentation_sheet(tmp_path / "a.png", rows=[row(size=8)] * 5, title="t")
    assert count(load(tmp_path / "a.png"), (0, 0, 0)) == 3 * 144 * 144


def test_equal_sheets_have_equal_bytes(tmp_path: Path) -> None:
    for name in "ab":
        contact_sheet(tmp_path / f"{name}1.png", rows=[("O", [tile()])], title="t")
        answers_grid(tmp_path / f"{name}2.png", tiles=[tile(False)], title="t")
        augmentation_sheet(tmp_path / f"{name}3.png", rows=[row()], title="t")
    for number in "123":
        assert (tmp_path / f"a{number}.png").read_bytes() == (tmp_path / f"b{number}.png").read_bytes()


def test_an_unwritable_place_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("in the way")
    target = blocker / "show.png"
    with pytest.raises(OutputError) as caught:
        contact_sheet(target, rows=[("O", [tile()])], title="t")
    why = str(caught.value).removeprefix(f"cannot write {target}: ")
    assert why in (  # systems differ in what they call it
        "a part of that path is a file, not a folder; choose another place.",
        "something with that name is in the way; choose another place.",
    )
    assert sorted(tmp_path.iterdir()) == [blocker]


def test_a_folder_with_the_pictures_name_is_not_replaced(tmp_path: Path) -> None:
    target = tmp_path / "test.png"
    target.mkdir()
    with pytest.raises(OutputError, match=r"test\.png: .*choose another place\.$"):
        answers_grid(target, tiles=[tile()], title="t")
    assert sorted(tmp_path.iterdir()) == [target]
