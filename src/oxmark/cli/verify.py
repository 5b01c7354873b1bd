"""``oxmark verify``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oxmark.cli.output import answer, console, json_option, path_option, progress_on_stderr, say

if TYPE_CHECKING:
    from oxmark.workflow.verifying import Verification

OUTCOMES = {"same": "same", "close": "close", "differs": "DIFFERS", "other": "other", "unknown": "not known"}


@click.command(short_help="Repeat a recorded training; does it come out the same?")
@click.argument("run", type=click.Path(path_type=Path))
@path_option("--data", "Where the pictures are now; when left out, where the run says.", "DATA")
@click.option(
    "--device", default=None, help="auto, cpu, cuda or cuda:1; the run's own when left out, or cpu."
)
@json_option
def verify(run: Path, data: Path | None, device: str | None, as_json: bool) -> int:
    """Train once more as the run folder RUN records it, elsewhere, and compare.

    Says for the pictures, the recipe, the seed, the versions, the course of the training, the figures and the
    model file whether they are the same: bit for bit with the same versions, processor and threads, within a
    stated tolerance otherwise. Nothing in RUN changes. Where the pictures are not those of the run, it says
    so and trains nothing. Exit code 0: the same; 1: something differs.
    """
    from oxmark.workflow.verifying import verify as run_verification

    with progress_on_stderr() as progress:
        result = run_verification(run, data=data, device=device, progress=progress)
    if as_json:
        answer(result.as_json())
    else:
        _print(result)
    return 0 if result.same else 1


def _print(result: Verification) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("what", "recorded", "now", ""):
        table.add_column(name)
    for line in result.lines:
        table.add_row(line.what, line.recorded, line.now, OUTCOMES[line.outcome])
    console().print(table)
    click.echo(result.sentence)
    if not result.same:
        say(f"Nothing in {result.run} was changed.")
