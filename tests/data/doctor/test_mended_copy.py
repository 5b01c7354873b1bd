"""The mended copy on disk: pictures, tables, the list; and the original, which stays as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from oxmark.data.doctor import Finding, examine
from oxmark.data.doctor.evidence import Evidence
from oxmark.data.doctor.mended_copy import check_place, write_mended
from oxmark.data.folder import read_folder
from oxmark.data.traits import Traits, read_traits
from oxmark.errors import FolderError, OutputError, PictureError

from .cases import one_mark


def draw(path: Path, number: int) -> None:
    """A polygon of its own for each number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.new("L", (120, 90), 255)
    corners = np.random.default_rng(number).integers(10, 80, (6, 2)).tolist()
    ImageDraw.Draw(picture).line([tuple(corner) for corner in corners], fill=0, width=4)
    picture.save(path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """marks/ with parts, hands in two tables, sub-folders, and some faults."""
    top = tmp_path / "marks"
    names = ["training/O/1.png", "training/O/by anna/2.png", "training/X/1.png", "training/x/2.png"]
    for number, name in enumerate([*names, "test/O/1.png", "test/X/1.png"]):
        draw(top / name, number)
    (top / "test" / "O" / "bad.png").write_bytes(b"\x89PNG")
    (top / "training" / "O" / "copy.png").write_bytes((top / "training" / "O" / "1.png").read_bytes())
    (top / "__MACOSX").mkdir()
    (top / "notes.txt").write_text("notes")
    rows = ["training/O/1.png,anna,thin", '"training/O/by anna/2.png",anna,"a, b"', "training/x/2.png,ben,"]
    rows += ["training/O/copy.png,anna,thin", "training/O/none.png,ben,"]
    (top / "metadata.csv").write_text("\ufefffile_name,drawer,pen\n" + "\n".join(rows), "utf-8")
    (top / "test" / "metadata.csv").write_text("drawer,file_name\ncarl,O/1.png\ncarl,O/bad.png\n")
    return top


def read(root: Path) -> Evidence:
    dataset = read_folder(root)
    traits: list[Traits | PictureError] = []
    for sample in dataset.samples:
        try:
            traits.append(read_traits(sample.path))
        except PictureError as error:
            traits.append(error)
    return Evidence(dataset, traits, one_mark(sum(isinstance(one, Traits) for one in traits)))


def everything(root: Path) -> dict[str, tuple[bytes, int]]:
    """Each file with its bytes and the time of its last change."""
    files = [path for path in root.rglob("*") if path.is_file()]
    return {p.relative_to(root).as_posix(): (p.read_bytes(), p.stat().st_mtime_ns) for p in files}


def test_the_copy_and_the_original(root: Path, tmp_path: Path) -> None:
    before = everything(root)
    (tmp_path / "new").mkdir()
    done = write_mended(read(root), tmp_path / "new", "mended", examine)
    assert everything(root) == before
    after = {name: data for name, (data, _) in everything(tmp_path / "new").items()}
    assert sorted(after) == [
        "mended.txt",
        "metadata.csv",
        "test/O/1.png",
        "test/X/1.png",
        "test/metadata.csv",
        "training/O/1.png",
        "training/O/by anna/2.png",
        "training/X/1.png",
        "training/X/2.png",
    ]
    assert after["training/X/2.png"] == before["training/x/2.png"][0]
    assert after["training/O/by anna/2.png"] == before["training/O/by anna/2.png"][0]
    assert (done.folder, done.kept, done.classes) == ("mended", 6, ("O", "X"))


def test_rows_that_remain_are_carried_over(root: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    write_mended(read(root), tmp_path / "new", "mended", examine)
    assert (tmp_path / "new" / "metadata.csv").read_text("utf-8") == (
        "file_name,drawer,pen\n"
        "training/O/1.png,anna,thin\n"
        'training/O/by anna/2.png,anna,"a, b"\n'
        "training/X/2.png,ben,\n"
    )
    of_test = (tmp_path / "new" / "test" / "metadata.csv").read_text("utf-8")
    assert of_test == "drawer,file_name\ncarl,O/1.png\n"
    hands = {s.path.name: s.group for s in read_folder(tmp_path / "new").part("train") if s.label == 1}
    assert hands == {"1.png": None, "2.png": "ben"}


def test_the_list_says_what_was_done(root: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    write_mended(read(root), tmp_path / "new", "mended", examine)
    text = (tmp_path / "new" / "mended.txt").read_text("utf-8")
    for line in (
        f"A mended copy of {root}, made by oxmark check --fix.",
        "Pictures kept: 6",
        "Pictures left out: 2",
        "  test/O/bad.png: cannot be read",
        "  training/O/copy.png: a copy of training/O/1.png, which stays",
        "  training/x/2.png: now training/X/2.png",
        "  __MACOSX: hidden, or a system file",
        "  notes.txt: not in a class folder",
        "metadata.csv: 3 of 5 rows carried over",
        "test/metadata.csv: 1 of 2 rows carried over",
        "  warning: Few pictures to learn from: O (2), X (2).",
    ):
        assert line in text.splitlines()


def test_what_is_left_is_what_the_copy_shows(root: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    done = write_mended(read(root), tmp_path / "new", str(tmp_path / "new"), examine)
    copy = read(tmp_path / "new")
    assert done.left == examine(copy)
    assert {finding.severity for finding in done.left} == {"warning", "note"}
    assert done.as_json()["left"] == [finding.as_json() for finding in done.left]
    assert done.as_json()["changes"][0] == {
        "file": "test/O/bad.png",
        "what": "cannot be read",
        "left_out": True,
    }


def test_a_class_that_lost_everything_keeps_its_folder(root: Path, tmp_path: Path) -> None:
    for path in [*(root / "training" / "X").iterdir(), *(root / "training" / "x").iterdir()]:
        path.write_bytes(b"")
    (tmp_path / "new").mkdir()
    done = write_mended(read(root), tmp_path / "new", "mended", examine)
    assert (tmp_path / "new" / "training" / "X").is_dir()
    assert "missing_pictures" in {finding.code for finding in done.left}


def test_nothing_left_is_refused(root: Path, tmp_path: Path) -> None:
    for path in root.rglob("*.png"):
        path.write_bytes(b"")
    with pytest.raises(FolderError, match="nothing would be left in a mended copy"):
        write_mended(read(root), tmp_path / "new", "mended", _no_look)


def _no_look(*_: object) -> tuple[Finding, ...]:
    return ()


@pytest.mark.parametrize("name", ["marks", "marks/new", "marks/test/../new", "link/new"])
def test_a_copy_within_the_original_is_refused(name: str, root: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(root, target_is_directory=True)
    with pytest.raises(OutputError, match="it lies within"):
        check_place(root, tmp_path / name)


def test_a_copy_beside_the_original_is_fine(root: Path, tmp_path: Path) -> None:
    check_place(root, tmp_path / "marks2")
