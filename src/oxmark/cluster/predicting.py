"""predict past one machine: a collection in, Parquet out; Ray Data streams parts through a pool of actors."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from oxmark.cluster import answers
from oxmark.cluster.answerer import Answerer, Job
from oxmark.cluster.answers import Tally
from oxmark.cluster.collection import names_in
from oxmark.cluster.engine import Cluster, connected, last_line, on_every_node
from oxmark.cluster.plan import FOLDER, Part, Plans
from oxmark.cluster.storage import Storage, shown, without_secrets
from oxmark.errors import ClusterError, FolderError, RunError, require_packages
from oxmark.inference import Classifier, load
from oxmark.workflow.progress import Progress

FORMAT = 1
"""Of the folder of a result; another number is another layout."""
IN_FLIGHT = 2
"""Parts that an actor has at a time: one that it answers, one that waits."""
AT_ONCE = 4096
"""Parts that Ray is given at a time, so that its memory is bounded, too: some 16 million pictures."""


@dataclass(frozen=True)
class Answered:
    """What a collection was answered with.

    Attributes:
        out: The folder of the result.
        classes: Class names in the model's order.
        model_digest: SHA-256 of the model file.
        tally: Of all answers in the folder.
        before: Pictures that were answered by earlier runs.
        seconds: This run took, with Ray's start and the listing of the files.
        answering: Seconds from the first part handed out to the last one written.
    """

    out: str
    classes: tuple[str, ...]
    model_digest: str
    tally: Tally
    before: int
    seconds: float
    answering: float

    @property
    def now(self) -> int:
        """Pictures that this run answered."""
        return max(0, self.tally.pictures - self.before)

    @property
    def per_second(self) -> float:
        """Pictures a second of this run, once Ray was started and the files were listed; 0 for none."""
        return self.now / self.answering if self.answering > 0 else 0.0

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "out": self.out,
            "pictures": self.tally.pictures,
            "labels": {name: self.tally.labels.get(name, 0) for name in self.classes},
            "none_of_these": self.tally.refused,
            "errors": self.tally.errors,
            "answered_before": self.before,
            "answered_now": self.now,
            "seconds": round(self.seconds, 3),
            "pictures_per_second": round(self.per_second, 1),
            "model_digest": self.model_digest,
        }


def predict(
    pictures: Sequence[str | os.PathLike[str]] | str | os.PathLike[str],
    *,
    out: str | os.PathLike[str],
    address: str | None = None,
    model: str | os.PathLike[str] | None = None,
    batch_size: int | None = None,
    column: str | None = None,
    retry_errors: bool = False,
    progress: Progress | None = None,
) -> Answered:
    """Answer a collection of any size on Ray, in bounded memory, and write the answers as Parquet.

    The folder ``out`` remembers what was planned and what is done: run again after a crash, or with new
    files, it does only what is missing, and every file stands in the result once. One run at a time may write
    there.

    Args:
        pictures: Folders, globs, text or Parquet lists of files, Parquet or WebDataset shards that hold the
            bytes; paths, or URIs of any file system of pyarrow or fsspec.
        out: The folder of the result, new or of an earlier run with the same model; on storage that all nodes
            see.
        address: ``HOST:PORT`` of a Ray cluster, or ``"auto"``; None starts Ray on this machine's cores.
        model: As :func:`oxmark.load` takes it; None is the built-in O/X model.
        batch_size: Pictures that an actor takes at a time, answers and writes as one file; so much work of
            each actor is lost when it dies. None chooses 64 to 4096 by their number.
        column: Of Parquet files, the column with the bytes or the names, where that is not plain.
        retry_errors: Answer the pictures again that had an error in an earlier run.
        progress: Told how far it is.

    Returns:
        How many pictures were answered how.

    Raises:
        FolderError: No pictures there.
        RunError: ``out`` holds the answers of another model.
        ClusterError: The cluster cannot be reached or was lost, or its nodes do not see ``out``; what is done
            by then is kept.

    Example:
        >>> answered = predict("scans", out="answers", model="run")  # doctest: +SKIP
        >>> answered.tally.labels  # doctest: +SKIP
        {'O': 10432, 'X': 8960}
    """
    require_packages("--cluster", "ray", "pyarrow")
    began = time.perf_counter()
    progress = progress or Progress()
    given = [pictures] if isinstance(pictures, (str, os.PathLike)) else list(pictures)
    storage = Storage()
    folder = storage.name(out)
    classifier = load(model)
    _claim(folder, storage, classifier)
    plans = Plans(folder, storage)
    with connected(address, tell=progress.note) as cluster:
        _check_shared([f"{folder}/{FOLDER}/job.json"], storage, cluster)
        progress.note("Listing the files.")
        names = names_in([os.fspath(one) for one in given], storage, column, avoid=folder)
        new = plans.extend(names, batch_size, cluster.cores)
        answers.tidy(folder, storage)
        done, todo = _sorted_out(plans, folder, storage, retry_errors)
        if not done and not todo:
            where = ", ".join(without_secrets(os.fspath(one)) for one in given)
            raise FolderError(f"No pictures found in {where}.")
        if todo:
            _check_shared([plans.items(todo[0])[0].name], storage, cluster)
        _tell(progress, done, todo, new)
        job = Job(folder, storage, classifier.content, classifier.name, column)
        begun = time.perf_counter()
        told = list(_answered_by_ray(todo, job, cluster, progress))
        answering = time.perf_counter() - begun if todo else 0.0
    before = sum_of(done.values())
    _check_complete([*done, *(part.key for part in todo)], folder, storage)
    return Answered(
        folder,
        classifier.classes,
        classifier.digest,
        sum_of(tally for tally, _ in told).and_also(before),
        before.pictures + sum(kept for _, kept in told),
        time.perf_counter() - began,
        answering,
    )


def sum_of(tallies: Iterable[Tally]) -> Tally:
    """All tallies together."""
    total = Tally()
    for one in tallies:
        total = total.and_also(one)
    return total


def _claim(folder: str, storage: Storage, classifier: Classifier) -> None:
    """Make the folder of the result, or go on with one of the same model."""
    facts = {"format": FORMAT, "model_digest": classifier.digest, "classes": list(classifier.classes)}
    name = f"{folder}/{FOLDER}/job.json"
    if storage.exists(name):
        with storage.streamed(name) as stream:
            before = json.loads(stream.read())
        if before != facts:
            raise RunError(
                f"{shown(folder)} holds the answers of another model. Choose another folder with --out, or "
                "the model that those answers are from with --model."
            )
        return
    _, files = storage.listed(folder)
    if files:
        raise RunError(
            f"{shown(folder)} holds other files and is no result of this command. Choose a new folder with "
            "--out."
        )
    storage.make_folder(f"{folder}/{FOLDER}")
    with storage.replacing(name) as stream:
        stream.write(json.dumps(facts, ensure_ascii=False).encode())


def _check_shared(names: Sequence[str], storage: Storage, cluster: Cluster) -> None:
    """Every node must know this oxmark, and see what this machine sees: pictures, and the result's folder."""
    if cluster.started_here:
        return
    import oxmark

    names = [name for name in names if storage.exists(name)]

    for node, found in on_every_node(_seen_there, names, storage, nodes=cluster.nodes):
        if isinstance(found, Exception):
            raise ClusterError(
                f"The node {node} cannot run oxmark ({last_line(found)}). Install the same oxmark there: "
                f"pip install 'oxmark[cluster]=={oxmark.__version__}'"
            )
        version, missing = found
        if version != oxmark.__version__:
            raise ClusterError(
                f"The node {node} has oxmark {version}, this machine {oxmark.__version__}. Install the same "
                "version everywhere: model files are answered alike only then."
            )
        if missing:
            raise ClusterError(
                f"The node {node} does not see {missing[0]}, which this machine sees. Put it on storage that "
                "all nodes share under the same name, or give a URI such as s3://."
            )


def _seen_there(names: Sequence[str], storage: Storage) -> tuple[str, list[str]]:
    """This oxmark's version, and what is not to be seen from here."""
    import oxmark

    return oxmark.__version__, [name for name in names if not storage.exists(name)]


def _sorted_out(
    plans: Plans, folder: str, storage: Storage, retry_errors: bool
) -> tuple[dict[str, Tally], list[Part]]:
    """The tallies of the parts that are done, by key, and the parts that are to be done."""
    from concurrent.futures import ThreadPoolExecutor

    there = set(answers.parts_in(folder, storage))
    parts = list(plans.parts())
    finished = [part for part in parts if part.key in there]

    def tally(part: Part) -> Tally | None:
        try:
            return answers.tally_of(answers.file_of(folder, part), storage)
        except (OSError, ValueError, KeyError):  # not whole: answered again
            return None

    with ThreadPoolExecutor(16) as pool:
        found = zip(finished, pool.map(tally, finished), strict=True)
        done = {part.key: one for part, one in found if one and not (retry_errors and one.errors)}
    return done, [part for part in parts if part.key not in done]


def _tell(progress: Progress, done: dict[str, Tally], todo: Sequence[Part], new: int) -> None:
    """What there is to do."""
    if done:
        progress.note(f"{sum(one.pictures for one in done.values()):,} pictures are answered already.")
    if not todo:
        progress.note("Nothing is missing.")
    elif len(todo) > new and done:
        progress.note(f"{len(todo) - new:,} parts of an earlier run are to be done.")


def _answered_by_ray(
    todo: Sequence[Part], job: Job, cluster: Cluster, progress: Progress
) -> Iterator[tuple[Tally, int]]:
    """Have all parts answered; the tally of each when it is written, and how many answers it had before."""
    if not todo:
        return
    import ray
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    ray.data.DataContext.get_current().enable_progress_bars = False
    known = all(part.pictures for part in todo)  # how many there are in a tar file shows when it is read
    progress.begin("answering pictures", sum(part.pictures for part in todo) if known else 0)
    count, failed = 0, []
    try:
        for found in chain.from_iterable(_told(rows, job, cluster) for rows in _batched(todo)):
            if "error" in found:
                failed.append(found)
                continue
            tally = Tally(found["labels"], found["refused"], found["errors"])
            count += tally.pictures
            progress.advance(count)
            yield tally, int(found["kept"])
    except ray.exceptions.RayError as error:
        raise ClusterError(
            f"The cluster was lost ({last_line(error)}). What is answered by then is "
            "kept: run the same command again to go on."
        ) from error
    progress.end()
    if failed:
        raise ClusterError(
            f"{len(failed)} parts could not be written ({failed[0]['error']}). Make room, or mend the "
            "storage; the same command then does only what is missing."
        )


def _batched(todo: Sequence[Part]) -> Iterator[Sequence[Part]]:
    return (todo[first : first + AT_ONCE] for first in range(0, len(todo), AT_ONCE))


def _told(parts: Sequence[Part], job: Job, cluster: Cluster) -> Iterator[dict[str, Any]]:
    """What the actors tell of some parts, each when it is written."""
    import ray.data

    rows = [dataclasses.asdict(part) for part in parts]
    pool = ray.data.ActorPoolStrategy(
        min_size=1,
        max_size=cluster.cores,
        initial_size=min(cluster.cores, len(rows)),
        max_tasks_in_flight_per_actor=IN_FLIGHT,
    )
    told = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
        Answerer, fn_constructor_args=(job,), batch_size=1, compute=pool, num_cpus=1
    )
    for row in told.iter_rows():
        yield json.loads(row["told"])


def _check_complete(planned: Sequence[str], folder: str, storage: Storage) -> None:
    """Whether the files of all parts, by their keys, are where this machine sees them."""
    there = set(answers.parts_in(folder, storage))
    missing = [key for key in planned if key not in there]
    if missing:
        raise ClusterError(
            f"{len(missing)} parts that were answered are not in {shown(folder)}, {missing[0]} among them. "
            "Is it storage that all nodes share? Run the same command again to go on."
        )
