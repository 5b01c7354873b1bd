"""Classes are made, renamed, ordered and deleted, in every part, with the rows of their pictures."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from oxmark.web.problems import Problem
from oxmark.web.studio.classes import Classes
from oxmark.web.studio.listing import id_of
from oxmark.web.studio.pictures import Pictures

from .cases import Drawing, MakeTree, OpenProject, Reopened, content

APART = unicodedata.normalize("NFD", "가")


def problem(act: Callable[[], object]) -> dict[str, str]:
    with pytest.raises(Problem) as caught:
        act()
    return caught.value.body()


def test_classes_are_made_in_order(opened: OpenProject, reopened: Reopened) -> None:
    project = opened()
    for name in ("X", "동그라미", "O"):
        Classes(project).create(name)
    project = reopened(project)
    assert project.classes() == ("X", "동그라미", "O")
    assert content(project.root) == {"O/": b"", "X/": b"", "동그라미/": b""}
    project.journal.undo()
    project.journal.undo()
    assert project.classes() == ("X",)


def test_where_there_are_parts_a_class_is_made_in_the_training_part(
    opened: OpenProject, tree: MakeTree
) -> None:
    project = opened(tree("train/O/1.png", "test/O/2.png"))
    Classes(project).create("X")
    assert content(project.root).keys() == {"train/O/1.png", "test/O/2.png", "train/X/"}


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("O", "class_exists", "There is a class 'O' already. Choose another name."),
        ("o", "class_exists", "There is a class 'O' already. Choose another name."),
        (APART, "class_exists", "There is a class '가' already. Choose another name."),
        ("A.txt", "name_taken", "The project has something else called 'a.txt'. Choose another name."),
        ("left out", "name_taken", "The project has something else called 'left out'. Choose another name."),
        ("a/b", "bad_name", r'A class name must not have any of / \ : * ? " < > | in it.'),
    ],
)  # fmt: skip
def test_names_that_are_taken(name: str, code: str, said: str, opened: OpenProject, tree: MakeTree) -> None:
    project = opened(tree("O/1.png", "가/2.png", "X/3.png", "a.txt", "left out/.nomedia"))
    before = content(project.root)
    assert problem(lambda: Classes(project).create(name)) == {"error": said, "code": code}
    assert problem(lambda: Classes(project).rename(id_of("X"), name)) == {"error": said, "code": code}
    assert content(project.root) == before


TABLE = 'note,file_name,drawer\n,O/1.png,anna\n"a, b",O/deep/2.png,bo\n,X/1.png,\n,O/gone.png,cy\n'


@pytest.mark.parametrize("name", ["Ring", "o", "동그라미", "O O"])
def test_a_class_is_renamed_with_its_rows(name: str, opened: OpenProject, tree: MakeTree) -> None:
    root = tree("O/1.png", "O/deep/2.png", "O/notes.txt", "O/.hidden", "X/1.png")
    (root / "metadata.csv").write_text(TABLE)
    project = opened(root)
    before, ids = content(root), project.classes()
    one = Classes(project).rename(id_of("O"), name)
    assert (one.name, one.id, len(one.pictures)) == (name, id_of(name), 2)
    assert project.classes() == (name, "X")
    assert (root / "metadata.csv").read_text() == TABLE.replace("O/1", f"{name}/1").replace(
        "O/d", f"{name}/d"
    )
    assert {project.listing().hands[picture.path] for picture in one.pictures} == {"anna", "bo"}
    assert content(root).keys() == {
        *(f"{name}/{file}" for file in ("1.png", "deep/2.png", "notes.txt", ".hidden")),
        "X/1.png",
        "metadata.csv",
    }
    assert str(project.journal.undo()) == f"The class 'O' was renamed to '{name}'."
    assert (content(root), project.classes()) == (before, ids)


def test_a_class_is_renamed_in_every_part(opened: OpenProject, tree: MakeTree) -> None:
    root = tree("train/O/1.png", "train/X/1.png", "val/O/2.png", "test/X/3.png", "test/O/4.png")
    (root / "metadata.csv").write_text("file_name,drawer\ntrain/O/1.png,anna\ntest/O/4.png,bo\n")
    (root / "val" / "metadata.csv").write_text("file_name,drawer\nO/2.png,cy\n")
    project = opened(root)
    before = content(root)
    Classes(project).rename(id_of("O"), "Ring")
    listing = project.listing()
    assert {one.name: listing.hands.get(one.path) for one in listing.pictures.values()} == {
        "train/Ring/1.png": "anna",
        "train/X/1.png": None,
        "val/Ring/2.png": "cy",
        "test/X/3.png": None,
        "test/Ring/4.png": "bo",
    }
    project.journal.undo()
    assert content(root) == before


def test_rows_of_pictures_long_gone_give_no_hand(opened: OpenProject, tree: MakeTree) -> None:
    root = tree("O/1.png", "O/2.png")
    (root / "metadata.csv").write_text(
        "file_name,drawer\nO/1.png,anna\nRing/1.png,bo\nRing/2.png,bo\nRing/9.png,bo\n"
    )
    project = opened(root)
    before = content(root)
    Classes(project).rename(id_of("O"), "Ring")
    assert (root / "metadata.csv").read_text() == "file_name,drawer\nRing/1.png,anna\nRing/9.png,bo\n"
    project.journal.undo()
    assert content(root) == before


def test_a_decomposed_name_can_be_composed(opened: OpenProject, tree: MakeTree) -> None:
    project = opened(tree(f"{APART}/1.png"))
    Classes(project).rename(id_of("가"), APART)
    assert [path.name for path in project.root.iterdir() if path.is_dir() and path.name[0] not in ".r"] == [
        "가"
    ]
    Classes(project).rename(id_of("가"), "가")
    assert len(project.listing().pictures) == 1


def test_a_rename_goes_by_way_of_a_third_name(
    opened: OpenProject, tree: MakeTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On disks that ignore letter case, O and o are one name."""
    project = opened(tree("O/1.png"))
    renamed: list[tuple[str, str]] = []
    real = Path.rename

    def noted(self: Path, target: Path) -> Path:
        renamed.append((self.name if self.suffix != ".json" else "", target.parent.parent.parent.name))
        return real(self, target)

    monkeypatch.setattr(Path, "rename", noted)
    Classes(project).rename(id_of("O"), "o")
    assert [pair for pair in renamed if pair[0]] == [("O", "trash"), ("O", renamed[-2][1])]


def test_two_folders_of_one_class_are_not_renamed(opened: OpenProject, tree: MakeTree) -> None:
    project = opened(tree("가/1.png", f"{APART}/2.png"))
    assert problem(lambda: Classes(project).rename(id_of("가"), "나"))["code"] == "two_folders"


def test_a_deleted_class_comes_back_as_it_was(opened: OpenProject, tree: MakeTree) -> None:
    root = tree(
        "train/X/1.png",
        "train/O/1.png",
        "train/O/2.png",
        "test/O/3.png",
        "train/O/.DS_Store",
        "test/O/Thumbs.db",
    )
    (root / "metadata.csv").write_text(
        "file_name,drawer\ntrain/O/2.png,anna\ntrain/X/1.png,bo\ntest/O/3.png,cy\n"
    )
    project = opened(root)
    Classes(project).order([id_of("X"), id_of("O")])
    before = content(root)
    Classes(project).delete(id_of("O"))
    assert project.classes() == ("X",)
    assert content(root).keys() == {"train/X/1.png", "metadata.csv", "test/"}
    assert (root / "metadata.csv").read_text() == "file_name,drawer\ntrain/X/1.png,bo\n"
    assert str(project.journal.undo()) == "The class 'O' was deleted with its 3 pictures."
    assert (content(root), project.classes()) == (before, ("X", "O"))


@pytest.mark.parametrize(
    "other", ["O/notes.txt", "O/deep/model.onnx", "O/.hidden", "O/.git/config", "O/photo.heic"]
)
def test_a_class_with_other_files_is_not_deleted(other: str, opened: OpenProject, tree: MakeTree) -> None:
    project = opened(tree("O/1.png", other))
    before = content(project.root)
    body = problem(lambda: Classes(project).delete(id_of("O")))
    assert body["code"] == "other_files"
    assert body["error"].startswith("The class 'O' also holds files that are no pictures (")
    assert content(project.root) == before


def test_the_order_is_kept_and_undone(opened: OpenProject, tree: MakeTree) -> None:
    project = opened(tree("a/1.png", "b/1.png", "c/1.png"))
    classes = Classes(project)
    classes.order([id_of("c"), id_of("a")])
    assert project.classes() == ("c", "a", "b")
    classes.order([id_of("b")])
    assert project.classes() == ("b", "c", "a")
    classes.order([])
    project.journal.undo()
    assert project.classes() == ("c", "a", "b")
    project.journal.undo()
    assert project.classes() == ("a", "b", "c")
    assert problem(lambda: classes.order([id_of("d")]))["code"] == "no_such_class"


def test_a_class_that_was_filled_by_hand_is_not_taken_back(opened: OpenProject, drawing: Drawing) -> None:
    project = opened()
    Classes(project).create("O")
    (project.root / "O" / "mine.png").write_bytes(drawing())
    assert problem(project.journal.undo) == {
        "error": "This cannot be taken back: O is not empty any more. Put everything back as it was, "
        "then try again.",
        "code": "undo_blocked",
    }
    (project.root / "O" / "mine.png").unlink()
    project.journal.undo()
    assert project.classes() == ()


def test_a_linked_class_is_left_alone(opened: OpenProject, tree: MakeTree, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    root = tree("O/1.png")
    (root / "L").symlink_to(tmp_path / "outside")
    project = opened(root)
    for act in (
        lambda: Classes(project).rename(id_of("L"), "M"),
        lambda: Classes(project).delete(id_of("L")),
    ):
        assert problem(act)["code"] == "outside_project"
    assert (root / "L").is_symlink()


def test_everything_in_a_row_is_taken_back(
    opened: OpenProject, reopened: Reopened, tree: MakeTree, drawing: Drawing
) -> None:
    root = tree("O/1.png", "X/2.png")
    (root / "metadata.csv").write_text("file_name,drawer\nO/1.png,anna\n")
    project = opened(root)
    seen = [content(root)]
    acts: list[Callable[[], object]] = [
        lambda: Classes(project).create("가"),
        lambda: Pictures(project).add(id_of("가"), drawing(9), hand="bo"),
        lambda: Pictures(project).move(id_of("O/1.png"), id_of("가")),
        lambda: Classes(project).rename(id_of("가"), "나"),
        lambda: Pictures(project).delete(id_of("나/1.png")),
        lambda: Classes(project).delete(id_of("X")),
        lambda: Classes(project).rename(id_of("나"), "X"),
    ]
    for act in acts:
        act()
        seen.append(content(root))
    project = reopened(project)
    while seen:
        assert content(root) == seen.pop()
        if seen:
            project.journal.undo()
    assert project.journal.what() is None
