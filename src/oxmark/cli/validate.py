"""``oxmark validate``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oxmark.cli.output import (
    answer,
    cluster_option,
    console,
    json_option,
    path_option,
    printable,
    progress_on_stderr,
    recipe_option,
    say,
    say_unreadable,
    seed_option,
    set_option,
    share_cells,
)
from oxmark.words import Message

if TYPE_CHECKING:
    from oxmark.evaluation.metrics import Share
    from oxmark.workflow.validating import Validation

MOST_SUSPECTS = 10
"""So many pictures with a doubtful label are printed; all are in the report."""


@click.command(short_help="Cross-validate: how good is a training, and how sure?")
@click.argument("data", type=click.Path(path_type=Path))
@recipe_option
@set_option
@click.option(
    "--folds",
    type=click.IntRange(2, 100),
    default=5,
    show_default=True,
    help="Each picture is answered by a network that learned from the other folds.",
)
@click.option(
    "--repeats",
    type=click.IntRange(1, 100),
    default=1,
    show_default=True,
    help="Divide anew and train again so many times.",
)
@click.option(
    "--learning-curve", is_flag=True, help="Also train on 25, 50 and 75 %: what would more pictures bring?"
)
@path_option(
    "--out",
    "A new folder for the report, tables and pictures; or a RUN, whose report they join.",
    "FOLDER",
)
@seed_option
@cluster_option
@json_option
def validate(
    data: Path,
    recipe: str | None,
    settings: tuple[str, ...],
    folds: int,
    repeats: int,
    learning_curve: bool,
    out: Path | None,
    seed: int,
    cluster: str | None,
    as_json: bool,
) -> int:
    """Cross-validate on the folder DATA: how good is a training on these pictures, and how sure is that?

    The pictures are divided into folds, hands and near copies whole. Every picture is answered by a network
    that was trained, stopped and calibrated without it. One pass gives accuracy with exact intervals,
    overall, by class and by hand, calibration, the cost of "none of these", doubtful labels, shortcuts, and
    what simpler methods achieve.
    """
    from oxmark.recipes import load_recipe
    from oxmark.workflow.validation_report import validation_json

    with progress_on_stderr() as progress:
        result = _on(cluster)(
            data,
            load_recipe(recipe or "marks", settings) if recipe or settings else None,
            folds=folds,
            repeats=repeats,
            learning_curve=learning_curve,
            out=out,
            seed=seed,
            progress=progress,
        )
    if as_json:
        answer(validation_json(result))
    else:
        _print(result)
    say_unreadable(result.errors)
    if out is not None:
        say(f"The report is {out / 'report.html'}")
    return 1 if result.errors else 0


def _on(cluster: str | None) -> Callable[..., Validation]:
    """The verb, here or on a cluster."""
    if cluster is None:
        from oxmark.workflow.validating import validate as here

        return here
    from oxmark.cluster.validating import validate as on_ray

    return functools.partial(on_ray, address=cluster)


def _print(result: Validation) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("out of fold")
    for name in ("right", "of", "accuracy", "95 % interval"):
        table.add_column(name, justify="right")
    evaluation = result.evaluation
    groups: list[list[tuple[str, Share]]] = [
        [("all", evaluation.accuracy)],
        [(f"class {name}", share) for name, share in evaluation.per_class.items()],
        [(f"by {name}", share) for name, share in result.by_hand.items()],
        [(str(Message(f"report.simple.{name}")), share) for name, share in result.simpler.items()],
    ]
    for group in groups:
        for name, share in group:
            table.add_row(name, *share_cells(share))
        table.add_section()
    console().print(table)
    for sentence in result.sentences:
        click.echo(str(sentence))
    names = evaluation.classes
    for suspect in result.suspects[:MOST_SUSPECTS]:
        file = printable(evaluation.files[suspect.row])
        click.echo(f"  {file}: in {names[suspect.given]}, looks like {names[suspect.likely]}")
    click.echo("")
    for sentence in result.verdict:
        click.echo(str(sentence))
