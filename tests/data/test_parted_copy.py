"""Names in the new folder, and what becomes of metadata.csv."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from oxmark.data.folder import read_folder
from oxmark.data.parted_copy import new_names, write_parted
from oxmark.errors import OutputError

MakeTree = Callable[..., Path]


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["O/1.png", "X/1.png"], ["O/1.png", "X/1.png"]),
        (["O/a/1.png", "O/b/1.png", "O/1.png"], ["O/1.png", "O/a/1.png", "O/b/1.png"]),
        (["train/O/1.png", "test/O/2.png"], ["O/1.png", "O/2.png"]),
        (["train/O/1.png", "Val/O/1.png", "test/O/2.png"], ["O/train/1.png", "O/Val/1.png", "O/2.png"]),
        (["train/O/a/1.png", "test/O/a/1.png"], ["O/train/a/1.png", "O/test/a/1.png"]),
        (["train/O/a.png", "test/O/A.PNG"], ["O/train/a.png", "O/test/A.PNG"]),  # one file on many disks
        (["O/a.png", "O/A.png"], ["O/A.png", "O/a-2.png"]),
        (
            ["O/\u1112\u1161\u11ab/1.png", "O/\ud55c/1.png"],
            ["O/\u1112\u1161\u11ab/1.png", "O/\ud55c/1-2.png"],
        ),
    ],
)
def test_names_stay_or_get_their_old_folder(make_tree: MakeTree, files: list[str], names: list[str]) -> None:
    assert new_names(read_folder(make_tree(*files))) == names


def test_two_spellings_of_a_class_folder_lose_nothing(make_tree: MakeTree, tmp_path: Path) -> None:
    dataset = read_folder(make_tree("\u1112\u1161\u11ab/1.png", "\ud55c/1.png", "X/1.png"))
    write_parted(dataset, ["train"] * 3, tmp_path, link=False)
    assert sorted(path.name for path in (tmp_path / "train").rglob("*.png")) == ["1-2.png", "1.png", "1.png"]


def test_metadata_goes_with_the_pictures(make_tree: MakeTree, tmp_path: Path) -> None:
    root = make_tree("train/O/1.png", "train/O/2.png", "test/O/1.png", "test/X/3.png")
    (root / "metadata.csv").write_text(
        'drawer,file_name,note\nben,train/O/1.png,old\nanna,test\\X\\3.png,"a, b"\n,gone.png,x\n', "utf-8-sig"
    )
    (root / "train" / "metadata.csv").write_text("file_name,drawer,pen\nO/1.png,anna,thick\n", "utf-8")
    write_parted(read_folder(root), ["test", "train", "train", "train"], tmp_path / "new", link=False)
    assert (tmp_path / "new" / "metadata.csv").read_text("utf-8") == (
        "file_name,drawer,note,pen\n"
        "test/O/train/1.png,anna,old,thick\n"
        "train/O/2.png,,,\n"
        "train/O/test/1.png,,,\n"
        'train/X/3.png,anna,"a, b",\n'
    )
    hands = {s.path.name: s.group for s in read_folder(tmp_path / "new").samples if s.part == "train"}
    assert hands == {"2.png": None, "1.png": None, "3.png": "anna"}


def test_without_metadata_none_is_made(make_tree: MakeTree, tmp_path: Path) -> None:
    write_parted(
        read_folder(make_tree("O/1.png", "X/2.png")), ["train", "test"], tmp_path / "new", link=False
    )
    found = sorted(path.relative_to(tmp_path / "new").as_posix() for path in (tmp_path / "new").rglob("*.*"))
    assert found == ["test/X/2.png", "train/O/1.png"]


def test_copies_are_copies_and_links_are_links(make_tree: MakeTree, tmp_path: Path) -> None:
    root = make_tree("O/1.png", "X/1.png")
    (root / "O" / "2.png").symlink_to(root / "X" / "1.png")
    dataset = read_folder(root)
    for link in (False, True):
        new = tmp_path / str(link)
        write_parted(dataset, ["train"] * 3, new, link=link)
        for old in ("O/1.png", "O/2.png"):
            target = new / "train" / old
            assert target.read_bytes() == (root / old).read_bytes()
            assert not target.is_symlink()
            assert target.samefile(root / old) is link


def test_a_disk_without_hard_links(
    make_tree: MakeTree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Path, _target: Path) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    root = make_tree("O/1.png", "X/1.png")
    with pytest.raises(OutputError) as caught:
        write_parted(read_folder(root), ["train", "test"], tmp_path / "new", link=True)
    assert str(caught.value) == (
        f"cannot link {root}/O/1.png (invalid cross-device link): hard links need one disk for both folders, "
        "a file system that has them, and pictures of your own. Leave --link out, then the pictures are "
        "copied."
    )
