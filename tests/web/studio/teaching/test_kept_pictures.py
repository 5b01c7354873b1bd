"""The pictures of a training as they were when it began."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from oxmark.data.folder import read_folder
from oxmark.web.studio.teacher_pictures import keep_pictures


def listed(root: Path) -> list[tuple[str, int, str | None, str | None, bytes]]:
    dataset = read_folder(root)
    return [(dataset.relative(s), s.label, s.part, s.group, s.path.read_bytes()) for s in dataset.samples]


@pytest.fixture
def parted(tmp_path: Path) -> Path:
    """A project with parts, sub-folders, hands, runs, and what is no picture."""
    root = tmp_path / "marks"
    for name in ("train/O/a.png", "train/O/more/b.png", "train/X/c.png", "test/O/d.png", "runs/r/e.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    (root / "runs" / ".nomedia").touch()
    (root / "train" / "metadata.csv").write_text("file_name,drawer\nO/a.png,anna\nX/c.png,ben\n")
    (root / "metadata.csv").write_text("file_name,drawer\ntest/O/d.png,carl\n")
    (root / "train" / "O" / "notes.txt").write_text("no picture")
    return root


def test_the_tree_is_the_same_data_set(parted: Path, tmp_path: Path) -> None:
    before = listed(parted)
    kept = keep_pictures(parted, tmp_path / "kept")
    assert kept == tmp_path / "kept" / "marks"
    assert listed(kept) == before
    for path in list(parted.rglob("*.png")):
        path.unlink()
    assert listed(kept) == before


def test_an_earlier_attempt_is_replaced(parted: Path, tmp_path: Path) -> None:
    (tmp_path / "kept" / "marks" / "train" / "Z").mkdir(parents=True)
    (tmp_path / "kept" / "marks" / "train" / "Z" / "z.png").touch()
    assert listed(keep_pictures(parted, tmp_path / "kept")) == listed(parted)


def test_where_there_are_no_links_copies_will_do(
    parted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    assert listed(keep_pictures(parted, tmp_path / "kept")) == listed(parted)
