"""How Ray is found or started, what it is told, and what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from many_pictures import write_pictures

import oxmark.cluster
from oxmark.cluster import engine
from oxmark.cluster.engine import check_address, connected
from oxmark.errors import ClusterError

# A Python in which a package is not installed.
WITHOUT = """
import sys

class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "ray":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Nowhere())
import oxmark.cli
oxmark.cli.run(sys.argv[1:])
"""


@pytest.mark.parametrize("address", ["auto", "local", "10.0.0.5:6379", "head.example:6379", "[::1]:6379"])
def test_addresses_stay_as_they_are(address: str) -> None:
    assert check_address(address) == address


@pytest.mark.parametrize("address", [None, ""])
def test_no_address_is_this_machine(address: str | None) -> None:
    assert check_address(address) == "local"


@pytest.mark.parametrize("address", ["scans", "a:b", "http://h:1", "h:123456", "h 1:2"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ClusterError, match=r" is no address of a Ray cluster\. Give HOST:PORT"):
        check_address(address)


def test_nobody_there_is_told_at_once() -> None:
    with (
        pytest.raises(
            ClusterError, match=r"^No Ray cluster answers at '127\.0\.0\.1:1' .* 'ray start --head'"
        ),
        connected("127.0.0.1:1"),
    ):
        pytest.fail("nobody is there")
    assert "RAY_BACKEND_LOG_LEVEL" not in os.environ


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "in", "--cluster", "--out", "out"],
        ["train", "in", "--cluster"],
        ["validate", "in", "--cluster"],
    ],
)
def test_without_the_extra_the_options_say_what_to_install(arguments: list[str], tmp_path: Path) -> None:
    write_pictures(tmp_path / "in", 1)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("Install it with: pip install 'oxmark[cluster]'\n")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "runs").exists()


def test_lost_workers_are_told_in_a_sentence_each(capfd: pytest.CaptureFixture[str]) -> None:
    from ray._private import worker

    said: list[str] = []
    before = worker.print_to_stdstream
    with engine._told(said.append):
        for lines in (["A worker died or was killed while", "1"], ["Task failed. It will be retried."]):
            worker.print_to_stdstream({"lines": lines, "is_err": False, "pid": 1}, ignore_prefix=False)
        for node in "aab":
            data = {"lines": [f"The node with node id: {node} has been marked dead because"]}
            worker.print_to_stdstream(data, ignore_prefix=False)
    lost = "A node of the cluster was lost. Its work is done again on the others."
    assert said == ["A worker of the cluster died. Its work is done again.", lost, lost]
    assert worker.print_to_stdstream is before
    assert capfd.readouterr() == ("", "")


def test_the_verbs_load_on_first_use() -> None:
    code = "import sys, oxmark.cluster as c; c.predict; print('ray' in sys.modules, 'pyarrow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
    for name in oxmark.cluster.__all__:
        assert callable(getattr(oxmark.cluster, name))
    with pytest.raises(AttributeError, match="it offers predict, train, validate"):
        _ = oxmark.cluster.divide
