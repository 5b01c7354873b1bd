"""``oxmark augment``."""

from __future__ import annotations

from pathlib import Path

import click

from oxmark.cli.output import (
    answer,
    json_option,
    png_option,
    progress_on_stderr,
    recipe_option,
    say,
    seed_option,
    set_option,
)


@click.command(short_help="Show what training makes of a picture.")
@click.argument("data", metavar="DATA_OR_IMAGE", type=click.Path(path_type=Path))
@recipe_option
@set_option
@png_option("--out", "The PNG to write; augmentations.png when left out.")
@seed_option
@json_option
def augment(
    data: Path, recipe: str | None, settings: tuple[str, ...], out: Path | None, seed: int, as_json: bool
) -> None:
    """Draw a picture, what the network sees of it, and eight variants as training makes them.

    DATA_OR_IMAGE is a picture, or a folder, of which one training picture of each class is taken.
    """
    from oxmark.recipes import load_recipe
    from oxmark.workflow.augmenting import augment as draw_variants

    chosen = load_recipe(recipe or "marks", settings)
    with progress_on_stderr() as progress:
        path = draw_variants(data, chosen, out=out or "augmentations.png", seed=seed, progress=progress)
    if as_json:
        answer({"sheet": str(path), "recipe": chosen.name})
    else:
        click.echo(str(path))
        say("Left: the picture and what the network sees. Right: eight variants, as training makes them.")
