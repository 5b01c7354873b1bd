"""The pictures in a part, one after the other: what they are called, and their content or what is wrong.

One thing at a time is in memory, and of pictures on a distant file system a few more, read ahead.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from oxmark.cluster.collection import PARQUET, PICTURES, columns_of, is_shard
from oxmark.cluster.plan import WHOLE, Item
from oxmark.cluster.storage import MOST_BYTES, Storage
from oxmark.errors import FolderError, PictureError
from oxmark.workflow.progress import in_order

READERS = 8
"""Of pictures on a distant file system so many are fetched, or wait, at a time."""
ROWS_AT_ONCE = 16
BUFFER = 1 << 20
"""Bytes of a column that are read at a time, however large a row group is."""

Content = Path | bytes | PictureError
Named = tuple[str, Content]


def contents(items: Sequence[Item], storage: Storage, column: str | None = None) -> Iterator[Named]:
    """The pictures of a part, in their order.

    Args:
        items: The part.
        storage: Where they lie.
        column: Of Parquet files, the one with the bytes.

    Yields:
        The name of each, and the path of a file on this machine, the content of another, or its error.

    Example:
        >>> list(contents([Item("/scans/a.png")], Storage()))
        [('/scans/a.png', PosixPath('/scans/a.png'))]
    """
    for kind, alike in groupby(items, _kind):
        if kind == "shard":
            for item in alike:
                yield from _in_shard(item, storage, column)
        elif kind == "here":
            yield from ((item.name, Path(item.name)) for item in alike)
        else:
            names = [item.name for item in alike]
            found = in_order(lambda name: _read(name, storage), names, READERS, ahead=READERS)
            yield from zip(names, found, strict=True)


def _kind(item: Item) -> str:
    if is_shard(item.name):
        return "shard"
    return "distant" if "://" in item.name else "here"


def _read(name: str, storage: Storage) -> Content:
    try:
        return storage.read(name)
    except PictureError as error:
        return error.kept()


def _in_shard(item: Item, storage: Storage, column: str | None) -> Iterator[Named]:
    """The pictures of a shard; where it is damaged, those before that, and its error in a row of its own."""
    rows = _of_parquet if item.name.lower().endswith(PARQUET) else _of_tar
    name = item.name if item.last == WHOLE else f"{item.name}#{item.first}-{item.last - 1}"
    try:
        yield from rows(item, storage, column)
    except FileNotFoundError:
        yield name, PictureError(f"{name} does not exist. Check the spelling and the folder.")
    except FolderError as error:
        yield name, PictureError(str(error))
    except Exception as error:  # noqa: BLE001  of Arrow, tarfile, zlib, or a file system of somebody else's
        reason = str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else "it ends too early"
        text = f"{name} cannot be read to its end: {reason}. Get the file again, and run with --retry-errors."
        yield name, PictureError(text)


def _of_parquet(item: Item, storage: Storage, column: str | None) -> Iterator[Named]:
    with storage.opened(item.name) as stream, _opened(stream) as file:
        columns = columns_of(file.schema_arrow, item.name, column)
        if columns.content is None:
            raise FolderError(
                f"{item.name} holds no pictures. Name the column with their bytes: --column NAME."
            )
        groups, row = _groups(file, item)
        wanted = [columns.content, *([columns.name] if columns.name else [])]
        for batch in file.iter_batches(ROWS_AT_ONCE, row_groups=groups, columns=wanted):
            table = {name: batch.column(name) for name in wanted}
            for place in range(batch.num_rows):
                if item.last != WHOLE and row >= item.last:
                    return
                if row >= item.first:
                    cell = table[columns.content][place].as_py()
                    name = table[columns.name][place].as_py() if columns.name else None
                    yield _named(cell, name or f"{item.name}#{row}")
                row += 1


def _opened(stream: Any) -> Any:
    from pyarrow import parquet

    return parquet.ParquetFile(stream, buffer_size=BUFFER, pre_buffer=False)


def _groups(file: Any, item: Item) -> tuple[list[int], int]:
    """The row groups that hold some rows, and the number of the first row in them."""
    groups: list[int] = []
    first = row = 0
    for number in range(file.num_row_groups):
        count = file.metadata.row_group(number).num_rows
        if row + count > item.first and (item.last == WHOLE or row < item.last):
            first = first if groups else row
            groups.append(number)
        row += count
    return groups, first


def _named(cell: Any, name: str) -> Named:
    content = cell["bytes"] if isinstance(cell, dict) else cell
    if content is None:
        return name, PictureError(f"{name} has no content: its bytes are missing from the collection.")
    return name, content


def _of_tar(item: Item, storage: Storage, column: str | None) -> Iterator[Named]:
    with storage.streamed(item.name) as stream, tarfile.open(fileobj=stream, mode="r|*") as archive:
        remembered: Any = archive
        for member in archive:
            remembered.members = []  # of all of them, however many
            last = member.name.rpartition("/")[2]
            if not member.isfile() or last.startswith(".") or not last.lower().endswith(PICTURES):
                continue
            name = f"{item.name}/{member.name}"
            if member.size > MOST_BYTES:
                yield name, PictureError(f"{name} is too large for a picture: {member.size:,} bytes.")
                continue
            file = archive.extractfile(member)
            yield name, file.read() if file else PictureError(f"{name} has no content.")
