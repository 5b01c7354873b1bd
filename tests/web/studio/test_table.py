"""Records of a metadata.csv come, change and go; all others stay as they are written."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oxmark.web.problems import Problem
from oxmark.web.studio.table import Table

ADDED = {
    "": "file_name,drawer\nO/9.png,anna\n",
    "file_name,drawer\n": "file_name,drawer\nO/9.png,anna\n",
    "file_name,drawer\r\nO/1.png,bo\r\n": "file_name,drawer\r\nO/1.png,bo\r\nO/9.png,anna\r\n",
    "file_name,drawer\nO/1.png,bo": "file_name,drawer\nO/1.png,bo\nO/9.png,anna\n",
    "drawer,note,file_name\nbo,x,O/1.png\n": "drawer,note,file_name\nbo,x,O/1.png\nanna,,O/9.png\n",
    "file_name,note\nO/1.png,x\n": "file_name,note,drawer\nO/1.png,x\nO/9.png,,anna\n",
    "file_name": "file_name,drawer\nO/9.png,anna\n",
    "\ufefffile_name,drawer\n": "\ufefffile_name,drawer\nO/9.png,anna\n",
    '"file_name","drawer"\n"1.png","a ""b"""\n': '"file_name","drawer"\n"1.png","a ""b"""\nO/9.png,anna\n',
    'file_name,note\nO/1.png,"two\nlines"\n': 'file_name,note,drawer\nO/1.png,"two\nlines"\nO/9.png,,anna\n',
    "file_name,drawer\n\n\nO/1.png,bo\n": "file_name,drawer\n\n\nO/1.png,bo\nO/9.png,anna\n",
}


@pytest.mark.parametrize("before", ADDED)
def test_a_row_is_added_and_taken_back_to_the_byte(before: str) -> None:
    table = Table.parse(before)
    out, into = table.patch(table.row_for("O/9.png", "anna"))
    after = table.patched(out, into)
    assert after.as_bytes().decode() == ADDED[before]
    assert after.patched(into, out).as_bytes().decode() == before


def test_cells_that_need_quotes_get_them() -> None:
    table = Table.parse("file_name,drawer\n")
    added = table.patched(*table.patch(table.row_for('a,"b".png', "J, Jr")))
    assert list(csv.reader(io.StringIO(added.as_bytes().decode())))[1] == ['a,"b".png', "J, Jr"]


def test_rows_are_renamed_and_leave() -> None:
    text = 'note,file_name\n"x, y",O/1.png\nz,O/2.png\nw,O/3.png'
    table = Table.parse(text)
    assert list(table.names()) == [(1, "O/1.png"), (2, "O/2.png"), (3, "O/3.png")]
    out, into = table.patch({1: table.renamed(1, "X/1.png"), 3: None})
    after = table.patched(out, into)
    assert after.as_bytes().decode() == 'note,file_name\n"x, y",X/1.png\nz,O/2.png\n'
    assert after.patched(into, out).as_bytes().decode() == text


def test_what_somebody_else_wrote_meanwhile_stays() -> None:
    table = Table.parse("file_name\na\nb\nc\n")
    out, into = table.patch({2: "B\n"})
    theirs = Table.parse("file_name\nnew\na\nb\n")
    assert theirs.patched(out, into).records == ("file_name\n", "new\n", "B\n", "a\n")
    assert Table.parse("file_name\na\n").patched([(2, "b\n")], []).records == ("file_name\n", "a\n")


cells = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
    min_size=1,
    max_size=3,
)


@given(
    rows=st.lists(cells, max_size=6), end=st.sampled_from(["\n", "\r\n"]), leave=st.sets(st.integers(0, 6))
)
def test_every_table_is_cut_and_put_together_again(rows: list[list[str]], end: str, leave: set[int]) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator=end).writerows([["file_name"], *rows])
    table = Table.parse(buffer.getvalue())
    assert table.as_bytes().decode() == buffer.getvalue()
    out, into = table.patch(dict.fromkeys(leave & set(range(1, len(table.records)))))
    assert table.patched(out, into).patched(into, out) == table


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "metadata.csv has no column 'file_name'. Add it, or take the file away."),
        (b"name,hand\n", "metadata.csv has no column 'file_name'. Add it, or take the file away."),
        ("그림,손\n".encode("cp949"), "metadata.csv is not UTF-8 text. Save it again as UTF-8; in a "
         "spreadsheet program choose 'CSV UTF-8 (comma delimited)'."),
        (b'file_name\n"' + b"a" * 200_000 + b'"\n', "metadata.csv is not a csv file: field larger than "
         "field limit (131072). Save it again as CSV with commas."),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_used_is_not_touched(data: bytes, said: str, tmp_path: Path) -> None:
    file = tmp_path / "metadata.csv"
    file.write_bytes(data)
    with pytest.raises(Problem) as caught:
        Table.read(file)
    assert caught.value.body() == {"error": said, "code": "bad_metadata"}
