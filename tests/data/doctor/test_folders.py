"""Class names that nearly agree, pictures left out, hidden folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from oxmark.data.doctor.evidence import Evidence
from oxmark.data.doctor.folders import folders, same_spelling
from oxmark.data.folder import read_folder
from oxmark.data.traits import read_traits

from .cases import told


@pytest.mark.parametrize(
    ("names", "alike"),
    [
        (["O", "X"], []),
        (["O", "X", "o"], [["O", "o"]]),
        (["my mark", "My  Mark", "my\u00a0mark "], [["my mark", "My  Mark", "my\u00a0mark "]]),
        (["OX", "O X"], []),
        (["가", "나"], []),
        (["A", "a", "B", "b"], [["A", "a"], ["B", "b"]]),
    ],
)
def test_spellings(names: list[str], alike: list[list[str]]) -> None:
    assert same_spelling(names) == alike


def evidence(root: Path) -> Evidence:
    dataset = read_folder(root)
    return Evidence(dataset, [read_traits(sample.path) for sample in dataset.samples])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """marks/train/O/1.png and so on: two classes, two parts."""
    for number, folder in enumerate(("train/O", "train/X", "test/O", "test/X")):
        place = tmp_path / "marks" / folder
        place.mkdir(parents=True)
        Image.new("L", (40, 40), number).save(place / "1.png")
    return tmp_path / "marks"


def test_an_ordinary_folder_is_in_order(root: Path) -> None:
    (root / "README.txt").write_text("about")
    (root / "train" / "O" / ".DS_Store").write_text("")
    (root / "metadata.csv").write_text("file_name,drawer\ntrain/O/1.png,a\n")
    assert told(folders(evidence(root))) == {}


def test_two_spellings_of_a_class(root: Path) -> None:
    (root / "train" / "x ").mkdir()
    Image.new("L", (40, 40)).save(root / "train" / "x " / "1.png")
    (found,) = folders(evidence(root))
    assert (found.code, found.severity) == ("class_spelling", "error")
    assert str(found.what) == "Class folders differ by letter case or spaces only: 'X', 'x '."


def test_what_is_left_out(root: Path) -> None:
    for folder in ("train/.ipynb_checkpoints", "__MACOSX", "train/O/.hidden", "extra"):
        (root / folder).mkdir()
    Image.new("L", (9, 9)).save(root / "loose.png")
    Image.new("L", (9, 9)).save(root / "train" / "O" / "unnamed", "JPEG")
    (root / "train" / "O" / "photo.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    (root / "train" / "O" / "drawing.svg").write_text("<svg></svg>")
    (root / "train" / "O" / "notes.txt").write_text("notes")
    (root / "metadata.csv").write_text("file_name,drawer\ntrain/O/7.png,a\n,b\n")
    found = list(folders(evidence(root)))
    assert told(found) == {
        "skipped_folders": ("extra",),
        "rows_without_file": ("metadata.csv", "train/O/7.png"),
        "hidden_folders": ("__MACOSX", "train/.ipynb_checkpoints"),
        "skipped_pictures": (
            "loose.png",
            "train/O/drawing.svg",
            "train/O/photo.heic",
            "train/O/unnamed",
        ),
    }
    details = {one.code: one.details for one in found}
    assert details["skipped_pictures"] == ("PNG", "SVG", "HEIC", "JPEG")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes are a Unix matter")
def test_a_pipe_is_not_opened(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(root / "train" / "O" / "pipe.png")
    found = evidence(root)
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("opened"))
    assert told(folders(found)) == {}
