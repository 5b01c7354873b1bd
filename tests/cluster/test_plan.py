"""What is to be answered: planned once, in parts, however many names there are."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from many_pictures import write_tar
from pyarrow import parquet

from oxmark.cluster import plan
from oxmark.cluster.plan import WHOLE, Item, Part, Plans, rows_of_shard, sorted_names, without
from oxmark.cluster.storage import Storage

NAMES = st.lists(st.binary(min_size=1, max_size=3), max_size=40)


@given(NAMES)
def test_names_are_sorted_and_once(names: list[bytes]) -> None:
    count, found = sorted_names(names, Path("/nowhere"))  # so few need no folder
    assert (count, list(found)) == (len(set(names)), sorted(set(names)))


@pytest.mark.parametrize("count", [1, 9, 10, 11, 20, 57])
def test_many_names_are_sorted_piece_by_piece(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "SORTED_AT_ONCE", 10)
    names = [f"{number % 40:03}\n".encode() for number in range(count)]
    random.Random(0).shuffle(names)
    most, found = sorted_names(iter(names), tmp_path)
    assert list(found) == sorted(set(names))
    assert most >= len(set(names))
    assert bool(list(tmp_path.iterdir())) == (count >= 10)


@given(NAMES, NAMES)
def test_what_was_planned_is_left_out(names: list[bytes], others: list[bytes]) -> None:
    found = without(sorted(set(names)), sorted(others))
    assert list(found) == sorted(set(names) - set(others))


def planned(plans: Plans) -> dict[str, list[Item]]:
    return {part.key: plans.items(part) for part in plans.parts()}


def test_a_plan_names_every_file_once_also_after_more_came(tmp_path: Path) -> None:
    plans = Plans(str(tmp_path), Storage())
    assert plans.extend(["/c", "/a", "/b", "/a", "/e"], 2, 1) == 2
    assert planned(plans) == {
        "part-0000-000000-00000": [Item("/a"), Item("/b")],
        "part-0000-000000-00001": [Item("/c"), Item("/e")],
    }
    assert plans.extend(["/a", "/b", "/c", "/e"], 2, 1) == 0
    assert plans.extend(["/d", "/a", "/f"], 7, 1) == 1
    assert plans.extend(["/f", "/0", "/d"], 7, 1) == 1
    assert list(planned(plans).values())[2:] == [[Item("/d"), Item("/f")], [Item("/0")]]
    assert [part.pictures for part in plans.parts()] == [2, 2, 2, 1]


def test_a_plan_of_many_parts_is_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "PARTS_A_FILE", 3)
    plans = Plans(str(tmp_path), Storage())
    plans.extend([f"/{number:02}" for number in range(20)], 2, 1)
    assert len(list((tmp_path / "_oxmark").iterdir())) == 4
    parts = list(plans.parts())
    assert parts == [Part(0, number // 3, number % 3, 2) for number in range(10)]
    assert plans.items(parts[7]) == [Item("/14"), Item("/15")]
    (tmp_path / "_oxmark" / "plan-0000-000001.parquet").unlink()  # as if the driver had died before it
    assert plans.extend([f"/{number:02}" for number in range(20)], 2, 1) == 3
    assert sorted(item.name for items in planned(plans).values() for item in items) == [
        f"/{number:02}" for number in range(20)
    ]


def test_a_shard_is_planned_wholly_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a driver that dies while it plans would leave rows that no plan ever names."""
    monkeypatch.setattr(plan, "PARTS_A_FILE", 3)
    shards = []
    for name in "ab":
        shards.append(str(tmp_path / f"{name}.parquet"))
        parquet.write_table(pa.table({"image": [b"x"] * 80}), shards[-1], row_group_size=10)
    plans = Plans(str(tmp_path / "out"), Storage())
    assert plans.extend(shards, 10, 1) == 16
    files = sorted((tmp_path / "out" / "_oxmark").iterdir())
    assert len(files) == 2
    files[1].unlink()
    assert {items[0].name for items in planned(plans).values()} == {shards[0]}
    assert plans.extend(shards, 10, 1) == 8
    ranges = sorted((i.name, i.first, i.last) for items in planned(plans).values() for i in items)
    assert ranges == [(name, row, row + 10) for name in shards for row in range(0, 80, 10)]


def test_many_earlier_runs_keep_few_files_open(tmp_path: Path) -> None:
    plans = Plans(str(tmp_path), Storage())
    for number in range(40):
        plans.extend([f"/{number:02}"], 10, 1)
    before = len(list(Path("/proc/self/fd").iterdir()))
    names = plans._planned(plans._files())
    assert next(names) == b"/00"
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 2
    assert len(list(names)) == 39


@pytest.mark.parametrize(("count", "cores", "parts"), [(10, 1, 1), (1000, 2, 16), (200_000, 2, 49)])
def test_the_size_of_parts_follows_the_number_of_pictures(
    count: int, cores: int, parts: int, tmp_path: Path
) -> None:
    names = (f"/{number}" for number in range(count))
    assert Plans(str(tmp_path), Storage()).extend(names, None, cores) == parts


def test_names_that_are_no_utf8_stay_what_they_are(tmp_path: Path) -> None:
    name = os.fsdecode(b"/caf\xe9.png")
    plans = Plans(str(tmp_path), Storage())
    plans.extend([name], None, 1)
    assert list(planned(plans).values()) == [[Item(name)]]


@pytest.mark.parametrize(
    ("groups", "size", "ranges"),
    [
        ([10, 10, 10, 5], 20, [(0, 20), (20, 35)]),
        ([100], 30, [(0, 33), (33, 66), (66, 100)]),
        ([1000], 10, [(number * 125, number * 125 + 125) for number in range(8)]),
        ([5], 100, [(0, 5)]),
        ([], 100, []),
    ],
)
def test_a_parquet_shard_is_cut_between_rows(
    groups: list[int], size: int, ranges: list[tuple[int, int]], tmp_path: Path
) -> None:
    schema = pa.schema([("image", pa.binary())])
    with parquet.ParquetWriter(tmp_path / "a.parquet", schema) as writer:
        for count in groups:
            writer.write_table(pa.table([[b"x"] * count], schema=schema), row_group_size=count)
    assert list(rows_of_shard(str(tmp_path / "a.parquet"), Storage(), size)) == ranges


def test_what_cannot_be_cut_is_one_part(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"broken")
    write_tar(tmp_path / "b.tar", [("a.png", b"x"), ("b.png", b"x")])
    for name in ("a.parquet", "b.tar", "none.parquet"):
        assert list(rows_of_shard(str(tmp_path / name), Storage(), 1)) == [(0, WHOLE)]


def test_shards_and_pictures_stay_in_order(tmp_path: Path) -> None:
    plans = Plans(str(tmp_path), Storage())
    plans.extend(["/c.png", "/b.tar", "/a.png", "/d.png"], 10, 1)
    assert list(planned(plans).values()) == [
        [Item("/a.png")],
        [Item("/b.tar", 0, WHOLE)],
        [Item("/c.png"), Item("/d.png")],
    ]
    assert [part.pictures for part in plans.parts()] == [1, 0, 2]
    assert plans.extend(["/b.tar", "/e.png"], 10, 1) == 1
