"""Counts and latencies for Prometheus, of one process or summed over several workers."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from oxmark.web.service.drift import Drift, standard_errors, summed
from oxmark.web.service.gate import Gate
from oxmark.web.service.models import Change, Models
from oxmark.web.service.record import Record

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable of the folder where workers put their counts together. It must be set before
prometheus_client is loaded."""

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Labelled = TypeVar("Labelled", Counter, Gauge, Histogram)

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Everything that is counted, in a registry of its own.

    Args:
        models: Whose names and versions are told.
        gate: Whose queue is told.
    """

    def __init__(self, models: Models, gate: Gate) -> None:
        self._models, self._gate = models, gate
        self._registry = CollectorRegistry()
        self._drifts = {name: Drift() for name in models.names}
        self._shared = os.environ.get(SHARED_FOLDER)
        self._make_counters()
        self._make_gauges()
        for name in models.names:
            self._file_good(name).set(1)
        if self._shared is None:
            ProcessCollector(registry=self._registry)

    def _make_counters(self) -> None:
        def counter(name: str, about: str, *labels: str) -> Callable[..., Counter]:
            return _children(Counter(name, about, labels, registry=self._registry))

        self._requests = counter(
            "oxmark_requests", "Requests answered.", "method", "route", "status", "model"
        )
        self._refusals = counter("oxmark_refusals", "Requests refused, by the error's code.", "code")
        self._pictures = counter("oxmark_pictures", "Pictures received.", "model")
        self._answers = counter("oxmark_answers", "Pictures answered.", "model", "kind")
        self._swaps = counter("oxmark_model_swaps", "Files taken up while running.", "model")
        about = "From a request's first byte to its answer's last."
        self._seconds = _children(
            Histogram("oxmark_request_seconds", about, ["route"], buckets=_SECONDS, registry=self._registry)
        )

    def _make_gauges(self) -> None:
        gauge = functools.partial(Gauge, registry=self._registry, multiprocess_mode="livesum")
        self._queue = (
            gauge("oxmark_admitted_pictures", "Pictures worked on or waiting."),
            gauge("oxmark_admitted_pixels", "Pixels of the pictures worked on or waiting."),
            gauge("oxmark_working_pixels", "Pixels of the pictures worked on."),
        )
        self._shares = tuple(
            _children(gauge(f"oxmark_{which}_{what}", f"{text} the {which} ones.", ["model"]))
            for which in ("first", "recent")
            for what, text in (("answers", "Answers:"), ("none_of_these", "Answers that are none of these:"))
        )
        about = "1 if the file on disk answers, 0 if it is bad and the one before it answers."
        self._file_good = _children(
            Gauge(
                "oxmark_model_file_good",
                about,
                ["model"],
                registry=self._registry,
                multiprocess_mode="livemin",
            )
        )

    def request(self, method: str, route: str, status: int, seconds: float, record: Record) -> None:
        """Count a request that has been answered."""
        self._requests(method, route, str(status), record.model).inc()
        self._seconds(route).observe(seconds)
        if record.pictures:
            self._pictures(record.model).inc(record.pictures)
        if record.answers:
            self._count_answers(record)

    def refusal(self, code: str) -> None:
        """Count a request that was answered with an error."""
        self._refusals(code).inc()

    def changed(self, change: Change) -> None:
        """Count a model file that was replaced."""
        self._file_good(change.name).set(change.error is None)
        if change.error is None:
            self._swaps(change.name).inc()

    def refresh(self) -> None:
        """Tell what changes too often to be told with every request: the queue, and the shares."""
        queue = (self._gate.pictures, self._gate.pixels, self._gate.working_pixels)
        for gauge, value in zip(self._queue, queue, strict=True):
            gauge.set(value)
        for name, drift in self._drifts.items():
            shares = (drift.first, drift.recent)
            values = [value for share in shares for value in (share.answers, share.none_of_these)]
            for labelled, value in zip(self._shares, values, strict=True):
                labelled(name).set(value)

    def text(self) -> bytes:
        """All of it, in the text format of Prometheus."""
        self.refresh()
        return generate_latest(self)

    def collect(self) -> Iterator[Metric]:
        """Every family, with those that are computed from others."""
        counts: list[tuple[str, str, float]] = []
        for family in self._families():
            family.samples = [one for one in family.samples if not one.name.endswith("_created")]
            if family.name.startswith(("oxmark_first_", "oxmark_recent_")):
                counts += [(sample.labels["model"], sample.name, sample.value) for sample in family.samples]
            yield family
        share = GaugeMetricFamily(
            "oxmark_none_of_these_share", "Share of none of these among the latest answers.", labels=["model"]
        )
        drift = GaugeMetricFamily(
            "oxmark_none_of_these_drift",
            "How far that share lies above the first answers', in standard errors.",
            labels=["model"],
        )
        for model, first, recent in summed(counts):
            if (errors := standard_errors(first, recent)) is not None:
                share.add_metric([model], recent.share)
                drift.add_metric([model], errors)
        yield share
        yield drift
        yield self._info()

    def _families(self) -> Iterator[Metric]:
        if self._shared is None:
            return iter(self._registry.collect())
        forget_ended_workers(Path(self._shared))
        return iter(MultiProcessCollector(None, self._shared).collect())  # type: ignore[no-untyped-call]

    def _info(self) -> Metric:
        info = GaugeMetricFamily("oxmark_model_info", "The models that answer.", labels=["model", "version"])
        for served in self._models.current():
            info.add_metric([served.name, served.version], 1)
        return info

    def _count_answers(self, record: Record) -> None:
        known = record.answers - record.none_of_these
        for kind, count in (("known", known), ("none_of_these", record.none_of_these)):
            if count:
                self._answers(record.model, kind).inc(count)
        drift = self._drifts[record.model]
        for number in range(record.answers):
            drift.add(record.version, number < record.none_of_these)


def _children(metric: Labelled) -> Callable[..., Labelled]:
    """From labels to the one counter or gauge that they choose; found once."""
    return functools.lru_cache(1024)(metric.labels)


def forget_ended_workers(folder: Path) -> None:
    """Take out of the shared folder what workers that are gone said of their queue.

    Args:
        folder: Where prometheus_client keeps one file for each worker and kind.
    """
    for pid in {int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_live*_*.db")}:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
