"""``oxmark check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from oxmark.cli.output import answer, console, json_option, path_option, progress_on_stderr

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from oxmark.data.doctor import Finding
    from oxmark.workflow.checking import Checkup

SHOWN = 5
"""So many lines of files are printed for a finding; --json has all."""
_LONG_SET = 4  # names on one line
_STYLES = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}


@click.command(short_help="Say what is wrong with a folder of pictures.")
@click.argument("data", type=click.Path(path_type=Path))
@path_option("--fix", "Write a mended copy into this new folder, with a list of what was done.", "OUT")
@json_option
def check(data: Path, fix: Path | None, as_json: bool) -> int:
    """Examine the folder DATA: unreadable, blank and doubled pictures, wrong-looking labels and more.

    Each finding says what, which files, why it matters and the cure. An error must be mended (exit code 1), a
    warning should be looked at, a note is good to know. With --fix the exit code is that of the mended copy;
    DATA itself is never changed.
    """
    from oxmark.workflow.checking import check as examine

    with progress_on_stderr() as progress:
        result = examine(data, fix=fix, progress=progress)
    if as_json:
        answer(result.as_json())
    else:
        _print(result)
    left = result.findings if result.mended is None else result.mended.left
    return 1 if any(finding.severity == "error" for finding in left) else 0


def _print(result: Checkup) -> None:
    shown = console(110)
    parts = ", ".join(f"{part} {sum(of.values())}" for part, of in result.counts.items())
    shown.print(f"{result.data}: {result.pictures} pictures ({parts}) of {', '.join(result.classes)}\n")
    if result.findings:
        _print_trimmed(shown, _table(result))
    shown.print(str(result.sentence))
    if result.mended:
        _print_mended(shown, result)


def _print_mended(console: Console, result: Checkup) -> None:
    if result.mended is None:
        return
    out = sum(change.left_out for change in result.mended.changes)
    done = Path(result.mended.folder) / "mended.txt"
    console.print(
        f"\nMended copy: {result.mended.folder}; left out: {out}. {done} says what was done and why."
    )
    console.print(str(result.mended.sentence))


def _print_trimmed(console: Console, table: Table) -> None:
    """Without the spaces that fill each line up: they would stand in a file."""
    with console.capture() as captured:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _table(result: Checkup) -> Table:
    """The findings below each other: severity on the left, everything else beside it."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column()
    for finding in result.findings:
        table.add_row(Text(finding.severity, _STYLES[finding.severity]), Text(str(finding.what), "bold"))
        for line in _file_lines(finding, result.pictures):
            table.add_row("", Text(line))
        table.add_row("", _beside("why", str(finding.why)))
        table.add_row("", _beside("cure", str(finding.cure)))
        table.add_row("", "")
    return table


def _beside(word: str, sentence: str) -> Table:
    """A word and, hanging beside it, a sentence of any length."""
    from rich.table import Table
    from rich.text import Text

    line = Table.grid(padding=(0, 2))
    line.add_column(no_wrap=True, width=4)
    line.add_column()
    line.add_row(Text(word, "dim"), Text(sentence))
    return line


def _file_lines(finding: Finding, pictures: int) -> list[str]:
    """The first few files, or sets of them; where most of all pictures are meant, how many."""
    lines = finding.lines(longest=_LONG_SET)
    if not (finding.sets or finding.details) and SHOWN < len(lines) > pictures / 2:
        return [f"{len(lines)} of {pictures} pictures"]
    if len(lines) <= SHOWN + 1:  # "and 1 more" would take no less room
        return lines
    return [*lines[:SHOWN], f"and {len(lines) - SHOWN} more"]
