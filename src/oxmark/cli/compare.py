"""``oxmark compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oxmark.cli.output import (
    answer,
    console,
    json_option,
    model_path,
    part_option,
    printable,
    say_left_out,
    say_unreadable,
    share_cells,
)

if TYPE_CHECKING:
    from oxmark.workflow.comparing import ComparedModels, Differing

SHOWN = 8
"""So many of the pictures on which the models differ are named; --json names all."""


@click.command(short_help="Compare two models on the same pictures.")
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path))
@part_option
@json_option
def compare(first: Path, second: Path, data: Path, part: str, as_json: bool) -> int:
    """Compare the models FIRST and SECOND on the folder DATA.

    They are model files, run folders, or the word builtin for the built-in O/X model.

    Both answer the same pictures, which neither was trained or tuned on. Says whether one of them is shown to
    be better (McNemar's exact test, 95 % confidence), and names the pictures on which they differ.
    """
    from oxmark.workflow.comparing import compare as compare_models

    result = compare_models(model_path(first), model_path(second), data, part=part)
    if as_json:
        answer(result.as_json())
    else:
        _print(result)
    say_left_out(result.left_out, " of both, because one of the models was trained or tuned on them")
    say_unreadable(result.errors)
    if result.comparison.total == 0:
        return 2
    return 1 if result.errors else 0


def _print(result: ComparedModels) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("model", overflow="fold")
    for name in ("right", "of", "accuracy", "95 % interval", "none of these"):
        table.add_column(name, justify="right", no_wrap=True)
    for which, name, one in zip(("first", "second"), result.names, result.evaluations, strict=True):
        table.add_row(f"{which}: {name}", *share_cells(one.accuracy), str(one.refused))
    console().print(table)
    found = result.comparison
    click.echo(
        f"right by both {found.both}, by the first alone {found.only_a}, by the second alone {found.only_b}, "
        f"by neither {found.neither}"
    )
    click.echo(str(result.sentence))
    for picture in result.differing[:SHOWN]:
        click.echo(_line(picture))
    if len(result.differing) > SHOWN:
        click.echo(f"  ... and {len(result.differing) - SHOWN} more; --json names them all")


def _line(picture: Differing) -> str:
    first, second = picture.answers
    return f"  {printable(picture.file)}: first {first}, second {second} (class {picture.truth})"
