"""Trees as people have them, and what becomes of each."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from oxmark.data.folder import Dataset, check_trainable, read_folder
from oxmark.errors import FolderError

MakeTree = Callable[..., Path]


def names(dataset: Dataset) -> list[str]:
    return [dataset.relative(sample) for sample in dataset.samples]


def skipped(dataset: Dataset) -> dict[str, str]:
    return {item.path.relative_to(dataset.root).as_posix(): item.reason for item in dataset.skipped}


def layout(root: Path) -> str:
    return (
        f"oxmark expects one folder for each class with its pictures inside, for example {root}/O/ and "
        f"{root}/X/, or the same under {root}/train/, {root}/validation/ and {root}/test/."
    )


def message(root: Path | str, check: bool = False) -> str:
    with pytest.raises(FolderError) as caught:
        dataset = read_folder(root)
        if check:
            check_trainable(dataset)
    return str(caught.value)


def test_classes_without_parts(make_tree: MakeTree) -> None:
    dataset = read_folder(make_tree("X/b.png", "X/a.JPG", "O/c.gif", "O/deep/er/d.png"))
    assert dataset.classes == ("O", "X")
    assert names(dataset) == ["O/c.gif", "O/deep/er/d.png", "X/a.JPG", "X/b.png"]
    assert [sample.label for sample in dataset.samples] == [0, 0, 1, 1]
    assert {(sample.part, sample.group) for sample in dataset.samples} == {(None, None)}
    assert dataset.parts == ()
    assert dataset.counts() == {"all": {"O": 2, "X": 2}}
    assert dataset.skipped == ()


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [
        ("train", "val", "test"),
        ("training", "valid", "testing"),
        ("Train", "Validation", "TEST"),
        ("TRAINING", "VAL", "Testing"),
    ],
)
def test_spellings_of_parts(train: str, validation: str, test: str, make_tree: MakeTree) -> None:
    root = make_tree(f"{test}/X/1.png", f"{validation}/O/2.png", f"{train}/X/3.png", f"{train}/O/4.png")
    dataset = read_folder(root)
    assert dataset.parts == ("train", "validation", "test")
    assert names(dataset) == [
        f"{train}/O/4.png",
        f"{train}/X/3.png",
        f"{validation}/O/2.png",
        f"{test}/X/1.png",
    ]
    assert dataset.counts() == {
        "train": {"O": 1, "X": 1},
        "validation": {"O": 1, "X": 0},
        "test": {"O": 0, "X": 1},
    }
    assert [sample.path.name for sample in dataset.part("validation")] == ["2.png"]
    with pytest.raises(ValueError, match=r"^got part 'val', expected one of train, validation, test$"):
        dataset.part("val")


def test_two_spellings_of_one_part(make_tree: MakeTree) -> None:
    root = make_tree("train/O/1.png", "val/O/2.png", "validation/O/3.png")
    assert message(root) == (
        f"{root} has both val and validation, two spellings of the validation part. Put their pictures "
        "together in one of them, or take one away."
    )


def test_classes_are_the_union_over_the_parts(make_tree: MakeTree) -> None:
    dataset = read_folder(make_tree("train/b/1.png", "test/a/2.png", "test/C/3.png"))
    assert dataset.classes == ("C", "a", "b")


def test_a_class_may_be_called_test(make_tree: MakeTree) -> None:
    dataset = read_folder(make_tree("test/1.png", "quiz/2.png", "train/3.png"))
    assert dataset.classes == ("quiz", "test", "train")
    assert dataset.parts == ()


def test_samples_are_ordered_by_class_before_path(make_tree: MakeTree) -> None:
    assert names(read_folder(make_tree("O!/1.png", "O/1.png"))) == ["O/1.png", "O!/1.png"]


def test_folders_beside_the_parts(make_tree: MakeTree) -> None:
    dataset = read_folder(make_tree("train/O/1.png", "test/O/2.png", "old/O/3.png"))
    assert dataset.classes == ("O",)
    assert skipped(dataset) == {"old": "a folder beside train, validation and test, and none of them"}


def test_what_is_skipped_and_why(make_tree: MakeTree) -> None:
    root = make_tree(
        "O/1.png",
        "O/.hidden.png",
        "O/._1.png",
        "O/Thumbs.db",
        "O/notes.txt",
        "O/raw",
        "O/photo.heic",
        "O/.ipynb_checkpoints/1-checkpoint.png",
        "X/desktop.ini",
        "X/1.png",
        ".git/config",
        "__MACOSX/O/1.png",
        ".DS_Store",
        "README.md",
        "loose.png",
    )
    (root / "X" / "lost.png").symlink_to(root / "nowhere.png")
    dataset = read_folder(root)
    hidden, name = "hidden, or a system file", "not a picture by its name"
    assert dataset.classes == ("O", "X")
    assert names(dataset) == ["O/1.png", "X/1.png"]
    assert skipped(dataset) == {
        "O/.hidden.png": hidden,
        "O/._1.png": hidden,
        "O/Thumbs.db": hidden,
        "O/notes.txt": name,
        "O/raw": name,
        "O/photo.heic": name,
        "O/.ipynb_checkpoints": hidden,
        "X/desktop.ini": hidden,
        "X/lost.png": "a link to something that is not there",
        ".git": hidden,
        "__MACOSX": hidden,
        ".DS_Store": hidden,
        "README.md": "not in a class folder",
        "loose.png": "not in a class folder",
    }


def test_a_folder_with_nomedia_is_left_out(make_tree: MakeTree) -> None:
    root = make_tree(
        "O/1.png", "X/2.png", "runs/.nomedia", "runs/first/curves.png", "O/old/.nomedia", "O/old/3.png"
    )
    dataset = read_folder(root)
    assert dataset.classes == ("O", "X")
    assert names(dataset) == ["O/1.png", "X/2.png"]
    assert skipped(dataset) == {"runs": "left out by its .nomedia", "O/old": "left out by its .nomedia"}


def test_the_folder_that_is_read_may_have_nomedia(make_tree: MakeTree) -> None:
    assert names(read_folder(make_tree(".nomedia", "O/1.png", "X/2.png"))) == ["O/1.png", "X/2.png"]


def test_the_studios_own_folder_is_left_out(make_tree: MakeTree) -> None:
    dataset = read_folder(make_tree("O/1.png", ".oxmark/trash/00000001/1/2.png"))
    assert skipped(dataset) == {".oxmark": "the studio's own folder"}


def test_loose_pictures_in_a_part(make_tree: MakeTree) -> None:
    dataset = read_folder(make_tree("train/O/1.png", "train/2.png"))
    assert skipped(dataset) == {"train/2.png": "not in a class folder"}


def test_hangul_from_a_mac_and_from_elsewhere_is_one_class(make_tree: MakeTree) -> None:
    composed = "동그라미"
    decomposed = unicodedata.normalize("NFD", composed)
    dataset = read_folder(
        make_tree(f"train/{decomposed}/1.png", f"test/{composed}/가위 표.png", "test/X/3.png")
    )
    assert dataset.classes == ("X", composed)
    assert names(dataset) == [f"train/{composed}/1.png", "test/X/3.png", f"test/{composed}/가위 표.png"]
    assert dataset.samples[0].path == dataset.root / "train" / decomposed / "1.png"
    assert dataset.samples[0].path.is_file()


def test_a_name_of_200_characters(make_tree: MakeTree) -> None:
    long = "o" * 196 + ".png"
    assert names(read_folder(make_tree(f"O/{long}", "X/1.png"))) == [f"O/{long}", "X/1.png"]


def test_links_are_followed_and_loops_end(make_tree: MakeTree) -> None:
    root = make_tree("O/1.png", "O/in/2.png")
    outside = make_tree("3.png", folder="elsewhere")
    (root / "X").symlink_to(outside)
    (root / "O" / "in" / "up").symlink_to(root / "O")
    (root / "O" / "twin").symlink_to(root / "O" / "in")
    (root / "again").symlink_to(root)
    (outside / "self").symlink_to(outside)
    dataset = read_folder(root)
    assert dataset.classes == ("O", "X")
    assert names(dataset) == ["O/1.png", "O/in/2.png", "X/3.png"]
    assert skipped(dataset) == {
        "O/in/up": "a link to a folder above it",
        "O/twin": "a link to a folder that is read already",
        "X/self": "a link to a folder above it",
        "again": "a link to a folder above it",
    }


def test_a_class_without_pictures_stays_a_class(make_tree: MakeTree) -> None:
    dataset = read_folder(make_tree("O/1.png", "X/"))
    assert dataset.classes == ("O", "X")
    assert dataset.counts() == {"all": {"O": 1, "X": 0}}


def test_missing_folder(make_tree: MakeTree) -> None:
    root = make_tree("O/1.png")
    wrong = root.with_name("mark")
    assert message(wrong) == f"There is no folder {wrong}. Did you mean {root}?"
    far = root.parent / "zebra" / "data"
    assert message(far) == f"There is no folder {far}. Check the spelling."
    inside = root / "O" / "1.png" / "data"
    assert message(inside) == f"There is no folder {inside}. Check the spelling."


def test_a_file_instead_of_a_folder(make_tree: MakeTree) -> None:
    path = make_tree("O/1.png") / "O" / "1.png"
    assert message(path) == f"{path} is a file, not a folder. Give the folder that holds the class folders."


def test_empty_folder(make_tree: MakeTree) -> None:
    root = make_tree()
    assert message(root) == f"{root} is empty. {layout(root)}"


@pytest.mark.parametrize("name", ["2.png", "train/2.png", "testing/2.png"])
def test_only_loose_pictures(name: str, make_tree: MakeTree) -> None:
    root = make_tree(name, "metadata.txt")
    text = f"{root} has 1 picture, but it lies in no class folder (see 2.png). {layout(root)}"
    assert message(root) == text


def test_several_loose_pictures(make_tree: MakeTree) -> None:
    root = make_tree("1.png", "2.png")
    text = f"{root} has 2 pictures, but they lie in no class folder (see 1.png). {layout(root)}"
    assert message(root) == text


def test_no_pictures_at_all(make_tree: MakeTree) -> None:
    root = make_tree("O/1.heic", "O/2.heic", "X/a.txt")
    suffixes = ".bmp, .gif, .jfif, .jpeg, .jpg, .png, .tif, .tiff, .webp"
    assert (
        message(root)
        == f"{root} holds no pictures ({suffixes}); most files there end in .heic. {layout(root)}"
    )


def test_a_folder_that_may_not_be_read(make_tree: MakeTree, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's refusal is put in, since root is never refused."""
    root = make_tree("O/1.png", "X/1.png")
    original = Path.iterdir

    def refuse(self: Path) -> object:
        if self.name == "X":
            raise PermissionError(13, "Permission denied", str(self))
        return original(self)

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert message(root) == (
        f"{root}/X cannot be read: permission denied. Give yourself the right to read it, or move it out of "
        "the data."
    )


# ---- metadata.csv


def test_hands_from_the_root_and_from_a_part(make_tree: MakeTree) -> None:
    root = make_tree("train/O/1.png", "train/O/2.png", "train/O/가.png", "test/X/3.png")
    decomposed = unicodedata.normalize("NFD", "train/O/가.png")
    (root / "metadata.csv").write_text(
        f"drawer,file_name\nanna,train/O/1.png\nberta,./train/O/2.png\n,test/X/3.png\n민수,{decomposed}\n",
        "utf-8-sig",
    )
    (root / "train" / "metadata.csv").write_text("file_name,drawer,pen\nO\\2.png,carla,9\n", "utf-8")
    dataset = read_folder(root)
    assert [sample.group for sample in dataset.samples] == ["anna", "carla", "민수", None]
    assert dataset.skipped == ()


def test_metadata_without_hands(make_tree: MakeTree) -> None:
    root = make_tree("O/1.png")
    (root / "metadata.csv").write_text("file_name,Drawer\nO/1.png,anna\n")
    assert read_folder(root).samples[0].group is None


def test_rows_that_name_no_file(make_tree: MakeTree) -> None:
    root = make_tree("O/1.png", "O/notes.txt")
    long = "가" * 200 + ".png"
    (root / "metadata.csv").write_text(
        f"file_name,drawer\nO/gone.png,a\n../1.png,a\nO/notes.txt,a\n,a\nO/{long}\n", "utf-8"
    )
    assert skipped(read_folder(root)) == {
        "O/gone.png": "named in metadata.csv, but not there",
        "../1.png": "named in metadata.csv, but not there",
        f"O/{long}": "named in metadata.csv, but not there",
        "O/notes.txt": "not a picture by its name",
        "metadata.csv": "line 5 names no file",
    }


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "{csv} is empty; its first line must name the columns, file_name among them."),
        (
            b"filename,drawer\nO/1.png,a\n",
            "{csv} has no column 'file_name'; its columns are 'filename', 'drawer'. "
            "Rename 'filename' to 'file_name'.",
        ),
        (
            b"picture,by\nO/1.png,a\n",
            "{csv} has no column 'file_name'; its columns are 'picture', 'by'. "
            "Add it, or take the file away.",
        ),
        (
            b"file_name;drawer\nO/1.png;a\n",
            "{csv} has no column 'file_name'; its columns are 'file_name;drawer'. "
            "Separate the columns with commas.",
        ),
        (
            "file_name,drawer\nO/1.png,민수\n".encode("cp949"),
            "{csv} is not UTF-8 text. Save it again as UTF-8; in a spreadsheet program choose "
            "'CSV UTF-8 (comma delimited)'.",
        ),
        (
            b"file_name,drawer\nO/1.png," + b"a" * 200_000,
            "{csv} is not a csv file: field larger than field limit (131072). "
            "Save it again as CSV with commas.",
        ),
        (
            b"file_name,drawer\nO/1.png,anna\nO/1.png,berta\n",
            "{csv} gives two hands for 1.png: 'anna' and 'berta'. Keep one of the rows.",
        ),
    ],
    ids=["empty", "close", "other", "semicolon", "cp949", "huge", "two hands"],
)
def test_unusable_metadata(content: bytes, expected: str, make_tree: MakeTree) -> None:
    root = make_tree("O/1.png")
    (root / "metadata.csv").write_bytes(content)
    assert message(root) == expected.format(csv=root / "metadata.csv")


# ---- check_trainable


@pytest.mark.parametrize(
    "files",
    [
        [f"{c}/{i}.png" for c in "OX" for i in range(3)],
        ["train/O/1.png", "train/X/1.png"],
        ["train/O/1.png", "train/X/1.png", "test/O/2.png"],
    ],
)
def test_trainable(files: list[str], make_tree: MakeTree) -> None:
    check_trainable(read_folder(make_tree(*files)))


MORE = "Add pictures, or take the folder away if it is not a class."


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (
            ["O/1.png"],
            "{root} has one class only, 'O'; telling classes apart needs at least two. "
            "Add a folder for each other class.",
        ),
        (
            ["marks/O/1.png", "marks/X/2.png"],
            "{root} has one class only, 'marks'; telling classes apart needs at least two. "
            "{root}/marks holds the folders O, X: did you mean {root}/marks?",
        ),
        (
            ["train/O/1.png", "test/O/2.png"],
            "{root} has one class only, 'O'; telling classes apart needs at least two. "
            "Add a folder for each other class.",
        ),
        (
            [*(f"O/{i}.png" for i in range(3)), "X/1.png", "X/2.png", "Y/"],
            "{root}: every class needs at least 3 pictures, but 'X' has 2, 'Y' has none. " + MORE,
        ),
        (
            ["train/O/1.png", "test/X/1.png"],
            "{root}: every class needs some training pictures, but 'X' has none. " + MORE,
        ),
        (
            ["val/O/1.png", "test/X/1.png"],
            "{root} has validation and test pictures, but no training pictures. "
            "Add a folder {root}/train with one folder for each class.",
        ),
    ],
)
def test_not_trainable(files: list[str], expected: str, make_tree: MakeTree) -> None:
    root = make_tree(*files)
    read_folder(root)
    assert message(root, check=True) == expected.format(root=root)
