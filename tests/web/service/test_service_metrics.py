"""What an operator can see: counts, latencies, refusals, the queue, and drift."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from oxmark.inference import Classifier
from oxmark.web.service.application import watched
from oxmark.web.service.drift import Drift, Share, standard_errors
from oxmark.web.service.gate import Gate
from oxmark.web.service.metrics import forget_ended_workers
from oxmark.web.service.models import FileSource, Models, Wanted
from oxmark.web.service.service import Service

Values = dict[tuple[str, ...], float]


@pytest.fixture
def gate() -> Gate:
    return Gate(1)


@pytest.fixture
def client(client_of: Callable[..., httpx2.Client], gate: Gate) -> httpx2.Client:
    return client_of(watched(Service(Models([FileSource(Wanted("ox", None))]), gate=gate)))


def values(client: httpx2.Client) -> Values:
    """Every value by its name, then its labels in the order of their names."""
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_requests_are_counted(client: httpx2.Client, mark: bytes, builtin: Classifier) -> None:
    for _ in range(3):
        client.post("/predict", content=mark)
    client.post("/predict", files=[("a", ("a.png", mark)), ("b", ("b.txt", b"hello"))])
    client.post("/predict", content=b"hello")
    client.post("/predict?model=no", content=mark)
    client.get("/nowhere")
    client.get("/predict", headers={"host": "evil.example"})
    client.request("TRACE", "/predict")
    found = values(client)
    assert found["oxmark_requests_total", "POST", "ox", "/predict", "200"] == 4
    assert found["oxmark_requests_total", "POST", "ox", "/predict", "415"] == 1
    assert found["oxmark_requests_total", "POST", "", "/predict", "404"] == 1
    assert found["oxmark_requests_total", "GET", "", "(none)", "404"] == 1
    assert found["oxmark_requests_total", "GET", "", "(none)", "403"] == 1
    assert found["oxmark_requests_total", "other", "", "(none)", "405"] == 1
    assert found["oxmark_request_seconds_count", "/predict"] == 6
    assert found["oxmark_pictures_total", "ox"] == 6
    assert found["oxmark_answers_total", "known", "ox"] == 4
    refusals = {key[1]: value for key, value in found.items() if key[0] == "oxmark_refusals_total"}
    assert refusals == {
        "not_a_picture": 1,
        "no_such_model": 1,
        "not_found": 1,
        "foreign_host": 1,
        "method_not_allowed": 1,
    }
    assert found["oxmark_model_info", "ox", builtin.digest[:12]] == 1
    assert found["oxmark_model_file_good", "ox"] == 1
    assert found[("process_resident_memory_bytes",)] > 0
    assert not [key for key in found if key[0].endswith("_created")]


def test_the_queue_is_told(client: httpx2.Client, gate: Gate) -> None:
    with gate.admitted(3, 4000):
        found = values(client)
    assert found[("oxmark_admitted_pictures",)] == 3
    assert found[("oxmark_admitted_pixels",)] == 4000
    assert found[("oxmark_working_pixels",)] == 0
    assert values(client)[("oxmark_admitted_pictures",)] == 0


def test_drift_of_none_of_these_is_told(
    client_of: Callable[..., httpx2.Client], mark: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oxmark.web.service.metrics.Drift", lambda: Drift(first_size=100, recent_size=100))
    client = client_of(watched(Service(Models([FileSource(Wanted("ox", None))]))))
    files = [("a", ("a.png", mark))] * 100

    client.post("/predict", files=files)
    assert ("oxmark_none_of_these_drift", "ox") not in values(client), "nothing to compare with yet"
    client.post("/predict", files=files)
    found = values(client)
    assert found["oxmark_none_of_these_share", "ox"] == 0
    assert found["oxmark_none_of_these_drift", "ox"] == 0
    assert client.post("/predict", content=BLANK).json()["label"] is None
    client.post("/predict", files=[("a", ("a.png", BLANK))] * 29)
    found = values(client)
    assert found["oxmark_answers_total", "none_of_these", "ox"] == 30
    assert found["oxmark_none_of_these_share", "ox"] == pytest.approx(0.3)
    assert found["oxmark_none_of_these_drift", "ox"] > 4


_WHITE_ROW = b"\xff" * 6 + b"\0\0"
_SIZES = b"\x28\0\0\0\x02\0\0\0\x02\0\0\0\x01\0\x18\0"
BLANK = b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0" + _SIZES + b"\0" * 24 + 2 * _WHITE_ROW  # a BMP of 2 x 2 pixels


# --- drift --------------------------------------------------------------------------------------------------


def test_the_latest_answers_move_on() -> None:
    drift = Drift(first_size=3, recent_size=2)
    seen = []
    for none_of_these in (True, False, False, True, True, False, False):
        drift.add("1", none_of_these)
        seen.append((drift.recent.none_of_these, drift.recent.answers))
    assert drift.first == Share(1, 3)
    assert seen == [(0, 0), (0, 0), (0, 0), (1, 1), (2, 2), (1, 2), (0, 2)]


def test_another_version_begins_anew() -> None:
    drift = Drift(first_size=1, recent_size=5)
    for version in ("1", "1", "2"):
        drift.add(version, True)
    assert (drift.first, drift.recent) == (Share(1, 1), Share(0, 0))


@pytest.mark.parametrize(
    ("first", "recent", "expected"),
    [
        (Share(0, 99), Share(50, 100), None),
        (Share(0, 100), Share(50, 99), None),
        (Share(0, 500), Share(0, 500), 0),
        (Share(50, 500), Share(50, 500), 0),
        (Share(50, 500), Share(150, 500), 7.9),  # z of two proportions, without the added answers: 7.9
        (Share(150, 500), Share(50, 500), -7.9),
        (Share(0, 500), Share(1, 500), 0.7),
        (Share(500, 500), Share(499, 500), -0.7),
    ],
)
def test_drift_in_standard_errors(first: Share, recent: Share, expected: float | None) -> None:
    found = standard_errors(first, recent)
    assert found == (expected if expected is None else pytest.approx(expected, abs=0.06))


# --- several workers ----------------------------------------------------------------------------------------


def test_workers_that_are_gone_leave_the_queue(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    alive = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        names = [f"{kind}_{pid.pid}.db" for kind in ("gauge_livesum", "counter") for pid in (ended, alive)]
        for name in names:
            (tmp_path / name).touch()
        forget_ended_workers(tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == set(names[1:])
    finally:
        alive.communicate()
