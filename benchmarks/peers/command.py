"""What all peers share: the two commands, and the line of JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

Answers = list[tuple[str, float]]


class Parts:
    """Seconds by part of the work, one part after the other.

    Args:
        first: What was done until now, since ``PEER_BEGUN``: the Unix time when this process was asked for.
    """

    def __init__(self, first: str) -> None:
        self.seconds: dict[str, float] = {}
        self._last = float(os.environ.get("PEER_BEGUN", time.time()))
        self.done(first)

    def done(self, name: str) -> None:
        """What was done since the last mark has this name."""
        now = time.time()
        self.seconds[name] = round(now - self._last, 3)
        self._last = now


def pictures(path: Path) -> list[Path]:
    """One picture, or all pictures of a folder, by name."""
    return [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in {".png", ".jpg"})


def run(
    parts: Parts,
    train: Callable[[Path, Path, Parts], Mapping[str, object]],
    predict: Callable[[Path, list[Path]], Answers],
) -> None:
    """Do what the command line asks for, and print one line of JSON."""
    verb, source, place = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    if verb == "train":
        figures = train(source, place, parts)
        print(json.dumps({**figures, "bytes": place.stat().st_size, "seconds": parts.seconds}))
        return
    answers = predict(source, pictures(place))
    parts.done("predict")
    print(json.dumps({"pictures": len(answers), "first": answers[0], "seconds": parts.seconds}))
