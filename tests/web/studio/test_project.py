"""Opening projects of all kinds, and seeing what other programs do to them."""

from __future__ import annotations

import json
import os
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from oxmark.data.folder import read_folder
from oxmark.errors import FolderError, OutputError
from oxmark.web.problems import Problem
from oxmark.web.studio.layout import Claim
from oxmark.web.studio.listing import Lister, id_of
from oxmark.web.studio.project import Project
from oxmark.words import Message

from .cases import Drawing, MakeTree, OpenProject, Reopened, content


def names(project: Project) -> list[str]:
    return sorted(one.name for one in project.listing().pictures.values())


def test_a_new_project_is_made(opened: OpenProject, tmp_path: Path) -> None:
    project = opened(tmp_path / "new" / "marks")
    assert (project.classes(), names(project)) == ((), [])
    assert (project.runs, project.name) == (project.root / "runs", "marks")
    assert (project.runs / ".nomedia").read_bytes() == b""
    with pytest.raises(FolderError, match="holds no pictures"):
        project.dataset()


def test_what_is_there_stays(opened: OpenProject, tree: MakeTree) -> None:
    root = tree("O/1.png", "X/2.png", "X/deep/3.png", "X/notes.txt", "README.md", ".git/config")
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    project = opened(root)
    assert project.classes() == ("O", "X")
    assert names(project) == ["O/1.png", "X/2.png", "X/deep/3.png"]
    assert {path: path.read_bytes() for path in before} == before


def test_the_studios_folders_are_no_part_of_the_data(opened: OpenProject, tree: MakeTree) -> None:
    project = opened(tree("O/1.png", "X/2.png"))
    (project.runs / "first").mkdir()
    (project.runs / "first" / "curves.png").write_bytes(b"a picture of a run")
    dataset = project.dataset()
    assert dataset.classes == ("O", "X")
    assert {item.path.name: item.reason for item in dataset.skipped} == {
        ".oxmark": "the studio's own folder",
        "runs": "left out by its .nomedia",
    }
    assert read_folder(project.root).counts() == {"all": {"O": 1, "X": 1}}


@pytest.mark.parametrize(
    ("files", "folder", "classes"),
    [
        (("O/1.png",), "runs", ("O",)),
        (("O/1.png", "runs/2026-marks/curves.png"), "runs", ("O",)),
        (("O/1.png", "runs/1.png"), "oxmark-runs", ("O", "runs")),
    ],
)
def test_where_the_runs_are(
    files: tuple[str, ...], folder: str, classes: tuple[str, ...], opened: OpenProject, tree: MakeTree
) -> None:
    project = opened(tree(*files))
    assert (project.runs.name, project.classes()) == (folder, classes)


def test_no_place_for_runs(opened: OpenProject, tree: MakeTree) -> None:
    with pytest.raises(FolderError, match="has something else under the names runs and oxmark-runs"):
        opened(tree("runs/1.png", "oxmark-runs/1.png"))


def test_a_file_is_no_project(opened: OpenProject, tmp_path: Path) -> None:
    (tmp_path / "marks").write_text("a file")
    with pytest.raises(FolderError, match=r"marks is a file, not a folder\. Give the project's folder\.$"):
        opened()


def test_one_studio_at_a_time(opened: OpenProject) -> None:
    first = opened()
    with pytest.raises(
        FolderError, match=r"marks is open in another studio\. Use that one, or end it first\.$"
    ):
        opened()
    first.close()
    opened()


def test_the_studios_folder_must_not_be_a_link(opened: OpenProject, tmp_path: Path) -> None:
    (tmp_path / "marks").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "marks" / ".oxmark").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FolderError, match="must be a folder"):
        opened()
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("name", ["trash", "new", "journal", "teaching", "open", "studio.json", "else"])
@pytest.mark.parametrize("leads", ["out", "in", "nowhere"])
def test_nothing_in_the_studios_folder_may_be_a_link(
    name: str, leads: str, opened: OpenProject, tree: MakeTree, tmp_path: Path
) -> None:
    root = tree("O/1.png", ".oxmark/")
    outside = {"out": tmp_path / "outside", "in": root / "O" / "deep", "nowhere": tmp_path / "none"}[leads]
    if leads != "nowhere":
        (outside / "7").mkdir(parents=True)
        for file in ("a.part", "7/b.png", "00000001.done.json"):
            (outside / file).write_text('{"hand": "secret"}')
    before = {path: path.is_dir() or path.read_bytes() for path in tmp_path.rglob("*")}
    (root / ".oxmark" / name).symlink_to(outside)
    with pytest.raises(FolderError, match=rf"{name} is a link, .*\. Take the link away; .*\.$"):
        opened(root)
    (root / ".oxmark" / name).unlink()
    assert {path: path.is_dir() or path.read_bytes() for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize("folder", ["trash", "new", "journal"])
def test_links_deeper_in_the_studios_folder_are_not_followed(
    folder: str, opened: OpenProject, tree: MakeTree, tmp_path: Path
) -> None:
    root = tree("O/1.png", f".oxmark/{folder}/", ".oxmark/trash/8/", ".oxmark/new/9/")
    outside = tmp_path / "outside"
    outside.mkdir()
    entry = json.dumps({"what": Message("words.example", {"count": 7}).as_json(), "steps": []})
    (outside / "mine").write_text(entry)
    for name, target in {"7": outside, "00000007.done.json": outside / "mine"}.items():
        (root / ".oxmark" / folder / name).symlink_to(target)
    (root / ".oxmark" / "trash" / "8" / "deep").symlink_to(outside)
    project = opened(root)
    assert content(outside) == {"mine": entry.encode()}
    assert project.journal.what() is None


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="this system has no such way to open a file")
def test_the_file_to_lock_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "open").symlink_to(tmp_path / "outside")
    with pytest.raises(OutputError):
        Claim(tmp_path)
    assert not (tmp_path / "outside").exists()


def test_parts_and_hands(opened: OpenProject, tree: MakeTree) -> None:
    root = tree("train/O/1.png", "train/X/2.png", "test/O/3.png")
    (root / "metadata.csv").write_text("file_name,drawer\ntrain/O/1.png,anna\n")
    (root / "test" / "metadata.csv").write_text("file_name,drawer\nO/3.png,bo\n")
    listing = opened(root).listing()
    found = listing.pictures.values()
    assert {one.name: (one.class_name, one.part, listing.hands.get(one.path)) for one in found} == {
        "train/O/1.png": ("O", "train", "anna"),
        "train/X/2.png": ("X", "train", None),
        "test/O/3.png": ("O", "test", "bo"),
    }  # fmt: skip


def test_a_broken_metadata_csv_is_told_and_nothing_else_breaks(opened: OpenProject, tree: MakeTree) -> None:
    root = tree("O/1.png")
    (root / "metadata.csv").write_text("who,what\n")
    listing = opened(root).listing()
    assert len(listing.pictures) == 1
    assert listing.trouble is not None and "has no column 'file_name'" in listing.trouble


@pytest.mark.parametrize("linked", ["metadata.csv", "test/metadata.csv", "test"])
def test_a_table_behind_a_link_that_leads_out_is_not_read(
    linked: str, opened: OpenProject, tree: MakeTree, tmp_path: Path
) -> None:
    root = tree("train/O/1.png", "train/O/2.png")
    outside = tmp_path / "outside"
    (outside / "O").mkdir(parents=True)
    (outside / "metadata.csv").write_text("file_name,drawer\ntrain/O/1.png,secret\nO/2.png,secret\n")
    (root / "train" / "metadata.csv").write_text("file_name,drawer\nO/2.png,anna\n")
    (root / linked).parent.mkdir(exist_ok=True)
    (root / linked).symlink_to(outside / "metadata.csv" if linked.endswith("csv") else outside)
    listing = opened(root).listing()
    assert {path.name: hand for path, hand in listing.hands.items()} == {"2.png": "anna"}
    assert listing.trouble is not None
    name = linked if linked.endswith("csv") else "test/metadata.csv"
    assert listing.trouble.startswith(f"{name} is a link that leads out of the project")


def test_a_table_behind_a_link_within_the_project_is_read(opened: OpenProject, tree: MakeTree) -> None:
    root = tree("O/1.png")
    (root / "table.csv").write_text("file_name,drawer\nO/1.png,anna\n")
    (root / "metadata.csv").symlink_to("table.csv")
    listing = opened(root).listing()
    assert ([*listing.hands.values()], listing.trouble) == (["anna"], None)


CHANGES: dict[str, Callable[[Path, bytes], object]] = {
    "a file more": lambda root, data: (root / "O" / "new.png").write_bytes(data),
    "a file less": lambda root, data: (root / "O" / "1.png").unlink(),
    "a file in a sub-folder": lambda root, data: (root / "X" / "deep" / "new.png").write_bytes(data),
    "a class more": lambda root, data: (root / "new").mkdir(),
    "a class less": lambda root, data: (root / "X").rename(root.parent / "X"),
    "another name": lambda root, data: (root / "O").rename(root / "o"),
    "another content": lambda root, data: (root / "O" / "1.png").write_bytes(data),
    "a hand": lambda root, data: (root / "metadata.csv").write_text("file_name,drawer\nO/1.png,anna\n"),
    "left out": lambda root, data: (root / "O" / ".nomedia").write_text(""),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_others_change_shows_at_the_next_look(
    change: str, opened: OpenProject, tree: MakeTree, drawing: Drawing
) -> None:
    root = tree("O/1.png", "O/2.png", "X/deep/3.png")
    project = opened(root)
    old = time.time() - 100
    for path in (root, *root.rglob("*")):  # folders that were changed long ago are not read again
        os.utime(path, (old, old))
    project.listing()
    told: list[int] = []
    project.watch(lambda: told.append(1))
    before = project.listing()
    assert project.listing() is before and told == []
    CHANGES[change](root, drawing(99))
    after = project.listing()
    assert after is not before and told == [1]
    assert after.stamp == Lister(project.root).read().stamp  # what is seen by one that remembers nothing
    assert project.listing() is after and told == [1]


def test_changes_within_one_tick_of_the_clock_show_too(
    opened: OpenProject, tree: MakeTree, drawing: Drawing
) -> None:
    root = tree("O/1.png")
    project = opened(root)
    now = time.time_ns()
    for number in range(5):  # each time the folder has the same time as before
        (root / "O" / f"new{number}.png").write_bytes(drawing(number + 50))
        os.utime(root / "O", ns=(now, now))
        assert len(project.listing().pictures) == number + 2


def test_ids_are_looked_up_and_never_paths(opened: OpenProject, tree: MakeTree) -> None:
    project = opened(tree("O/1.png", "secret.png"))
    assert project.picture_path(id_of("O/1.png")) == project.root / "O" / "1.png"
    assert (
        project.picture_id(project.root / "O" / "1.png") == project.picture_id("O/1.png") == id_of("O/1.png")
    )
    for wrong in ("O/1.png", "../marks/O/1.png", "", id_of("secret.png"), id_of("../marks/O/1.png"), "é"):
        with pytest.raises(Problem) as caught:
            project.picture(wrong)
        assert (caught.value.status_code, caught.value.code) == (404, "no_such_picture")


def test_hangul_names_have_one_id_in_both_forms(opened: OpenProject, tree: MakeTree) -> None:
    apart = unicodedata.normalize("NFD", "동그라미")
    project = opened(tree(f"{apart}/{apart}.png"))
    assert project.classes() == ("동그라미",)
    assert [*project.listing().pictures] == [id_of("동그라미/동그라미.png")]


def test_names_that_look_alike_have_ids_of_their_own(opened: OpenProject, tree: MakeTree) -> None:
    name = "가.png"
    project = opened(tree(f"O/{name}", f"O/{unicodedata.normalize('NFD', name)}"))
    ids = list(project.listing().pictures)
    assert len(set(ids)) == 2
    assert [project.picture_id(project.picture_path(id)) for id in ids] == ids


def test_the_newest_come_first(opened: OpenProject, tree: MakeTree) -> None:
    root = tree("O/a.png", "O/b.png", "O/c.png")
    for name, at in {"a": 300, "b": 100, "c": 200}.items():
        os.utime(root / "O" / f"{name}.png", (at, at))
    (one,) = opened(root).listing().classes.values()
    assert [picture.path.stem for picture in one.pictures] == ["a", "c", "b"]


def test_settings_outlive_the_studio(opened: OpenProject, reopened: Reopened) -> None:
    project = opened()
    project.state.set("hand", "민수")
    project.state.update({"order": ["X"], "gone": 1})
    project.state.set("gone", None)
    project = reopened(project)
    assert [project.state.get(key) for key in ("hand", "order", "gone")] == ["민수", ["X"], None]


@pytest.mark.parametrize("text", ["", "[]", "{", "\xff", "[" * 100_000, "9" * 5000])
def test_settings_that_cannot_be_read_are_put_aside(text: str, opened: OpenProject, tree: MakeTree) -> None:
    root = tree("O/1.png", ".oxmark/")
    (root / ".oxmark" / "studio.json").write_text(text, encoding="latin-1")
    project = opened(root)
    assert project.classes() == ("O",)
    assert (root / ".oxmark" / "studio-unreadable.json").read_text(encoding="latin-1") == text


def test_settings_that_are_a_folder_are_told(opened: OpenProject, tree: MakeTree) -> None:
    with pytest.raises(OutputError, match=r"studio\.json: a folder with that name is in the way"):
        opened(tree(".oxmark/studio.json/"))


@pytest.mark.parametrize("value", [5, "X", [1, None, "X"], {"a": 1}])
def test_an_order_edited_by_hand_does_no_harm(value: object, opened: OpenProject, tree: MakeTree) -> None:
    project = opened(tree("O/1.png", "X/1.png"))
    project.state.set("order", value)
    assert sorted(project.classes()) == ["O", "X"]
