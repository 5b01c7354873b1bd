"""``oxmark demo``."""

from __future__ import annotations

from pathlib import Path

import click

from oxmark.cli.output import answer, json_option, path_option, progress_on_stderr, seed_option


@click.command(short_help="Do all of it once, on drawn O and X marks.")
@path_option("--out", "The new folder; demo, demo-2 ... when left out.", "FOLDER")
@seed_option
@json_option
def demo(out: Path | None, seed: int, as_json: bool) -> None:
    """Draw O and X marks, look at them, train, measure, and answer from the saved file in a new process.

    Each step is the command that you could type; it is shown before it is done.
    """
    from oxmark.workflow.demonstration import demonstrate

    with progress_on_stderr() as progress:
        result = demonstrate(out, seed=seed, progress=progress)
    if as_json:
        answer(result.as_json())
    else:
        for path in (*result.pictures, result.report):
            click.echo(str(path))
