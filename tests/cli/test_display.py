"""How far a training is: plain lines where stderr is no terminal, a live display on one."""

from __future__ import annotations

import io
import math
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from oxmark.cli import display
from oxmark.cli.display import LiveProgress, PlainProgress, epoch_line
from oxmark.cli.output import progress_on_stderr
from oxmark.training.loop import Epoch

Oxmark = Callable[..., Any]


def epoch(number: int, validation: float = 0.42) -> Epoch:
    return Epoch(number, 0.51, 0.75, validation, math.nan if math.isnan(validation) else 0.875, 0.001)


@pytest.fixture
def _signals() -> Iterator[None]:
    """What Ctrl-C does is put back."""
    former = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.mark.parametrize(
    ("number", "epochs", "validation", "line"),
    [
        (3, 60, 0.42, "epoch  3/60  loss 0.510  accuracy  75.0 %  validation 0.420  87.5 %"),
        (60, 60, 0.42, "epoch 60/60  loss 0.510  accuracy  75.0 %  validation 0.420  87.5 %"),
        (3, 5, math.nan, "epoch 3/5  loss 0.510  accuracy  75.0 %"),
    ],
)
def test_an_epoch_in_a_line(number: int, epochs: int, validation: float, line: str) -> None:
    assert epoch_line(epoch(number, validation), epochs) == line


# --- plain lines --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("epochs", "shown"), [(1, 1), (5, 5), (20, 20), (21, 11), (100, 20), (1000, 20)])
def test_at_most_twenty_lines_and_always_the_last(
    epochs: int, shown: int, capsys: pytest.CaptureFixture[str]
) -> None:
    progress = PlainProgress()
    for number in range(1, epochs + 1):
        progress.epoch(epoch(number), epochs)
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert (out, len(lines)) == ("", shown)
    assert lines[-1].startswith(f"epoch {epochs}/{epochs} ")


def test_the_time_left_follows_the_clock(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([100.0, 110.0, 140.0])
    monkeypatch.setattr(display, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    progress = PlainProgress()
    for number in (1, 2, 3):
        progress.epoch(epoch(number), 13)
    ends = [line.rpartition("%")[2].strip() for line in capsys.readouterr().err.splitlines()]
    assert ends == ["", "110 s left", "3 min left"]


def test_where_stderr_is_no_terminal_lines_are_plain(oxmark: Oxmark, drawn: Path) -> None:
    with progress_on_stderr() as progress:
        assert type(progress) is PlainProgress
    tiny = ["epochs=2", "size=32", "width=4", "outliers=30", "keep_meaning=false"]
    ran = oxmark("train", drawn, *(word for setting in tiny for word in ("--set", setting)), "--out", "run")
    lines = ran.err.splitlines()
    assert (ran.code, lines[:2]) == (0, ["reading the pictures (24)", "run folder: run"])
    others = [line for line in lines[2:] if not line.startswith("warning: ")]  # what the doctor says
    assert [line[:9] for line in others[:2]] == ["epoch 1/2", "epoch 2/2"]
    assert "\x1b" not in ran.err
    assert others[2:-2] == lines[-5:-2]  # the verdict, three sentences
    assert lines[-5].endswith(" (95 % confidence).")
    assert lines[-2:] == [
        f"Kept epoch {lines[-2].split()[2][:-1]}. The report, curves and answers are in run",
        "Use it with: oxmark predict PICTURE --model run",
    ]


@pytest.mark.usefixtures("_signals")
def test_ctrl_c_asks_to_stop_and_a_second_one_breaks_off() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    progress = PlainProgress()
    assert progress.should_stop() is False
    os.kill(os.getpid(), signal.SIGINT)
    assert progress.should_stop() is True
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.usefixtures("_signals")
@pytest.mark.parametrize("kind", [PlainProgress, LiveProgress])
def test_after_the_last_epoch_ctrl_c_breaks_off_at_once(kind: type[PlainProgress]) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    progress = kind()
    progress.should_stop()
    progress.epoch(epoch(2), 2)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


# --- the live display ---------------------------------------------------------------------------------------


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What a live display draws on a terminal 100 columns wide."""
    drawn = io.StringIO()

    def console(**options: object) -> Console:
        assert options == {"stderr": True}
        return Console(file=drawn, force_terminal=True, width=100, color_system=None)

    monkeypatch.setattr(display, "Console", console)
    return drawn


def text_of(terminal: io.StringIO) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.getvalue())


def test_the_bar_shows_the_stage_and_the_epoch(terminal: io.StringIO) -> None:
    progress = LiveProgress()
    progress.begin("reading the pictures", 24)
    progress.advance(12)
    progress.advance(24)
    progress.end()
    progress.note("A note [in brackets], as it is.")
    for number in (1, 2, 3):
        progress.epoch(epoch(number), 3)
    text = text_of(terminal)
    assert "reading the pictures" in text and "training" in text
    assert "A note [in brackets], as it is.\n" in text
    assert "epoch 3/3  loss 0.510  accuracy  75.0 %  validation 0.420  87.5 %" in text


def test_a_bar_without_a_total_shows_how_many_are_done(terminal: io.StringIO) -> None:
    progress = LiveProgress()
    progress.begin("answering pictures", 0)
    progress.advance(7)
    progress.end()
    assert re.search(r"answering pictures .* 7", text_of(terminal))


@pytest.mark.parametrize(
    ("total", "lines"),
    [
        (200, ["answering pictures (200)", "50 of 200, 90 s left", "100 of 200, 60 s left"]),
        (80, ["answering pictures (80)", "50 of 80, 18 s left", "100 done"]),
        (0, ["answering pictures", "50 done", "100 done"]),
    ],
)
def test_a_long_stage_has_a_line_every_half_minute(
    total: int, lines: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([1000.0, 1001.0, 1030.0, 1031.0, 1060.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    progress = PlainProgress()
    progress.begin("answering pictures", total)
    for done in (2, 50, 52, 100):
        progress.advance(done)
    assert capsys.readouterr().err.splitlines() == lines


def test_when_it_ends_the_cursor_is_back(terminal: io.StringIO) -> None:
    progress = LiveProgress()
    progress.epoch(epoch(1), 1)
    shown = terminal.getvalue()
    assert shown.rfind("\x1b[?25h") > shown.rfind("\x1b[?25l") >= 0


def test_what_is_told_without_a_bar_does_no_harm(terminal: io.StringIO) -> None:
    progress = LiveProgress()
    progress.advance(3)
    progress.end()
    progress.note("nothing begun")
    assert "nothing begun" in text_of(terminal)


def test_a_terminal_gets_the_live_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress_on_stderr() as progress:
        assert type(progress) is LiveProgress


def test_the_terminal_is_left_as_it_was_when_a_command_fails(
    monkeypatch: pytest.MonkeyPatch, terminal: io.StringIO
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with pytest.raises(RuntimeError), progress_on_stderr() as progress:
        progress.begin("reading the pictures", 3)
        raise RuntimeError("in the middle")
    shown = terminal.getvalue()
    assert shown.rfind("\x1b[?25h") > shown.rfind("\x1b[?25l") >= 0  # the cursor is back
