"""How models trained on drawn pictures read marks under hard conditions, and what they refuse.

    python benchmarks/robustness.py [--seeds 5] [--recipes marks,tutorial] [--hands 5|1] [--per 6]
        [--suite-seed 1] [--real FOLDER] [--drawers 1-10] [--failures sheet.png] [--markdown tables.md]
        [--json out.json] [--jobs 2]

Every model is trained on drawings of ``oxmark draw`` alone: 104 by five hands, or with ``--hands 1`` 58 by
one hand, 15 + 15 of them to learn from. Seed s draws and trains. The suite (``benchmarks/rendered``) is drawn
by code of its own and only measured on: training knows nothing of it.

*Right* means that the larger probability is right, whatever ``known`` says; refusals ("none of these") are
counted beside it. Severity 3 is beyond what anybody promises.

FOLDER holds ``O``, ``X`` and ``other``: PNG of real marks, ``<letter number>_..._<drawer, two digits>.png``.
They are measured on, never trained or tuned on.

Figures for publication use a ``--suite-seed`` and ``--drawers`` that nobody looked at while developing.
Seed 1 and the drawers 1-10 are for development.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from conditions import conditions
from rendered.album import Album, render
from rendered.answers import Answers, ask_album, ask_files
from rendered.failures import failure_sheet
from rendered.measure import SuiteFigures, as_json, measured
from rendered.real import RealFigures, RealPicture, measured_real, real_pictures
from rendered.tables import Table, recipe_tables, side_by_side

import oxmark

ONE_HAND = (15, 8, 6)
"""Pictures per class that one hand draws: to learn from, to validate, to test."""
ALL_DRAWERS = range(1, 100)
NEW_FILE = click.Path(path_type=Path, dir_okay=False, writable=True)


@dataclass(frozen=True)
class Plan:
    """What is trained and measured on.

    Attributes:
        recipes: Recipes by name or file.
        seeds: How many models of each recipe.
        hands: 5 or 1.
        jobs: Processes that render, threads that answer.
        work: A folder for drawings and runs.
    """

    recipes: tuple[str, ...]
    seeds: int
    hands: int
    jobs: int
    work: Path


@dataclass(frozen=True)
class Measured:
    """One recipe's models, their answers, and the figures."""

    recipe: str
    models: tuple[oxmark.TrainingRun, ...]
    answers: tuple[Answers, ...]
    suite: SuiteFigures
    real: RealFigures | None


def measure_recipe(plan: Plan, recipe: str, album: Album, real: Sequence[RealPicture]) -> Measured:
    """Train a model for every seed and ask each about the suite and the real marks."""
    runs, answers, real_answers = [], [], []
    for seed in range(plan.seeds):
        runs.append(trained(plan, recipe, seed))
        model = oxmark.load(runs[-1])
        begun = time.perf_counter()
        answers.append(ask_album(model, album, plan.jobs))
        if real:
            real_answers.append(ask_files(model, [picture.file for picture in real], plan.jobs))
        say(f"{recipe}, seed {seed}: answered {len(album.items) + len(real)} pictures", begun)
    suite = measured(album.items, answers)
    return Measured(
        recipe, tuple(runs), tuple(answers), suite, measured_real(real, real_answers) if real else None
    )


def trained(plan: Plan, recipe: str, seed: int) -> oxmark.TrainingRun:
    """Train on drawings alone; the recipes share the drawings of a seed."""
    begun = time.perf_counter()
    drawings = plan.work / f"drawn-{seed}"
    if not drawings.exists():
        one_hand: dict[str, Any] = {"hands": 1, "counts": ONE_HAND} if plan.hands == 1 else {}
        oxmark.draw_dataset(drawings, seed=seed, **one_hand)
    run = oxmark.train(
        drawings, recipe, seed=seed, out=plan.work / f"run-{plan.recipes.index(recipe)}-{seed}"
    )
    say(f"{recipe}, seed {seed}: trained", begun)
    return run


def say(text: str, begun: float | None = None) -> None:
    """Tell how far it is, on stderr."""
    took = "" if begun is None else f" ({time.perf_counter() - begun:.0f} s)"
    print(f"{text}{took}", file=sys.stderr, flush=True)


def drawers_named(_context: click.Context, _parameter: click.Parameter, text: str | None) -> range:
    """The drawers that an option like 1-10 or 7 means."""
    if text is None:
        return ALL_DRAWERS
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    if match is None:
        raise click.BadParameter(f"{text!r} names no drawers. Give one, as 7, or a range, as 1-10.")
    first, last = int(match[1]), int(match[2] or match[1])
    return range(first, last + 1)


def recipes_named(_context: click.Context, _parameter: click.Parameter, text: str) -> tuple[str, ...]:
    """The recipes that an option like marks,tutorial means; refused before anything is rendered."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise click.BadParameter("Name at least one recipe, as marks,tutorial.")
    for name in names:
        try:
            oxmark.load_recipe(name)
        except oxmark.OxmarkError as error:
            raise click.BadParameter(str(error)) from error
    return names


def in_a_folder(_context: click.Context, parameter: click.Parameter, file: Path | None) -> Path | None:
    """A file to write whose folder exists."""
    if file is not None and not file.absolute().parent.is_dir():
        raise click.BadParameter(f"There is no folder {file.parent} to write {file.name} to. Make it first.")
    return file


@click.command(help=(__doc__ or "").split("\n", 1)[0])
@click.option("--seeds", type=click.IntRange(1), default=5, show_default=True, help="Models of each recipe.")
@click.option("--recipes", default="marks,tutorial", show_default=True, callback=recipes_named)
@click.option("--hands", type=click.Choice(["5", "1"]), default="5", show_default=True, help="Who drew.")
@click.option("--per", type=click.IntRange(1), default=6, show_default=True, help="Pictures of each sign.")
@click.option("--suite-seed", type=click.IntRange(0), default=1, show_default=True)
@click.option("--real", type=click.Path(path_type=Path, exists=True, file_okay=False), help="O, X and other.")
@click.option("--drawers", callback=drawers_named, help="Whose real marks, as 1-10; all by default.")
@click.option("--failures", type=NEW_FILE, callback=in_a_folder, help="PNG of the first recipe's failures.")
@click.option("--markdown", type=NEW_FILE, callback=in_a_folder, help="The tables as Markdown.")
@click.option("--json", "json_file", type=NEW_FILE, callback=in_a_folder, help="Everything as JSON.")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Processes and threads.")
def main(
    seeds: int,
    recipes: tuple[str, ...],
    hands: str,
    per: int,
    suite_seed: int,
    real: Path | None,
    drawers: range,
    failures: Path | None,
    markdown: Path | None,
    json_file: Path | None,
    jobs: int,
) -> None:
    """Render, train, ask, print."""
    try:
        people = real_pictures(real, drawers) if real else ()
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    heading = [conditions("torch", "onnxruntime", "pillow", "numpy", "scikit-learn")]
    print(heading[0], flush=True)
    begun = time.perf_counter()
    album = render(per, suite_seed, jobs, say)
    say(f"rendered {len(album.items)} pictures", begun)
    heading.append(described(album, suite_seed, per, seeds, hands, people))
    print(heading[1], flush=True)
    with tempfile.TemporaryDirectory() as work:
        plan = Plan(recipes, seeds, int(hands), jobs, Path(work))
        try:
            results = [measure_and_print(plan, recipe, album, people) for recipe in recipes]
        except oxmark.OxmarkError as error:
            raise click.ClickException(str(error)) from error
        if failures:
            save_failures(failures, results[0], album)
    compared = [compared_table(results)] if len(results) > 1 else []
    for table in compared:
        print(f"\n{table.text()}")
    if markdown:
        tables = [table for result in results for table in tables_of(result)] + compared
        markdown.write_text("\n\n".join([*heading, *(table.markdown() for table in tables)]) + "\n")
    if json_file:
        options = {"seeds": seeds, "hands": int(hands), "per": per, "suite_seed": suite_seed}
        facts = {"conditions": heading[0], "description": heading[1], "options": options}
        json_file.write_text(json.dumps(facts | json_of(results, album), indent=1) + "\n")


def described(
    album: Album, suite_seed: int, per: int, seeds: int, hands: str, people: Sequence[RealPicture]
) -> str:
    """One line: what was measured on, and what was learned from."""
    drawers = sorted({picture.drawer for picture in people})
    real = f"; {len(people)} real pictures by drawers {drawers[0]} to {drawers[-1]}" if people else ""
    return (
        f"suite {suite_seed}, {per} of each sign (digest {album.digest}): {album.count('mark')} marks, "
        f"{album.count('other')} other drawings, {album.count('nothing')} of nothing{real}; "
        f"{_counted(seeds, 'seed')}, drawings by {_counted(int(hands), 'hand')}"
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def tables_of(result: Measured) -> list[Table]:
    """All tables of one recipe."""
    return recipe_tables(result.recipe, result.suite, result.real)


def measure_and_print(plan: Plan, recipe: str, album: Album, real: Sequence[RealPicture]) -> Measured:
    """One recipe; its tables come as soon as they can."""
    result = measure_recipe(plan, recipe, album, real)
    for table in tables_of(result):
        print(f"\n{table.text()}", flush=True)
    return result


def compared_table(results: Sequence[Measured]) -> Table:
    """The recipes beside each other."""
    return side_by_side([r.recipe for r in results], [r.suite for r in results], [r.real for r in results])


def save_failures(file: Path, result: Measured, album: Album) -> None:
    """Write the contact sheet."""
    models = [oxmark.load(run) for run in result.models]
    failure_sheet(result.recipe, album, result.answers, lambda seed: models[seed]).save(file)
    say(f"failures of {result.recipe}: {file}")


def json_of(results: Sequence[Measured], album: Album) -> dict[str, Any]:
    """All figures, all answers, and which pictures they answer."""
    recipes = {
        result.recipe: {
            "suite": as_json(result.suite),
            "real": as_json(result.real),
            "answers": [answers.as_json() for answers in result.answers],
        }
        for result in results
    }
    return {"digest": album.digest, "pictures": as_json(album.items), "recipes": recipes}


if __name__ == "__main__":
    main()
