"""What INPUT means: folders, globs, lists and shards."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from many_pictures import write_pictures, write_tar
from pyarrow import parquet

from oxmark.cluster.collection import Columns, columns_of, names_in
from oxmark.cluster.storage import Storage
from oxmark.errors import FolderError
from oxmark.workflow.answering import picture_files

TEXT, BYTES = pa.string(), pa.binary()
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def names(*given: str | Path, column: str | None = None) -> list[str]:
    return sorted(names_in([str(one) for one in given], Storage(), column))


def test_a_folder_gives_the_pictures_that_predict_would_answer(tmp_path: Path) -> None:
    write_pictures(tmp_path / "in", 12)
    for name in ("a.JPG", "note.txt", ".hidden.png", "answers.parquet", "sub/_b.webp", ".git/c.png"):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_bytes(b"x")
    (tmp_path / "in" / "__MACOSX").mkdir()
    (tmp_path / "in" / "__MACOSX" / "d.png").write_bytes(b"x")
    assert names("in") == sorted(map(str, picture_files([tmp_path / "in"])))
    assert len(names("in")) == 14


@pytest.mark.parametrize("scheme", ["", "local://"])
def test_a_glob_gives_what_matches(scheme: str, tmp_path: Path) -> None:
    write_pictures(tmp_path / "in", 3)
    (tmp_path / "in" / "a b.png").write_bytes(b"x")
    start = f"{scheme}{tmp_path}/in"
    assert names(f"{start}/*.png") == [f"{start}/a b.png"]
    assert names(f"{start}/**/*1.png") == [f"{start}/0000/000001.png"]
    assert names(f"{start}/*/00000[02].png") == [f"{start}/0000/000000.png", f"{start}/0000/000002.png"]


def test_a_relative_glob_and_a_name_with_brackets(tmp_path: Path) -> None:
    write_pictures(tmp_path / "in", 1)
    (tmp_path / "a[1].png").write_bytes(b"x")
    assert names("in/0000/*") == [str(tmp_path / "in/0000/000000.png")]
    assert names("a[1].png") == [str(tmp_path / "a[1].png")]


def test_a_glob_below_a_folder_with_brackets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pictures(tmp_path / "[2024] x", 2)
    monkeypatch.chdir(tmp_path / "[2024] x")
    assert names("*/00000?.png") == [f"{tmp_path}/[2024] x/0000/00000{n}.png" for n in (0, 1)]


def test_a_glob_finds_lists_and_shards_as_if_named(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("/scans/a.png\n")
    parquet.write_table(pa.table({"path": ["/scans/b.png"]}), tmp_path / "two.parquet")
    write_tar(tmp_path / "three.tar", [("a.png", b"x")])
    assert names("*") == ["/scans/a.png", "/scans/b.png", f"{tmp_path}/three.tar"]


def test_a_folder_of_shards_has_the_column_that_was_named(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"front": [b"x"], "back": [b"x"]}), tmp_path / "one.parquet")
    assert names(tmp_path, column="back") == [f"{tmp_path}/one.parquet"]
    with pytest.raises(FolderError, match="--column NAME"):
        names(tmp_path)


def test_the_folder_of_the_result_is_not_looked_into(tmp_path: Path) -> None:
    write_tar(tmp_path / "a.tar", [("a.png", b"x")])
    (tmp_path / "out").mkdir()
    parquet.write_table(pa.table({"file": ["/scans/a.png"]}), tmp_path / "out" / "part-0.parquet")
    found = names_in([str(tmp_path)], Storage(), avoid=str(tmp_path / "out"))
    assert list(found) == [f"{tmp_path}/a.tar"]


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=r"^scan does not exist\. Check the spelling and the folder\.$"):
        names("scan")


def test_a_glob_that_matches_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=r"^Nothing matches 'in/\*\.png'\. Check the pattern"):
        names("in/*.png")


def test_a_text_list_names_files(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(
        "\ufeffin/a.png\r\n\n  local:///scans/b.png\n가.png\n", encoding="utf-8"
    )
    found = [str(tmp_path / "in/a.png"), "local:///scans/b.png", str(tmp_path / "가.png")]
    assert names("list.txt") == sorted(found)


def test_a_list_that_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FolderError, match=r"^list\.txt is no list of files: it is not UTF-8 text\."):
        names("list.txt")
    with pytest.raises(FolderError, match=r"^none\.txt does not exist\."):
        names("none.txt")


def test_a_parquet_list_names_files(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"id": ["7"], "path": ["in/a.png"]}), tmp_path / "list.parquet")
    assert names("list.parquet") == [str(tmp_path / "in/a.png")]
    assert names("list.parquet", column="id") == [str(tmp_path / "7")]


def test_shards_stand_for_themselves(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"image": [b"x"]}), tmp_path / "one.parquet")
    (tmp_path / "two.parquet").write_bytes(b"broken")
    write_tar(tmp_path / "three.tar", [("a.png", b"x")])
    found = [str(tmp_path / name) for name in ("one.parquet", "three.tar", "two.parquet")]
    assert names(tmp_path) == names(*found) == found


@pytest.mark.parametrize(
    ("fields", "wanted", "found"),
    [
        ({"image": BYTES}, None, Columns("image", None)),
        ({"image": IMAGE, "label": TEXT}, None, Columns("image", None)),
        ({"scan": BYTES, "file_name": TEXT, "note": TEXT}, None, Columns("scan", "file_name")),
        ({"thumbnail": BYTES, "image": BYTES, "PATH": TEXT}, None, Columns("image", "PATH")),
        ({"thumbnail": BYTES, "scan": BYTES}, "scan", Columns("scan", None)),
        ({"where": TEXT}, None, Columns(None, "where")),
        ({"note": TEXT, "image": BYTES, "path": TEXT}, "note", Columns(None, "note")),
        ({"image": pa.large_binary(), "url": pa.large_string()}, None, Columns("image", "url")),
    ],
)
def test_columns_are_found(fields: dict[str, pa.DataType], wanted: str | None, found: Columns) -> None:
    assert columns_of(pa.schema(fields), "x.parquet", wanted) == found


@pytest.mark.parametrize(
    ("fields", "wanted", "message"),
    [
        (
            {"a": BYTES, "b": BYTES},
            None,
            r"^x\.parquet has several columns with bytes \(a, b\)\. .* --column NAME",
        ),
        ({"a": pa.int64()}, None, r"^x\.parquet has neither a column with the bytes .* It has: a\."),
        ({"a": TEXT, "b": TEXT}, None, r"^x\.parquet has neither"),
        ({"a": BYTES}, "c", r"^x\.parquet has no column 'c' with bytes or names\. It has: a\.$"),
    ],
)
def test_columns_that_fit_nothing_are_named(
    fields: dict[str, pa.DataType], wanted: str | None, message: str
) -> None:
    with pytest.raises(FolderError, match=message):
        columns_of(pa.schema(fields), "x.parquet", wanted)
