"""One picture file to what the network sees of it, and what is measured of it; timed piece by piece."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from oxmark.data.conditions import on_white, rendered
from oxmark.data.dataset import Dataset
from oxmark.data.decode import WORKERS, decode
from oxmark.data.likeness import coarse
from oxmark.data.traits import Traits, traits_of
from oxmark.errors import PictureError
from oxmark.machine import keep_buffers
from oxmark.modelfile.preprocess import preprocess_session
from oxmark.recipes import Recipe
from oxmark.workflow.progress import Progress, done_for_each

MOST_VIEWED = 400
"""Of so many pictures, evenly spread, views are rendered; more would take long and show little else."""
SAME_MARK = 0.5
STAGE = "reading the pictures"
Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Read:
    """One picture: what the network sees of it, as it is and under V rendered conditions, and its traits."""

    seen: Floats
    views: Floats
    traits: Traits


class Spent:
    """Seconds that threads spent on each piece of the work, added up."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def on(self, piece: str) -> Iterator[None]:
        """Time what happens inside."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - begun
            with self._lock:
                self.seconds[piece] = self.seconds.get(piece, 0.0) + took


class Reader:
    """Reads pictures, from several threads at once. Loads neither torch nor SciPy.

    Decoding, digests, resizing and the preprocessing graph run without Python's lock; what holds it is the
    arithmetic of rendered views, and some tenths of a millisecond a picture for everything else.

    Args:
        recipe: Chooses the preprocessing, and how many views.
        seed: For the views.

    Attributes:
        spent: Seconds on ``decode``, ``traits``, ``prepare`` (the preprocessing graph) and ``view``.
    """

    def __init__(self, recipe: Recipe, seed: int) -> None:
        self._recipe, self._seed = recipe, seed
        self._session = preprocess_session(recipe.preprocess, recipe.size, recipe.margin)
        self.spent = Spent()
        keep_buffers()

    def read(self, path: Path, *, viewed: bool, content: bytes | None = None) -> Read:
        """Read one picture.

        Args:
            path: Where it is.
            viewed: Whether views are rendered; else they are copies of what is seen.
            content: The file's content, where that has been read already.

        Raises:
            PictureError: It cannot be read.
        """
        with self.spent.on("decode"):
            pixels = decode(path) if content is None else decode(content, name=str(path))
        with self.spent.on("traits"):
            small = on_white(pixels)
            traits = traits_of(path if content is None else content, pixels, small)
        with self.spent.on("prepare"):
            seen = self.see(pixels)
        views = np.repeat(seen[None], self._recipe.views, axis=0)
        if viewed:
            with self.spent.on("view"):
                for number in range(self._recipe.views):
                    rng = np.random.default_rng([self._seed, number, int(traits.digest[:8], 16)])
                    view = self.see(rendered(small, rng))
                    views[number] = view if same_mark(view, seen) else seen
        return Read(seen, views, traits)

    def see(self, pixels: Pixels) -> Floats:
        """What the network sees of a picture, float32 ``(1, S, S)``."""
        seen: Floats = self._session.run(["seen"], {"pixels": pixels[None]})[0][0]
        return seen


def same_mark(view: Floats, seen: Floats) -> bool:
    """Whether the mark is still there in a rendered view: its coarse copy correlates with the original's."""
    one, other = coarse(np.stack([view, seen]))
    return float(one @ other) > SAME_MARK


def viewed(learned_from: Sequence[bool]) -> npt.NDArray[np.bool_]:
    """Of which pictures views are rendered: of those that are learned from; of very many, evenly spread ones.

    Example:
        >>> viewed([True, False, True])
        array([ True, False,  True])
    """
    every = max(1, -(-sum(learned_from) // MOST_VIEWED))
    return np.array([one and row % every == 0 for row, one in enumerate(learned_from)], np.bool_)


def read_pictures(
    dataset: Dataset, reader: Reader, views: npt.NDArray[np.bool_], progress: Progress
) -> list[Read | PictureError]:
    """Read every picture once, several side by side, and keep all in memory.

    Args:
        dataset: N samples.
        reader: How.
        views: Of which views are rendered, bool ``(N,)``.
        progress: Told how far it is.

    Returns:
        What was read, or its error, in the order of the samples.
    """

    def one(row: int) -> Read | PictureError:
        try:
            return reader.read(dataset.samples[row].path, viewed=bool(views[row]))
        except PictureError as error:
            return error.kept()

    return done_for_each(STAGE, one, range(len(dataset.samples)), progress, WORKERS)
