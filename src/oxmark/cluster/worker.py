"""One worker of a training: the very loop of :mod:`oxmark.training.loop`, in step with the other workers."""

from __future__ import annotations

import contextlib
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from oxmark.cluster.pictures import Block, received
from oxmark.errors import OxmarkError, RunError, TrainingError

if TYPE_CHECKING:
    from oxmark.recipes import Recipe
    from oxmark.training.loop import Fitted, Keep

SECONDS_BETWEEN_COPIES = 15.0
"""A checkpoint is kept in the cluster's storage every few seconds, and goes home less often."""


@dataclass(frozen=True)
class Work:
    """What all workers are given.

    Attributes:
        recipe: How to train.
        pictures: Refers to the training and the validation pictures, :class:`oxmark.cluster.pictures.Sent`.
        classes: Number of classes.
        seed: Everything random comes from it.
        fingerprint: Names data and recipe.
        checkpoint: Refers to the content of a checkpoint to go on from; None begins anew.
        news: The actor :class:`oxmark.cluster.news.News`.
        home: The node where the pictures' files are.
        use_gpu: Whether each worker has a graphics card.
    """

    recipe: Recipe
    pictures: Any
    classes: int
    seed: int
    fingerprint: str
    checkpoint: Any
    news: Any
    home: str
    use_gpu: bool


def learn(config: Mapping[str, Work]) -> Fitted | None:
    """Train together with the other workers; called by Ray Train in each of them.

    An error of ours goes to the one who began the training. What all workers meet at the same point ends all
    of them; with any other error the worker fails, so that Ray ends the others, who would wait for it: begun
    again they find the error and do nothing.

    Args:
        config: As Ray Train hands it over: ``work``.

    Returns:
        The network from the first worker, None from the others.
    """
    import ray
    from ray import train

    from oxmark.training.team import Team

    work, context = config["work"], train.get_context()
    team = Team(context.get_world_rank(), context.get_world_size())
    if ray.get(work.news.failed.remote()):
        return None
    ray.get(work.news.join.remote(team.rank, ray.get_runtime_context().get_node_id()))
    warnings.filterwarnings("ignore", "The given NumPy array is not writable")  # nobody writes to pictures
    try:
        with tempfile.TemporaryDirectory(prefix="oxmark-") as folder:
            fitted = _fitted(work, team, Path(folder))
    except OxmarkError as error:
        ray.get(work.news.fail.remote(error))
        team.leave()
        if isinstance(error, TrainingError | RunError):
            return None
        raise
    except BaseException:
        team.leave()
        raise
    return None if team.rank else fitted


def _fitted(work: Work, team: Any, folder: Path) -> Fitted:
    import ray
    from ray import train
    from ray.train.torch import get_device

    from oxmark.training.loop import fit

    pictures, validation = received(ray.get(work.pictures), _fetched(work.home), folder)
    with contextlib.ExitStack() as stack:
        going_on = _checkpoint_folder(work, folder, stack)
        listening: dict[str, Any] = {}
        if team.rank == 0:
            listening = {
                "on_epoch": lambda entry: ray.get(work.news.epoch.remote(entry)),
                "should_stop": lambda: ray.get(work.news.wanted.remote())[0],
                "should_finish": lambda: ray.get(work.news.wanted.remote())[1],
            }
        return fit(
            work.recipe,
            pictures,
            validation,
            work.classes,
            seed=work.seed,
            device=str(get_device()) if work.use_gpu else "cpu",
            run_folder=going_on,
            resume=going_on is not None,
            fingerprint=work.fingerprint,
            threads=1,  # what Ray reserves for a worker
            team=team,
            keep=_keep(train.report, work.news, first=team.rank == 0),
            **listening,
        )


def _checkpoint_folder(work: Work, folder: Path, stack: contextlib.ExitStack) -> Path | None:
    """Where the checkpoint to go on from lies: the team's last one, or the one it was given."""
    import ray
    from ray import train

    from oxmark.files import write_bytes
    from oxmark.training import checkpoint

    if latest := train.get_checkpoint():
        return Path(stack.enter_context(latest.as_directory()))
    if work.checkpoint is None:
        return None
    write_bytes(folder / checkpoint.FILE, ray.get(work.checkpoint))
    return folder


def _keep(report: Callable[..., None], news: Any, *, first: bool) -> Keep:
    """All workers report to Ray Train at the same time; the first one has the checkpoint."""
    from ray.train import Checkpoint

    from oxmark.training import checkpoint

    copied = -SECONDS_BETWEEN_COPIES

    def keep(write: Callable[[Path], None]) -> None:
        nonlocal copied
        if not first:
            report({}, checkpoint=None)
            return
        with tempfile.TemporaryDirectory(prefix="oxmark-") as folder:
            file = Path(folder) / checkpoint.FILE
            write(file)
            report({}, checkpoint=Checkpoint.from_directory(folder))
            if time.monotonic() - copied >= SECONDS_BETWEEN_COPIES:
                copied = time.monotonic()
                news.saved.remote(file.read_bytes())

    return keep


def _fetched(home: str) -> Callable[[Block], npt.NDArray[np.uint8]]:
    """Gets a file's content from the node where it is, through Ray's object store."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    there = NodeAffinitySchedulingStrategy(home, soft=False)
    read = ray.remote(_content).options(num_cpus=0, scheduling_strategy=there)

    def fetch(block: Block) -> npt.NDArray[np.uint8]:
        content: npt.NDArray[np.uint8] = ray.get(read.remote(block))
        return content

    return fetch


def _content(block: Block) -> npt.NDArray[np.uint8]:
    return np.asarray(block.bytes())
