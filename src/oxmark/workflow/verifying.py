"""verify: a recorded training is done once more; does everything come out the same?

verify
├── recorded_run       what the run folder holds
├── data_lines         are these the pictures of the run? if not, nothing is trained
├── train              once more, in a temporary folder
└── result_lines       conditions, course, figures and the model file, then and now
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oxmark.data.decode import WORKERS, decode
from oxmark.data.folder import read_folder
from oxmark.data.split import picture_digest
from oxmark.errors import BadPictures, FolderError, PictureError, RunError, TrainingError
from oxmark.workflow.preparing import bad_pictures
from oxmark.workflow.progress import Progress, done_for_each
from oxmark.workflow.recorded import Recorded, recorded_run
from oxmark.workflow.then_and_now import Line, data_lines, result_lines

if TYPE_CHECKING:
    from oxmark.data.dataset import Dataset
    from oxmark.training.loop import Epoch


@dataclass(frozen=True)
class Verification:
    """What came out when a training was repeated.

    Attributes:
        run: The run folder.
        data: The folder of the pictures.
        lines: What was compared.
        sentence: The outcome in words.
        notes: What else the user should know.
        repeated: False where the pictures had changed, so that nothing was trained.
    """

    run: Path
    data: Path
    lines: tuple[Line, ...]
    sentence: str
    notes: tuple[str, ...]
    repeated: bool

    @property
    def same(self) -> bool:
        """Whether nothing differs that should be the same."""
        return all(line.outcome != "differs" for line in self.lines)

    def as_json(self) -> dict[str, Any]:
        """For ``oxmark verify --json``."""
        return {
            "run": str(self.run),
            "data": str(self.data),
            "same": self.same,
            "repeated": self.repeated,
            "lines": [line.as_json() for line in self.lines],
            "sentence": self.sentence,
            "notes": list(self.notes),
        }


def verify(
    run: str | os.PathLike[str],
    *,
    data: str | os.PathLike[str] | None = None,
    device: str | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Repeat a recorded training, with its recipe and seed, and compare. Nothing in the run folder changes.

    With the same versions, processor and threads everything must come out bit for bit. Otherwise sums are
    rounded differently, so that figures are compared with a tolerance, and the lines say so.

    Args:
        run: The run folder.
        data: The folder of the pictures; None takes the one that the run names.
        device: As for training; None takes the run's, and ``"cpu"`` where that one is not here.
        progress: Told how far it is.

    Returns:
        Line by line what was recorded and what came out now. Where the pictures are not those of the run,
        only that is told, and nothing is trained.

    Raises:
        RunError: No run folder, an unfinished or damaged one, or one of several workers on a cluster.
        FolderError: The pictures are not where the run says.
        BadPictures: Some of them cannot be read.
        KeyboardInterrupt: The user asked to stop.

    Example:
        >>> verify("runs/first").sentence  # doctest: +SKIP
        'The training came out the same, bit for bit.'
    """
    from oxmark.workflow.training_run import require_training

    require_training("Verifying")
    progress = progress or Progress()
    recorded = recorded_run(Path(run))
    _check_trained_alone(recorded)
    root = _data_folder(recorded, data)
    place, notes = _device(recorded, device)
    dataset = read_folder(root)
    digests = _digests(dataset, recorded.skip_bad, progress)
    lines, changed = data_lines(recorded, dataset, digests)
    if changed:
        return Verification(recorded.folder, root, lines, changed, (), repeated=False)
    for note in notes:
        progress.note(note)
    with tempfile.TemporaryDirectory(prefix="oxmark-verify-") as home:
        now = _train_again(recorded, root, Path(home) / "run", place, progress)
        results, sentence = result_lines(recorded, now)
    return Verification(recorded.folder, root, (*lines, *results), sentence, notes, repeated=True)


def _check_trained_alone(recorded: Recorded) -> None:
    workers = recorded.facts.get("workers", 1)
    if workers > 1:
        raise RunError(
            f"The run {recorded.folder} was trained by {workers} workers on a cluster, which draw other "
            "random numbers than one process, so it cannot be repeated here. Repeat it there with: "
            f"{recorded.facts['command']}"
        )


def _data_folder(recorded: Recorded, data: str | os.PathLike[str] | None) -> Path:
    root = Path(data) if data is not None else Path(recorded.facts["data"])
    if data is None and not root.is_dir():
        raise FolderError(
            f"The run {recorded.folder} was trained on the folder {root}, which is not there. "
            "Say where its pictures are now with --data DATA."
        )
    return root


def _digests(dataset: Dataset, skip_bad: bool, progress: Progress) -> dict[Path, str]:
    """The digest of each picture by its path; without those that cannot be read, if the run skipped such."""

    def one(path: Path) -> str | PictureError:
        try:
            return picture_digest(decode(path))
        except PictureError as error:
            return error.kept()

    paths = [sample.path for sample in dataset.samples]
    results = done_for_each("comparing the pictures", one, paths, progress, WORKERS)
    bad = [result for result in results if isinstance(result, PictureError)]
    if bad and not skip_bad:
        raise BadPictures(bad_pictures(bad), bad)
    return {path: found for path, found in zip(paths, results, strict=True) if isinstance(found, str)}


def _device(recorded: Recorded, device: str | None) -> tuple[str, tuple[str, ...]]:
    """Where to train, and a note where that is not where the run was."""
    from oxmark.training.device import choose_device

    wanted = str(recorded.facts.get("device", "cpu"))
    try:
        choose_device(device or wanted)
    except TrainingError:
        if device is not None:
            raise
        return "cpu", (f"The run was made on the device {wanted}, which is not here; it is repeated on cpu.",)
    return device or wanted, ()


def _train_again(recorded: Recorded, data: Path, folder: Path, device: str, progress: Progress) -> Recorded:
    from oxmark.workflow.training_run import train

    again = train(
        data,
        recorded.recipe,
        out=folder,
        seed=recorded.seed,
        device=device,
        skip_bad=recorded.skip_bad,
        progress=_Quieter(progress, recorded.facts.get("ended_by_user")),
    )
    if not again.finished:
        raise KeyboardInterrupt
    return recorded_run(folder)


class _Quieter(Progress):
    """Passes on how far a training is, but not what it says: that was said when the run was made.

    A run that the user ended early ends again after the same epoch.
    """

    def __init__(self, progress: Progress, last: int | None) -> None:
        self._progress, self._last, self._done = progress, last, 0

    def begin(self, what: str, total: int) -> None:
        self._progress.begin(what, total)

    def advance(self, done: int) -> None:
        self._progress.advance(done)

    def end(self) -> None:
        self._progress.end()

    def epoch(self, entry: Epoch, epochs: int) -> None:
        self._progress.epoch(entry, epochs)
        self._done = entry.epoch

    def should_finish(self) -> bool:
        return self._done == self._last

    def should_stop(self) -> bool:
        return self._progress.should_stop()
