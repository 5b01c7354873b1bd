"""What runs in the actors of Ray Data: an open model that answers parts and writes them."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from oxmark.cluster import answers, caution
from oxmark.cluster.answers import Row
from oxmark.cluster.caution import Cautious, tried
from oxmark.cluster.collection import is_shard
from oxmark.cluster.contents import contents
from oxmark.cluster.plan import Item, Part, Plans
from oxmark.cluster.storage import Storage
from oxmark.errors import ClusterError, OxmarkError, PictureError
from oxmark.inference import Classifier, Prediction
from oxmark.modelfile.check import check

Ask = Callable[[str, Path | bytes], Prediction | OxmarkError]
"""What answers a picture, by its name and where it lies or its content."""


@dataclass(frozen=True)
class Job:
    """What is the same for all parts.

    Attributes:
        out: The folder of the result.
        storage: Its file system, and those of the pictures.
        model: The model file.
        name: What messages call it.
        column: Of Parquet files, the one with the bytes; None where that is plain.
    """

    out: str
    storage: Storage
    model: bytes
    name: str
    column: str | None


class Answerer:
    """Answers the pictures of parts, one after the other, with one thread; writes a file for each part.

    Args:
        job: The model and the places.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._classifier = Classifier(job.model, check(job.model), job.name)
        self._plans = Plans(job.out, job.storage)

    def __call__(self, batch: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        """Answer parts, given as ``run``, ``file``, ``number``, ``pictures``; of each, what came of it."""
        columns = (batch[name] for name in ("run", "file", "number", "pictures"))
        parts = [Part(*map(int, one)) for one in zip(*columns, strict=True)]
        return {"told": np.array([json.dumps(self._told(part)) for part in parts], object)}

    def _told(self, part: Part) -> dict[str, Any]:
        try:
            tally, kept = self.answer(part)
        except (OSError, ClusterError) as error:
            return {"part": part.key, "error": str(getattr(error, "strerror", None) or error)}
        return {"part": part.key, "kept": kept, **asdict(tally)}

    def answer(self, part: Part) -> tuple[answers.Tally, int]:
        """Answer one part and write it. Answers that stand in it already are kept.

        Returns:
            How all its pictures are answered, and how many answers were kept.

        Raises:
            OSError: It cannot be written.
        """
        job = self._job
        with tried(part, job.out, job.storage) as cautiously, contextlib.ExitStack() as stack:
            ask: Ask = functools.partial(caution.answer, self._classifier)
            if cautiously:
                ask = stack.enter_context(Cautious(job.model, job.name)).answer
            return self._written(part, ask)

    def _written(self, part: Part, ask: Ask) -> tuple[answers.Tally, int]:
        job, items = self._job, self._plans.items(part)
        name = answers.file_of(job.out, part)
        alone = not any(is_shard(item.name) for item in items)  # names in a shard may be there twice
        kept = answers.right_rows(name, job.storage) if alone else {}
        rows = itertools.chain(
            kept.items(), self._rows([item for item in items if item.name not in kept], ask)
        )
        tally = answers.write(name, rows, self._classifier.classes, self._classifier.digest, job.storage)
        return tally, len(kept)

    def _rows(self, items: list[Item], ask: Ask) -> Iterator[Row]:
        for name, content in contents(items, self._job.storage, self._job.column):
            yield name, content if isinstance(content, PictureError) else ask(name, content)
