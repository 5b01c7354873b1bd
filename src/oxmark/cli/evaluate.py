"""``oxmark evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oxmark.cli.output import (
    answer,
    console,
    json_option,
    part_option,
    path_option,
    say,
    say_left_out,
    say_unreadable,
    share_cells,
)

if TYPE_CHECKING:
    from oxmark.evaluation.metrics import Evaluation


@click.command(short_help="Measure a model on pictures whose class is known.")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@part_option
@path_option("--out", "Write test.png, confusion.png, test.csv and metrics.json into this folder.", "FOLDER")
@json_option
def evaluate(model: Path, data: Path, part: str, out: Path | None, as_json: bool) -> int:
    """Measure MODEL (a model file or a run folder) on the folder DATA.

    Prints accuracy with its exact 95 % interval, each class, the confusion table and the loss, and says what
    so many pictures can and cannot show. Pictures that the model was trained or tuned on are left out.
    """
    from oxmark.workflow.measuring import evaluate as measure

    result = measure(model, data, part=part, out=out)
    if as_json:
        answer(result.as_json())
    else:
        _print(result)
    say_left_out(result.left_out, ", because the model was trained or tuned on them")
    say_unreadable(result.errors)
    if result.accuracy.total == 0:
        return 2
    if out is not None:
        say(f"Pictures and tables are in {out}")
    return 1 if result.errors else 0


def _print(result: Evaluation) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("class")
    for name in ("right", "of", "accuracy", "95 % interval", *(f"answered {c}" for c in result.classes)):
        table.add_column(name, justify="right")
    for name, share, counts in zip(result.classes, result.per_class.values(), result.confusion, strict=True):
        table.add_row(name, *share_cells(share), *(str(n) for n in counts))
    table.add_section()
    table.add_row("all", *share_cells(result.accuracy), *(str(n) for n in result.confusion.sum(axis=0)))
    console().print(table)
    if result.loss is not None:
        click.echo(f"loss {result.loss:.3f} (cross-entropy); 'none of these': {result.refused}")
    click.echo(result.sentence)
