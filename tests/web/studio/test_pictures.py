"""Pictures come, move and go, with their rows."""

from __future__ import annotations

import datetime
import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from oxmark.errors import NotAPicture, OutputError
from oxmark.web.problems import Problem
from oxmark.web.studio import headers, pictures
from oxmark.web.studio.listing import id_of
from oxmark.web.studio.pictures import Pictures

from .cases import Drawing, MakeTree, OpenProject, Reopened, content

O_, X_ = id_of("O"), id_of("X")


def noon() -> datetime.datetime:
    return datetime.datetime(2026, 11, 22, 12, 0, 0, 873_000)


def test_a_drawing_is_stored_as_it_came(opened: OpenProject, tree: MakeTree, drawing: Drawing) -> None:
    project = opened(tree("O/"))
    data = drawing(5)
    one = Pictures(project, noon).add(O_, data, hand="anna")
    assert one.name == "O/20261122-120000-873.png"
    assert content(project.root) == {
        "O/20261122-120000-873.png": data,
        "metadata.csv": b"file_name,drawer\nO/20261122-120000-873.png,anna\n",
    }
    assert one == project.listing().pictures[one.id]
    assert str(project.journal.what()) == "A picture was added to 'O'."


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [
        ("PNG", ".png"),
        ("JPEG", ".jpg"),
        ("BMP", ".bmp"),
        ("GIF", ".gif"),
        ("WEBP", ".webp"),
        ("TIFF", ".tif"),
    ],
)
def test_the_bytes_decide_the_suffix(
    kind: str, suffix: str, opened: OpenProject, tree: MakeTree, drawing: Drawing
) -> None:
    project = opened(tree("O/"))
    assert Pictures(project, noon).add(O_, drawing(1, kind), hand=None).path.suffix == suffix
    assert not (project.root / "metadata.csv").exists()


def test_names_are_free_and_in_order(opened: OpenProject, tree: MakeTree, drawing: Drawing) -> None:
    pictures = Pictures(opened(tree("O/")), noon)
    added = [pictures.add(O_, drawing(n, kind), hand=None) for n, kind in enumerate(["PNG", "JPEG", "PNG"])]
    assert [one.path.name for one in added] == [
        "20261122-120000-873.png",
        "20261122-120000-874.jpg",
        "20261122-120000-875.png",
    ]


def test_what_is_no_picture_is_not_stored(opened: OpenProject, tree: MakeTree) -> None:
    project = opened(tree("O/"))
    with pytest.raises(NotAPicture):
        Pictures(project).add(O_, b"text", hand=None)
    assert content(project.root) == {"O/": b""}


def test_the_same_file_is_stored_once_in_a_class(
    opened: OpenProject, tree: MakeTree, drawing: Drawing
) -> None:
    project = opened(tree("O/0.png", "O/1.png", "X/"))
    pictures = Pictures(project)
    for _ in range(2):
        with pytest.raises(Problem) as caught:
            pictures.add(O_, drawing(1), hand=None)
        assert caught.value.body() == {
            "error": "The class 'O' has this very picture already. Nothing was stored.",
            "code": "already_there",
        }
    pictures.add(X_, drawing(1), hand=None)
    (project.root / "O" / "1.png").write_bytes(drawing(2))  # it is another one now
    pictures.add(O_, drawing(1), hand=None)


def test_what_is_remembered_of_files_does_not_grow_for_ever(
    opened: OpenProject, tree: MakeTree, drawing: Drawing, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (pictures, headers):
        monkeypatch.setattr(module, "MOST_KEPT", 3)
    project = opened(tree("O/1.png"))
    ours, seen = pictures.Pictures(project), headers.Headers(project.disk)
    for number in range(9):
        (project.root / "O" / "1.png").write_bytes(drawing(number))
        one = project.listing().pictures[id_of("O/1.png")]
        with pytest.raises(Problem, match="already"):
            ours.add(O_, drawing(number), hand=None)
        assert seen.of(one).width == 64
        assert max(len(ours._digests), len(seen._known)) <= 4


def test_where_there_are_parts_it_goes_to_the_training_part(
    opened: OpenProject, tree: MakeTree, drawing: Drawing
) -> None:
    project = opened(tree("Training/O/1.png", "test/X/2.png"))
    pictures = Pictures(project, noon)
    assert pictures.add(O_, drawing(7), hand=None).part == "train"
    assert pictures.add(X_, drawing(8), hand="bo").name == "Training/X/20261122-120000-873.png"
    assert (project.root / "metadata.csv").read_text() == (
        "file_name,drawer\nTraining/X/20261122-120000-873.png,bo\n"
    )
    project.journal.undo()
    assert not (project.root / "Training" / "X").exists()


def test_a_part_with_its_own_table_keeps_it(opened: OpenProject, tree: MakeTree, drawing: Drawing) -> None:
    root = tree("train/O/1.png", "test/O/2.png")
    (root / "metadata.csv").write_text("file_name,drawer\n")
    (root / "train" / "metadata.csv").write_text("file_name,drawer\nO/1.png,anna\n")
    project = opened(root)
    one = Pictures(project, noon).add(O_, drawing(7), hand="bo")
    assert project.listing().hands[one.path] == "bo"
    assert (root / "train" / "metadata.csv").read_text().endswith("O/20261122-120000-873.png,bo\n")
    assert (root / "metadata.csv").read_text() == "file_name,drawer\n"


def test_a_moved_picture_takes_its_row_along(opened: OpenProject, tree: MakeTree) -> None:
    root = tree("O/1.png", "O/2.png", "X/1.png")
    table = 'file_name,drawer,note\nO/2.png,bo,\nO\\1.png,"a, b",x\nX/1.png,cy,\nX/1-2.png,nobody,\n'
    (root / "metadata.csv").write_text(table)
    project = opened(root)
    before = content(root)
    moved = Pictures(project).move(id_of("O/1.png"), X_)
    assert moved.name == "X/1-2.png"
    assert project.listing().hands[moved.path] == "a, b"
    assert (root / "metadata.csv").read_text() == (
        'file_name,drawer,note\nO/2.png,bo,\nX/1-2.png,"a, b",x\nX/1.png,cy,\n'
    )
    assert str(project.journal.undo()) == "A picture was moved from 'O' to 'X'."
    assert content(root) == before


def test_a_picture_moves_within_its_part(opened: OpenProject, tree: MakeTree) -> None:
    project = opened(tree("train/O/1.png", "train/X/2.png", "test/O/3.png"))
    before = content(project.root)
    assert Pictures(project).move(id_of("test/O/3.png"), X_).name == "test/X/3.png"
    project.journal.undo()
    assert content(project.root) == before


def test_moving_to_where_it_is_does_nothing(opened: OpenProject, tree: MakeTree) -> None:
    project = opened(tree("O/1.png"))
    assert Pictures(project).move(id_of("O/1.png"), O_).name == "O/1.png"
    assert project.journal.what() is None


def test_a_deleted_picture_comes_back_as_it_was(opened: OpenProject, tree: MakeTree) -> None:
    root = tree("O/1.png", "O/2.png", "O/deep/3.png")
    os.utime(root / "O" / "deep" / "3.png", (100, 100))
    (root / "metadata.csv").write_bytes(b"\xef\xbb\xbffile_name,drawer\r\nO/deep/3.png,anna\r\nO/1.png,bo")
    project = opened(root)
    before, order = content(root), [one.name for one in project.listing().pictures.values()]
    for name in ("O/1.png", "O/deep/3.png"):
        Pictures(project).delete(id_of(name))
    assert (root / "metadata.csv").read_bytes() == b"\xef\xbb\xbffile_name,drawer\r\n"
    project.journal.undo()
    project.journal.undo()
    assert content(root) == before
    assert [one.name for one in project.listing().pictures.values()] == order
    assert (root / "O" / "deep" / "3.png").stat().st_mtime == 100


@pytest.mark.parametrize("act", ["add", "delete", "move"])
def test_a_table_that_cannot_be_read_stops_what_would_change_it(
    act: str, opened: OpenProject, tree: MakeTree, drawing: Drawing
) -> None:
    root = tree("O/1.png", "X/")
    (root / "metadata.csv").write_bytes(b"no table")
    project = opened(root)
    pictures, before = Pictures(project), content(root)
    with pytest.raises(Problem) as caught:
        if act == "add":
            pictures.add(O_, drawing(9), hand="anna")
        elif act == "delete":
            pictures.delete(id_of("O/1.png"))
        else:
            pictures.move(id_of("O/1.png"), X_)
    assert caught.value.code == "bad_metadata"
    assert (content(root), left_over(root)) == (before, [])
    pictures.add(O_, drawing(9), hand=None)  # no row is needed


def left_over(root: Path) -> list[Path]:
    """What a failed action left of itself: its bytes would make a full disk fuller each time."""
    home = root / ".oxmark"
    return [path for name in ("new", "trash", "journal") for path in (home / name).glob("*")]


@pytest.mark.parametrize("at", range(1, 8))
def test_a_full_disk_leaves_everything_as_it_was(
    at: int,
    opened: OpenProject,
    reopened: Reopened,
    tree: MakeTree,
    drawing: Drawing,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = tree("O/1.png")
    (root / "metadata.csv").write_text("file_name,drawer\nO/1.png,bo\n")
    project = opened(root)
    before, left, real = content(root), [at], os.fsync

    def full(handle: int) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="the disk is full"):
        Pictures(project).add(O_, drawing(9), hand="anna")
    assert (content(root), project.journal.what()) == (before, None)
    assert left_over(root) == []
    project = reopened(project)
    assert (content(root), project.journal.what()) == (before, None)
    Pictures(project).add(O_, drawing(9), hand="anna")
    project.journal.undo()
    assert content(root) == before


def test_a_file_that_cannot_take_its_place_goes(
    opened: OpenProject, tree: MakeTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = opened(tree("O/1.png"))

    def refused(source: Path, target: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(OutputError, match="permission denied"):
        project.state.set("hand", "anna")
    assert left_over(project.root) == []


@pytest.mark.parametrize("act", ["add", "delete", "move"])
def test_a_table_behind_a_link_that_leads_out_is_neither_read_nor_replaced(
    act: str, opened: OpenProject, tree: MakeTree, tmp_path: Path, drawing: Drawing
) -> None:
    root = tree("O/1.png", "X/")
    (tmp_path / "outside.csv").write_text("file_name,drawer\nO/1.png,secret\n")
    (root / "metadata.csv").symlink_to(tmp_path / "outside.csv")
    project = opened(root)
    pictures, before = Pictures(project), content(root)
    acts: dict[str, Callable[[], object]] = {
        "add": lambda: pictures.add(O_, drawing(9), hand="anna"),
        "delete": lambda: pictures.delete(id_of("O/1.png")),
        "move": lambda: pictures.move(id_of("O/1.png"), X_),
    }
    with pytest.raises(Problem) as caught:
        acts[act]()
    assert (caught.value.status_code, caught.value.code) == (403, "outside_project")
    assert str(caught.value.detail).startswith("metadata.csv is a link")
    assert (content(root), left_over(root)) == (before, [])
    assert (root / "metadata.csv").is_symlink()


@pytest.mark.parametrize("linked", ["class", "picture"])
def test_nothing_is_done_behind_a_link_that_leads_out(
    linked: str, opened: OpenProject, tree: MakeTree, tmp_path: Path, drawing: Drawing
) -> None:
    root = tree("O/1.png", "X/")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "2.png").write_bytes(drawing(2))
    if linked == "class":
        (root / "L").symlink_to(outside)
    else:
        (root / "O" / "2.png").symlink_to(outside / "2.png")
    project = opened(root)
    pictures = Pictures(project)
    name = "L/2.png" if linked == "class" else "O/2.png"
    acts: list[Callable[[], object]] = [
        lambda: project.picture_path(id_of(name)),
        lambda: pictures.delete(id_of(name)),
        lambda: pictures.move(id_of(name), X_),
    ]
    if linked == "class":
        acts += [lambda: pictures.add(id_of("L"), drawing(3), hand=None),
                 lambda: pictures.move(id_of("O/1.png"), id_of("L"))]  # fmt: skip
    for act in acts:
        with pytest.raises(Problem) as caught:
            act()
        assert (caught.value.status_code, caught.value.code) == (403, "outside_project")
    assert content(outside) == {"2.png": drawing(2)}


def test_links_within_the_project_are_followed(opened: OpenProject, tree: MakeTree) -> None:
    root = tree("O/1.png")
    (root / "X").mkdir()
    (root / "X" / "2.png").symlink_to(root / "O" / "1.png")
    project = opened(root)
    assert project.picture_path(id_of("X/2.png")) == root / "X" / "2.png"
    Pictures(project).delete(id_of("X/2.png"))
    assert content(root).keys() == {"O/1.png", "X/"}
