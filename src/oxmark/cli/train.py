"""``oxmark train``."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from oxmark.cli.output import (
    answer,
    json_option,
    path_option,
    progress_on_stderr,
    recipe_option,
    say,
    seed_option,
    set_option,
)


@click.command(short_help="Train a model on a folder of pictures.")
@click.argument("data", type=click.Path(path_type=Path))
@recipe_option
@set_option
@path_option(
    "--out", "The run folder; runs/DATE-RECIPE when left out. An old run is never overwritten.", "RUN"
)
@seed_option
@click.option("--resume", is_flag=True, help="Go on with a stopped run, with its own recipe and seed.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:1.")
@click.option("--skip-bad", is_flag=True, help="Leave unreadable pictures out instead of refusing.")
@json_option
def train(
    data: Path,
    recipe: str | None,
    settings: tuple[str, ...],
    out: Path | None,
    seed: int,
    resume: bool,
    device: str,
    skip_bad: bool,
    as_json: bool,
) -> int:
    """Train on the folder DATA and write a run folder with model.onnx, figures and pictures.

    DATA holds one folder a class, or the folders train, validation and test with class folders in them;
    missing parts are made. Ctrl-C saves and says how to go on.
    """
    from oxmark.machine import process_age
    from oxmark.recipes import load_recipe
    from oxmark.workflow.training_run import train as run_training

    chosen = None if resume and recipe is None and not settings else load_recipe(recipe or "marks", settings)
    with progress_on_stderr() as progress:
        progress.started = process_age()
        try:
            run = run_training(
                data,
                chosen,
                out=out,
                seed=seed,
                device=device,
                resume=resume,
                skip_bad=skip_bad,
                progress=progress,
            )
        except KeyboardInterrupt:
            if progress.folder is None:
                raise
            return _stopped(data, progress.folder, device, skip_bad)
    if not run.finished:
        return _stopped(data, run.folder, device, skip_bad)
    if as_json:
        answer(
            {
                "run": str(run.folder),
                "model": str(run.model),
                "kept_epoch": run.kept_epoch,
                "test": run.evaluation.as_json() if run.evaluation else None,
                "verdict": [str(message) for message in run.verdict or ()],
                "trouble": [str(trouble) for trouble in run.trouble],
            }
        )
    else:
        click.echo(str(run.model))
        say(f"Kept epoch {run.kept_epoch}. The report, curves and answers are in {run.folder}")
        say(f"Use it with: oxmark predict PICTURE --model {shlex.quote(str(run.folder))}")
    return 0


def _stopped(data: Path, folder: Path, device: str, skip_bad: bool) -> int:
    words = ["oxmark", "train", str(data), "--out", str(folder), "--resume"]
    words += ["--skip-bad"] if skip_bad else []
    words += ["--device", device] if device != "auto" else []
    say(f"Stopped and saved. Go on with: {shlex.join(words)}")
    return 130
