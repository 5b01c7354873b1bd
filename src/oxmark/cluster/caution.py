"""Parts that ended the process that answered them, more than once.

Their pictures are answered by a process beside the actor, so that one that breaks a decoder, or takes all
memory, costs itself only.
"""

from __future__ import annotations

import multiprocessing
import secrets
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from oxmark.cluster.plan import FOLDER, Part
from oxmark.cluster.storage import Storage
from oxmark.data.decode import decode
from oxmark.errors import ClusterError, OxmarkError, PictureError
from oxmark.inference import Classifier, Prediction
from oxmark.modelfile.check import check

TRIES = 2
"""A part that was begun so often and never ended is answered with caution."""

Answer = Prediction | OxmarkError


@contextmanager
def tried(part: Part, out: str, storage: Storage) -> Iterator[bool]:
    """Note that a part is begun, and forget it when it ends; whether caution is called for.

    What stays are parts whose process was ended.
    """
    folder = f"{out}/{FOLDER}/begun"
    storage.make_folder(folder)
    before = [name for name in storage.listed(folder)[1] if f"/{part.key}." in name]
    mine = f"{folder}/{part.key}.{secrets.token_hex(4)}"
    with storage.replacing(mine) as stream:
        stream.write(b"")
    try:
        yield len(before) >= TRIES
    finally:
        for name in (*before, mine):
            storage.remove(name)


def answer(classifier: Classifier, name: str, content: Path | bytes) -> Answer:
    """What a model answers to a picture; the error where it cannot."""
    try:
        pixels = decode(content, name=name) if isinstance(content, bytes) else decode(content)
        return classifier.predict(pixels)
    except PictureError as error:
        return error.kept()
    except (OxmarkError, MemoryError) as error:  # of one picture, which must not end the work on all others
        return PictureError(f"{name} cannot be answered: {error}")


class Cautious:
    """Answers pictures in another process, which is started anew when one of them ends it.

    Args:
        model: The model file.
        name: What messages call it.

    Example:
        >>> with Cautious(model, "the model") as cautious:  # doctest: +SKIP
        ...     cautious.answer("a.png", Path("a.png"))
    """

    def __init__(self, model: bytes, name: str) -> None:
        self._given = (model, name)
        self._pool = self._started()

    def __enter__(self) -> Cautious:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def answer(self, name: str, content: Path | bytes) -> Answer:
        """What the model answers to a picture; an error where the process ends over it, too."""
        try:
            return self._pool.submit(_answered, name, content).result()
        except BrokenProcessPool:
            self._pool.shutdown()
            self._pool = self._started()
            return PictureError(
                f"{name} cannot be answered: the process that reads it ends over it, for want of memory "
                "or by a defect of a library. Save the picture anew as PNG, or leave it out."
            )

    def _started(self) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(1, context, initializer=_open, initargs=self._given)
        try:
            pool.submit(_answered, "nothing", b"").result()  # before a picture is blamed for its end
        except BrokenProcessPool as error:
            pool.shutdown()
            raise ClusterError("No process can be started beside an actor: is there memory left?") from error
        return pool


_CLASSIFIER: list[Classifier] = []


def _open(model: bytes, name: str) -> None:
    """In the other process: open the model."""
    _CLASSIFIER.append(Classifier(model, check(model), name))


def _answered(name: str, content: Path | bytes) -> Answer:
    return answer(_CLASSIFIER[0], name, content)
