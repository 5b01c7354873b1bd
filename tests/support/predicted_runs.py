"""Runs of ``oxmark predict --cluster``, and whether their result is what one process answers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.dataset as parquet_files
from many_pictures import write_pictures
from ray_cluster import Nodes, wait_until

import oxmark

BROKEN = 0.01


def started(*arguments: str | Path) -> subprocess.Popen[str]:
    """The command, in a process of its own."""
    command = [sys.executable, "-m", "oxmark", "predict", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    out, err = process.communicate()
    return process.returncode, out, err


def parts(out: Path) -> dict[str, tuple[int, int]]:
    """The parts that are done; equal for one that nobody has touched since."""
    found = [(path.name, path.stat()) for path in out.glob("part-*.parquet")]
    return {name: (status.st_mtime_ns, status.st_ino) for name, status in found}


def rows(out: Path) -> dict[str, dict[str, object]]:
    """The result by file; every file stands in it once."""
    table = parquet_files.dataset(out).to_table().to_pylist()
    found = {str(row["file"]): row for row in table}
    assert len(found) == len(table)
    return found


def check_answers(found: dict[str, dict[str, object]], paths: list[Path]) -> None:
    """As one process answers, to the last bit; errors in the same words."""
    assert sorted(found) == sorted(map(str, paths))
    for path, answer in oxmark.load().stream(paths):
        row = found[str(path)]
        if isinstance(answer, oxmark.Prediction):
            assert (row["label"], row["known"]) == (answer.label, answer.known)
            assert (row["probabilities"], row["error"]) == (answer.probabilities, None)
        else:
            assert (row["error"], row["label"], row["known"]) == (str(answer), None, None)


def check_deaths(three: Nodes, folder: Path, count: int) -> None:
    """A node and an actor die in mid-run: every picture is answered, once."""
    paths = write_pictures(folder / "in", count, broken=BROKEN)
    out = folder / "out"
    running = started(
        folder / "in", "--cluster", three.address, "--out", out, "--batch-size", "100", "--json"
    )
    wait_until(lambda: len(parts(out)) >= 3)
    three.kill_a_node()
    wait_until(lambda: len(parts(out)) >= 6)
    three.kill_an_actor("MapWorker")
    code, stdout, stderr = ended(running)
    assert code == 1, stderr
    told = json.loads(stdout)
    assert (told["pictures"], told["errors"]) == (count, int(count * BROKEN))
    assert "Its work is done again." in stderr
    check_answers(rows(out), paths)
