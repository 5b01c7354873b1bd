"""explain: pictures in, answers out with the places that speak for them and against them.

All of it comes from the model file alone: no training pictures, no torch.
"""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from oxmark.data.decode import WORKERS, decode
from oxmark.data.walk import shown_name
from oxmark.errors import PictureError, require_packages
from oxmark.inference import Classifier, Prediction, load
from oxmark.words import Message
from oxmark.workflow.album import compared, contrast
from oxmark.workflow.answering import picture_files
from oxmark.workflow.explained_folder import ExplainedFolder, picture_to_draw, sees_ink
from oxmark.workflow.progress import Progress, in_order

if TYPE_CHECKING:
    from oxmark.report.explanations import ExplainedPicture
    from oxmark.workflow.training_run import TrainingRun

Model = str | os.PathLike[str] | Classifier
Array = npt.NDArray[np.float32]

MOSTLY = 1 / 6
"""A ninth of the picture with at least this share of the evidence is named; evenly spread, each has 1/9."""

_NINTHS = (
    ("upper_left", "upper", "upper_right"),
    ("left", "middle", "right"),
    ("lower_left", "lower", "lower_right"),
)


@dataclass(frozen=True, eq=False)
class Explanation:
    """The answer to one picture, and where the evidence for it lies.

    Attributes:
        path: The picture.
        prediction: The answer.
        seen: What the network saw, float32 ``(S, S)``, 0..1.
        box: Where that lies in the picture: x0, y0, x1, y1 in its pixels; may reach beyond the border.
        heat: Evidence for each class at each place of ``seen``, float32 ``(classes, h, w)``, in logits. Only
            differences between classes mean something; see :attr:`contrast`.
        truth: The class by the name of the picture's folder, if the model knows one of that name.
        drawn: The PNG of it, where one was asked for.
    """

    path: Path
    prediction: Prediction
    seen: Array
    box: tuple[float, float, float, float]
    heat: Array
    truth: str | None = None
    drawn: Path | None = None

    @property
    def right(self) -> bool | None:
        """Whether the answer is the folder's class; None where that is no class of the model."""
        return None if self.truth is None else self.prediction.label == self.truth

    @property
    def favoured(self) -> str:
        """The most probable class: the answer, unless that is "none of these"."""
        return self._names[compared(self._values, self._truth)[0]]

    @property
    def against(self) -> str:
        """The class that the answer is compared with: the right one if it is wrong, else the runner-up."""
        return self._names[compared(self._values, self._truth)[1]]

    @property
    def contrast(self) -> Array:
        """Evidence for :attr:`favoured` rather than :attr:`against`, float32 ``(h, w)``, in logits.

        Its mean over places is the logarithm of how many times as probable the one is as the other.
        """
        return contrast(self.heat, self._values, self._truth)

    @property
    def sentence(self) -> Message:
        """Where the evidence lies, or why there is none to show."""
        if self.prediction.label is None:
            return Message("explain.refused", {"known": f"{self.prediction.known:.2f}"})
        contrast = np.nan_to_num(self.contrast.astype(np.float64))
        total = float(np.abs(contrast).sum())
        if total == 0:
            return Message("explain.nothing")
        against = _percent(float(np.abs(contrast.clip(max=0)).sum()) / total)
        shares = _ninths(contrast.clip(min=0))
        row, column = np.unravel_index(int(shares.argmax()), shares.shape)
        place = _NINTHS[row][column] if shares[row, column] >= MOSTLY else "spread"
        share = {} if place == "spread" else {"share": _percent(float(shares[row, column]))}
        names = {"answer": self.favoured, "other": self.against}
        return Message(f"explain.{place}", {**names, **share, "against": against})

    def as_json(self) -> dict[str, Any]:
        """For ``oxmark explain --json``; numbers of ``box`` and ``heat`` rounded to 4 digits."""
        found: dict[str, Any] = {
            "file": shown_name(str(self.path)),
            "label": self.prediction.label,
            "probabilities": {name: round(p, 6) for name, p in self.prediction.probabilities.items()},
            "known": round(self.prediction.known, 6),
            "truth": self.truth,
            "right": self.right,
            "against": self.against,
            "box": [round(value, 4) for value in self.box],
            "heat": np.round(np.nan_to_num(self.heat.astype(np.float64)), 4).tolist(),
        }
        return found | ({"drawn": str(self.drawn)} if self.drawn else {})

    @property
    def _names(self) -> list[str]:
        return list(self.prediction.probabilities)

    @property
    def _values(self) -> list[float]:
        return list(self.prediction.probabilities.values())

    @property
    def _truth(self) -> int | None:
        """The number of the true class; None where it is unknown, or the answer is "none of these"."""
        if self.truth is None or self.prediction.label is None:
            return None
        return self._names.index(self.truth)


class Explanations(tuple[Explanation, ...]):
    """Explanations in the order of the files, and what could not be read.

    Attributes:
        errors: One for each picture that could not be read; its ``path`` names it.
    """

    errors: tuple[PictureError, ...] = ()


def explain(
    model: Model | TrainingRun | None,
    paths: Sequence[str | os.PathLike[str]],
    *,
    out: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Explanations:
    """Answer pictures and show where the evidence lies.

    Args:
        model: A model file, a run folder, an open classifier; None takes the built-in O/X model.
        paths: Files and folders (with all folders in them). In a folder that is named like a class of the
            model, pictures count as of that class.
        out: A new folder for one PNG a picture, ``explained.png`` with up to 60 of them, wrong ones first,
            and the table ``explained.csv``; None draws nothing.
        progress: Told how far it is.

    Returns:
        One :class:`Explanation` for each picture that could be read; the others are in ``errors``. For more
        pictures than fit in memory, take :func:`explain_each`.

    Raises:
        ModelFileError: The model cannot be opened.
        OutputError: ``out`` holds something that was not made by this, or cannot be written to.
        MissingExtra: ``out`` is given and matplotlib, whose fonts are used, is not installed.

    Example:
        >>> explain(None, ["photo.png"])[0].sentence.text()  # doctest: +SKIP
        'evidence for O rather than X: most in the middle (24 % in this ninth); 3 % of all speaks against it'
    """
    found = list(explain_each(model, paths, out=out, progress=progress))
    explanations = Explanations(one for one in found if isinstance(one, Explanation))
    explanations.errors = tuple(one for one in found if isinstance(one, PictureError))
    return explanations


def explain_each(
    model: Model | TrainingRun | None,
    paths: Sequence[str | os.PathLike[str]],
    *,
    out: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Generator[Explanation | PictureError, None, None]:
    """As :func:`explain`, one by one and in bounded memory; an unreadable picture comes as its error.

    What is drawn is complete when the iterator is used up, or closed.

    Example:
        >>> for one in explain_each("model.onnx", ["marks/test"]):  # doctest: +SKIP
        ...     print(one)
    """
    classifier = model if isinstance(model, Classifier) else load(model)
    folder = None
    if out is not None:
        require_packages("Drawing explanations", "matplotlib")
        folder = ExplainedFolder(Path(out), classifier)
    files = [(Path(given), file) for given in paths for file in picture_files([given])]
    if folder is not None:
        files = [(given, file) for given, file in files if not folder.holds(file)]
    return _each(classifier, files, folder, progress or Progress())


def _each(
    classifier: Classifier,
    files: Sequence[tuple[Path, Path]],
    folder: ExplainedFolder | None,
    progress: Progress,
) -> Generator[Explanation | PictureError, None, None]:
    ink = sees_ink(classifier)
    progress.begin("explaining the pictures", len(files))
    try:
        one = functools.partial(_one, classifier, drawing=folder is not None, ink=ink)
        results = in_order(one, (file for _, file in files), WORKERS, ahead=2 * WORKERS + 1)
        for number, ((given, _), (found, picture)) in enumerate(zip(files, results, strict=True), start=1):
            if folder is not None and isinstance(found, Explanation) and picture is not None:
                drawn = folder.add(given, found.path, picture, str(found.sentence))
                found = dataclasses.replace(found, drawn=drawn)
            progress.advance(number)
            yield found
    finally:  # also when the caller stops early: what was explained by then is drawn
        if folder is not None:
            folder.finish()
        progress.end()


_Result = tuple[Explanation | PictureError, "ExplainedPicture | None"]


def _one(classifier: Classifier, file: Path, drawing: bool, ink: bool) -> _Result:
    try:
        pixels = decode(file)
    except PictureError as error:
        return error.kept(), None
    view = classifier.view(pixels)
    name = shown_name(file.absolute().parent.name)
    truth = name if name in classifier.classes else None
    found = Explanation(file, view.prediction, view.seen, view.box, view.heat, truth)
    return found, picture_to_draw(found, pixels, ink) if drawing else None


def _ninths(evidence: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The share of the evidence in each ninth of the picture, float64 ``(3, 3)``; zeros where there is none.

    Example:
        >>> _ninths(np.eye(3)).diagonal().round(2).tolist()
        [0.33, 0.33, 0.33]
    """
    total = evidence.sum()
    if total == 0:
        return np.zeros((3, 3))
    rows, columns = (_thirds(length) for length in evidence.shape)
    shares: npt.NDArray[np.float64] = rows @ evidence @ columns.T / total
    return shares


def _thirds(length: int) -> npt.NDArray[np.float64]:
    """How much of each place lies in each third of a side, float64 ``(3, length)``."""
    places, thirds = np.arange(length + 1) / length, np.arange(4) / 3
    ends = np.minimum(places[None, 1:], thirds[1:, None])
    starts = np.maximum(places[None, :-1], thirds[:-1, None])
    shares: npt.NDArray[np.float64] = np.maximum(ends - starts, 0) * length
    return shares


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"
