"""What a model file answers to many pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oxmark import Classifier, Prediction

from .album import SIGNS, Album


@dataclass(frozen=True)
class Answers:
    """One model's answers to N pictures.

    Attributes:
        probabilities: float64 (N, 2), 0..1, in the order of `SIGNS`.
        known: float64 (N,), 0..1.
        answered: bool (N,), False where the model says "none of these".
    """

    probabilities: NDArray[np.float64]
    known: NDArray[np.float64]
    answered: NDArray[np.bool_]

    @property
    def chosen(self) -> NDArray[np.str_]:
        """str (N,), the sign with the larger probability, whatever `known` says."""
        signs: NDArray[np.str_] = np.array(SIGNS)[self.probabilities.argmax(axis=1)]
        return signs

    @property
    def confidence(self) -> NDArray[np.float64]:
        """float64 (N,), the larger probability."""
        larger: NDArray[np.float64] = self.probabilities.max(axis=1)
        return larger

    def as_json(self) -> dict[str, Any]:
        """One list for each sign, one for `known` and one for `answered`."""
        columns = zip(SIGNS, self.probabilities.T, strict=True)
        lists = {sign: np.round(column, 6).tolist() for sign, column in columns}
        return {**lists, "known": np.round(self.known, 6).tolist(), "answered": self.answered.tolist()}


def ask_album(model: Classifier, album: Album, jobs: int) -> Answers:
    """Returns the answers to all pictures of the suite, from `jobs` threads."""
    return _asked(lambda index: model.predict(album.pixels(index)), len(album.items), jobs)


def ask_files(model: Classifier, files: Sequence[Path], jobs: int) -> Answers:
    """Returns the answers to picture files, from `jobs` threads."""
    return _asked(lambda index: model.predict(files[index]), len(files), jobs)


def _asked(ask: Callable[[int], Prediction], count: int, jobs: int) -> Answers:
    with ThreadPoolExecutor(jobs) as pool:
        try:
            predictions = list(pool.map(ask, range(count)))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return Answers(
        np.array([[p.probabilities[sign] for sign in SIGNS] for p in predictions], np.float64),
        np.array([p.known for p in predictions], np.float64),
        np.array([p.label is not None for p in predictions], np.bool_),
    )
