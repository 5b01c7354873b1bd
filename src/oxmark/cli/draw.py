"""``oxmark draw``."""

from __future__ import annotations

from pathlib import Path

import click

from oxmark.cli.output import answer, json_option, numbers, say, seed_option


@click.command(short_help="Draw a set of marks by several made-up hands.")
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--classes", default="O,X", show_default=True, help="Signs to draw, with commas between.")
@click.option(
    "--hands", type=click.IntRange(1, 1000), default=5, show_default=True, help="How many people draw."
)
@click.option(
    "--counts", default="38,8,6", show_default=True, help="Pictures of each class: train, validation, test."
)
@seed_option
@json_option
def draw(data: Path, classes: str, hands: int, counts: str, seed: int, as_json: bool) -> None:
    """Draw a data set into the new folder DATA, as a few people with different pens would.

    Each hand has its own habits and pens. With three or more hands none stands in two parts. One hand
    (--hands 1) gives the tutorial author's first set: one person, one pen. Signs are O, X, triangle, square,
    tick, line, star, scribble, blank and some more; an unknown one is answered with the list.
    """
    from oxmark.data.draw import draw_dataset

    names = [name.strip() for name in classes.split(",") if name.strip()]
    each = numbers(counts, int, "--counts", "38,8,6")
    folder = draw_dataset(data, classes=names, hands=hands, counts=each, seed=seed)
    if as_json:
        answer({"data": str(folder), "classes": names, "counts": each, "hands": hands})
    else:
        click.echo(str(folder))
        say(f"Drawn. Look at it with: oxmark show {folder}")
