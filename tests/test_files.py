"""Writing by rename: the old file stays until the new one is whole, and nothing is left lying about."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from oxmark import files
from oxmark.errors import OutputError

FULL = "the disk is full; free some space or choose another place."
DENIED = "permission denied; choose a folder you may write to."
FILE_IN_PATH = "a part of that path is a file, not a folder; choose another place."


def test_a_reader_that_left_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    with pytest.raises(BrokenPipeError), files.replacing(tmp_path / "answers.csv") as temporary:
        temporary.write_text("some")
        raise BrokenPipeError
    assert list(tmp_path.iterdir()) == []


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("text", "data"),
    [("", b""), ("a\nb\n", b"a\nb\n"), ("동그라미\n", "동그라미\n".encode())],
)
def test_text_is_utf8_with_plain_line_ends(tmp_path: Path, text: str, data: bytes) -> None:
    files.write_text(tmp_path / "new" / "deep" / "a.txt", text)
    assert (tmp_path / "new" / "deep" / "a.txt").read_bytes() == data
    assert names(tmp_path / "new" / "deep") == ["a.txt"]


def test_a_file_that_is_there_is_replaced(tmp_path: Path) -> None:
    files.write_bytes(tmp_path / "a.bin", b"old")
    files.write_bytes(str(tmp_path / "a.bin"), b"new")
    assert (tmp_path / "a.bin").read_bytes() == b"new"
    assert names(tmp_path) == ["a.bin"]


def test_while_it_is_written_the_old_file_stands(tmp_path: Path) -> None:
    target = tmp_path / "sheet.png"
    target.write_bytes(b"old")
    with files.replacing(target) as temporary:
        temporary.write_bytes(b"new")
        assert target.read_bytes() == b"old"
        assert (temporary.parent, temporary.suffix) == (tmp_path, ".png")
        assert temporary.name.startswith(".")
    assert target.read_bytes() == b"new"


def test_the_new_file_takes_the_name_and_does_not_write_into_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    (tmp_path / "same.txt").hardlink_to(tmp_path / "a.txt")
    files.write_text(tmp_path / "a.txt", "new")
    assert (tmp_path / "same.txt").read_text() == "old"


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), OSError(errno.ENOSPC, "full")])
def test_what_fails_half_way_leaves_the_old_file_alone(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "a.csv"
    target.write_bytes(b"old")
    with (
        pytest.raises(OutputError if isinstance(error, OSError) else type(error)),
        files.replacing(target) as temporary,
    ):
        temporary.write_bytes(b"half of the n")
        raise error
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["a.csv"]


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, FULL),
        (errno.EDQUOT, "your disk quota is used up; free some space or choose another place."),
        (errno.EROFS, "the disk is read-only; choose another place."),
        (errno.EACCES, DENIED),
        (errno.EPERM, DENIED),
        (errno.ENOTDIR, FILE_IN_PATH),
        (errno.EEXIST, "something with that name is in the way; choose another place."),
        (errno.EISDIR, "a folder with that name is in the way; choose another place."),
        (errno.ENAMETOOLONG, "the name is too long for this disk; choose a shorter one."),
        (errno.EIO, "Input/output error; choose another place."),
    ],
)
def test_each_reason_has_its_sentence(
    number: int, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, data: bytes) -> int:
        raise OSError(number, "Input/output error")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(OutputError) as caught:
        files.write_text(tmp_path / "metrics.json", "{}")
    assert str(caught.value) == f"cannot write {tmp_path / 'metrics.json'}: {reason}"
    assert names(tmp_path) == []


def test_an_error_without_a_number_is_told_as_it_is() -> None:
    message = str(files.output_error(Path("a.txt"), OSError("the tape is torn")))
    assert message == "cannot write a.txt: the tape is torn; choose another place."


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("file/a.txt", FILE_IN_PATH),
        ("file/below/a.txt", FILE_IN_PATH),
        ("folder", "a folder with that name is in the way; choose another place."),
        ("n" * 300, "the name is too long for this disk; choose a shorter one."),
    ],
)
def test_places_that_cannot_be_written_to(path: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError) as caught:
        files.write_text(tmp_path / path, "text")
    assert str(caught.value) == f"cannot write {tmp_path / path}: {reason}"
    assert names(tmp_path) == ["file", "folder"]


def test_make_folder_makes_it_with_its_parents_once_and_again(tmp_path: Path) -> None:
    for _ in range(2):
        assert files.make_folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("file", FILE_IN_PATH),
        ("file/below", FILE_IN_PATH),
    ],
)
def test_make_folder_says_what_is_in_the_way(path: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError) as caught:
        files.make_folder(tmp_path / path)
    assert str(caught.value) == f"cannot write {tmp_path / path}: {reason}"
