"""predict --cluster on Ray's own clusters of several nodes, some of which die."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from many_pictures import write_pictures
from predicted_runs import check_answers, ended, parts, rows, started
from ray_cluster import nodes, wait_until

import oxmark


def test_after_the_driver_died_only_what_is_missing_is_done(tmp_path: Path) -> None:
    paths = write_pictures(tmp_path / "in", 1200)
    out, arguments = tmp_path / "out", (tmp_path / "in", "--out", tmp_path / "out", "--batch-size", "50")
    with nodes(2) as two:
        first = started(*arguments, "--cluster", two.address)
        wait_until(lambda: len(parts(out)) >= 4)
        first.send_signal(signal.SIGKILL)
        ended(first)
        before = parts(out)
        assert 4 <= len(before) < 24
        code, stdout, stderr = ended(started(*arguments, "--cluster", two.address, "--json"))
        assert code == 0, stderr
        assert {name: parts(out)[name] for name in before} == before
        check_answers(rows(out), paths)

        more = write_pictures(tmp_path / "more", 60, seed=1)
        paths[0].unlink()  # answered, and since removed
        done = parts(out)
        given = (tmp_path / "more", tmp_path / "in", "--out", out, "--json", "--cluster", two.address)
        code, stdout, stderr = ended(started(*given))
    assert code == 0, stderr
    assert (json.loads(stdout)["answered_now"], json.loads(stdout)["answered_before"]) == (60, 1200)
    assert {name: parts(out)[name] for name in done} == done
    assert len(rows(out)) == 1260
    check_answers({str(path): rows(out)[str(path)] for path in more}, more)


# Ends a process that opens the picture, as a defect of a decoder would.
DEADLY = """
import os, sys

def look(event, arguments):
    if event == "open" and str(arguments[0]).endswith("000003.png"):
        os._exit(9)

sys.addaudithook(look)
"""


def test_without_an_address_ray_is_started_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And one picture ends every process that opens it: it costs itself only."""
    paths = write_pictures(tmp_path / "in", 40, broken=0.1)
    out, deadly = tmp_path / "out", tmp_path / "sitecustomize.py"
    deadly.write_text(DEADLY)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    code, stdout, stderr = ended(started("in", "--cluster", "--out", "out"))
    assert (code, stdout) == (1, f"{out}\n"), stderr
    told = [
        line
        for line in stderr.splitlines()
        if line != "A worker of the cluster died. Its work is done again."
    ]
    assert told[:2] == ["Listing the files.", "answering pictures (40)"]
    assert told[2].startswith("40 pictures: ") and told[2].endswith("cannot be read 5")
    assert len(told) == 4 < len(stderr.splitlines())
    before = rows(out)
    error = before.pop(str(paths.pop(3)))["error"]
    assert str(error).endswith("Save the picture anew as PNG, or leave it out.")
    check_answers(before, paths)
    assert list((out / "_oxmark" / "begun").iterdir()) == []

    deadly.unlink()
    for path in paths:
        path.write_bytes(paths[0].read_bytes())
    code, stdout, stderr = ended(started("in", "--cluster", "--out", "out", "--json", "--retry-errors"))
    assert (code, json.loads(stdout)["errors"]) == (0, 0), stderr
    assert (json.loads(stdout)["answered_now"], json.loads(stdout)["answered_before"]) == (5, 35)
    right = {name: row for name, row in before.items() if row["error"] is None}
    assert {name: row for name, row in rows(out).items() if name in right} == right


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cluster", "in", "--out", "out"], r"Missing argument 'PATH...'. 'in' was taken as the address"),
        (["in", "--cluster"], "--cluster writes the answers into a folder. Name it with --out FOLDER."),
        (["in", "--cluster", "--out", "o", "--csv", "a.csv"], "--csv cannot be used here: --cluster writes"),
        (["in", "--out", "o"], "--out cannot be used here: it belongs to --cluster; give that, too."),
        (["in", "--retry-errors"], "--retry-errors cannot be used here: it belongs to --cluster"),
        (["in", "--batch-size", "5"], "--batch-size cannot be used here"),
        (["in", "--cluster", "a b", "--out", "o"], "'a b' is no address of a Ray cluster. Give HOST:PORT"),
        (["in", "--cluster", "ray://h:1", "--out", "o"], "'ray://h:1' is an address of the Ray Client"),
        (["in", "--cluster", "127.0.0.1:1", "--out", "o"], "No Ray cluster answers at '127.0.0.1:1'"),
        (["in", "--cluster", "--out", "in"], "in holds other files and is no result of this command."),
        (["none.png", "--cluster", "--out", "o", "--model", "m"], "cannot read m: there is no such file"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: list[str], message: str, tmp_path: Path) -> None:
    write_pictures(tmp_path, 1)
    os.rename("0000", "in")  # noqa: PTH104
    code, stdout, stderr = ended(started(*arguments))
    assert (code, stdout) == (2, "")
    assert message in stderr


def test_another_model_is_refused_and_an_empty_folder_told(tmp_path: Path) -> None:
    write_pictures(tmp_path / "in", 2)
    (tmp_path / "empty").mkdir()
    code, _, stderr = ended(started("empty", "--cluster", "--out", "out"))
    assert (code, stderr.splitlines()[-1]) == (2, "oxmark: No pictures found in empty.")
    job = tmp_path / "out" / "_oxmark" / "job.json"
    job.write_text(job.read_text().replace(oxmark.load().digest, "0" * 64))
    code, _, stderr = ended(started("in", "--cluster", "--out", "out"))
    assert (code, stderr.splitlines()[-1].split(". ")[0]) == (
        2,
        "oxmark: out holds the answers of another model",
    )
