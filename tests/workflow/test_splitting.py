"""split: a folder divided into parts, groups whole, in a new folder that is complete or not there."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from oxmark.data.draw import draw_dataset
from oxmark.data.folder import read_folder
from oxmark.errors import BadPictures, DataError, FolderError, OutputError
from oxmark.workflow import splitting
from oxmark.workflow.splitting import split

Tree = Callable[..., Path]


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """O and X by eight hands, two of each sign by each, small; no parts. Read only."""
    drawn = draw_dataset(tmp_path_factory.mktemp("people") / "drawn", hands=8, counts=(16, 0, 0), seed=4)
    root = drawn.parent / "marks"
    shutil.copytree(drawn / "train", root)
    for path in root.rglob("*.*"):
        with Image.open(path) as picture:
            small = picture.convert("L").resize((160, 107), Image.Resampling.LANCZOS)
        small.save(path)
    table = (drawn / "metadata.csv").read_text("utf-8").replace("train/", "")
    (root / "metadata.csv").write_text(table, "utf-8")
    return root


def files_of(folder: Path) -> dict[str, str]:
    """Relative path -> digest of each file."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_folder_becomes_parts(people: Path, tmp_path: Path) -> None:
    before = files_of(people)
    result = split(people, tmp_path / "new")
    assert result.folder == tmp_path / "new"
    assert result.counts == {
        "train": {"O": 12, "X": 12},
        "validation": {"O": 2, "X": 2},
        "test": {"O": 2, "X": 2},
    }
    assert result.hands == {"train": 6, "validation": 1, "test": 1}
    assert result.notes[0] == "No hand stands in two parts (8 hands)."
    assert not result.errors
    made = read_folder(tmp_path / "new")
    assert made.counts() == result.counts
    assert len({(s.group, s.part) for s in made.samples}) == len({s.group for s in made.samples}) == 8
    assert files_of(people) == before
    old = {name: digest for name, digest in before.items() if name != "metadata.csv"}
    new = {
        name.partition("/")[2]: digest
        for name, digest in files_of(tmp_path / "new").items()
        if name != "metadata.csv"
    }
    assert new == old, "every picture once, under its name"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new"]


def test_the_same_seed_makes_the_same_folder(people: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        split(people, tmp_path / name, seed=seed)
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b") != files_of(tmp_path / "c")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((50, 25, 25), {"train": 16, "validation": 8, "test": 8}),
        ((75, 0, 25), {"train": 24, "test": 8}),
        ((0, 0, 100), {"test": 32}),
        ((0, 50, 50), {"validation": 16, "test": 16}),
        ((62.5, 25.0, 12.5), {"train": 20, "validation": 8, "test": 4}),
    ],
)
def test_shares(people: Path, tmp_path: Path, parts: tuple[float, ...], expected: dict[str, int]) -> None:
    result = split(people, tmp_path / "new", parts=parts)
    assert {part: sum(row.values()) for part, row in result.counts.items()} == expected
    assert {
        part: sum(row.values()) for part, row in read_folder(tmp_path / "new").counts().items()
    } == expected


def test_with_one_part_nothing_can_stand_in_two(tree: Tree, tmp_path: Path) -> None:
    assert split(tree({"O": 2, "X": 2}), tmp_path / "new", parts=(100, 0, 0)).notes == ()


def test_parts_that_were_there_are_dissolved(parted: Path, tmp_path: Path) -> None:
    (parted / "notes.txt").write_text("text")
    result = split(parted, tmp_path / "new", parts=(34, 33, 33))
    assert (
        result.notes[0]
        == "The parts that were there (train, validation, test) were dissolved and divided anew."
    )
    assert result.notes[-1] == "Not carried over, as no pictures of a class: notes.txt."
    assert {part: sum(row.values()) for part, row in result.counts.items()} == {
        "train": 6,
        "validation": 6,
        "test": 6,
    }


def test_too_few_hands(drawn: Path, tmp_path: Path) -> None:
    one_hand = tmp_path / "marks"
    shutil.copytree(drawn, one_hand)
    rows = (one_hand / "metadata.csv").read_text("utf-8").splitlines()
    (one_hand / "metadata.csv").write_text(
        "\n".join(row.replace("hand_3", "hand_2") for row in rows), "utf-8"
    )
    result = split(one_hand, tmp_path / "new")
    assert any(note.startswith("The hands (2) could not be kept apart") for note in result.notes)
    assert all(number for row in result.counts.values() for number in row.values())
    assert max(result.hands.values()) == 2


def test_large_groups_make_other_sizes_and_a_note(drawn: Path, tmp_path: Path) -> None:
    result = split(drawn, tmp_path / "new")  # three hands
    assert [sum(row.values()) for row in result.counts.values()] == [12, 6, 6]
    assert result.notes[-1] == (
        "The parts could not be made as large as asked, because groups stay whole: train 50 % instead of "
        "70 %, validation 25 % instead of 15 %, test 25 % instead of 15 %."
    )


@pytest.mark.parametrize("group", ["near-copies", "none"])
def test_hands_may_be_divided_where_asked(people: Path, tmp_path: Path, group: str) -> None:
    result = split(people, tmp_path / "new", group=group)
    assert result.hands["train"] > 6
    assert result.notes[0].startswith("As asked, only ")


def test_frames_of_a_series_stay_together(tree: Tree, tmp_path: Path) -> None:
    root = tree({"O": 12, "X": 12})
    with Image.open(root / "O" / "1.png") as picture:
        page = np.asarray(picture.convert("L"), np.float32)
    rng = np.random.default_rng(0)
    for number in range(6):
        moved = np.roll(page, rng.integers(-3, 4, 2), (0, 1)) * rng.uniform(0.85, 1)
        frame = np.clip(moved + rng.normal(0, 4, page.shape), 0, 255).astype(np.uint8)
        Image.fromarray(frame).save(root / "O" / f"frame_{number + 10:04d}.jpg", quality=80)
    for seed in range(4):
        result = split(root, tmp_path / str(seed), seed=seed)
        assert len({path.parent for path in (tmp_path / str(seed)).rglob("frame_*.jpg")}) == 1
    assert any(note.startswith("6 pictures are frames of a series") for note in result.notes)


def test_links(people: Path, tmp_path: Path) -> None:
    split(people, tmp_path / "new", link=True)
    old = {path.stat().st_ino for path in people.rglob("*.*") if path.suffix != ".csv"}
    assert {path.stat().st_ino for path in (tmp_path / "new").rglob("*.*") if path.suffix != ".csv"} == old


# --- what is refused, and that nothing is left behind -------------------------------------------------------

CURE = "Give the shares of train, validation and test in percent, for example 70,15,15."


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"parts": (70, 30)}, f"got 2 parts (70,30), expected 3. {CURE}"),
        ({"parts": (70, 20, 15)}, f"the parts 70,20,15 make 105 together, expected 100. {CURE}"),
        ({"parts": (0.7, 0.15, 0.15)}, f"the parts 0.7,0.15,0.15 make 1 together, expected 100. {CURE}"),
        ({"parts": (110, -5, -5)}, f"got the parts 110,-5,-5, expected numbers from 0 to 100. {CURE}"),
        (
            {"parts": (float("nan"), 50, 50)},
            f"got the parts nan,50,50, expected numbers from 0 to 100. {CURE}",
        ),
        ({"group": "hand"}, "got the grouping 'hand', expected one of drawer, near-copies, none."),
    ],
)
def test_what_cannot_be_asked_for(
    people: Path, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError) as caught:
        split(people, tmp_path / "new", **changes)
    assert str(caught.value) == message
    assert not (tmp_path / "new").exists()


def test_a_folder_that_holds_something_is_left_alone(people: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"the folder is not empty; name another one"):
        split(people, tmp_path / "new")
    assert [path.name for path in tmp_path.rglob("*")] == ["new", "mine.txt"]


@pytest.mark.parametrize("out", [".", "new", "O/new", "../marks/x"])
def test_nothing_is_written_into_the_data(parted: Path, out: str) -> None:
    before = files_of(parted)
    with pytest.raises(OutputError, match=r"it lies within .*marks, which stays as it is"):
        split(parted, parted / out)
    assert files_of(parted) == before


def test_the_folder_is_complete_or_not_there(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = []

    def full(source: Path, target: Path) -> None:
        copied.append(source)
        if len(copied) > 5:
            raise OSError(28, "No space left on device")
        target.write_bytes(b"half")

    monkeypatch.setattr("oxmark.data.parted_copy.shutil.copy2", full)
    with pytest.raises(OutputError, match="the disk is full"):
        split(people, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_unreadable_pictures(parted: Path, tmp_path: Path) -> None:
    (parted / "train" / "O" / "bad.png").write_bytes(b"no picture")
    with pytest.raises(BadPictures) as caught:
        split(parted, tmp_path / "new")
    assert "bad.png" in str(caught.value) and "--skip-bad" in str(caught.value)
    assert not (tmp_path / "new").exists()
    result = split(parted, tmp_path / "new", skip_bad=True)
    assert [str(error.path) for error in result.errors] == [str(parted / "train" / "O" / "bad.png")]
    assert result.errors[0].__traceback__ is None
    assert sum(sum(row.values()) for row in result.counts.values()) == 18
    assert not list((tmp_path / "new").rglob("bad.png"))


def test_nothing_readable_is_refused_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "marks" / "O").mkdir(parents=True)
    (tmp_path / "marks" / "O" / "1.png").write_bytes(b"no picture")
    with pytest.raises(BadPictures):
        split(tmp_path / "marks", tmp_path / "new", skip_bad=True)
    with pytest.raises(FolderError):
        split(tmp_path / "nowhere", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_wrong_place_is_told_before_the_work(
    people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_path: Path) -> None:
        raise AssertionError("a picture was read")

    monkeypatch.setattr(splitting, "read_traits", never)
    (tmp_path / "new").write_text("a file")
    with pytest.raises(OutputError, match="it is a file"):
        split(people, tmp_path / "new")
