"""Ray started here talks to this machine alone.

Python is watched, in the commands and in all processes that Ray starts for them; and the system tells where
Ray's own programs listen and whom they talk to. (Ray Train and torch look for a free port of all addresses,
and torch's workers meet there, which docs/scale.md says.)
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from guarded_process import run_guarded
from many_pictures import write_pictures

BEYOND = 86

# Watches this process and, because it is found as sitecustomize, the processes that it starts: Python may
# speak to the loopback address, but not beyond.
GUARD = f"""
import os, sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        place = arguments[1]
        if isinstance(place, tuple) and place[0] not in ("127.0.0.1", "::1", "localhost"):
            os.write(2, f"network: {{event}} {{place}}\\n".encode())
            os._exit({BEYOND})
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        if arguments[0] not in ("127.0.0.1", "::1", "localhost", None):
            os.write(2, f"network: {{event}} {{arguments[0]}}\\n".encode())
            os._exit({BEYOND})

sys.addaudithook(refuse)
"""
TINY = ["--set", "epochs=1", "--set", "size=16", "--set", "width=4", "--set", "outliers=20"]
COMMANDS = [
    ["predict", "in", "--cluster", "--out", "out"],
    ["train", "marks", *TINY, "--cluster", "--workers", "1", "--out", "run"],
]
DRIVER = """
import json, sys
import oxmark.cli

planted, commands = json.loads(sys.argv[1])
exec(planted)
for command in commands:
    try:
        oxmark.cli.run(command)
    except SystemExit as leave:
        print("exit", leave.code, flush=True)
"""
# Starts Ray as the commands do, and tells where the processes below this one listen, and whom they talk to.
LISTENING = """
import json, os
from pathlib import Path
from oxmark.cluster.engine import connected

def below(pid):
    children = [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/stat")
                if path.read_text().rpartition(")")[2].split()[1] == str(pid)]
    return [pid, *(one for child in children for one in below(child))]

def sockets(pid):
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.add(os.readlink(link))
        except OSError:
            pass
    return found

with connected(None):
    import ray
    ray.get(ray.remote(lambda: 1).remote())
    own = set().union(*map(sockets, below(os.getpid())))
    told = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if f"socket:[{words[9]}]" in own:
                told.append([table, words[1].rpartition(":")[0], words[2].rpartition(":")[0]])
print(json.dumps(told))
"""
LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
NOBODY = {"00000000", "0" * 32}


def test_no_command_on_ray_speaks_beyond_this_machine(tmp_path: Path, drawn: Path) -> None:
    write_pictures(tmp_path / "in", 3)
    (tmp_path / "marks").symlink_to(drawn)
    done = run_guarded(tmp_path, GUARD, DRIVER, "", COMMANDS)
    exits = [line for line in done.stdout.splitlines() if line.startswith("exit ")]
    assert (done.returncode, exits) == (0, ["exit 0"] * len(COMMANDS)), done.stdout + done.stderr
    assert "network:" not in done.stderr


def test_a_planted_call_is_caught(tmp_path: Path) -> None:
    planted = "import socket; socket.socket(type=socket.SOCK_DGRAM).connect(('203.0.113.7', 9))"
    done = run_guarded(tmp_path, GUARD, DRIVER, planted, [])
    assert (done.returncode, "network: socket.connect" in done.stderr) == (BEYOND, True)


def test_ray_listens_and_talks_on_the_loopback_address_alone() -> None:
    done = subprocess.run([sys.executable, "-c", LISTENING], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert len(told) > 10  # Ray's processes were found
    assert [one for one in told if one[1] not in LOOPBACK or one[2] not in LOOPBACK | NOBODY] == []
    assert not re.search(r"\d+\.\d+\.\d+\.\d+", done.stderr)
