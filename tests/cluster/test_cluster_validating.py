"""validate --cluster: the figures are those of one machine, and lost workers cost time only."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import failing
import pytest
import ray
from ray_cluster import nodes

import oxmark
from oxmark.cluster import validating
from oxmark.errors import ClusterError, TrainingError
from oxmark.workflow import folds_at_work
from oxmark.workflow.validation_report import validation_json

TINY = {"epochs": 2, "size": 16, "width": 4, "outliers": 20, "least_steps": 0}


def figures(found: dict[str, Any]) -> dict[str, Any]:
    """All that is told but when it was made."""
    del found["provenance"]["made"]
    return found


def test_the_figures_are_those_of_one_machine(drawn: Path, tmp_path: Path) -> None:
    recipe = oxmark.load_recipe("marks").with_settings(TINY)
    how: dict[str, Any] = {"folds": 2, "repeats": 2, "seed": 3}
    alone = oxmark.validate(drawn, recipe, **how)
    settings = [word for name, value in TINY.items() for word in ("--set", f"{name}={value}")]
    command = [sys.executable, "-m", "oxmark", "validate", str(drawn), *settings, "--seed", "3", "--json"]
    with nodes(2) as two:
        command += ["--folds", "2", "--repeats", "2", "--out", "out", "--cluster", two.address]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "report.html").exists()
    assert figures(json.loads(done.stdout)) | {"provenance": 0} == figures(
        json.loads(json.dumps(validation_json(alone)))
    ) | {"provenance": 0}


@pytest.mark.parametrize(
    ("happens", "error", "message"),
    [
        (failing.fails, TrainingError, "^the loss is no longer a number$"),
        (failing.dies, ClusterError, "^A network could not be trained on the cluster: "),
    ],
)
def test_errors_come_back_as_what_they_are(
    happens: Any, error: type[Exception], message: str, drawn: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(failing.__file__).parent))  # for Ray's workers
    monkeypatch.setattr(folds_at_work, "_answered", happens)
    monkeypatch.setattr(validating, "RETRIES", 0)
    with pytest.raises(error, match=message):
        validating.validate(drawn, oxmark.load_recipe("marks").with_settings(TINY), folds=2)
    assert not ray.is_initialized()  # it ends with the work
