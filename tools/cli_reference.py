"""Write ``docs/cli.md``, the reference of all commands, from the commands' own help.

python tools/cli_reference.py            write it
python tools/cli_reference.py --check    only compare; exit 1 if it is out of date
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from oxmark.cli.main import COMMANDS, main

TARGET = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
WIDTH = 88
"""Columns of every help text; the terminal that this runs in has no say."""
OUT_OF_DATE = "docs/cli.md is out of date; run: make docs"
INTRODUCTION = """\
# The commands

Made from the commands' own help by `make docs`; change the help, not this page.
The [tutorial](tutorial.md) shows the commands in use.

Wherever a command asks for a MODEL, a model file or a run folder will do.
With `--json` a command prints one JSON object a line on stdout.
"""


def reference() -> str:
    """The whole page, the same on every machine."""
    contents = "\n".join(f"- [`oxmark {name}`](#oxmark-{name})" for name in COMMANDS)
    sections = [f"## {path}\n\n```text\n{text}\n```\n" for path, text in help_texts()]
    return "\n".join([INTRODUCTION, contents, "", *sections])


def help_texts() -> Iterator[tuple[str, str]]:
    """Each command line's beginning, such as ``"oxmark train"``, and the help that it prints."""
    settings = {**main.context_settings, "terminal_width": WIDTH, "max_content_width": WIDTH}
    program = click.Context(main, info_name="oxmark", **settings)
    yield "oxmark", _help(main, program)
    for name in COMMANDS:
        command = main.get_command(program, name)
        if command is None:
            raise click.ClickException(f"The command '{name}' is listed, but not there.")
        yield (
            f"oxmark {name}",
            _help(command, click.Context(command, info_name=name, parent=program, **settings)),
        )


def _help(command: click.Command, context: click.Context) -> str:
    text = click.unstyle(command.get_help(context))
    return "\n".join(line.rstrip() for line in text.splitlines())


@click.command()
@click.option("--check", is_flag=True, help="Only compare; exit 1 if the page is out of date.")
def run(check: bool) -> None:
    """Write docs/cli.md from the commands' own help."""
    page = reference()
    if not check:
        TARGET.write_text(page, encoding="utf-8", newline="\n")
        click.echo(str(TARGET))
    elif not TARGET.is_file() or TARGET.read_text(encoding="utf-8") != page:
        click.echo(OUT_OF_DATE, err=True)
        raise SystemExit(1)


if __name__ == "__main__":
    run()
