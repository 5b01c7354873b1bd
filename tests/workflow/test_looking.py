"""show: the table of a folder, and its contact sheet."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from oxmark.errors import FolderError
from oxmark.report import sheets
from oxmark.report.sheets import Tile
from oxmark.workflow.looking import SHOWN, Group, draw_overview, look

Rows = list[tuple[str, list[Tile]]]


def save(path: Path, mode: str, size: tuple[int, int], kind: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size).save(path, kind)


def test_the_table_tells_sizes_formats_and_modes(tmp_path: Path) -> None:
    save(tmp_path / "in" / "O" / "a.png", "RGBA", (30, 20), "PNG")
    save(tmp_path / "in" / "O" / "b.jpg", "RGB", (10, 10), "JPEG")
    save(tmp_path / "in" / "O" / "c.jpg", "L", (20, 20), "JPEG")
    save(tmp_path / "in" / "X" / "d.gif", "P", (8, 8), "GIF")
    assert look(tmp_path / "in").groups == (
        Group("all", "O", 3, "10x10 to 30x20", {"JPEG": 2, "PNG": 1}, {"RGBA": 1, "RGB": 1, "L": 1}, 0),
        Group("all", "X", 1, "8x8", {"GIF": 1}, {"P": 1}, 0),
    )


def test_a_mislabelled_picture_is_told_by_what_it_is(tmp_path: Path) -> None:
    save(tmp_path / "in" / "O" / "a.png", "RGB", (9, 9), "JPEG")
    assert look(tmp_path / "in").groups[0].formats == {"JPEG": 1}


def test_parts_classes_and_hands(drawn: Path) -> None:
    groups = look(drawn).groups
    found = [(group.part, group.name, group.pictures, group.hands) for group in groups]
    assert found == [
        ("train", "O", 6, 1),
        ("train", "X", 6, 1),
        ("validation", "O", 3, 1),
        ("validation", "X", 3, 1),
        ("test", "O", 3, 1),
        ("test", "X", 3, 1),
    ]


def test_a_group_as_json() -> None:
    assert Group("test", "O", 1, "8x8", {"GIF": 1}, {"P": 1}, 2).as_json() == {
        "part": "test",
        "class": "O",
        "pictures": 1,
        "sizes": "8x8",
        "formats": {"GIF": 1},
        "modes": {"P": 1},
        "hands": 2,
    }


def test_what_is_skipped_and_what_cannot_be_read(parted: Path) -> None:
    (parted / "test" / "O" / "7.png").write_bytes(b"")
    (parted / "test" / "notes.txt").write_text("text")
    overview = look(parted)
    assert [error.path for error in overview.errors] == [parted / "test" / "O" / "7.png"]
    assert overview.errors[0].__traceback__ is None
    assert [(item.path.name, item.reason) for item in overview.dataset.skipped] == [
        ("notes.txt", "not in a class folder")
    ]
    counted = {(group.part, group.name): group.pictures for group in overview.groups}
    assert counted["test", "O"] == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none", "There is no folder {path}. Check the spelling."),
        ("mark", "There is no folder {path}. Did you mean {path}s?"),
        (
            "marks/test/O/7.png",
            "{path} is a file, not a folder. Give the folder that holds the class folders.",
        ),
    ],
)
def test_nothing_to_look_at(name: str, message: str, parted: Path) -> None:
    path = parted.parent / name
    with pytest.raises(FolderError) as caught:
        look(path)
    assert str(caught.value) == message.format(path=path)


# --- the contact sheet --------------------------------------------------------------------------------------


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> Rows:
    """What the contact sheet is given to draw; it is drawn as well."""
    given: Rows = []
    draw = sheets.contact_sheet

    def watched(out: Path, *, rows: Rows, title: str) -> None:
        given.extend(rows)
        draw(out, rows=rows, title=title)

    monkeypatch.setattr(sheets, "contact_sheet", watched)
    return given


def test_the_sheet_shows_eight_of_each_class(parted: Path, tmp_path: Path, rows: Rows) -> None:
    assert draw_overview(look(parted), tmp_path / "new" / "sheet.png") == ()
    assert [(title, len(tiles)) for title, tiles in rows] == [("O  (9)", SHOWN), ("X  (9)", SHOWN)]
    names = [tile.caption for tile in rows[0][1]]
    assert len(set(names)) == SHOWN and all(name.endswith(".png") for name in names)
    with Image.open(tmp_path / "new" / "sheet.png") as drawn:
        assert drawn.width > 8 * 100 and drawn.height > 200


def test_a_picture_damaged_past_its_header_is_marked(parted: Path, tmp_path: Path, rows: Rows) -> None:
    path = parted / "train" / "O" / "1.png"
    path.write_bytes(path.read_bytes()[:60])  # the header is whole, the pixels are not
    overview = look(parted)
    draw_overview(overview, tmp_path / "sheet.png")
    assert [(t.caption, t.detail) for t in rows[0][1] if t.ok is False] == [("1.png", "BrokenPicture")]
