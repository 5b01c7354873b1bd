"""train: what it makes of folders as people have them. Each has a defined outcome, and a sentence."""

from __future__ import annotations

import json
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

import oxmark
from oxmark.errors import BadPictures, BrokenPicture, FolderError, NotAPicture, PictureTooLarge
from oxmark.recipes import Recipe, load_recipe
from oxmark.workflow.progress import Progress
from oxmark.workflow.training_run import train

Tree = Callable[..., Path]
NO_PARTS = {"O": 5, "X": 5}


class Notes(Progress):
    """Collects what the user is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def note(self, text: str) -> None:
        self.told.append(text)


@pytest.fixture
def short(recipe: Recipe) -> Recipe:
    return recipe.with_settings({"epochs": 1})


def huge_header() -> bytes:
    """A PNG of 50,000 x 50,000 by its header, and nothing more."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


# --- pictures that cannot be read ---------------------------------------------------------------------------


@pytest.fixture
def spoilt(parted: Path) -> Path:
    """A set with four bad pictures among the good ones, in all parts."""
    good = (parted / "train" / "O" / "1.png").read_bytes()
    (parted / "train" / "O" / "empty.png").write_bytes(b"")
    (parted / "train" / "X" / "torn.png").write_bytes(good[: len(good) // 2])
    (parted / "validation" / "O" / "page.png").write_bytes(b"<!DOCTYPE html><title>O</title>")
    (parted / "test" / "X" / "wall.png").write_bytes(huge_header())
    return parted


BAD = [
    ("train/O/empty.png", NotAPicture),
    ("train/X/torn.png", BrokenPicture),
    ("validation/O/page.png", NotAPicture),
    ("test/X/wall.png", PictureTooLarge),
]


def test_all_bad_pictures_are_named_and_training_refuses(spoilt: Path, short: Recipe, tmp_path: Path) -> None:
    with pytest.raises(BadPictures) as caught:
        train(spoilt, short, out=tmp_path / "run")
    errors = caught.value.errors
    assert [(error.path, type(error)) for error in errors] == [(spoilt / name, kind) for name, kind in BAD]
    first, *lines, last = str(caught.value).splitlines()
    assert first == "4 pictures cannot be read:"
    assert lines == [f"  {error}" for error in errors]
    assert all(str(spoilt / name) in line for (name, _), line in zip(BAD, lines, strict=True))
    assert last == "Mend or remove what is named, or leave it out with --skip-bad."
    assert not (tmp_path / "run").exists()


def test_skip_bad_leaves_them_out_and_says_so(spoilt: Path, short: Recipe, tmp_path: Path) -> None:
    notes = Notes()
    run = train(spoilt, short, out=tmp_path / "run", skip_bad=True, progress=notes)
    told = [text for text in run.notes if text.startswith("Skipped: ")]
    assert len(told) == 4
    assert all(str(spoilt / name) in text for (name, _), text in zip(BAD, told, strict=True))
    assert notes.told[:4] == told
    assert json.loads((run.folder / "run.json").read_text())["pictures"] == {
        "train": {"O": 4, "X": 4},
        "validation": {"O": 2, "X": 2},
        "test": {"O": 3, "X": 3},
    }


def test_a_class_with_bad_pictures_only_is_refused(tree: Tree, short: Recipe) -> None:
    data = tree({"train/O": 3, "train/X": 0, "validation/O": 1, "validation/X": 1, "test/O": 1, "test/X": 1})
    (data / "train" / "X" / "a.png").write_bytes(b"")
    with pytest.raises(FolderError) as caught:
        train(data, short, skip_bad=True)
    assert str(caught.value) == (
        f"{data}: every class needs some training pictures, but 'X' has none. Add pictures, or take the "
        "folder away if it is not a class."
    )


# --- what is told about the folder --------------------------------------------------------------------------


def test_the_same_picture_in_two_parts_is_named_and_not_measured_on(
    parted: Path, short: Recipe, tmp_path: Path
) -> None:
    shutil.copy(parted / "train" / "O" / "1.png", parted / "test" / "O" / "copy.png")
    shutil.copy(parted / "validation" / "X" / "5.png", parted / "test" / "X" / "again.png")
    notes = Notes()
    run = train(parted, short, out=tmp_path / "run", progress=notes)
    assert notes.told[0] == (
        "error: 2 pictures stand in two parts, pixel by pixel the same. Keep one of each: "
        f"oxmark check {parted} --fix OUT keeps the one in test, then validation. "
        "(train/O/1.png, test/O/copy.png, validation/X/5.png and 1 more)"
    )
    assert list(run.notes) == notes.told[: len(run.notes)]
    assert any(note.startswith("warning: Few pictures to learn from: O (4), X (4).") for note in run.notes)
    assert run.evaluation is not None
    assert run.evaluation.left_out == ("test/O/copy.png", "test/X/again.png")
    assert (run.evaluation.accuracy.total, len((run.folder / "test.csv").read_text().splitlines())) == (6, 7)


def test_where_nothing_is_left_to_measure_no_quality_is_claimed(
    parted: Path, short: Recipe, tmp_path: Path
) -> None:
    for sign in "OX":
        shutil.rmtree(parted / "test" / sign)
        shutil.copytree(parted / "train" / sign, parted / "test" / sign)
    run = train(parted, short, out=tmp_path / "run")
    assert run.evaluation is not None
    assert run.evaluation.sentence == "No pictures were measured, so nothing is shown."
    assert oxmark.load(run).quality == {}


def test_files_that_are_no_pictures_are_named(parted: Path, short: Recipe, tmp_path: Path) -> None:
    for name in (".DS_Store", "Thumbs.db", "notes.txt", "train/O/readme.md", "train/X/.hidden.png"):
        (parted / name).write_text("text")
    notes = Notes()
    train(parted, short, out=tmp_path / "run", progress=notes)
    assert notes.told[0] == (
        "Skipped, as no pictures of a class: .DS_Store, Thumbs.db, notes.txt and 2 more "
        "('oxmark show' lists them)."
    )


@pytest.mark.parametrize(
    ("layout", "made"),
    [
        (NO_PARTS, {"train", "validation", "test"}),
        ({"train/O": 6, "train/X": 6, "test/O": 2, "test/X": 2}, {"validation"}),
        ({"Training/O": 6, "Training/X": 6, "val/O": 2, "val/X": 2}, {"test"}),
    ],
)
def test_missing_parts_are_made_and_said_so(
    layout: dict[str, int], made: set[str], tree: Tree, short: Recipe, tmp_path: Path
) -> None:
    notes = Notes()
    run = train(tree(layout), short, out=tmp_path / "run", progress=notes)
    counts = oxmark.load(run).trained_on["counts"]
    assert [(part, sorted(classes)) for part, classes in sorted(counts.items())] == [
        (part, ["O", "X"]) for part in ("test", "train", "validation")
    ]
    assert min(number for classes in counts.values() for number in classes.values()) >= 1
    assert sum(number for classes in counts.values() for number in classes.values()) == sum(layout.values())
    assert run.notes and all(part in " ".join(run.notes) for part in made)
    assert notes.told[: len(run.notes)] == list(run.notes)


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ({"O": 4}, "{data} has one class only, 'O'; telling classes apart needs at least two. "),
        ({"O": 4, "X": 0}, "{data}: every class needs at least 3 pictures, but 'X' has none. "),
        ({"test/O": 2, "test/X": 2}, "{data} has test pictures, but no training pictures. "),
    ],
)
def test_folders_that_cannot_be_trained_on(
    layout: dict[str, int], message: str, tree: Tree, short: Recipe, tmp_path: Path
) -> None:
    data = tree(layout)
    with pytest.raises(FolderError) as caught:
        train(data, short, out=tmp_path / "run")
    assert str(caught.value).startswith(message.format(data=data))
    assert not (tmp_path / "run").exists()


# --- few pictures, large batches, many classes, any name ----------------------------------------------------


@pytest.mark.parametrize("name", ["marks", "tutorial"])
def test_a_batch_larger_than_the_data_works(name: str, tree: Tree, tmp_path: Path) -> None:
    recipe = load_recipe(name, ["epochs=2", "size=32", "batch=500", "least_steps=1", "outliers=20"])
    run = train(tree(NO_PARTS), recipe, out=tmp_path / "run")
    assert (run.finished, len(run.history)) == (True, 2)


@pytest.mark.parametrize("name", ["marks", "tutorial"])
def test_three_classes(name: str, tree: Tree, tmp_path: Path) -> None:
    data = tree({f"{part}/{sign}": 2 for part in ("train", "validation", "test") for sign in ("A", "B", "C")})
    run = train(data, load_recipe(name, ["epochs=1", "size=32"]), out=tmp_path / "run")
    answer = oxmark.load(run).predict(data / "test" / "C" / "5.png")
    assert run.classes == tuple(answer.probabilities) == ("A", "B", "C")
    assert sum(answer.probabilities.values()) == pytest.approx(1)
    assert run.evaluation is not None and run.evaluation.confusion.shape == (3, 3)


@pytest.mark.parametrize(
    "names",
    [
        ("동그라미", "가위표"),
        ("a mark", 'another, "quoted" mark'),
        ("O" * 200, "X" * 200),
        ("가" * 80, "나" * 80),
        ("$x_1$", "[bold]%s{0}"),
        ("None", "none of these"),
    ],
)
def test_any_class_name_is_kept_everywhere(
    names: tuple[str, str], tree: Tree, short: Recipe, tmp_path: Path
) -> None:
    run = train(tree(dict.fromkeys(names, 5), name="그림 모음"), short, out=tmp_path / "my run")
    assert run.evaluation is not None
    expected = tuple(sorted(names))
    assert oxmark.load(run).classes == run.evaluation.classes == run.classes == expected
    assert json.loads((run.folder / "metrics.json").read_text(encoding="utf-8"))["confusion"]["classes"] == [
        *expected
    ]


def test_long_file_names_are_kept(parted: Path, short: Recipe, tmp_path: Path) -> None:
    long = "긴 이름 " + "n" * 190 + ".png"
    (parted / "test" / "O" / "7.png").rename(parted / "test" / "O" / long)
    run = train(parted, short, out=tmp_path / "run")
    assert run.evaluation is not None
    assert f"test/O/{long}" in run.evaluation.files
    assert f"test/O/{long}" in (run.folder / "test.csv").read_text(encoding="utf-8")
