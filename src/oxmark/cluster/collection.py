"""What INPUT means: pictures, and shards that hold pictures, by name.

A *shard* is a Parquet file with a column of bytes, or a WebDataset, a tar file. Everything else that a name
can mean leads to names of pictures and shards: a folder, a glob, a list of files as text or as Parquet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from oxmark.cluster.storage import Storage, shown, split_query, without_secrets
from oxmark.data.decode import PICTURE_SUFFIXES
from oxmark.errors import FolderError

TARS = (".tar", ".tar.gz", ".tgz")
PARQUET = ".parquet"
LISTS = (".txt", ".lst", ".list")
PICTURES = tuple(PICTURE_SUFFIXES)
MAGIC = re.compile(r"[*?\[]")
BYTES_COLUMNS = ("image", "picture", "bytes", "content", "data", "png", "jpg", "jpeg")
NAME_COLUMNS = (
    "file",
    "file_name",
    "filename",
    "path",
    "file_path",
    "uri",
    "url",
    "name",
    "key",
    "__key__",
    "id",
)
LINES_AT_ONCE = 1 << 16


@dataclass(frozen=True)
class Columns:
    """The columns of a Parquet file that matter.

    Attributes:
        content: The pictures' bytes: a binary column, or a struct with a binary field ``bytes``; None in a
            list.
        name: The text column that names each picture; None where a shard names none.
    """

    content: str | None
    name: str | None


def names_in(
    given: Sequence[str], storage: Storage, column: str | None = None, *, avoid: str | None = None
) -> Iterator[str]:
    """The names of the pictures and shards that arguments mean, one by one, in no special order.

    Hidden files and folders are left out. Of a folder with pictures, shards are left out.

    Args:
        given: Folders, globs, lists, shards and pictures, as paths or URIs.
        storage: Where they lie.
        column: Of Parquet files, the one with the bytes or the names.
        avoid: A folder that is not looked into.

    Raises:
        FolderError: Nothing is there, or a Parquet file fits nothing.

    Example:
        >>> list(names_in(["/scans/a.png"], Storage()))  # doctest: +SKIP
        ['/scans/a.png']
    """
    for one in given:
        name = storage.name(one)
        if storage.is_folder(name):
            yield from _in_folder(name, storage, column, avoid)
        elif storage.exists(name):
            yield from _in_file(name, storage, column)
        elif MAGIC.search(one):
            for match in _matching(one, storage, avoid):
                yield from _in_file(match, storage, column)
        else:
            raise FolderError(f"{shown(name)} does not exist. Check the spelling and the folder.")


def _in_file(name: str, storage: Storage, column: str | None) -> Iterator[str]:
    if name.lower().endswith(LISTS):
        yield from _listed_as_text(name, storage)
    elif is_shard(name):
        yield from _in_parquet(name, storage, column)
    else:
        yield name


def is_shard(name: str) -> bool:
    """Whether a name is that of a Parquet file or a WebDataset.

    Example:
        >>> is_shard("s3://scans/000.TAR"), is_shard("a.png")
        (True, False)
    """
    return name.lower().endswith((PARQUET, *TARS))


def _matching(glob: str, storage: Storage, avoid: str | None) -> Iterator[str]:
    """What a glob means: ``*`` and ``?`` within a folder, ``**`` across folders."""
    from fsspec.utils import glob_translate

    plain, query = split_query(glob)
    above = MAGIC.split(plain, maxsplit=1)[0].rpartition("/")[0]
    start = above or ("/" if plain.startswith("/") else ".")
    folder = storage.name(f"{start}?{query}" if query else start)
    below = plain[len(above) :].lstrip("/")
    wanted = re.compile(glob_translate(below))
    deep = None if "**" in below else below.count("/")
    found = False
    for name in _below(folder, storage, avoid, deep):
        if wanted.fullmatch(name[len(folder) :].lstrip("/")):
            found = True
            yield name
    if not found:
        raise FolderError(f"Nothing matches '{without_secrets(glob)}'. Check the pattern and the folder.")


def _in_folder(folder: str, storage: Storage, column: str | None, avoid: str | None) -> Iterator[str]:
    """Pictures below a folder; where there are none, shards."""
    shards, pictures = [], 0
    for name in _below(folder, storage, avoid):
        if name.lower().endswith(PICTURES):
            pictures += 1
            yield name
        elif is_shard(name) and pictures == 0:
            shards.append(name)
    if pictures == 0:
        for shard in shards:
            yield from _in_parquet(shard, storage, column)


def _below(folder: str, storage: Storage, avoid: str | None, deep: int | None = None) -> Iterator[str]:
    """Every file below a folder, so many folders deep, a folder at a time."""
    waiting = [(folder, 0)]
    while waiting:
        one, level = waiting.pop()
        folders, files = storage.listed(one)
        yield from (name for name in files if not _hidden(name))
        if deep is None or level < deep:
            inside = (name for name in reversed(folders) if not _hidden(name) and name != avoid)
            waiting += [(name, level + 1) for name in inside]


def _hidden(name: str) -> bool:
    return name.rpartition("/")[2].startswith((".", "__MACOSX"))


def _listed_as_text(name: str, storage: Storage) -> Iterator[str]:
    """One file a line, UTF-8; empty lines are left out."""
    try:
        with storage.streamed(name) as stream:
            for line in _lines(stream, name):
                if line.strip():
                    yield storage.name(line.strip())
    except OSError as error:
        raise FolderError(f"{shown(name)} does not exist or cannot be read. Check the spelling.") from error


def _lines(stream: Any, name: str) -> Iterator[str]:
    import io

    try:
        yield from io.TextIOWrapper(io.BufferedReader(stream, LINES_AT_ONCE), encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FolderError(
            f"{shown(name)} is no list of files: it is not UTF-8 text. Write one path or URI a line."
        ) from error


def _in_parquet(name: str, storage: Storage, column: str | None) -> Iterator[str]:
    """A shard itself; of a list, the files that it names."""
    if not name.lower().endswith(PARQUET):
        yield name
        return
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with storage.opened(name) as stream, parquet.ParquetFile(stream) as file:
            columns = columns_of(file.schema_arrow, shown(name), column)
            if columns.content is None:
                for batch in file.iter_batches(LINES_AT_ONCE, columns=[columns.name]):
                    yield from (storage.name(one) for one in batch.column(0).to_pylist() if one)
                return
    except (OSError, pa.ArrowException):
        pass  # the worker that reads it says what is wrong, in a row of the result
    yield name


def columns_of(schema: Any, file: str, wanted: str | None = None) -> Columns:
    """Which columns of a Parquet file hold bytes and names.

    Args:
        schema: ``pyarrow.Schema``.
        file: For messages.
        wanted: The column that the user named.

    Raises:
        FolderError: None fits, or several do.
    """
    contents = [field.name for field in schema if _holds_bytes(field.type)]
    texts = [field.name for field in schema if _is_text(field.type)]
    if wanted is not None and wanted not in (*contents, *texts):
        raise FolderError(
            f"{file} has no column '{wanted}' with bytes or names. It has: {', '.join(schema.names)}."
        )
    if wanted in texts:
        return Columns(None, wanted)
    name = _chosen(texts, NAME_COLUMNS)
    content = wanted or (contents[0] if len(contents) == 1 else _chosen(contents, BYTES_COLUMNS))
    if content is None and contents:
        raise FolderError(
            f"{file} has several columns with bytes ({', '.join(contents)}). Name the one with the pictures: "
            "--column NAME."
        )
    name = name or (texts[0] if content is None and len(texts) == 1 else None)
    if content is None and name is None:
        raise FolderError(
            f"{file} has neither a column with the bytes of pictures nor one with the names of files. "
            f"It has: {', '.join(schema.names)}. Name one: --column NAME."
        )
    return Columns(content, name)


def _chosen(there: Sequence[str], preferred: Sequence[str]) -> str | None:
    by_lower = {name.lower(): name for name in reversed(there)}
    return next((by_lower[name] for name in preferred if name in by_lower), None)


def _holds_bytes(kind: Any) -> bool:
    from pyarrow import types

    if types.is_struct(kind):
        return kind.get_field_index("bytes") >= 0 and _holds_bytes(kind.field("bytes").type)
    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind))
