"""The result: one Parquet file a part, each picture in one row."""

from __future__ import annotations

import collections
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from oxmark.cluster.plan import Part
from oxmark.cluster.storage import Storage
from oxmark.errors import OxmarkError
from oxmark.inference import Prediction

ROWS_AT_ONCE = 1024
Row = tuple[str, Prediction | OxmarkError]


@dataclass
class Tally:
    """How many pictures were answered how.

    Attributes:
        labels: Class name to number of pictures.
        refused: Answered with "none of these".
        errors: Could not be read.
    """

    labels: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    errors: int = 0

    @property
    def pictures(self) -> int:
        """All of them."""
        return sum(self.labels.values()) + self.refused + self.errors

    def add(self, answer: Prediction | OxmarkError) -> None:
        """Count one more."""
        if isinstance(answer, OxmarkError):
            self.errors += 1
        elif answer.label is None:
            self.refused += 1
        else:
            self.labels[answer.label] = self.labels.get(answer.label, 0) + 1

    def and_also(self, other: Tally) -> Tally:
        """These and others.

        Example:
            >>> Tally({"O": 2}).and_also(Tally({"O": 1, "X": 1}, errors=1)).pictures
            5
        """
        labels = collections.Counter(self.labels)
        labels.update(other.labels)
        return Tally(dict(labels), self.refused + other.refused, self.errors + other.errors)


def schema(classes: Sequence[str]) -> Any:
    """The columns of the result, ``pyarrow.Schema``.

    ``file`` (text), ``label`` (text; null for none of these, and where there is an error), ``probabilities``
    (one float32 a class, under its name; null where there is an error), ``known`` (float32; null likewise),
    ``error`` (text; null where there is none), ``model_digest`` (text, SHA-256 of the model file).
    """
    import pyarrow as pa

    return pa.schema(
        [
            ("file", pa.string()),
            ("label", pa.string()),
            ("probabilities", pa.struct([(name, pa.float32()) for name in classes])),
            ("known", pa.float32()),
            ("error", pa.string()),
            ("model_digest", pa.string()),
        ]
    )


def file_of(out: str, part: Part) -> str:
    """The name of a part's file."""
    return f"{out}/{part.key}.parquet"


def write(name: str, rows: Iterable[Row], classes: Sequence[str], digest: str, storage: Storage) -> Tally:
    """Write a part's answers as they come, in bounded memory; the file takes its name at the end.

    Raises:
        OSError: The place cannot be written to.
    """
    from pyarrow import parquet

    tally, columns = Tally(), schema(classes)
    iterator = iter(rows)
    with storage.replacing(name) as stream, parquet.ParquetWriter(stream, columns) as writer:
        while some := list(islice(iterator, ROWS_AT_ONCE)):
            for _, answer in some:
                tally.add(answer)
            writer.write_table(_table(some, columns, digest))
        writer.add_key_value_metadata({"oxmark": json.dumps(asdict(tally))})
    return tally


def _table(rows: Sequence[Row], columns: Any, digest: str) -> Any:
    import pyarrow as pa

    answers = [None if isinstance(answer, OxmarkError) else answer for _, answer in rows]
    errors = [_printable(str(answer)) if isinstance(answer, OxmarkError) else None for _, answer in rows]
    values = [
        [_printable(name) for name, _ in rows],
        [answer and answer.label for answer in answers],
        [answer and answer.probabilities for answer in answers],
        [answer and answer.known for answer in answers],
        errors,
        [digest] * len(rows),
    ]
    arrays = [pa.array(value, type=one.type) for value, one in zip(values, columns, strict=True)]
    return pa.table(arrays, schema=columns)


def tally_of(name: str, storage: Storage) -> Tally:
    """How the pictures of a part were answered, by its file's metadata.

    Raises OSError, ValueError or KeyError where the file is not whole.
    """
    from pyarrow import parquet

    with storage.opened(name) as stream:
        return Tally(**json.loads(parquet.read_metadata(stream).metadata[b"oxmark"]))


def right_rows(name: str, storage: Storage) -> dict[str, Prediction]:
    """The rows of a part that hold an answer, by file; none where there is none, or it is not whole."""
    from pyarrow import parquet

    try:
        with storage.opened(name) as stream:
            table = parquet.read_table(stream, columns=["file", "label", "probabilities", "known", "error"])
    except (OSError, ValueError, KeyError):
        return {}
    return {
        row["file"]: Prediction(row["label"], row["probabilities"], row["known"])
        for row in table.to_pylist()
        if row["error"] is None
    }


def _printable(text: str) -> str:
    """As UTF-8 can hold it; bytes that are none are written as ``\\udcXX``."""
    return text.encode("utf-8", "backslashreplace").decode()


def tidy(out: str, storage: Storage) -> None:
    """Remove what processes that were killed had begun to write."""
    _, files = storage.listed(out)
    for name in files:
        last = name.rpartition("/")[2]
        if last.startswith(".part-") and last.endswith(".part"):
            storage.remove(name)


def parts_in(out: str, storage: Storage) -> Iterator[str]:
    """The keys of the parts that are done."""
    _, files = storage.listed(out)
    for name in files:
        last = name.rpartition("/")[2]
        if last.startswith("part-") and last.endswith(".parquet"):
            yield last.removesuffix(".parquet")
