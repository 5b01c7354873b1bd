"""``oxmark show``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oxmark.cli.output import answer, console, json_option, png_option, say, say_unreadable

if TYPE_CHECKING:
    from oxmark.workflow.looking import Overview


@click.command(short_help="Show what is in a folder of pictures.")
@click.argument("data", type=click.Path(path_type=Path))
@png_option("--out", "Draw a contact sheet, eight pictures of each class, into this PNG.")
@json_option
def show(data: Path, out: Path | None, as_json: bool) -> int:
    """Print the table of the folder DATA: parts, classes, counts, sizes, formats, modes, hands.

    Files that are skipped are listed with the reason, pictures that cannot be read with the cure (exit
    code 1).
    """
    from oxmark.workflow.looking import draw_overview, look

    overview = look(data)
    if as_json:
        for group in overview.groups:
            answer(group.as_json())
    else:
        _print_table(overview)
    root = overview.dataset.root
    for item in overview.dataset.skipped:
        say(f"skipped: {item.path.relative_to(root)}: {item.reason}")
    say_unreadable(overview.errors)
    if out is not None:
        notes = draw_overview(overview, out)
        for note in notes:
            say(note)
        say(f"contact sheet: {out}")
        return 1 if overview.errors or any(note.startswith("cannot be read") for note in notes) else 0
    return 1 if overview.errors else 0


def _print_table(overview: Overview) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("part", "class", "pictures", "sizes", "formats", "modes", "hands"):
        table.add_column(name, justify="right" if name in ("pictures", "hands") else "left")
    part = ""
    for group in overview.groups:
        if part and group.part != part:
            table.add_section()
        formats, modes = (", ".join(f"{k} {n}" for k, n in d.items()) for d in (group.formats, group.modes))
        hands = str(group.hands) if group.hands else "-"
        first = group.part if group.part != part else ""
        table.add_row(first, group.name, str(group.pictures), group.sizes, formats, modes, hands)
        part = group.part
    console().print(table)
