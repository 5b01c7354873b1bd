"""The pictures of the suite, drawn once and kept as PNG: lossless, and a fifth of the memory."""

from __future__ import annotations

import contextlib
import hashlib
import io
import multiprocessing
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from PIL import Image

from .media import Pixels
from .suite import CONDITIONS, NOTHING, OTHERS, Condition, other, picture

SIGNS = ("O", "X")

Say = Callable[[str], None]
"""Told how far the work is, in lines."""


@dataclass(frozen=True)
class Item:
    """Which picture of the suite.

    Attributes:
        group: "mark", "other" or "nothing".
        name: The condition's name, or the kind's.
        severity: 1, 2 or 3 for marks, otherwise 0.
        sign: "O" or "X" for marks, otherwise "".
        number: From 0, within the condition and sign, or within the kind.
    """

    group: str
    name: str
    severity: int
    sign: str
    number: int


@dataclass(frozen=True)
class Album:
    """All pictures of the suite.

    Attributes:
        items: Which pictures, in the order of the suite.
        files: Each picture as PNG, in the same order.
        digest: Names the pixels of all of them: equal digests, equal pictures.
    """

    items: tuple[Item, ...]
    files: tuple[bytes, ...]
    digest: str

    def pixels(self, index: int) -> Pixels:
        """Returns a picture, uint8 (H, W, 3) or (H, W, 4)."""
        return np.asarray(Image.open(io.BytesIO(self.files[index])))

    def count(self, group: str) -> int:
        """How many pictures a group has."""
        return sum(item.group == group for item in self.items)


def contents(per: int) -> tuple[Item, ...]:
    """Returns what the suite holds.

    Args:
        per: Pictures of each sign under each condition; of other drawings twice as many of each kind, of
            nothing four times as many.
    """
    marks = [
        Item("mark", condition.name, condition.severity, sign, number)
        for condition in CONDITIONS
        for sign in SIGNS
        for number in range(per)
    ]
    others = [Item("other", name, 0, "", number) for name in OTHERS for number in range(2 * per)]
    nothing = [Item("nothing", name, 0, "", number) for name in NOTHING for number in range(4 * per)]
    return (*marks, *others, *nothing)


def render(per: int, suite_seed: int, jobs: int, say: Say) -> Album:
    """Draws the suite in several processes; the pictures do not depend on how many.

    Args:
        per: As in `contents`.
        suite_seed: Another seed, other pictures.
        jobs: Processes.
        say: Told how far it is.
    """
    items = contents(per)
    files: list[bytes] = []
    digest = hashlib.blake2b(digest_size=8)
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=fresh) as pool:
        try:
            with _processes_without_interrupts():
                drawn = pool.map(_drawn, items, [suite_seed] * len(items), chunksize=8)
            for data, name in drawn:
                files.append(data)
                digest.update(name)
                if len(files) % 500 == 0:
                    say(f"rendered {len(files)} of {len(items)} pictures")
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return Album(items, tuple(files), digest.hexdigest())


@contextlib.contextmanager
def _processes_without_interrupts() -> Iterator[None]:
    """Processes started inside ignore Ctrl-C from their first moment: it is for their parent to stop them."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _drawn(item: Item, suite_seed: int) -> tuple[bytes, bytes]:
    """One picture as PNG, and the digest of its pixels."""
    if item.group == "mark":
        pixels = picture(_condition(item), item.sign, suite_seed, item.number)
    else:
        pixels = other(item.name, suite_seed, item.number)
    pixels = np.ascontiguousarray(pixels)
    name = hashlib.blake2b(repr(pixels.shape).encode() + pixels.tobytes(), digest_size=16).digest()
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=3)
    return file.getvalue(), name


def _condition(item: Item) -> Condition:
    return next(c for c in CONDITIONS if (c.name, c.severity) == (item.name, item.severity))
