"""``oxmark predict``."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oxmark.cli.output import (
    answer,
    json_option,
    model_path,
    path_option,
    percent,
    png_option,
    printable,
    say,
)
from oxmark.errors import PictureError

if TYPE_CHECKING:
    from oxmark.inference import Classifier, Prediction

    Answer = Prediction | PictureError


@click.command(short_help="Answer pictures.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@path_option(
    "--model", "A model file or a run folder; left out, or builtin: the built-in O/X model.", "MODEL"
)
@path_option("--csv", "Write the answers as a table into this file.")
@png_option("--sheet", "Draw the pictures with their answers into this PNG.")
@json_option
def predict(
    paths: tuple[Path, ...], model: Path | None, csv: Path | None, sheet: Path | None, as_json: bool
) -> int:
    """Answer each picture in PATH..., files or folders (with all folders in them).

    One line a picture on stdout: the label, its probability, the file. Pictures that cannot be read are
    named on stderr, and the exit code is 1, or 2 if none could be read.
    """
    from oxmark.workflow.answering import AnswerSheet, open_and_answer, picture_files

    files = picture_files(paths)
    first = next(files, None)
    if first is None:
        from oxmark.inference import load

        classifier = load(model_path(model))
    else:
        classifier, answers = open_and_answer(model_path(model), first, files)
    say(f"Answered by {classifier.name}: {', '.join(classifier.classes)}")
    if first is None:
        say(f"No pictures found in {', '.join(map(str, paths))}.")
        return 2
    drawn = AnswerSheet() if sheet else None
    total = failed = 0
    with _table(csv, classifier) as add_row:
        for path, result in answers:
            total += 1
            failed += isinstance(result, PictureError)
            _print(path, result, as_json)
            add_row(path, result)
            if drawn:
                drawn.add(path, result)
    if drawn and sheet:
        name = classifier.name if model is None else Path(classifier.name).name
        drawn.write(sheet, f"{total - failed} pictures, answered by {name}")
        say(f"sheet: {sheet}")
    if failed:
        say(f"{failed} of {total} pictures could not be read.")
    return (2 if failed == total else 1) if failed else 0


def _print(path: Path, result: Answer, as_json: bool) -> None:
    if isinstance(result, PictureError):
        if as_json:
            answer({"file": printable(str(path)), "error": printable(str(result))})
        say(f"cannot be read: {result}")
    elif as_json:
        answer(
            {
                "file": printable(str(path)),
                "label": result.label,
                "probabilities": {name: round(p, 6) for name, p in result.probabilities.items()},
                "known": round(result.known, 6),
            }
        )
    else:
        label = result.label or "none of these"
        certainty = percent(result.probabilities[result.label]) if result.label else ""
        click.echo(f"{label}\t{certainty}\t{printable(str(path))}")


@contextlib.contextmanager
def _table(path: Path | None, classifier: Classifier) -> Iterator[Callable[[Path, Answer], None]]:
    """A function that adds a row to the CSV file, or does nothing without one."""
    if path is None:
        yield lambda file, result: None
        return
    import csv

    from oxmark.files import replacing

    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        names = [f"probability {name}" for name in classifier.classes]
        writer.writerow(["file", "label", "known", *names, "error"])

        def add(picture: Path, result: Answer) -> None:
            name = printable(str(picture))
            if isinstance(result, PictureError):
                writer.writerow([name, "", "", *([""] * len(names)), printable(str(result))])
            else:
                values = [f"{p:.6f}" for p in result.probabilities.values()]
                writer.writerow([name, result.label or "", f"{result.known:.6f}", *values, ""])

        interrupted = False
        try:
            yield add
        except KeyboardInterrupt:  # what is answered by now is kept
            interrupted = True
    say(f"table of the answers so far: {path}" if interrupted else f"table: {path}")
    if interrupted:
        raise KeyboardInterrupt
