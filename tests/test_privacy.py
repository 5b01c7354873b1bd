"""The pictures stay on the machine: no command tries the network.

A fresh interpreter leaves with a code of its own as soon as Python's socket module is asked to look up a
name, to connect, to send or to listen beyond this machine; every Python library's way to the network passes
through one of these. (Making a socket alone is none: urllib3, which Keras loads where it is installed, makes
one to see whether the system knows IPv6.) What a compiled library might do by itself is not seen.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from guarded_process import run_guarded

NETWORK = 86

# Watches this process and, because it is found as sitecustomize, the processes that it starts.
GUARD = f"""
import os, sys

HARMLESS = ("socket.__new__", "socket.gethostname")

def refuse(event, arguments):
    loopback = event == "socket.bind" and arguments[1][0] in ("127.0.0.1", "::1")
    if event.startswith("socket.") and event not in HARMLESS and not loopback:
        os.write(2, f"network: {{event}}\\n".encode())
        os._exit({NETWORK})

sys.addaudithook(refuse)
"""
DRIVER = """
import json, sys
import oxmark.cli

planted, commands = json.loads(sys.argv[1])
if planted:
    import oxmark.workflow.looking as looking

    look = looking.look
    def tell_someone(data):
        exec(planted, {})
        return look(data)
    looking.look = tell_someone
for command in commands:
    print("$", *command)
    try:
        oxmark.cli.run(command)
    except SystemExit as leave:
        print("exit", leave.code, flush=True)
"""
TINY = ["--set", "epochs=1", "--set", "size=32", "--set", "width=4"]
COMMANDS = [
    ["draw", "marks", "--hands", "3", "--counts", "2,1,1"],
    ["show", "marks", "--out", "marks.png"],
    ["augment", "marks", *TINY],
    ["recipe", "tutorial"],
    ["check", "marks", "--fix", "mended"],
    ["split", "marks", "divided"],
    ["train", "marks", *TINY, "--out", "run"],
    ["evaluate", "run", "marks", "--out", "figures"],
    ["validate", "marks", "--folds", "2", "--out", "run"],
    ["compare", "run", "run", "marks"],
    ["explain", "run", "marks/test", "--out", "explained"],
    ["report", "run"],
    ["verify", "run"],
    ["predict", "marks/test", "--model", "run", "--sheet", "sheet.png", "--csv", "answers.csv"],
    ["predict", "marks/test"],
    ["export", "run", "run.keras"],
    ["export", "run", "run.h5"],
]


def test_no_command_tries_the_network(tmp_path: Path) -> None:
    done = run_guarded(tmp_path, GUARD, DRIVER, "", COMMANDS)
    exits = [line for line in done.stdout.splitlines() if line.startswith("exit ")]
    assert (done.returncode, exits) == (0, ["exit 0"] * len(COMMANDS)), done.stdout + done.stderr
    assert "network:" not in done.stderr  # of a process that a command started


@pytest.mark.parametrize(
    ("planted", "event"),
    [
        ("import socket as s; s.socket(type=s.SOCK_DGRAM).sendto(b'', ('127.0.0.1', 9))", "socket.sendto"),
        ("import socket; socket.socket().connect(('127.0.0.1', 9))", "socket.connect"),
        ("import socket; socket.socket().bind(('0.0.0.0', 0))", "socket.bind"),
        ("import socket; socket.create_connection(('127.0.0.1', 9))", "socket.getaddrinfo"),
        ("import socket; socket.getaddrinfo('localhost', 80)", "socket.getaddrinfo"),
        ("import urllib.request; urllib.request.urlopen('http://127.0.0.1:9')", "socket."),
        ("import subprocess, sys; subprocess.run([sys.executable, '-c', 'CHILD'])", "socket.connect"),
    ],
)
def test_a_planted_call_is_caught(planted: str, event: str, tmp_path: Path, drawn: Path) -> None:
    child = "import socket\\ntry: socket.socket().connect((chr(49), 9))\\nexcept OSError: pass"
    done = run_guarded(tmp_path, GUARD, DRIVER, planted.replace("CHILD", child), [["show", str(drawn)]])
    assert f"network: {event}" in done.stderr
    if "subprocess" not in planted:  # a child leaves by itself; what it wrote is what tells
        assert done.returncode == NETWORK
        assert "exit" not in done.stdout
