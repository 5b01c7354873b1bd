"""Bytes with something wrong: bits turned, pieces cut out, doubled or replaced, an end too early."""

from __future__ import annotations

import random

EXTREMES = (
    b"\x00",
    b"\xff",
    b"\x7f\xff\xff\xff",
    b"\x80\x00\x00\x00",
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x00",
)


def mutated(data: bytes, seed: int) -> bytes:
    """A copy with one kind of damage, the same for the same seed.

    Example:
        >>> mutated(b"picture", 3) == mutated(b"picture", 3)
        True
    """
    rng = random.Random(seed)
    changed = bytearray(data)
    at, length = rng.randrange(len(data)), rng.randrange(1, 1 + min(4096, len(data)))
    near_the_beginning = rng.randrange(min(64, len(data)))  # headers are where the sizes stand
    match rng.randrange(7):
        case 0:
            for _ in range(rng.choice([1, 1, 2, 8, 64])):
                changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        case 1:
            del changed[at:]
        case 2:
            changed[at : at + length] = rng.randbytes(rng.randrange(64))
        case 3:
            changed[at:at] = data[rng.randrange(len(data)) :][:length]
        case 4:
            del changed[at : at + length]
        case 5:
            extreme = rng.choice(EXTREMES)
            changed[near_the_beginning : near_the_beginning + len(extreme)] = extreme
        case _:
            changed[near_the_beginning] ^= 1 << rng.randrange(8)
    return bytes(changed)
