"""``oxmark split``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oxmark.cli.output import (
    answer,
    console,
    json_option,
    numbers,
    percent,
    printable,
    progress_on_stderr,
    say,
    seed_option,
)

if TYPE_CHECKING:
    from oxmark.workflow.splitting import Splitting


@click.command(short_help="Divide a folder into parts, hands and copies kept together.")
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--parts",
    default="70,15,15",
    show_default=True,
    metavar="TRAIN,VALIDATION,TEST",
    help="Shares in percent; 0 leaves a part out.",
)
@click.option(
    "--group",
    type=click.Choice(["drawer", "near-copies", "none"]),
    default="drawer",
    show_default=True,
    help="What never stands in two parts: drawings of one hand, copies and frames of one series; all that "
    "but hands; or exact copies only.",
)
@seed_option
@click.option("--link", is_flag=True, help="Make hard links instead of copies; takes no room.")
@click.option("--skip-bad", is_flag=True, help="Leave unreadable pictures out instead of refusing.")
@json_option
def split(
    data: Path, out: Path, parts: str, group: str, seed: int, link: bool, skip_bad: bool, as_json: bool
) -> int:
    """Divide the pictures of the folder DATA into parts in the new folder OUT.

    Groups first: pictures of one hand (column drawer of metadata.csv), copies, near copies and frames of one
    video never stand in two parts. Within that, each part gets its share of every class. Parts that DATA has
    already are dissolved. DATA itself is never changed; with --link a picture changed in one of the folders
    is changed in both.
    """
    from oxmark.workflow.splitting import split as divide

    with progress_on_stderr() as progress:
        result = divide(
            data,
            out,
            parts=numbers(parts, float, "--parts", "70,15,15"),
            group=group,
            seed=seed,
            link=link,
            skip_bad=skip_bad,
            progress=progress,
        )
    if as_json:
        answer(result.as_json())
    else:
        _print(result)
        for note in result.notes:
            say(note)
    for error in result.errors:
        say(f"Left out: {error}")
    if sum(result.counts.get("train", {}).values()):
        say(f"Divided. Train with: oxmark train {shlex.quote(printable(str(out)))}")
    else:
        say(f"Divided into {printable(str(out))}. There is no part train, so it is to measure with.")
    return 1 if result.errors else 0


def _print(result: Splitting) -> None:
    from rich import box
    from rich.table import Table

    classes = list(next(iter(result.counts.values())))
    total = sum(sum(row.values()) for row in result.counts.values())
    known = any(result.hands.values())
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("part")
    for name in (*classes, "all", "share", *(["hands"] if known else [])):
        table.add_column(name, justify="right")
    for part, row in result.counts.items():
        number = sum(row.values())
        cells = [*(str(n) for n in row.values()), str(number), percent(number / total)]
        table.add_row(part, *cells, *([str(result.hands[part])] if known else []))
    console(110).print(table)
