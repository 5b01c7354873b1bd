"""The confusion table: colours by place, readable from one class to hundreds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from oxmark.errors import OutputError
from oxmark.report import confusion as module
from oxmark.report import fonts, style
from oxmark.report.canvas import text_width
from oxmark.report.confusion import confusion


def load(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def count(picture: NDArray[np.uint8], colour: tuple[int, int, int]) -> int:
    return int((picture == np.array(colour)).all(axis=2).sum())


def draw(path: Path, matrix: list[list[int]] | NDArray[np.int64], classes: list[str]) -> NDArray[np.uint8]:
    confusion(path, matrix=np.asarray(matrix), classes=classes, title="Test")
    return load(path)


@pytest.mark.parametrize("classes", [1, 2, 5, 20, 50])
def test_sizes(tmp_path: Path, classes: int) -> None:
    picture = draw(tmp_path / "a.png", np.eye(classes, dtype=np.int64) * 7, [f"c{i}" for i in range(classes)])
    height, width = picture.shape[:2]
    assert 300 < height < 2000
    assert 800 < width < 2000
    assert count(picture, style.rgb(style.BLUE)) > classes * 300  # every class all right


def test_right_wrong_and_refused_have_their_own_colours(tmp_path: Path) -> None:
    blue, orange, grey = (style.rgb(colour) for colour in (style.BLUE, style.ORANGE, style.QUIET))
    for name, matrix, found in [
        ("right", [[4, 0, 0], [0, 4, 0]], blue),
        ("wrong", [[0, 4, 0], [4, 0, 0]], orange),
        ("refused", [[0, 0, 4], [0, 0, 4]], grey),
    ]:
        picture = draw(tmp_path / f"{name}.png", matrix, ["O", "X"])
        for colour in (blue, orange, grey):
            assert (count(picture, colour) > 10_000) == (colour == found)


def test_the_deeper_the_larger_the_share(tmp_path: Path) -> None:
    picture = draw(tmp_path / "a.png", [[9, 1], [1, 1]], ["O", "X"])
    few, many = style.blend(style.ORANGE, 0.12 + 0.88 * 0.1), style.blend(style.ORANGE, 0.12 + 0.88 * 0.5)
    assert count(picture, few) > 10_000
    assert count(picture, many) > 10_000
    assert sum(few) > sum(many)


def test_names_are_drawn(tmp_path: Path) -> None:
    first = draw(tmp_path / "a.png", [[1, 0], [0, 1]], ["O", "X"])
    second = draw(tmp_path / "b.png", [[1, 0], [0, 1]], ["O", "Y"])
    different = np.argwhere((first != second).any(axis=2))
    assert len(np.unique(different[:, 0] // 150)) >= 2  # beside its row and above its column


def test_long_names_of_columns_are_upright(tmp_path: Path) -> None:
    matrix = np.eye(9, dtype=np.int64)
    names = [f"{number}123456789123456" for number in range(9)]  # digits are equally wide
    first = draw(tmp_path / "a.png", matrix, names)
    heads = [*names[:4], "9876543219876543", *names[5:]]
    confusion(tmp_path / "b.png", matrix=matrix, classes=names, columns=heads, title="Test")
    different = np.argwhere((first != load(tmp_path / "b.png")).any(axis=2))
    high, wide = different.max(axis=0) - different.min(axis=0)
    assert high > 2 * wide > 0


@pytest.mark.parametrize(
    "names",
    [
        ["$a$", "b\nc", "x" * 200],
        ["\U0001f984", "עברית", ""],
        ["오", "엑스", "한" * 200],
    ],
)
@pytest.mark.parametrize("font", [True, False])
def test_any_names(tmp_path: Path, names: list[str], font: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not font:
        alone = fonts.FontBook(fonts.base_font_file(), others=())
        monkeypatch.setattr(fonts, "book", lambda: alone)
    picture = draw(tmp_path / "a.png", np.eye(3, dtype=np.int64), names)
    assert max(picture.shape) < 1600


def test_hangul_without_a_font_becomes_numbered_classes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = fonts.FontBook(fonts.base_font_file(), others=())
    monkeypatch.setattr(fonts, "book", lambda: alone)
    draw(tmp_path / "a.png", [[1, 0], [0, 1]], ["O", "엑스"])
    draw(tmp_path / "b.png", [[1, 0], [0, 1]], ["O", "class 2"])
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_columns_of_their_own(tmp_path: Path) -> None:
    matrix = np.array([[3, 1, 2], [0, 5, 1]])
    confusion(tmp_path / "a.png", matrix=matrix, classes=["O", "X"], title="t")
    confusion(
        tmp_path / "b.png", matrix=matrix, classes=["O", "X"], columns=["O", "X", "none of these"], title="t"
    )
    confusion(tmp_path / "c.png", matrix=matrix, classes=["O", "X"], columns=["O", "X", "other"], title="t")
    first, second, third = ((tmp_path / f"{name}.png").read_bytes() for name in "abc")
    assert first == second
    assert first != third


def test_a_class_without_pictures(tmp_path: Path) -> None:
    picture = draw(tmp_path / "a.png", [[0, 0], [0, 0]], ["O", "X"])
    assert count(picture, style.rgb(style.BLUE)) == 0


def test_of_hundreds_of_classes_the_most_confused_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_CLASSES", 2)
    matrix = np.diag([5, 5, 5, 5])
    matrix[1, 0], matrix[3, 0] = 2, 1
    assert module._most_confused(matrix) == [1, 3]
    picture = draw(tmp_path / "a.png", matrix, list("abcd"))
    assert picture.shape[1] < 900


@pytest.mark.parametrize("value", [7, 12345, 10**12])
def test_counts_fit_their_cells(value: int) -> None:
    size = module._count_size(str(value), 28)
    assert 7 <= size <= 13
    assert size == 7 or text_width(str(value), size) <= 22


@pytest.mark.parametrize(
    ("shape", "classes", "columns"),
    [
        ((2, 2), ["O"], None),
        ((2, 4), ["O", "X"], None),
        ((2, 1), ["O", "X"], None),
        ((2, 3), ["O", "X"], ["O", "X"]),
        ((2, 2), ["O", "X"], ["O", "X", "none"]),
        ((0, 0), [], None),
        ((4,), ["O", "X"], None),
    ],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, shape: tuple[int, ...], classes: list[str], columns: list[str] | None
) -> None:
    with pytest.raises(ValueError, match=r"^a matrix of shape .* does not fit \d classes|columns$"):
        confusion(tmp_path / "a.png", matrix=np.ones(shape, int), classes=classes, columns=columns, title="t")


def test_equal_tables_have_equal_bytes(tmp_path: Path) -> None:
    draw(tmp_path / "a.png", [[1, 2], [3, 4]], ["O", "X"])
    draw(tmp_path / "b.png", [[1, 2], [3, 4]], ["O", "X"])
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_an_unwritable_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r"^cannot write .*; choose another place\.$"):
        draw(tmp_path / "file" / "a.png", [[1]], ["O"])
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
