"""A model file answers: NumPy and ONNX Runtime only.

The graph inside the file does everything from raw pixels to calibrated answer, so there is little here: check
the file, open it, hand pixels over, name the result.
"""

from __future__ import annotations

import collections
import functools
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from oxmark.data.decode import MAX_PIXELS, WORKERS, decode
from oxmark.errors import PictureError, PictureTooLarge, RunError
from oxmark.modelfile.check import Checked, check, read_checked
from oxmark.modelfile.session import open_session, run_session

if TYPE_CHECKING:
    from concurrent.futures import Future

Picture = str | os.PathLike[str] | npt.NDArray[np.uint8]
"""A picture: a path, or uint8 pixels ``(H, W)`` grey, ``(H, W, 3)`` RGB or ``(H, W, 4)`` RGBA."""

Pictures = list[str] | list[Path] | list[npt.NDArray[np.uint8]] | list[Picture] | tuple[Picture, ...]
"""Several pictures."""

KNOWN_THRESHOLD = 0.5
"""Below this value of ``known`` the answer is "none of these"; the graph scales ``known`` to make it so."""


@dataclass(frozen=True)
class Prediction:
    """The answer to one picture.

    Attributes:
        label: Name of the most probable class, or None for "none of these".
        probabilities: Class name to probability, 0..1, in the model's class order; they sum to 1.
        known: How far the picture is a mark of any of these classes, 0..1; below 0.5 the label is None.
    """

    label: str | None
    probabilities: dict[str, float]
    known: float


@dataclass(frozen=True)
class View:
    """A prediction together with what the network saw.

    Attributes:
        prediction: The answer.
        seen: float32 ``(size, size)``, values 0..1.
        box: Where ``seen`` lies in the picture, x0, y0, x1, y1 in its pixels; may reach beyond the border.
        heat: float32 ``(classes, h, w)``, evidence for each class at each place of ``seen``.
    """

    prediction: Prediction
    seen: npt.NDArray[np.float32]
    box: tuple[float, float, float, float]
    heat: npt.NDArray[np.float32]


class Classifier:
    """An open model file. Safe to use from several threads.

    Attributes:
        classes: Class names in the order of the probabilities.
        name: The file's name, for messages.

    Example:
        >>> classifier = load()  # the built-in O/X model
        >>> classifier.classes
        ('O', 'X')
    """

    def __init__(self, data: bytes, checked: Checked, name: str) -> None:
        self.classes = checked.classes
        self.name = name
        self._data = data
        self._metadata = checked.metadata
        self._session = open_session(data, name)

    @property
    def content(self) -> bytes:
        """The model file's bytes."""
        return self._data

    @functools.cached_property
    def digest(self) -> str:
        """SHA-256 of the file, hexadecimal."""
        import hashlib  # 3 ms, and not needed to answer

        return hashlib.sha256(self._data).hexdigest()

    @property
    def recipe(self) -> str:
        """The recipe that the model was trained with, as TOML."""
        return self._metadata["oxmark.recipe"]

    @property
    def quality(self) -> dict[str, Any]:
        """Each measured figure with its interval and what it was measured on."""
        return dict(json.loads(self._metadata["oxmark.quality"]))

    @property
    def trained_on(self) -> dict[str, Any]:
        """``counts`` (part to class to number) and ``pictures`` (part to digests of the pictures)."""
        return dict(json.loads(self._metadata["oxmark.trained_on"]))

    @property
    def version(self) -> str:
        """The version of oxmark that wrote the file."""
        return self._metadata["oxmark.version"]

    @overload
    def predict(self, pictures: Picture) -> Prediction: ...
    @overload
    def predict(self, pictures: Pictures) -> list[Prediction]: ...
    def predict(self, pictures: Picture | Pictures) -> Prediction | list[Prediction]:
        """Answer one picture or a list of them.

        Args:
            pictures: A path, a uint8 array ``(H, W)``, ``(H, W, 3)`` or ``(H, W, 4)``, or a list of these.

        Returns:
            One :class:`Prediction`, or a list in the same order.

        Raises:
            PictureError: A picture cannot be read, or an array has another shape or dtype.

        Example:
            >>> load().predict(np.full((90, 120), 255, np.uint8)).probabilities.keys()
            dict_keys(['O', 'X'])
        """
        if isinstance(pictures, (str, os.PathLike, np.ndarray)):
            return self._answer(pictures)
        if not isinstance(pictures, (list, tuple)):
            raise PictureError(
                f"A {type(pictures).__name__} is no picture. Give a path, a uint8 array, or a list of these."
            )
        return [self._answer(picture) for picture in pictures]

    def predict_stack(self, pixels: npt.NDArray[np.uint8]) -> list[Prediction]:
        """Answer pictures of one size together, which takes less time than one by one where they are small.

        Args:
            pixels: uint8 ``(N, H, W, 4)``, RGBA; N at least 1.

        Returns:
            One :class:`Prediction` each, in the same order; equal to those of :meth:`predict` to about 1e-6.

        Example:
            >>> len(load().predict_stack(np.full((3, 28, 28, 4), 255, np.uint8)))
            3
        """
        names = ["probabilities", "known"]
        probabilities, known = run_session(self._session, names, {"pixels": pixels}, self.name)
        return [self._named(one, far) for one, far in zip(probabilities, known, strict=True)]

    def view(self, picture: Picture) -> View:
        """Answer one picture and show what the network saw. Raises :class:`PictureError`."""
        names = ["probabilities", "known", "seen", "box", "heat"]
        probabilities, known, seen, box, heat = self._run(picture, names)
        x0, y0, x1, y1 = (float(value) for value in box[0])
        return View(self._named(probabilities[0], known[0]), seen[0, 0], (x0, y0, x1, y1), heat[0])

    def stream(
        self, paths: Iterable[str | os.PathLike[str]], *, workers: int | None = None
    ) -> Iterator[tuple[Path, Prediction | PictureError]]:
        """Answer many files, in order, with bounded memory; unreadable ones come back as their error.

        Args:
            paths: Picture files; an iterator is consumed as answers are taken.
            workers: Threads; None takes one for each processor core, at most 8.

        Yields:
            Each path with its :class:`Prediction`, or with the :class:`PictureError` that names the cure.
        """
        from concurrent.futures import ThreadPoolExecutor

        count = workers or WORKERS
        waiting: collections.deque[tuple[Path, Future[Prediction | PictureError]]] = collections.deque()
        with ThreadPoolExecutor(count) as pool:
            for path in map(Path, paths):
                waiting.append((path, pool.submit(self._answer_or_error, path)))
                if len(waiting) > 2 * count:
                    done, future = waiting.popleft()
                    yield done, future.result()
            while waiting:
                done, future = waiting.popleft()
                yield done, future.result()

    def _answer_or_error(self, path: Path) -> Prediction | PictureError:
        try:
            return self._answer(path)
        except PictureError as error:
            return error.kept()

    def _answer(self, picture: Picture) -> Prediction:
        probabilities, known = self._run(picture, ["probabilities", "known"])
        return self._named(probabilities[0], known[0])

    def _run(self, picture: Picture, names: list[str]) -> list[npt.NDArray[np.float32]]:
        pixels = as_rgba(picture) if isinstance(picture, np.ndarray) else decode(picture)
        return run_session(self._session, names, {"pixels": pixels[None]}, self.name)

    def _named(self, probabilities: npt.NDArray[np.float32], known: np.float32) -> Prediction:
        label = self.classes[int(probabilities.argmax())] if known >= KNOWN_THRESHOLD else None
        values = {name: float(p) for name, p in zip(self.classes, probabilities, strict=True)}
        return Prediction(label, values, float(known))


def load(path: str | os.PathLike[str] | None = None) -> Classifier:
    """Open a model file.

    Args:
        path: A ``model.onnx``, a run folder that holds one, a ``TrainingRun``; None opens the built-in O/X
            model.

    Raises:
        ModelFileError: Missing, damaged, foreign or unsafe; the message says which and what to do.
        RunError: A run folder without a finished model.

    Example:
        >>> load().classes
        ('O', 'X')
    """
    if path is None:
        data = Path(__file__).with_name("builtin").joinpath("ox.onnx").read_bytes()
        return Classifier(data, check(data), "the built-in O/X model")
    file = model_file(path)
    data, checked = read_checked(file)
    return Classifier(data, checked, str(file))


def model_file(path: str | os.PathLike[str]) -> Path:
    """The model file that a path means: itself, or the one in a run folder. Raises :class:`RunError`."""
    given = Path(path)
    if not given.is_dir():
        return given
    if (given / "model.onnx").is_file():
        return given / "model.onnx"
    if (given / "recipe.toml").is_file():
        raise RunError(
            f"The run {given} holds no model.onnx: it was stopped. "
            f"Go on with: oxmark train DATA --out {given} --resume"
        )
    raise RunError(f"The folder {given} holds no model.onnx. Name a model file or a run folder.")


def as_rgba(array: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """An array ``(H, W)``, ``(H, W, 1)``, ``(H, W, 3)`` or ``(H, W, 4)`` as uint8 ``(H, W, 4)``.

    Raises:
        PictureError: Another shape, another dtype, or no pixels.
    """
    good = array.dtype == np.uint8 and (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4)))
    if not good or 0 in array.shape:
        raise PictureError(
            f"An array of dtype {array.dtype} and shape {array.shape} is no picture. "
            "Give uint8 pixels 0..255 of shape (H, W), (H, W, 3) or (H, W, 4)."
        )
    if array.shape[0] * array.shape[1] > MAX_PIXELS:
        raise PictureTooLarge(
            f"An array of {array.shape[1]} x {array.shape[0]} pixels is too large; at most "
            f"{MAX_PIXELS:,} pixels are answered. Make it smaller first."
        )
    if array.ndim == 2:
        array = array[:, :, None]
    if array.shape[2] == 4:
        return np.ascontiguousarray(array)
    opaque = np.full((*array.shape[:2], 4), 255, np.uint8)
    opaque[:, :, :3] = array
    return opaque
