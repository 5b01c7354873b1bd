"""One part: its pictures, wherever they lie, and the file that they become."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from bad_files import bad_files
from many_pictures import one_picture, write_pictures, write_tar
from pyarrow import parquet

import oxmark
from oxmark.cluster import answers
from oxmark.cluster.answerer import Answerer, Job
from oxmark.cluster.answers import Tally
from oxmark.cluster.caution import TRIES, Cautious, tried
from oxmark.cluster.contents import contents
from oxmark.cluster.plan import WHOLE, Item, Part, Plans
from oxmark.cluster.storage import Storage

RNG = np.random.default_rng(0)
PICTURES = [one_picture(RNG, number) for number in range(7)]
CLASSIFIER = oxmark.load()


def answered(
    names: Sequence[str], out: Path, size: int = 1000, column: str | None = None
) -> list[dict[str, object]]:
    """The rows that an actor writes for these files."""
    storage, folder = Storage(), str(out)
    Plans(folder, storage).extend(names, size, 1)
    job = Job(folder, storage, CLASSIFIER.content, "the model", column)
    answerer = Answerer(job)
    tallies = [answerer.answer(part)[0] for part in Plans(folder, storage).parts()]
    rows: list[dict[str, object]] = []
    for part, tally in zip(Plans(folder, storage).parts(), tallies, strict=True):
        name = answers.file_of(folder, part)
        assert answers.tally_of(name, storage) == tally
        rows += parquet.read_table(name).to_pylist()
    assert len(rows) == sum(tally.pictures for tally in tallies)
    return rows


def batch_of(pictures: int) -> dict[str, npt.NDArray[np.int64]]:
    """As Ray Data hands the first part over."""
    return {name: np.array([0]) for name in ("run", "file", "number")} | {"pictures": np.array([pictures])}


def check_against_predict(rows: list[dict[str, object]], pictures: Sequence[bytes]) -> None:
    """Each row is what one process answers, to the last bit."""
    for row, content in zip(rows, pictures, strict=True):
        path = Path("one.png")
        path.write_bytes(content)
        expected = CLASSIFIER.predict(path)
        assert row["label"] == expected.label
        assert row["known"] == expected.known
        assert row["probabilities"] == expected.probabilities
        assert (row["error"], row["model_digest"]) == (None, CLASSIFIER.digest)


@pytest.mark.parametrize("scheme", ["", "local://"])
def test_files_are_answered_as_predict_does(scheme: str, tmp_path: Path) -> None:
    paths = write_pictures(tmp_path / "in", 7)
    names = [f"{scheme}{path}" for path in paths]
    rows = answered(names, tmp_path / "out", size=3)
    assert [row["file"] for row in rows] == names
    check_against_predict(rows, [path.read_bytes() for path in paths])


def test_bad_files_are_rows_with_their_error(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, content in bad_files().items():
        (tmp_path / "in" / name).write_bytes(content)
    (tmp_path / "in" / "good.png").write_bytes(PICTURES[0])
    names = [str(path) for path in (tmp_path / "in").iterdir()] + [str(tmp_path / "none.png")]
    rows = answered(names, tmp_path / "out")
    assert sorted(str(row["file"]) for row in rows) == sorted(names)
    for row in rows:
        good = str(row["file"]).endswith("good.png")
        assert (row["error"] is None) == good
        assert (row["known"] is None, row["probabilities"] is None) == (not good, not good)
        if not good:
            assert str(row["error"]).startswith(str(row["file"])), row
            with pytest.raises(oxmark.OxmarkError) as alone:
                CLASSIFIER.predict(str(row["file"]))
            assert row["error"] == str(alone.value)


def test_a_name_that_is_no_utf8_can_be_written(tmp_path: Path) -> None:
    path = os.path.join(os.fsencode(tmp_path), b"caf\xe9.png")  # noqa: PTH118  bytes
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(PICTURES[0])
    rows = answered([os.fsdecode(path)], tmp_path / "out")
    assert rows[0]["file"] == f"{tmp_path}/caf\\udce9.png"
    check_against_predict(rows, PICTURES[:1])


def parquet_of(where: Path, **columns: object) -> Path:
    parquet.write_table(pa.table(columns), where, row_group_size=3)
    return where


SHARDS: dict[str, tuple[Callable[[Path], Path], Callable[[str, int], str]]] = {
    "bytes alone": (
        lambda folder: parquet_of(folder / "a.parquet", image=PICTURES),
        lambda shard, number: f"{shard}#{number}",
    ),
    "with names": (
        lambda folder: parquet_of(
            folder / "a.parquet", path=[f"p{n}" for n in range(7)], content=PICTURES, size=list(range(7))
        ),
        lambda shard, number: f"p{number}",
    ),
    "as data sets have it": (
        lambda folder: parquet_of(
            folder / "a.parquet", image=[{"bytes": p, "path": "x.png"} for p in PICTURES]
        ),
        lambda shard, number: f"{shard}#{number}",
    ),
    "tar": (
        lambda folder: write_tar(
            folder / "a.tar",
            [m for n, p in enumerate(PICTURES) for m in ((f"s/{n}.png", p), (f"s/{n}.json", b"{}"))],
        ),
        lambda shard, number: f"{shard}/s/{number}.png",
    ),
    "tar.gz": (
        lambda folder: write_tar(folder / "a.tar.gz", [(f"{n}.png", p) for n, p in enumerate(PICTURES)]),
        lambda shard, number: f"{shard}/{number}.png",
    ),
}


@pytest.mark.parametrize("size", [1, 2, 1000])  # parts within a row group, of one, of all
@pytest.mark.parametrize("scheme", ["", "local://"])
@pytest.mark.parametrize("kind", SHARDS)
def test_shards_are_answered_row_by_row(kind: str, scheme: str, size: int, tmp_path: Path) -> None:
    make, called = SHARDS[kind]
    shard = f"{scheme}{make(tmp_path)}"
    rows = answered([shard], tmp_path / "out", size=size)
    assert [row["file"] for row in rows] == [called(shard, number) for number in range(7)]
    check_against_predict(rows, PICTURES)


def test_what_is_wrong_in_a_shard_is_a_row(tmp_path: Path) -> None:
    shard = parquet_of(tmp_path / "a.parquet", image=[PICTURES[0], None, b"x"])
    rows = answered([str(shard)], tmp_path / "out")
    assert [bool(row["error"]) for row in rows] == [False, True, True]
    assert "has no content: its bytes are missing" in str(rows[1]["error"])
    assert "a.parquet#2 is not a picture that oxmark reads" in str(rows[2]["error"])


def test_a_damaged_shard_gives_what_stands_before_the_damage(tmp_path: Path) -> None:
    tar = write_tar(tmp_path / "a.tar", [(f"{n}.png", p) for n, p in enumerate(PICTURES)])
    tar.write_bytes(tar.read_bytes()[:2600])  # in the third member
    (tmp_path / "b.parquet").write_bytes(b"broken")
    names = [str(tmp_path / name) for name in ("a.tar", "b.parquet", "c.tar", "d.parquet")]
    rows = answered(names, tmp_path / "out")
    told = [row for row in rows if row["error"]]
    check_against_predict([row for row in rows if not row["error"]], PICTURES[:2])
    assert [row["file"] for row in told] == names
    assert "a.tar cannot be read to its end" in str(told[0]["error"])
    assert "b.parquet cannot be read to its end" in str(told[1]["error"])
    assert "c.tar does not exist" in str(told[2]["error"])
    assert "d.parquet does not exist" in str(told[3]["error"])


def test_a_list_among_shards_is_told(tmp_path: Path) -> None:
    shard = parquet_of(tmp_path / "a.parquet", path=["x.png"])
    found = list(contents([Item(str(shard), 0, WHOLE)], Storage()))
    assert len(found) == 1
    assert "holds no pictures" in str(found[0][1])


def test_a_huge_member_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oxmark.cluster.contents.MOST_BYTES", 10)
    monkeypatch.setattr("oxmark.cluster.storage.MOST_BYTES", 10)
    shard = write_tar(tmp_path / "a.tar", [("a.png", b"x" * 11)])
    (tmp_path / "b.png").write_bytes(b"x" * 11)
    one, other = answered([str(shard), f"local://{tmp_path}/b.png"], tmp_path / "out")
    assert one["error"] == f"{shard}/a.png is too large for a picture: 11 bytes."
    assert other["error"] == f"local://{tmp_path}/b.png is too large for a picture: more than 10 bytes."


def test_a_part_that_is_not_whole_is_answered_anew(tmp_path: Path) -> None:
    paths = write_pictures(tmp_path / "in", 2)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "part-0000-000000-00000.parquet").write_bytes(b"PAR1 damaged")
    rows = answered([str(path) for path in paths], tmp_path / "out")
    check_against_predict(rows, [path.read_bytes() for path in paths])


def test_what_is_answered_is_not_even_read_again(tmp_path: Path) -> None:
    paths = write_pictures(tmp_path / "in", 2)
    names = [f"local://{path}" for path in paths]
    before = answered(names, tmp_path / "out")
    for path in paths:
        path.unlink()
    assert answered([], tmp_path / "out") == before


def test_a_part_that_is_there_keeps_its_answers_and_mends_its_errors(tmp_path: Path) -> None:
    paths = write_pictures(tmp_path / "in", 4, broken=0.5)
    out, storage = tmp_path / "out", Storage()
    before = answered([str(path) for path in paths], out)
    assert [bool(row["error"]) for row in before] == [False, True, False, True]
    paths[1].write_bytes(PICTURES[1])
    paths[0].write_bytes(b"changed since")
    job = Job(str(out), storage, CLASSIFIER.content, "the model", None)
    told = Answerer(job)(batch_of(4))
    assert json.loads(told["told"][0]) == {
        "part": "part-0000-000000-00000",
        "kept": 2,
        "labels": {"O": 1, "X": 2},
        "refused": 0,
        "errors": 1,
    }
    after = parquet.read_table(out / "part-0000-000000-00000.parquet").to_pylist()
    by_file = {row["file"]: row for row in after}
    assert len(by_file) == len(after) == 4
    for number in (0, 2, 3):
        assert by_file[str(paths[number])] == before[number]
    assert by_file[str(paths[1])]["error"] is None


def test_a_place_that_cannot_be_written_is_told_not_raised(tmp_path: Path) -> None:
    paths = write_pictures(tmp_path / "in", 2)
    storage, out = Storage(), tmp_path / "out"
    Plans(str(out), storage).extend(map(str, paths), 10, 1)
    (out / "part-0000-000000-00000.parquet").mkdir()
    told = Answerer(Job(str(out), storage, CLASSIFIER.content, "the model", None))(batch_of(2))
    assert set(json.loads(told["told"][0])) == {"part", "error"}


def test_the_answer_of_one_picture_that_needs_too_much_memory_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hungry(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(oxmark.Classifier, "predict", hungry)
    (row,) = answered([str(path) for path in write_pictures(tmp_path / "in", 1)], tmp_path / "out")
    assert str(row["error"]).endswith("000000.png cannot be answered: no room")


def test_tallies_add_up() -> None:
    assert Tally({"O": 1}, 2, 3).and_also(Tally({"O": 1, "X": 4}, 5, 6)) == Tally({"O": 2, "X": 4}, 7, 9)
    assert Tally({"O": 1}, 2, 3).pictures == 6


def test_a_part_that_ended_two_processes_is_answered_with_caution(tmp_path: Path) -> None:
    """A planted function stands for a decoder that takes its process down."""
    paths = write_pictures(tmp_path / "in", 5)
    with Cautious(CLASSIFIER.content, "the model") as cautious:
        found = [
            cautious.answer(str(path), Deadly() if number == 2 else path) for number, path in enumerate(paths)
        ]
    assert str(found[2]).startswith(f"{paths[2]} cannot be answered: the process that reads it ends over it")
    expected = CLASSIFIER.predict(paths)
    assert found[:2] + found[3:] == expected[:2] + expected[3:]


class Deadly(type(Path())):  # type: ignore[misc]
    """A path that ends the process that looks at it."""

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (9,)


def test_a_part_is_noted_while_it_is_answered(tmp_path: Path) -> None:
    storage, out, part = Storage(), str(tmp_path), Part(0, 0, 7, 1)
    begun = tmp_path / "_oxmark" / "begun"
    ended = [tried(part, out, storage) for _ in range(TRIES + 1)]  # each process is ended in the middle
    for tries, one in enumerate(ended):
        assert one.__enter__() == (tries >= TRIES)
        assert len(list(begun.iterdir())) == tries + 1
    with tried(Part(0, 0, 8, 1), out, storage) as cautiously:
        assert not cautiously
    with tried(part, out, storage) as cautiously:
        assert cautiously
    assert list(begun.iterdir()) == []
    with pytest.raises(OSError, match="full"), tried(part, out, storage):
        raise OSError("full")
    assert list(begun.iterdir()) == []
