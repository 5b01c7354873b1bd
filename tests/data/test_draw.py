"""The demo set: who draws what, the same bytes every time, and nothing half-made left behind."""

from __future__ import annotations

import csv
import errno
import hashlib
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from oxmark.data.draw import SIGNS, draw_dataset, draw_mark
from oxmark.data.draw.dataset import plan, share_hands
from oxmark.data.draw.hand import make_hand
from oxmark.errors import DataError, OutputError

SMALL = (3, 1, 1)
KNOWN = (
    "These can be drawn: O, X, triangle, square, tick, line, star, scribble, blank, arrow, heart, wave, "
    "spiral."
)
COUNTS = (
    "counts must be three whole numbers, pictures per class in train (at least 1), validation and test "
    "(at least 0), such as 38, 8, 6, but they are {}."
)


def digests(folder: Path, under: str = "") -> dict[str, str]:
    files = [path for path in (folder / under).rglob("*") if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def drawers(folder: Path) -> dict[str, str]:
    with (folder / "metadata.csv").open(encoding="utf-8", newline="") as file:
        return {row["file_name"]: row["drawer"] for row in csv.DictReader(file)}


def ink(picture: np.ndarray) -> np.ndarray:
    return np.asarray(picture[..., 0] < 128)


def pen_width(picture: np.ndarray) -> float:
    """Twice the ink's area over the length of its outline (which a pixel grid makes 4/pi too long)."""
    mark = ink(picture).astype(int)
    outline = np.abs(np.diff(mark, axis=0)).sum() + np.abs(np.diff(mark, axis=1)).sum()
    return float(2 * mark.sum() / (outline * np.pi / 4))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_dataset(tmp_path_factory.mktemp("drawn") / "marks", counts=(6, 3, 2), hands=3)


def test_the_folders_hold_as_many_pictures_as_asked(drawn: Path) -> None:
    found = {
        folder.relative_to(drawn).as_posix(): len(list(folder.iterdir()))
        for folder in sorted(drawn.glob("*/*"))
    }
    assert found == {
        "test/O": 2, "test/X": 2, "train/O": 6, "train/X": 6, "validation/O": 3, "validation/X": 3,
    }  # fmt: skip
    assert sorted(path.name for path in drawn.iterdir()) == ["metadata.csv", "test", "train", "validation"]


def test_file_names_are_numbered_through_the_parts(drawn: Path) -> None:
    assert sorted(path.stem for path in drawn.glob("*/O/*")) == [f"o_{n:03d}" for n in range(1, 12)]


def test_pictures_are_like_screenshots(drawn: Path) -> None:
    paths = sorted(drawn.glob("*/*/*"))
    kinds, sizes = set(), []
    for path in paths:
        with Image.open(path) as picture:
            kinds.add((path.suffix, picture.format, picture.mode))
            sizes.append(picture.size)
    assert kinds == {(".png", "PNG", "RGB"), (".jpg", "JPEG", "RGB")}
    widths, heights = zip(*sizes, strict=True)
    assert len(set(widths)) > 5
    assert min(widths) > 1250 and max(widths) < 1450
    assert min(heights) > 830 and max(heights) < 970


def test_a_part_without_pictures_has_no_folder_and_no_hand(tmp_path: Path) -> None:
    folder = draw_dataset(tmp_path / "set", classes=["line"], counts=(4, 0, 0), hands=4)
    assert [path.name for path in sorted(folder.iterdir())] == ["metadata.csv", "train"]
    assert len(set(drawers(folder).values())) == 4


@pytest.mark.parametrize("hands", [3, 5])
def test_no_hand_draws_in_two_parts(tmp_path: Path, hands: int) -> None:
    folder = draw_dataset(tmp_path / "set", hands=hands, counts=(hands, 2, 2))
    rows = drawers(folder)
    assert set(rows) == set(digests(folder)) - {"metadata.csv"}
    parts = [
        {drawer for name, drawer in rows.items() if name.startswith(part)} for part in ("tr", "va", "te")
    ]
    assert sum(map(len, parts)) == len(set.union(*parts)) == hands
    assert len(parts[0]) >= max(len(parts[1]), len(parts[2])) >= 1


@pytest.mark.parametrize(
    ("hands", "counts", "expected"),
    [
        (1, (38, 8, 6), ([0], [0], [0])),
        (2, (38, 8, 6), ([0, 1], [0, 1], [0, 1])),
        (3, (38, 8, 6), ([0], [1], [2])),
        (5, (38, 8, 6), ([0, 1, 2], [3], [4])),
        (10, (38, 8, 6), ([0, 1, 2, 3, 4, 5], [6, 7], [8, 9])),
        (4, (38, 0, 6), ([0, 1, 2], [], [3])),
    ],
)
def test_hands_are_shared_out(hands: int, counts: Sequence[int], expected: tuple[list[int], ...]) -> None:
    assert tuple(list(group) for group in share_hands(hands, counts)) == expected


def test_two_hands_draw_in_every_part() -> None:
    sheets = plan(["O"], 2, (2, 2, 2), 0)
    assert [sheet.hand.number for sheet in sheets] == [0, 1] * 3


def test_one_hand_has_one_pen(tmp_path: Path) -> None:
    several = next(
        seed
        for seed in range(50)
        if len(make_hand(seed, 0).pens) > 1 and make_hand(seed, 0).pens[0].width > 20
    )
    assert len({sheet.pen for sheet in plan(["O"], 2, (30, 0, 0), several) if sheet.hand.number == 0}) > 1
    folder = draw_dataset(tmp_path / "set", hands=1, counts=(4, 2, 2), seed=several)
    assert set(drawers(folder).values()) == {"hand_1"}
    widths = [pen_width(np.asarray(Image.open(path))) for path in folder.glob("*/*/*")]
    assert max(widths) < 1.25 * min(widths)
    assert np.mean(widths) == pytest.approx(make_hand(several, 0).pens[0].width, rel=0.2)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    first, again, other = (
        digests(draw_dataset(tmp_path / name, counts=SMALL, seed=seed))
        for name, seed in (("a", 4), ("b", 4), ("c", 5))
    )
    assert first == again
    assert not set(first.values()) & set(other.values())
    assert len(set(first.values())) == len(first)


def test_another_class_leaves_the_others_alone(tmp_path: Path) -> None:
    two = draw_dataset(tmp_path / "two", classes=["O", "X"], counts=SMALL)
    three = draw_dataset(tmp_path / "three", classes=["X", "triangle", "O"], counts=SMALL)
    for part in ("train", "validation", "test"):
        for sign in ("O", "X"):
            assert digests(two, f"{part}/{sign}") == digests(three, f"{part}/{sign}")


def test_progress_counts_every_picture(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    draw_dataset(tmp_path / "set", classes=["line"], counts=SMALL, on_progress=lambda *n: seen.append(n))
    assert seen == [(n, 5) for n in range(1, 6)]


@pytest.mark.parametrize("sign", [sign for sign in SIGNS if sign != "blank"])
@pytest.mark.parametrize("seed", range(3))
def test_every_sign_is_ink_inside_a_white_page(sign: str, seed: int) -> None:
    picture = draw_mark(sign, seed=seed)
    assert picture.shape == (900, 1350, 3)
    assert picture.dtype == np.uint8
    assert (picture == picture[..., :1]).all()
    dark = picture[..., 0] < 250
    assert dark.sum() > 150
    assert (~dark).mean() > 0.6
    edge = np.concatenate([dark[0], dark[-1], dark[:, 0], dark[:, -1]])
    assert not edge.any()
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    assert max(np.ptp(rows), np.ptp(columns)) > 0.15 * 900


def test_most_drawings_sit_near_the_middle_and_some_do_not() -> None:
    middles = []
    for seed in range(40):
        rows, columns = np.nonzero(draw_mark("O", seed=seed, size=(150, 100))[..., 0] < 200)
        middles.append(max(abs(np.median(columns) / 150 - 0.5), abs(np.median(rows) / 100 - 0.5)))
    near = np.mean(np.array(middles) < 0.15)
    assert 0.6 < near < 1


def test_a_blank_page_is_empty_or_holds_one_dot() -> None:
    amounts = [int((draw_mark("blank", seed=seed) < 250).any(axis=2).sum()) for seed in range(30)]
    assert 0.4 < np.mean(np.array(amounts) == 0) < 0.95
    assert 0 < max(amounts) < 42**2


def test_hands_differ_and_one_hand_varies_little() -> None:
    """Five hands cover the range of each habit; width over height of their Os says so in pixels."""
    for seed in range(4):
        aspects = [make_hand(seed, number).aspect for number in range(5)]
        assert min(aspects) < 0.8 < 1.1 < max(aspects)
    people = [aspect(draw_mark("O", seed=seed, size=(300, 200))) for seed in range(12)]
    person = [aspect(draw_mark("O", seed=0, drawing=number, size=(300, 200))) for number in range(12)]
    assert np.std(np.log(people)) > 1.5 * np.std(np.log(person)) > 0.01


def aspect(picture: np.ndarray) -> float:
    rows, columns = np.nonzero(picture[..., 0] < 220)
    return float(np.ptp(columns) / np.ptp(rows))


def test_habits_do_not_depend_on_how_many_hands_there_are() -> None:
    few, many = plan(["X"], 6, (6, 1, 1), 3), plan(["X"], 12, (6, 1, 1), 3)
    assert [sheet.hand for sheet in few[:4]] == [sheet.hand for sheet in many[:4]]


@pytest.mark.parametrize("width", [1, 6, 28, 40])
def test_the_pen_is_as_wide_as_asked(width: float) -> None:
    found = [pen_width(draw_mark("X", seed=seed, pen_width=width)) for seed in range(8)]
    assert np.median(found) == pytest.approx(width, rel=0.2, abs=0.5)


def test_a_smaller_picture_is_the_same_drawing() -> None:
    large, small = draw_mark("O", seed=2, pen_width=30), draw_mark("O", seed=2, pen_width=30, size=(450, 300))
    shrunk = large[..., 0].reshape(300, 3, 450, 3).mean(axis=(1, 3))
    assert np.abs(shrunk - small[..., 0]).mean() < 1


def test_edges_are_soft() -> None:
    picture = draw_mark("O", seed=0, pen_width=20)[..., 0]
    between = ((picture > picture.min() + 20) & (picture < 235)).sum()
    assert between > 300


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"classes": ["O", "x"]}, f"cannot draw 'x'; did you mean 'X'? {KNOWN}"),
        ({"classes": ["trinagle"]}, f"cannot draw 'trinagle'; did you mean 'triangle'? {KNOWN}"),
        ({"classes": ["qqqq"]}, f"cannot draw 'qqqq'. {KNOWN}"),
        ({"classes": []}, f"no classes were given; name at least one of {', '.join(SIGNS)}."),
        ({"classes": ["O", "O"]}, "the class 'O' was given more than once; name each class once."),
        ({"hands": 0}, "hands must be a whole number of at least 1, but it is 0."),
        ({"hands": 2.5}, "hands must be a whole number of at least 1, but it is 2.5."),
        ({"hands": True}, "hands must be a whole number of at least 1, but it is True."),
        ({"seed": -1}, "seed must be a whole number of at least 0, but it is -1."),
        ({"counts": (38, 8)}, COUNTS.format("38, 8")),
        ({"counts": (0, 8, 6)}, COUNTS.format("0, 8, 6")),
        ({"counts": (3, -1, 1)}, COUNTS.format("3, -1, 1")),
        ({"counts": (3, 1.5, 1)}, COUNTS.format("3, 1.5, 1")),
        ({"counts": ()}, COUNTS.format("empty")),
    ],
)
def test_what_cannot_be_drawn_is_named_with_the_cure(
    tmp_path: Path, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError) as caught:
        draw_dataset(tmp_path / "set", **settings)
    assert str(caught.value) == message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sign": "tik"}, f"cannot draw 'tik'; did you mean 'tick'? {KNOWN}"),
        (
            {"sign": "O", "size": (0, 9)},
            "each side of size must be a whole number of at least 8, but it is 0.",
        ),
        ({"sign": "O", "pen_width": 0}, "pen_width must be above 0 and at most 400 pixels, but it is 0."),
        ({"sign": "O", "drawing": -1}, "drawing must be a whole number of at least 0, but it is -1."),
    ],
)
def test_a_mark_that_cannot_be_drawn(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError) as caught:
        draw_mark(**settings)
    assert str(caught.value) == message


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "set"
    out.mkdir()
    (out / "mine.txt").write_text("keep me")
    with pytest.raises(OutputError) as caught:
        draw_dataset(out, counts=SMALL)
    assert (
        str(caught.value)
        == f"cannot write {out}: the folder is not empty; name another one, or delete this one first."
    )
    assert [path.name for path in tmp_path.rglob("*")] == ["set", "mine.txt"]
    assert (out / "mine.txt").read_text() == "keep me"


def test_a_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "set"
    out.write_text("keep me")
    with pytest.raises(OutputError) as caught:
        draw_dataset(out, counts=SMALL)
    assert str(caught.value) == f"cannot write {out}: it is a file; name a folder that does not exist yet."
    assert out.read_text() == "keep me"


def test_an_empty_folder_and_missing_parents_are_welcome(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    empty = draw_dataset(tmp_path / "empty", counts=SMALL)
    deep = draw_dataset(tmp_path / "a" / "b" / "set", counts=SMALL)
    assert digests(empty) == digests(deep)
    assert sorted(path.name for path in empty.iterdir()) == ["metadata.csv", "test", "train", "validation"]


@pytest.mark.parametrize("standing", [False, True], ids=["new", "empty folder"])
def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, standing: bool) -> None:
    out = tmp_path / "set"
    if standing:
        out.mkdir()
    save, saved = Image.Image.save, []

    def full(self: Image.Image, path: Path, **settings: Any) -> None:
        saved.append(path)
        if len(saved) == 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        save(self, path, **settings)

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OutputError) as caught:
        draw_dataset(out, counts=SMALL)
    assert str(caught.value).startswith(f"cannot write {out}: the disk is full; free some space")
    assert list(tmp_path.rglob("*")) == ([out] if standing else [])


def test_ctrl_c_leaves_no_file_and_no_thread(tmp_path: Path) -> None:
    def interrupt(done: int, _: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    threads = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        draw_dataset(tmp_path / "set", counts=(30, 0, 0), on_progress=interrupt)
    assert threading.active_count() == threads
    assert list(tmp_path.iterdir()) == []


def test_the_set_has_no_name_before_it_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "set"
    standing: list[bool] = []
    draw_dataset(out, counts=SMALL, on_progress=lambda *_: standing.append(out.exists()))
    assert not any(standing)


def test_the_import_is_light() -> None:
    code = "import sys, oxmark.data.draw; print(*{n.split('.')[0] for n in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"torch", "scipy", "matplotlib", "sklearn", "onnxruntime", "PIL"} & set(loaded)
