"""How long each path takes, beside this machine's limits and beside other ways to the same goal.

    make bench-peers   # once: the peers, in an environment of their own
    python benchmarks/bench.py [--quick] [--only train,predict] [--runs 5] [--json FILE]

Every row is measured once in each run, forwards and backwards in turn, so that a noisy machine is noisy for
all. Medians are printed with their ranges; ratios are made run by run. Nothing else should run meanwhile.
"""

from __future__ import annotations

import datetime
import sys
import tempfile
from pathlib import Path

import click
from measuring.choice import all_reaches, all_rows, wanted_rows
from measuring.machine import has_peers, machine_conditions, usable_cores
from measuring.results import Results, measure_all
from measuring.row import Figures, Row
from measuring.series import shown
from measuring.table import conditions_text, tables
from measuring.work import Options, Work

RESULTS = Path(__file__).with_name("results")
QUICK = {"small": 1000, "large": 48}
NUMBER = click.IntRange(min=1)


@click.command()
@click.option("--runs", default=5, show_default=True, type=NUMBER, help="How often each row is measured.")
@click.option("--quick", is_flag=True, help="Fewer pictures, and only the rows that take seconds.")
@click.option("--only", default="", help="Beginnings of rows' names, with commas between.")
@click.option("--rows", "listed", is_flag=True, help="Name all rows and stop.")
@click.option("--without-peers", is_flag=True, help="Leave the peers out.")
@click.option("--small", type=NUMBER, help="28x28 pictures to predict.  [default: 10000; quick: 1000]")
@click.option(
    "--large", type=NUMBER, help="1350x900 pictures to predict, of each format.  [default: 400; quick: 48]"
)
@click.option("--training", default="10000", show_default=True, help="Sizes of the large sets to train on.")
@click.option("--epochs", default=2, show_default=True, type=NUMBER, help="Passes over the large sets.")
@click.option(
    "--json", "file", type=click.Path(path_type=Path), help="Left out: benchmarks/results/DATE.json."
)
def main(
    runs: int,
    quick: bool,
    only: str,
    listed: bool,
    without_peers: bool,
    small: int | None,
    large: int | None,
    training: str,
    epochs: int,
    file: Path | None,
) -> None:
    """Measure, write one JSON file and print tables."""
    usual = QUICK if quick else {"small": Options.small, "large": Options.large}
    options = Options(
        small or usual["small"], large or usual["large"], sizes(training), epochs, min(8, usable_cores())
    )
    rows = wanted_rows(
        all_rows(options), list(filter(None, only.split(","))), quick=quick, peers=not without_peers
    )
    if listed:
        print("\n".join(f"{row.name:<32} {row.title}" for row in rows))
        return
    if any(row.peer for row in rows) and not has_peers():
        raise click.UsageError("The peers are not installed. Run: make bench-peers. Or give --without-peers.")
    results = Results(machine_conditions() | asked(options), rows, all_reaches(options))
    path = file or RESULTS / f"{datetime.datetime.now().astimezone():%Y-%m-%d-%H%M%S}.json"
    say(conditions_text(results.conditions))
    with tempfile.TemporaryDirectory(prefix="oxmark-bench-") as folder:
        work = Work(Path(folder), options)
        measure_all(results, work, runs, progress, lambda: results.write(path))
    print(tables(results))
    say(f"JSON: {path}")


def sizes(text: str) -> tuple[int, ...]:
    """``10000,100000`` as numbers, each at least 40."""
    try:
        found = tuple(int(word) for word in text.split(",") if word)
    except ValueError as error:
        raise click.UsageError(f"--training takes numbers with commas between, not {text}.") from error
    if any(size < 40 for size in found):
        raise click.UsageError(
            "--training takes sizes of 40 pictures or more: parts of them validate and test."
        )
    return found


def asked(options: Options) -> dict[str, str]:
    """What was asked for, beside the conditions."""
    trained = ", ".join(map(str, options.training))
    return {
        "asked for": f"{options.small} pictures of 28x28 and {options.large} of 1350x900 of each format to "
        f"predict, {options.threads} threads in bare loops, large sets of {trained}"
    }


def progress(run: int, row: Row, figures: Figures) -> None:
    """One line on stderr for each row of each run."""
    told = ", ".join(f"{name} {shown(value)}{row.units[name]}" for name, value in list(figures.items())[:3])
    say(f"run {run + 1}: {row.name}: {told}")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
