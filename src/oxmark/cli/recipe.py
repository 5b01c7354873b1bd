"""``oxmark recipe``."""

from __future__ import annotations

import click

from oxmark.cli.output import set_option


@click.command(short_help="Print a recipe as commented TOML.")
@click.argument("name", default="marks")
@set_option
def recipe(name: str, settings: tuple[str, ...]) -> None:
    """Print the recipe NAME (marks, tutorial, or a TOML file) with a comment on every knob.

    What it prints is what --recipe reads: oxmark recipe marks > mine.toml
    """
    from oxmark.recipes import load_recipe, to_toml

    click.echo(to_toml(load_recipe(name, settings)), nl=False)
