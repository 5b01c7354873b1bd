"""``oxmark explain``."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oxmark.cli.output import answer, json_option, model_path, path_option, percent, printable, say
from oxmark.errors import PictureError

if TYPE_CHECKING:
    from oxmark.workflow.explaining import Explanation


@click.command(short_help="Show where the evidence for an answer lies.")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@path_option(
    "--out", "Draw each picture with its evidence, a sheet and a table into this new folder.", "FOLDER"
)
@json_option
def explain(model: Path, paths: tuple[Path, ...], out: Path | None, as_json: bool) -> int:
    """Answer each picture in PATH... with MODEL, and say where the evidence for the answer lies.

    MODEL is a model file, a run folder, or the word builtin for the built-in O/X model. PATH... are files or
    folders (with all folders in them); in a folder that is named like a class, pictures count as of that
    class, and the answer is called right or wrong.

    The evidence for the answer is compared with that for the next probable class; that for a wrong answer
    with that for the right class. With --out, orange speaks for the answer and blue against it.

    Pictures that cannot be read are named on stderr, and the exit code is 1, or 2 if none could be read.
    """
    from oxmark.inference import load
    from oxmark.workflow.explaining import explain_each

    classifier = load(model_path(model))
    say(f"Answered by {classifier.name}: {', '.join(classifier.classes)}")
    total = failed = 0
    with contextlib.closing(explain_each(classifier, paths, out=out)) as explanations:
        for found in explanations:
            total += 1
            if isinstance(found, PictureError):
                failed += 1
                _print_error(found, as_json)
            elif as_json:
                answer(found.as_json())
            else:
                _print(found)
    if total == 0:
        say(f"No pictures found in {', '.join(printable(str(path)) for path in paths)}.")
        return 2
    if out is not None and failed < total:
        say(f"explained pictures: {out}; a sheet of them: {out / 'explained.png'}")
    if failed:
        say(f"{failed} of {total} pictures could not be read.")
    return (2 if failed == total else 1) if failed else 0


def _print(found: Explanation) -> None:
    label = found.prediction.label
    certainty = percent(found.prediction.probabilities[label]) if label else ""
    verdict = "" if found.right is None else "right" if found.right else f"wrong: {found.truth}"
    name = printable(str(found.path))
    click.echo(f"{label or 'none of these'}\t{certainty}\t{name}\t{verdict}\t{found.sentence}")


def _print_error(error: PictureError, as_json: bool) -> None:
    if as_json:
        answer({"file": printable(str(error.path)), "error": printable(str(error))})
    say(f"cannot be read: {error}")
