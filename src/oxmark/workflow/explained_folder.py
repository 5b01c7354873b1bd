"""The folder that explain writes: a PNG for each picture, a sheet, a table; nothing of others is touched."""

from __future__ import annotations

import csv
import io
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from oxmark.data.walk import shown_name
from oxmark.errors import OutputError
from oxmark.files import make_folder, output_error, write_text
from oxmark.words import Message

if TYPE_CHECKING:
    from oxmark.inference import Classifier
    from oxmark.report.explanations import ExplainedPicture
    from oxmark.workflow.explaining import Explanation

SHEET, TABLE = "explained.png", "explained.csv"
COLUMNS = ("file", "picture", "class", "answer", "right", "known", "against", "evidence")
FIRST = 60
"""The colour scale of all pictures comes from this many, so that they need not be kept until the last."""
LONGEST_NAME = 160
"""Bytes of a PNG's name without suffix; many file systems allow 255."""


class ExplainedFolder:
    """Takes explained pictures one by one and draws them with one colour scale.

    Args:
        folder: New, empty, or made by an earlier explain, whose files are then replaced.
        classifier: Whose answers they are.

    Raises:
        OutputError: The folder holds something else.
    """

    def __init__(self, folder: Path, classifier: Classifier) -> None:
        self.folder = folder
        self._classifier = classifier
        self._old = _own_files(folder)
        self._names = {Path(SHEET).stem}
        self._rows: list[list[object]] = []
        self._scale: float | None = None
        self._waiting: list[tuple[Path, ExplainedPicture]] = []
        self._wrong: list[ExplainedPicture] = []
        self._others: list[ExplainedPicture] = []

    def holds(self, file: Path) -> bool:
        """Whether a picture lies in this folder, as those of an earlier explain do."""
        return self.folder.resolve() in file.resolve().parents

    def add(self, given: Path, file: Path, picture: ExplainedPicture, evidence: str) -> Path:
        """Take one picture; it is drawn as soon as the colour scale is known.

        Args:
            given: The path that the user gave, a folder or the file itself.
            file: The picture's path.
            picture: What to draw of it.
            evidence: The sentence on it, for the table.

        Returns:
            The PNG that it becomes.
        """
        if not self._rows:
            self._begin()
        drawn = self.folder / self._new_name(given, file, picture.truth)
        right = "" if picture.right is None else int(picture.right)
        answer, truth = picture.answer or "", picture.truth or ""
        values = [f"{value:.6f}" for value in picture.probabilities.values()]
        known = f"{picture.known:.6f}"
        row = [shown_name(str(file)), drawn.name, truth, answer, right, known, picture.against, evidence]
        self._rows.append([*row, *values])
        self._keep_for_sheet(picture)
        self._waiting.append((drawn, picture))
        if self._scale is not None or len(self._waiting) >= FIRST:
            self._draw_waiting()
        return drawn

    def finish(self) -> None:
        """Draw what waits, the sheet and the table; nothing where no picture was added."""
        from oxmark.report.explanations import explanation_sheet

        if not self._rows:
            return
        self._draw_waiting()
        shown = [*self._wrong, *self._others][:FIRST]
        title, note = self._heading(len(shown))
        scale = self._scale or 1.0
        explanation_sheet(self.folder / SHEET, pictures=shown, scale=scale, title=title, note=note)
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow([*COLUMNS, *(f"probability {name}" for name in self._classifier.classes)])
        writer.writerows(self._rows)
        write_text(self.folder / TABLE, table.getvalue())

    def _begin(self) -> None:
        make_folder(self.folder)
        for file in self._old:
            try:
                file.unlink()
            except OSError as error:
                raise output_error(file, error) from error

    def _draw_waiting(self) -> None:
        from oxmark.report.explanations import explanation_page
        from oxmark.report.heat import scale_of

        if self._scale is None:
            self._scale = scale_of(p.heat for _, p in self._waiting if p.heat is not None)
        for path, picture in self._waiting:
            explanation_page(path, picture=picture, scale=self._scale)
        self._waiting.clear()

    def _keep_for_sheet(self, picture: ExplainedPicture) -> None:
        kept = self._wrong if picture.right is False else self._others
        if len(kept) < FIRST:
            kept.append(picture)

    def _heading(self, shown: int) -> tuple[str, str]:
        """Title and small print of the sheet."""
        total, model = len(self._rows), self._classifier.name
        if Path(model).is_file():
            model = "/".join(Path(model).parts[-2:])  # the run folder tells one model.onnx from another
        title = f"{total} {'picture' if total == 1 else 'pictures'}, answered by {model}"
        judged = [row[4] for row in self._rows if row[4] != ""]
        if judged:
            title += f": {judged.count(1)} of {len(judged)} right"
        note = "Each answer is compared with the next probable class, a wrong one with the right class."
        if shown < total:
            note = f"{shown} of {total} are shown, wrong ones first. {note}"
        return title, note

    def _new_name(self, given: Path, file: Path, truth: str | None) -> str:
        """A PNG's name that tells the picture's own, and its class folder where the name matters."""
        parts = [*file.relative_to(given).parts[:-1], file.stem] if given != file else [file.stem]
        if truth is not None and len(parts) == 1:
            parts = [file.absolute().parent.name, *parts]
        stem = shown_name("-".join(parts)).lstrip(".") or "picture"
        stem = stem.encode()[-LONGEST_NAME:].decode(errors="ignore")
        name, number = stem, 2
        while name.casefold() in self._names:
            name, number = f"{stem}-{number}", number + 1
        self._names.add(name.casefold())
        return f"{name}.png"


def picture_to_draw(found: Explanation, pixels: npt.NDArray[np.uint8], ink: bool) -> ExplainedPicture:
    """What is drawn of an explained picture, small enough to keep.

    Args:
        found: Its answer.
        pixels: The picture, uint8 ``(H, W, 4)``.
        ink: As :func:`sees_ink` says.
    """
    from oxmark.report.explanations import ExplainedPicture, keep_small

    label = found.prediction.label
    whole, whole_box, near, near_box = keep_small(pixels, found.box)
    return ExplainedPicture(
        name=shown_name(found.path.name),
        whole=whole,
        whole_box=whole_box,
        near=near,
        near_box=near_box,
        seen=1 - found.seen if ink else found.seen,
        heat=found.contrast if label is not None and found.heat.any() else None,
        answer=label,
        against=found.against,
        probabilities=found.prediction.probabilities,
        known=found.prediction.known,
        truth=found.truth,
        sentences=(_capital(str(found.sentence)), *([str(Message("explain.coarse"))] if label else [])),
    )


def sees_ink(classifier: Classifier) -> bool:
    """Whether ``seen`` is strong where the picture has ink; it is turned round for the eye."""
    try:
        return tomllib.loads(classifier.recipe).get("preprocess") == "ink"
    except tomllib.TOMLDecodeError:  # a file from elsewhere
        return False


def _own_files(folder: Path) -> list[Path]:
    """The files of an earlier explain in the folder; hidden ones of the system are left alone.

    Raises:
        OutputError: There is anything else in it.
    """
    try:
        found = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise output_error(folder, error) from error
    own = {SHEET, TABLE, *_pictures_in(folder / TABLE)}
    foreign = sorted(entry.name for entry in found if entry.name not in own or not entry.is_file())
    if foreign:
        raise OutputError(
            f"{folder} holds something that oxmark explain did not make ({shown_name(foreign[0])}), and "
            "nothing there is overwritten. Choose a new folder with --out."
        )
    return found


def _pictures_in(table: Path) -> list[str]:
    """The names of the pictures that a table of explain lists; none where it is no such table."""
    try:
        with table.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            if tuple(next(rows, []))[: len(COLUMNS)] != COLUMNS:
                return []
            return [row[1] for row in rows if len(row) > 1]
    except (OSError, ValueError, csv.Error):
        return []


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:] + ("" if sentence.endswith(".") else ".")
