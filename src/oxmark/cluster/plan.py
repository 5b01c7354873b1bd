"""What is to be answered, cut into parts, each of which becomes one file of the result.

A plan is made once for each file, and written before any work, beside the result::

    OUT/part-0000-000000-00012.parquet   a part's answers: it is done if the file is there
    OUT/_oxmark/job.json                 the model, so that answers of two models are never mixed
    OUT/_oxmark/plan-0000-000000.parquet which files are in which part

So whoever dies, whatever is done twice: a part's file has one name, takes it in one step, and holds each of
the part's files once. A run plans what no plan before it names, and has done what has no file yet. Names are
sorted, so that plans, old ones and new ones, are gone through side by side, and never held in memory.
"""

from __future__ import annotations

import heapq
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from oxmark.cluster.collection import PARQUET, is_shard
from oxmark.cluster.storage import Storage

FOLDER = "_oxmark"
SORTED_AT_ONCE = 1 << 20
"""So many names are sorted in memory; more are sorted piece by piece, and merged from temporary files."""
PARTS_A_FILE = 256
"""About so many parts are in one file of a plan; a shard is always in one, so that it is planned wholly."""
MOST_IN_PART = 4096
"""Pictures in a part, unless the user says otherwise: 6 s of work where they are small, a minute of scans."""
FEWEST_IN_PART = 64
PARTS_A_CORE = 16
"""So many parts there are for each core at least, so that all are busy to the end."""
READ_AT_ONCE = 1 << 16
"""So many names of a plan are read at once; of more, a part's at a time."""
PIECES = 8
"""A row group of a Parquet file is cut into so many parts at most: each is read from its beginning."""
WHOLE = -1
"""As the end of a shard: all of it."""


@dataclass(frozen=True)
class Item:
    """A picture, or rows of a shard.

    Attributes:
        name: Of the file.
        first: Of a shard, the first row, from 0.
        last: Of a shard, the row after the last one, or ``WHOLE``; of a picture 0.
    """

    name: str
    first: int = 0
    last: int = 0


@dataclass(frozen=True)
class Part:
    """A part of a plan.

    Attributes:
        run: Which run planned it, from 0.
        file: In which file of that run's plan it is, from 0.
        number: Its number in that file, from 0.
        pictures: How many it has; 0 where that shows only when it is read.
    """

    run: int
    file: int
    number: int
    pictures: int

    @property
    def key(self) -> str:
        """Its name in the result: ``part-0000-000000-00012``."""
        return f"part-{self.run:04}-{self.file:06}-{self.number:05}"


class Plans:
    """All plans of a result's folder.

    Args:
        out: The folder's name.
        storage: Where it lies.
    """

    def __init__(self, out: str, storage: Storage) -> None:
        self._folder, self._storage = f"{out}/{FOLDER}", storage

    def parts(self) -> Iterator[Part]:
        """All parts that were planned, in order."""
        for name in self._files():
            for number, pictures in enumerate(self._pictures(name)):
                yield Part(*_numbers(name), number, pictures)

    def items(self, part: Part) -> list[Item]:
        """What is in a part."""
        from pyarrow import parquet

        name = self._name(part.run, part.file)
        with self._storage.opened(name) as stream, parquet.ParquetFile(stream) as file:
            table = file.read_row_group(part.number)
        rows = zip(*(table.column(name).to_pylist() for name in ("file", "first", "last")), strict=True)
        return [Item(os.fsdecode(name), first, last) for name, first, last in rows]

    def extend(self, names: Iterable[str], size: int | None, cores: int) -> int:
        """Plan what no plan names yet.

        Args:
            names: Of pictures and shards, in any order, some perhaps more than once.
            size: Pictures in a part; None chooses by their number.
            cores: That will work on them.

        Returns:
            How many parts are new.
        """
        self._storage.make_folder(self._folder)
        files = self._files()
        run = 1 + max((_numbers(name)[0] for name in files), default=-1)
        with tempfile.TemporaryDirectory(prefix="oxmark-", ignore_cleanup_errors=True) as folder:
            count, there = sorted_names(map(os.fsencode, names), Path(folder))
            size = size or min(MOST_IN_PART, max(FEWEST_IN_PART, -(-count // (cores * PARTS_A_CORE))))
            parts = self._cut(without(there, self._planned(files)), size)
            total = 0
            for number, some in enumerate(_in_files(parts)):
                self._write(self._name(run, number), some)
                total += len(some)
        return total

    def _planned(self, files: Sequence[str]) -> Iterator[bytes]:
        """All names in all plans, sorted."""
        by_run: dict[int, list[str]] = {}
        for name in files:
            by_run.setdefault(_numbers(name)[0], []).append(name)
        return heapq.merge(*(chain.from_iterable(map(self._names, some)) for some in by_run.values()))

    def _names(self, file: str) -> Iterator[bytes]:
        from pyarrow import parquet

        with self._storage.opened(file) as stream, parquet.ParquetFile(stream) as found:
            if found.metadata.num_rows > READ_AT_ONCE:
                for group in range(found.num_row_groups):
                    yield from found.read_row_group(group, columns=["file"]).column(0).to_pylist()
                return
            names = found.read(columns=["file"]).column(0).to_pylist()
        yield from names  # the file is closed: there may be one for each day of years

    def _pictures(self, file: str) -> list[int]:
        from pyarrow import parquet

        with self._storage.opened(file) as stream, parquet.ParquetFile(stream) as found:
            counts: list[int] = json.loads(found.metadata.metadata[b"oxmark.pictures"])
        return counts

    def _files(self) -> list[str]:
        _, files = self._storage.listed(self._folder)
        return [name for name in files if name.rpartition("/")[2].startswith("plan-")]

    def _name(self, run: int, number: int) -> str:
        return f"{self._folder}/plan-{run:04}-{number:06}{PARQUET}"

    def _cut(self, names: Iterable[bytes], size: int) -> Iterator[list[Item]]:
        """Names into parts, in their order."""
        waiting: list[Item] = []
        for raw in names:
            name = os.fsdecode(raw)
            if not is_shard(name):
                waiting.append(Item(name))
            if waiting and (len(waiting) == size or is_shard(name)):
                yield waiting
                waiting = []
            if is_shard(name):
                yield from ([Item(name, *rows)] for rows in rows_of_shard(name, self._storage, size))
        if waiting:
            yield waiting

    def _write(self, name: str, parts: Sequence[Sequence[Item]]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        counts = [sum(_pictures_in(item) for item in part) for part in parts]
        fields = [("file", pa.binary()), ("first", pa.int64()), ("last", pa.int64())]
        schema = pa.schema(fields, {"oxmark.pictures": json.dumps(counts)})
        with self._storage.replacing(name) as stream, parquet.ParquetWriter(stream, schema) as writer:
            for part in parts:
                columns = [
                    [os.fsencode(item.name) for item in part],
                    [item.first for item in part],
                    [item.last for item in part],
                ]
                writer.write_table(pa.table(columns, schema=schema), row_group_size=len(part))


def _in_files(parts: Iterable[list[Item]]) -> Iterator[list[list[Item]]]:
    """Parts, some hundred at a time; all parts of a shard together."""
    waiting: list[list[Item]] = []
    for part in parts:
        if len(waiting) >= PARTS_A_FILE and waiting[-1][-1].name != part[0].name:
            yield waiting
            waiting = []
        waiting.append(part)
    if waiting:
        yield waiting


def _numbers(name: str) -> tuple[int, int]:
    """Run and number of a plan's file."""
    _, run, number = name.rpartition("/")[2].removesuffix(PARQUET).split("-")
    return int(run), int(number)


def _pictures_in(item: Item) -> int:
    return 0 if item.last == WHOLE else max(1, item.last - item.first)


def rows_of_shard(name: str, storage: Storage, size: int) -> Iterator[tuple[int, int]]:
    """Cut a shard into parts: first row, and the row after the last one.

    A tar file must be read from its beginning, so it is one part. A Parquet file is cut between row groups,
    and within a row group of very many rows. What cannot be opened is one part, whose answer is its error.
    """
    import pyarrow as pa
    from pyarrow import parquet

    if not name.lower().endswith(PARQUET):
        yield 0, WHOLE
        return
    try:
        with storage.opened(name) as stream:
            found = parquet.read_metadata(stream)
    except (OSError, pa.ArrowException):
        yield 0, WHOLE
        return
    begun = row = 0
    for group in range(found.num_row_groups):
        count = found.row_group(group).num_rows
        pieces = min(PIECES, max(1, count // size))
        for piece in range(1, pieces + 1):
            end = row + count * piece // pieces
            if end - begun >= size:
                yield begun, end
                begun = end
        row += count
    if row > begun:
        yield begun, row


# --- very many names ----------------------------------------------------------------------------------------


def sorted_names(names: Iterable[bytes], folder: Path) -> tuple[int, Iterator[bytes]]:
    """Sort names, each once; at most about a million are in memory.

    Args:
        names: In any order.
        folder: For temporary files.

    Returns:
        How many there are at most, and the names in order, to be taken while the folder is there.

    Example:
        >>> count, found = sorted_names([b"b", b"a", b"b"], Path("/tmp"))
        >>> count, list(found)
        (2, [b'a', b'b'])
    """
    iterator, count = iter(names), 0
    runs: list[Path] = []
    while some := set(islice(iterator, SORTED_AT_ONCE)):
        count += len(some)
        if not runs and len(some) < SORTED_AT_ONCE:
            last = next(iterator, None)
            if last is None:
                return count, iter(sorted(some))
            iterator = chain([last], iterator)
        runs.append(_spilled(sorted(some), folder / f"{len(runs)}.arrow"))
    return count, _once(heapq.merge(*map(_unspilled, runs)))


def _spilled(names: Sequence[bytes], path: Path) -> Path:
    import pyarrow as pa

    schema = pa.schema([("name", pa.binary())])
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema) as writer:
        for first in range(0, len(names), 1 << 14):
            writer.write_batch(pa.record_batch([names[first : first + (1 << 14)]], schema=schema))
    return path


def _unspilled(path: Path) -> Iterator[bytes]:
    import pyarrow as pa

    with pa.OSFile(str(path), "rb") as file, pa.ipc.open_file(file) as reader:
        for number in range(reader.num_record_batches):
            yield from reader.get_batch(number).column(0).to_pylist()


def _once(names: Iterable[bytes]) -> Iterator[bytes]:
    before: bytes | None = None
    for name in names:
        if name != before:
            yield name
        before = name


def without(names: Iterable[bytes], others: Iterable[bytes]) -> Iterator[bytes]:
    """Sorted names that are not among others, which are sorted, too.

    Example:
        >>> list(without([b"a", b"b", b"c"], [b"b"]))
        [b'a', b'c']
    """
    rest: Any = iter(others)
    other: bytes | None = next(rest, None)
    for name in names:
        while other is not None and other < name:
            other = next(rest, None)
        if name != other:
            yield name
