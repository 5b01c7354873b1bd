"""``oxmark predict``."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from oxmark.cli.output import (
    answer,
    cluster_option,
    json_option,
    model_path,
    path_option,
    percent,
    png_option,
    printable,
    progress_on_stderr,
    refuse,
    say,
)
from oxmark.errors import PictureError

if TYPE_CHECKING:
    from oxmark.cluster.predicting import Answered
    from oxmark.inference import Classifier, Prediction

    Answer = Prediction | PictureError


@click.command(short_help="Answer pictures.")
@click.argument("paths", nargs=-1, metavar="PATH...")
@path_option(
    "--model", "A model file or a run folder; left out, or builtin: the built-in O/X model.", "MODEL"
)
@path_option("--csv", "Write the answers as a table into this file.")
@png_option("--sheet", "Draw the pictures with their answers into this PNG.")
@cluster_option
@click.option(
    "--out", metavar="FOLDER", help="With --cluster: the folder for the answers, as Parquet; or a URI."
)
@click.option(
    "--batch-size",
    type=click.IntRange(1, 1_000_000),
    metavar="N",
    help="With --cluster: pictures that a worker answers at a time, and writes as one file.",
)
@click.option(
    "--column", metavar="NAME", help="With --cluster: the column of Parquet files with bytes or names."
)
@click.option("--retry-errors", is_flag=True, help="With --cluster: answer again what had an error before.")
@json_option
def predict(
    paths: tuple[str, ...],
    model: Path | None,
    csv: Path | None,
    sheet: Path | None,
    cluster: str | None,
    out: str | None,
    batch_size: int | None,
    column: str | None,
    retry_errors: bool,
    as_json: bool,
) -> int:
    """Answer each picture in PATH..., files or folders (with all folders in them).

    One line a picture on stdout: the label, its probability, the file. Pictures that cannot be read are
    named on stderr, and the exit code is 1, or 2 if none could be read.

    With --cluster the answers go to Parquet files in the folder --out, and PATH may also be a glob, a list of
    files (text or Parquet), or Parquet or WebDataset files that hold pictures, here or on s3://, gs://,
    hdfs:// and other file systems. Run again after a crash or with new files, it does only what is missing.
    """
    if not paths:
        swallowed = f" '{cluster}' was taken as the address: put PATH before --cluster." if cluster else ""
        raise click.UsageError(f"Missing argument 'PATH...'.{swallowed}")
    if cluster is not None:
        refuse("--cluster writes the answers into the folder --out", **{"--csv": csv, "--sheet": sheet})
        how = {"batch_size": batch_size, "column": column, "retry_errors": retry_errors}
        return _on_cluster(paths, cluster, out, model_path(model), how, as_json)
    alone = {
        "--out": out,
        "--batch-size": batch_size,
        "--column": column,
        "--retry-errors": retry_errors or None,
    }
    refuse("it belongs to --cluster; give that, too", **alone)
    return _here([Path(path) for path in paths], model, csv, sheet, as_json)


def _on_cluster(
    paths: tuple[str, ...],
    address: str,
    out: str | None,
    model: Path | None,
    how: dict[str, Any],
    as_json: bool,
) -> int:
    if out is None:
        raise click.UsageError("--cluster writes the answers into a folder. Name it with --out FOLDER.")
    from oxmark.cluster.predicting import predict as answer_on_ray

    with progress_on_stderr() as progress:
        try:
            found = answer_on_ray(paths, out=out, address=address, model=model, progress=progress, **how)
        except KeyboardInterrupt:
            say("Stopped. What is answered is kept: the same command goes on.")
            return 130
    tally = found.tally
    if as_json:
        answer(found.as_json())
    else:
        click.echo(found.out)
    say(f"{tally.pictures:,} pictures: {_counts(found)}")
    if found.now:
        say(
            f"{found.now:,} of them now, {found.per_second:,.0f} a second; {found.seconds:.0f} s with all "
            "else."
        )
    return (2 if tally.errors == tally.pictures else 1) if tally.errors else 0


def _counts(found: Answered) -> str:
    """How many were answered how, largest first."""
    by_size = sorted(found.tally.labels.items(), key=lambda one: -one[1])
    counts = [*by_size, ("none of these", found.tally.refused), ("cannot be read", found.tally.errors)]
    return ", ".join(f"{name} {count:,}" for name, count in counts if count)


def _here(paths: list[Path], model: Path | None, csv: Path | None, sheet: Path | None, as_json: bool) -> int:
    """Without a cluster: in this process, one line a picture."""
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
