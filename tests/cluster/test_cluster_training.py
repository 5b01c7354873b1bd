"""train on a cluster: two workers, one of them killed, and an ordinary run folder in the end."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tiny_runs import TINY
from watched_workers import noting, steps_of

import oxmark
from oxmark.cluster import training, worker
from oxmark.cluster.engine import Cluster
from oxmark.cluster.pictures import Block
from oxmark.cluster.training import train
from oxmark.data.draw import draw_dataset
from oxmark.errors import ClusterError
from oxmark.recipes import Recipe, load_recipe
from oxmark.training.steps import TOGETHER
from oxmark.workflow import training_run
from oxmark.workflow.progress import Progress
from oxmark.workflow.training_run import TrainingRun

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ray")  # what it says of itself

STEPS = 2 * TOGETHER  # an epoch: a checkpoint in its middle, and one at its end
KILLED_AT = STEPS + TOGETHER + 3  # in the middle of the second epoch


@pytest.fixture(scope="module")
def ray_here() -> Iterator[None]:
    """Ray with two cores, for all tests of this file."""
    settings = {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.2",
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    }
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory(prefix="ox-", ignore_cleanup_errors=True) as short,  # sockets lie in it
    ):
        for name, value in settings.items():
            patch.setenv(name, value)
        import ray

        ray.init(
            address="local",
            _temp_dir=short,
            _node_ip_address="127.0.0.1",
            num_cpus=2,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.FATAL,
            object_store_memory=128 << 20,
        )
        yield
        ray.shutdown()


class Told(Progress):
    """Remembers; asks to stop after so many epochs."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.epochs: list[int] = []
        self.notes: list[str] = []
        self.stop_after = stop_after

    def epoch(self, entry: Any, epochs: int) -> None:
        self.epochs.append(entry.epoch)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def should_stop(self) -> bool:
        return self.stop_after is not None and len(self.epochs) >= self.stop_after


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return load_recipe("marks").with_settings({**TINY, "least_steps": STEPS})


@pytest.fixture(scope="module")
def marks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_dataset(tmp_path_factory.mktemp("pool") / "marks", counts=(6, 3, 3), hands=3, seed=1)


@dataclass(frozen=True)
class Done:
    run: TrainingRun
    told: Told
    notes: Path

    @property
    def facts(self) -> dict[str, Any]:
        return dict(json.loads((self.run.folder / "run.json").read_text()))


@pytest.fixture(scope="module")
def done(ray_here: None, marks: Path, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """A training by two workers, one of which was killed in the middle of the second epoch. Read only."""
    folder, told = tmp_path_factory.mktemp("killed"), Told()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "learn", noting(folder, KILLED_AT))
        patch.chdir(folder)
        place = (folder / "shared").as_uri()
        run = train(marks, recipe, workers=2, out=folder / "run", storage=place, progress=told)
    return Done(run, told, folder)


def test_a_killed_worker_is_gone_on_without_from_the_last_checkpoint(done: Done) -> None:
    assert (done.notes / "killed").exists()
    for rank in range(2):
        before, after = steps_of(done.notes, rank)
        assert before[0] == 0 and before[-1] in (KILLED_AT - 1, KILLED_AT)
        assert after == list(range(STEPS + TOGETHER, 3 * STEPS))  # in mid-epoch, where it was saved last


def test_the_training_finishes_and_tells_each_epoch_once(done: Done) -> None:
    assert done.run.finished
    assert done.told.epochs == [1, 2, 3] == [entry.epoch for entry in done.run.history]


def test_the_run_folder_is_an_ordinary_one(done: Done, marks: Path, recipe: Recipe, tmp_path: Path) -> None:
    alone = training_run.train(marks, recipe, out=tmp_path / "run")

    def names(run: TrainingRun) -> list[str]:
        return sorted(path.relative_to(run.folder).as_posix() for path in run.folder.rglob("*"))

    assert names(done.run) == names(alone)
    facts = json.loads((alone.folder / "run.json").read_text())
    assert set(done.facts) - set(facts) == {"workers", "nodes"}
    assert set(facts) - set(done.facts) == set()


def test_its_model_answers(done: Done, marks: Path) -> None:
    model = oxmark.load(done.run)
    answer = model.predict(min(marks.rglob("*.png")))
    assert set(answer.probabilities) == {"O", "X"}


def test_what_differs_is_said_once_and_kept(done: Done) -> None:
    note = (
        "2 workers on 1 node trained one network together. Each batch is as large as in a training by one "
        "process, 4 pictures of all in a fresh order, and is shared out among them. Batch normalisation "
        "measures each worker's 2 or so instead of the whole batch; the mean of what all measured is kept. "
        "Shuffling and random changes follow other random numbers than in one process, so the figures differ "
        "as with another seed."
    )
    assert done.told.notes.count(note) == 1
    assert done.facts["notes"].count(note) == 1
    assert (done.facts["workers"], done.facts["nodes"], done.facts["device"]) == (2, 1, "cpu")


def test_stopped_alone_it_goes_on_with_workers_and_the_other_way_round(
    ray_here: None, marks: Path, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here with pictures on disk, as very many are."""
    monkeypatch.setattr(training, "learn", noting(tmp_path))
    monkeypatch.setattr("oxmark.workflow.gathering.MANY", 5)
    monkeypatch.setenv("OXMARK_CACHE", str(tmp_path / "cache"))
    stopped = training_run.train(marks, recipe, out=tmp_path / "run", progress=Told(stop_after=1))
    assert len(stopped.history) == 1 and not stopped.finished
    told = Told(stop_after=1)
    again = train(marks, None, workers=2, out=stopped, resume=True, progress=told)
    [began] = steps_of(tmp_path, 0)
    assert began[0] == STEPS
    assert told.epochs[0] == 2 and not again.finished
    assert sorted(path.name for path in (again.folder / "checkpoint").iterdir()) == ["state.safetensors"]
    last = training_run.train(marks, None, out=again, resume=True)
    assert last.finished and last.history[: len(again.history)] == again.history


def test_a_file_that_a_worker_does_not_see_comes_through_ray(ray_here: None, tmp_path: Path) -> None:
    import ray

    path, content = tmp_path / "one.pack", bytes(range(256)) * 4
    path.write_bytes(content)
    fetch = worker._fetched(ray.get_runtime_context().get_node_id())
    assert fetch(Block(path, content[:16], len(content), (63, 1, 2, 2))).tobytes() == content


# --- what is refused ----------------------------------------------------------------------------------------

HERE = Cluster(started_here=True, cores=2, gpus=0, nodes=("a",))
MANY = Cluster(started_here=False, cores=64, gpus=1, nodes=("a", "b", "c"))


@pytest.mark.parametrize(
    ("cluster", "asked", "message"),
    [
        (HERE, {"workers": 0}, "A training needs at least one worker, not 0. Give --workers 1 or more."),
        (
            HERE,
            {"workers": 3},
            "3 workers need 3 processor cores, and the cluster has 2. Give --workers 2 or fewer.",
        ),
        (
            MANY,
            {"workers": 2, "use_gpu": True},
            "2 workers need 2 graphics cards, and the cluster has 1. "
            "Give --workers 1 or fewer, or leave --use-gpu out.",
        ),
        (
            HERE,
            {"workers": 1, "use_gpu": True},
            "1 workers need 1 graphics cards, and the cluster has 0. Leave --use-gpu out.",
        ),
        (
            MANY,
            {"workers": 2},
            "The cluster has 3 nodes, and their workers keep checkpoints in one place. Name a folder that "
            "all nodes share, or a URI such as s3://BUCKET/FOLDER, with --storage.",
        ),
        (
            MANY,
            {"workers": 2, "storage": "ftp://anna:secret@there/runs"},
            "'ftp://there/runs' is no place for checkpoints (Unrecognized filesystem type in URI: "
            "ftp://there/runs). Give a folder that all nodes share, or a URI such as s3://BUCKET/FOLDER, "
            "with --storage.",
        ),
    ],
)
def test_what_cannot_work_is_said_early(cluster: Cluster, asked: dict[str, Any], message: str) -> None:
    how: dict[str, Any] = {"use_gpu": False, "storage": None, **asked}
    with pytest.raises(ClusterError) as caught:
        training._check(cluster, how.pop("workers"), **how)
    assert str(caught.value) == message


@pytest.mark.parametrize("storage", ["runs", "한글 runs", "file:///srv/runs"])
def test_places_for_checkpoints(storage: str) -> None:
    training._check(MANY, 2, use_gpu=False, storage=storage)


def test_nothing_is_left_where_the_checkpoints_were(done: Done) -> None:
    assert list((done.notes / "shared").iterdir()) == []
