"""train on a cluster: the same run folder and the same model file, from several workers in step.

Ray Train starts the workers, joins them, keeps their checkpoints and begins again from the last one when a
worker is lost. Pictures are prepared, and the model is measured and written, by the process that asks for it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oxmark.cluster.checkpoints import CheckpointStorage, storage_for
from oxmark.cluster.engine import HERE, Cluster, connected
from oxmark.cluster.following import beside, followed
from oxmark.cluster.news import started
from oxmark.cluster.pictures import sent
from oxmark.cluster.storage import without_secrets
from oxmark.cluster.worker import Work, learn
from oxmark.errors import ClusterError
from oxmark.workflow import training_run
from oxmark.workflow.progress import Progress

if TYPE_CHECKING:
    from oxmark.recipes import Recipe
    from oxmark.training.loop import Epoch, Fitted, Prepared
    from oxmark.workflow.training_run import TrainingRun

MOST_FAILURES = 5
"""So often Ray begins again from the last checkpoint when a worker was lost."""


def train(
    data: str | os.PathLike[str],
    recipe: str | os.PathLike[str] | Recipe | None = None,
    *,
    address: str | None = None,
    workers: int = 2,
    use_gpu: bool = False,
    storage: str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] | None = None,
    seed: int = 0,
    resume: bool = False,
    skip_bad: bool = False,
    progress: Progress | None = None,
) -> TrainingRun:
    """Train a model on a folder of pictures with several workers.

    Each step takes a batch as large as the recipe says, shared out among the workers.

    Args:
        data: As for :func:`oxmark.train`; only this process reads it.
        recipe: As there.
        address: Of the cluster, see :func:`oxmark.cluster.engine.connected`; None starts Ray here.
        workers: How many, each with a processor core.
        use_gpu: Give each worker a graphics card.
        storage: Where the workers keep their checkpoints meanwhile: a folder that all nodes share, or a URI.
            None is in the run folder, which will do where all workers are on this machine.
        out: The run folder, on this machine.
        seed: Everything random comes from it.
        resume: Go on with a stopped run; it may have been trained without a cluster until then.
        skip_bad: Leave unreadable pictures out instead of refusing.
        progress: Told how far it is.

    Raises:
        ClusterError: The cluster is too small, has no common storage, or was lost.
        OxmarkError: As :func:`oxmark.train`.

    Example:
        >>> run = train("marks", address="auto", workers=4, storage="s3://ours/runs")  # doctest: +SKIP
        >>> run.model  # doctest: +SKIP
        PosixPath('runs/2026-08-01-101500-marks/model.onnx')
    """
    training_run.require_training("Training")
    progress = progress or Progress()
    with connected(address, tell=progress.note) as cluster:
        _check(cluster, workers, use_gpu=use_gpu, storage=storage)
        together = _Together(cluster, workers, use_gpu, storage)
        return training_run.trained(
            data,
            recipe,
            out=out,
            seed=seed,
            resume=resume,
            skip_bad=skip_bad,
            progress=progress,
            fit=together.fit,
            options=options(address, workers, use_gpu, storage),
            more={"workers": workers},
        )


def options(
    address: str | None, workers: int, use_gpu: bool, storage: str | os.PathLike[str] | None
) -> list[str]:
    """Of the command line, for the record and for going on; without credentials.

    Example:
        >>> options("10.0.0.5:6379", 4, False, None)
        ['--cluster', '10.0.0.5:6379', '--workers', '4']
    """
    words = ["--cluster", *([address] if address and address != HERE else []), "--workers", str(workers)]
    words += ["--use-gpu"] if use_gpu else []
    return words if storage is None else [*words, "--storage", without_secrets(os.fspath(storage))]


def _check(cluster: Cluster, workers: int, *, use_gpu: bool, storage: str | os.PathLike[str] | None) -> None:
    """Say early what would fail late, or wait for ever."""
    if workers < 1:
        raise ClusterError(f"A training needs at least one worker, not {workers}. Give --workers 1 or more.")
    if workers > cluster.cores:
        raise ClusterError(
            f"{workers} workers need {workers} processor cores, and the cluster has {cluster.cores}. "
            f"Give --workers {cluster.cores} or fewer."
        )
    if use_gpu and workers > cluster.gpus:
        fewer = f"Give --workers {cluster.gpus} or fewer, or leave --use-gpu out."
        raise ClusterError(
            f"{workers} workers need {workers} graphics cards, and the cluster has {cluster.gpus}. "
            f"{fewer if cluster.gpus else 'Leave --use-gpu out.'}"
        )
    if storage is None and len(cluster.nodes) > 1:
        raise ClusterError(
            f"The cluster has {len(cluster.nodes)} nodes, and their workers keep checkpoints in one place. "
            "Name a folder that all nodes share, or a URI such as s3://BUCKET/FOLDER, with --storage."
        )
    if storage is not None:
        storage_for(storage, Path())


@dataclass(frozen=True)
class _Together:
    """Stands where :func:`oxmark.training.loop.fit` stands in a training without a cluster."""

    cluster: Cluster
    workers: int
    use_gpu: bool
    storage: str | os.PathLike[str] | None

    def fit(
        self,
        recipe: Recipe,
        pictures: Prepared,
        validation: Prepared,
        classes: int,
        *,
        run_folder: Path,
        resume: bool,
        on_epoch: Callable[[Epoch], None],
        should_stop: Callable[[], bool],
        should_finish: Callable[[], bool],
        seed: int,
        fingerprint: str,
        device: str = "auto",
    ) -> Fitted:
        """Train with all workers; see :func:`oxmark.training.loop.fit`."""
        import ray

        from oxmark.training import checkpoint, loop

        home = run_folder / checkpoint.FILE
        news = started()
        with tempfile.TemporaryDirectory(prefix="oxmark-") as folder, _kept(self.storage, home) as storage:
            work = Work(
                recipe=recipe,
                pictures=ray.put(sent([pictures, validation], Path(folder))),
                classes=classes,
                seed=seed,
                fingerprint=fingerprint,
                checkpoint=ray.put(home.read_bytes()) if resume else None,
                news=news,
                home=ray.get_runtime_context().get_node_id(),
                use_gpu=self.use_gpu,
            )
            running = beside(self._trainer(work, storage).fit)
            heard = followed(running, news, run_folder, on_epoch, should_stop, should_finish)
            fitted: Fitted | None = None if heard is None else running.result().return_value
        if heard is None or fitted is None:  # stopped while it waited for its workers: it can go on
            how: dict[str, Any] = {"run_folder": run_folder, "resume": resume, "should_stop": lambda: True}
            parts = (recipe, pictures, validation, classes)
            return loop.fit(*parts, seed=seed, device="cpu", fingerprint=fingerprint, **how)
        nodes = len(set(heard.nodes.values()))
        return dataclasses.replace(
            fitted,
            hardware={**fitted.hardware, "workers": self.workers, "nodes": nodes},
            notes=(*fitted.notes, _note(recipe, self.workers, nodes)),
        )

    def _trainer(self, work: Work, storage: CheckpointStorage) -> Any:
        from ray.train import CheckpointConfig, FailureConfig, RunConfig, ScalingConfig
        from ray.train.torch import TorchTrainer

        each = {"CPU": 1, "GPU": 1} if self.use_gpu else {"CPU": 1}
        return TorchTrainer(
            learn,
            train_loop_config={"work": work},
            scaling_config=ScalingConfig(
                num_workers=self.workers, use_gpu=self.use_gpu, resources_per_worker=each
            ),
            run_config=RunConfig(
                name=storage.name,
                storage_path=storage.place,
                failure_config=FailureConfig(max_failures=MOST_FAILURES),
                checkpoint_config=CheckpointConfig(num_to_keep=2),
                worker_runtime_env={"env_vars": _loopback()} if self.cluster.started_here else None,
            ),
        )


def _loopback() -> dict[str, str]:
    """Has the workers of one machine talk over its loopback address alone."""
    names = [name for _, name in socket.if_nameindex() if name in ("lo", "lo0")]
    return {f"{library}_SOCKET_IFNAME": names[0] for library in ("GLOO", "NCCL")} if names else {}


@contextlib.contextmanager
def _kept(given: str | os.PathLike[str] | None, home: Path) -> Iterator[CheckpointStorage]:
    """A place for the workers' checkpoints; the last one comes home, whatever happens, and it is cleared."""
    storage = storage_for(given or home.parent / "workers", home, name=f"oxmark-{secrets.token_hex(8)}")
    try:
        yield storage
    finally:
        storage.bring_home()
        storage.clear()
        if given is None:
            shutil.rmtree(home.parent / "workers", ignore_errors=True)  # those of a killed process, too


def _note(recipe: Recipe, workers: int, nodes: int) -> str:
    """What is other than in a training by one process."""
    where = "1 node" if nodes == 1 else f"{nodes} nodes"
    if workers == 1:
        return f"1 worker on {where} trained the network, as a training without a cluster does."
    share = max(1, recipe.batch // workers)
    normal = (
        f" Batch normalisation measures each worker's {share} or so instead of the whole batch; the mean "
        "of what all measured is kept."
    )
    return (
        f"{workers} workers on {where} trained one network together. Each batch is as large as in a training "
        f"by one process, {recipe.batch} pictures of all in a fresh order, and is shared out among them."
        f"{normal if recipe.network == 'marks' else ''} Shuffling and random changes follow other random "
        "numbers than in one process, so the figures differ as with another seed."
    )
