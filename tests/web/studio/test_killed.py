"""Killed at any moment, a project is whole: all that was confirmed is there, and nothing is half done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# Works through a list of actions in a process that kills itself at the n-th call that changes the disk, for
# every n; then opens the project again and tells how far it is. Each process is forked, and nothing is really
# flushed to the disk, so that hundreds of them take seconds.
SCRIPT = r"""
import datetime, itertools, json, os, shutil, signal, sys
from pathlib import Path
from PIL import Image
from oxmark.web.studio.classes import Classes
from oxmark.web.studio.listing import id_of
from oxmark.web.studio.pictures import Pictures
from oxmark.web.studio.project import Project
from oxmark.words import Message

CHANGING = ("rename", "replace", "unlink", "mkdir", "rmdir", "fsync")
work = Path(sys.argv[1])


def picture(number):
    file = work / f"{number}.png"
    Image.new("L", (8, 8), number).save(file)
    return file.read_bytes()


os.fsync = lambda handle: None
drawings = [picture(number) for number in range(3)]


def actions(project):
    noon = datetime.datetime(2026, 11, 22, 12)
    pictures, classes = Pictures(project, lambda: noon), Classes(project)
    first, second = "20261122-120000-000.png", "20261122-120000-001.png"
    yield lambda: classes.create("X")
    yield lambda: pictures.add(id_of("O"), drawings[0], hand="anna")
    yield lambda: pictures.add(id_of("X"), drawings[1], hand="J, Jr")
    yield lambda: pictures.move(id_of(f"train/O/{first}"), id_of("X"))
    yield lambda: classes.order([id_of("X"), id_of("O")])
    yield lambda: classes.rename(id_of("O"), "\ub3d9\uadf8\ub77c\ubbf8")
    yield lambda: pictures.delete(id_of(f"train/X/{first}"))
    yield lambda: project.state.set("hand", "bo")
    yield lambda: project.journal.move_to_trash(project.runs / "old", Message("words.example", {"count": 2}))
    yield lambda: classes.delete(id_of("\ub3d9\uadf8\ub77c\ubbf8"))
    for _ in range(8):
        yield project.journal.undo


def state(project):
    files = {
        str(path.relative_to(project.root)): path.read_bytes().hex() if path.is_file() else None
        for path in project.root.rglob("*")
        if path.relative_to(project.root).parts[0] != ".oxmark"
    }
    levels = len(list((project.disk.home / "journal").glob("*.done.json")))
    said = [project.classes(), project.state.get("hand"), str(project.journal.what()), levels]
    return json.dumps([files, *said], sort_keys=True)


def begin(name):
    root = work / name
    for folder in ("train/O", "test/O", "runs/old"):
        (root / folder).mkdir(parents=True)
    (root / "train/O/a.png").write_bytes(drawings[2])
    (root / "test/O/b.png").write_bytes(drawings[2])
    (root / "runs/old/model.onnx").write_bytes(b"a model")
    table = 'note,file_name,drawer\n"x, y",train/O/a.png,cy\n,test/O/b.png,"d""e"'
    (root / "metadata.csv").write_text(table, newline="")
    return Project(root)


def kill_at(count):
    left = itertools.count(1)
    for name in CHANGING:
        def counted(*given, _real=getattr(os, name), **named):
            if next(left) == count:
                os.kill(os.getpid(), signal.SIGKILL)
            return _real(*given, **named)
        setattr(os, name, counted)


def survived(before, name, place, count):
    # whether an action in a process of its own comes to its end; the project is copied before
    shutil.copytree(before, work / name)
    child = os.fork()
    if child == 0:
        project = Project(work / name)
        act = next(itertools.islice(actions(project), place, None))
        kill_at(count)
        act()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if os.WIFEXITED(status) and os.waitstatus_to_exitcode(status):
        sys.exit(f"action {place} failed")
    return os.WIFEXITED(status)


def look_at(name, before, after):
    # as before the action or as after it; so again; everything can be taken back; nothing lies about
    once = Project(work / name)
    now, left_over = state(once), list(once.disk.home.glob("new/*"))
    once.close()
    twice = Project(work / name)
    same = state(twice) == now
    while twice.journal.what() is not None:
        twice.journal.undo()
    back = state(twice).replace('"bo"', "null") == first
    twice.close()
    shutil.rmtree(work / name)
    return [now in (before, after), same, back, not left_over]


project = begin("whole")
first = state(project)
found = []
for place in range(len(list(actions(project)))):
    before = state(project)
    project.close()
    shutil.copytree(project.root, work / "before")
    project = Project(project.root)
    next(itertools.islice(actions(project), place, None))()
    after = state(project)
    for count in itertools.count(1):
        if survived(work / "before", "killed", place, count):
            found.append([place, count, *look_at("killed", after, after)])
            break
        found.append([place, count, *look_at("killed", before, after)])
    shutil.rmtree(work / "before")
print(json.dumps(found))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_kill_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len(found) > 200
    assert [one for one in found if one[2:] != [True, True, True, True]] == []
