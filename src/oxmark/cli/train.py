"""``oxmark train``."""

from __future__ import annotations

import functools
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from oxmark.cli.output import (
    answer,
    cluster_option,
    json_option,
    path_option,
    progress_on_stderr,
    recipe_option,
    refuse,
    say,
    seed_option,
    set_option,
)

if TYPE_CHECKING:
    from oxmark.workflow.training_run import TrainingRun

WORKERS = 2
"""So many train together on a cluster, unless the user says otherwise."""


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
@cluster_option
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="With --cluster: so many processes train one network together.  [default: 2]",
)
@click.option("--use-gpu", is_flag=True, help="With --cluster: each worker on a graphics card of its own.")
@click.option(
    "--storage", metavar="URI", help="With --cluster: a folder or URI that all nodes see, for checkpoints."
)
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
    cluster: str | None,
    workers: int | None,
    use_gpu: bool,
    storage: str | None,
    as_json: bool,
) -> int:
    """Train on the folder DATA and write a run folder with model.onnx, figures and pictures.

    DATA holds one folder a class, or the folders train, validation and test with class folders in them;
    missing parts are made. Ctrl-C saves and says how to go on.

    With --cluster several workers train together on Ray. A worker that dies is replaced, and the training
    goes on from its last checkpoint.
    """
    from oxmark.machine import process_age
    from oxmark.recipes import load_recipe

    run_training, again = _verb(device, cluster, workers, use_gpu, storage)
    chosen = None if resume and recipe is None and not settings else load_recipe(recipe or "marks", settings)
    with progress_on_stderr() as progress:
        progress.started = process_age()
        try:
            run = run_training(
                data,
                chosen,
                out=out,
                seed=seed,
                resume=resume,
                skip_bad=skip_bad,
                progress=progress,
            )
        except KeyboardInterrupt:
            if progress.folder is None:
                raise
            return _stopped(data, progress.folder, again, skip_bad)
    if not run.finished:
        return _stopped(data, run.folder, again, skip_bad)
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


def _verb(
    device: str, cluster: str | None, workers: int | None, use_gpu: bool, storage: str | None
) -> tuple[Callable[..., TrainingRun], list[str]]:
    """The verb, here or on a cluster, and the options that would choose it again."""
    if cluster is None:
        alone = {"--workers": workers, "--use-gpu": use_gpu or None, "--storage": storage}
        refuse("it belongs to --cluster; give that, too", **alone)
        from oxmark.workflow.training_run import train as here

        again = ["--device", device] if device != "auto" else []
        return functools.partial(here, device=device), again
    refuse(
        "with --cluster it is --use-gpu that chooses", **{"--device": None if device == "auto" else device}
    )
    from oxmark.cluster.training import options
    from oxmark.cluster.training import train as on_ray

    how: dict[str, Any] = {
        "address": cluster,
        "workers": workers or WORKERS,
        "use_gpu": use_gpu,
        "storage": storage,
    }
    return functools.partial(on_ray, **how), options(**how)


def _stopped(data: Path, folder: Path, again: list[str], skip_bad: bool) -> int:
    words = ["oxmark", "train", str(data), "--out", str(folder), "--resume", *again]
    words += ["--skip-bad"] if skip_bad else []
    say(f"Stopped and saved. Go on with: {shlex.join(words)}")
    return 130
