"""Conditions of the shape: marks of unusual people in ordinary ink on ordinary paper."""

from __future__ import annotations

from typing import Any

import numpy as np

from .media import Pixels, finished, plainly, put
from .signs import back_to_back, sign_traces
from .strokes import Trace, by_hand, calmer, random_hand


def _shown(traces: list[Trace], rng: np.random.Generator) -> Pixels:
    return finished(plainly(put(traces, rng, width=(0.03, 0.075)), rng))


def _sign(rng: np.random.Generator) -> float:
    return float(rng.choice([-1.0, 1.0]))


def plain(sign: str, rng: np.random.Generator) -> Pixels:
    """An ordinary mark in ordinary ink on ordinary paper."""
    return finished(plainly(put(sign_traces(sign, rng), rng), rng))


def open_or_unequal(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """O open by up to 25, 45, 70 degrees; X of unequal arms, at 3 barely crossing."""
    gap = (25, 45, 70)[severity - 1] * rng.uniform(0.65, 1.0)
    short = (0.55, 0.4, 0.26)[severity - 1] * rng.uniform(0.9, 1.3)
    arms = rng.uniform(0.9, 1.25, size=4)
    arms[rng.integers(4)] = short
    if rng.random() < 0.4:
        arms[rng.integers(2)] = short
    start = rng.uniform(0, 2 * np.pi)
    o = {"gap": gap, "start": start, "drift": rng.normal(0, 0.05), "aspect": rng.uniform(0.85, 1.2)}
    o |= {"power": 2.0, "egg": 0.04, "point": 0.0}
    x = {"arms": tuple(float(v) for v in arms), "turn": np.radians(rng.uniform(-8, 8))}
    return _shown(sign_traces(sign, rng, o=o, x=x), rng)


def overshoot_and_hooks(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """O that overlaps itself by up to 45, 80, 120 degrees or whose ends cross; X with hooked ends."""
    reach = (0.25, 0.4, 0.55)[severity - 1]
    if rng.random() < 0.5:
        gap = -(45, 80, 120)[severity - 1] * rng.uniform(0.5, 1.0)
        o: dict[str, Any] = {"gap": gap, "drift": _sign(rng) * rng.uniform(0.08, 0.1 + 0.08 * severity)}
    else:
        flare = reach * rng.uniform(0.6, 1.2)
        o = {
            "gap": -rng.uniform(8, 20) - 6 * severity,
            "flare": flare,
            "drift": 0.0,
            "start": rng.normal(-1.57, 0.4),
        }
    hooks = [(reach * rng.uniform(0.5, 1.0), _sign(rng) * rng.uniform(1.2, 2.6)) for _ in range(2)]
    if rng.random() < 0.3:
        hooks[rng.integers(2)] = (0.0, 0.0)
    return _shown(sign_traces(sign, rng, o=o, x={"hooks": tuple(hooks)}), rng)


def tails(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """O with a tail or small loop of up to 15, 25, 35 % of its size; X drawn without lifting the pen."""
    length = 2 * (0.15, 0.25, 0.35)[severity - 1] * rng.uniform(0.7, 1.0)
    kind = rng.choice(["out", "in", "loop"])
    bends = {"out": rng.uniform(0.3, 1.6), "in": -rng.uniform(1.6, 2.6), "loop": -rng.uniform(4.5, 6.0)}
    tail = (length * (2.0 if kind == "loop" else 1.0), float(bends[str(kind)]))
    ends = (tail, (0.0, 0.0)) if rng.random() < 0.3 else ((0.0, 0.0), tail)
    o = {"tails": ends, "gap": rng.uniform(-25, 0), "start": rng.normal(-1.4, 0.4)}
    arms, bows = rng.uniform(0.85, 1.15, 4), rng.normal(0, 0.12, 2)
    x: dict[str, Any] = {"arms": tuple(arms.tolist()), "bows": tuple(bows.tolist())}
    x |= {"joined": (0.3, 0.5, 0.85)[severity - 1], "join_bulge": rng.uniform(-0.6, 0.1)}
    return _shown(sign_traces(sign, rng, o=o, x=x), rng)


def narrow_or_wide(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """Aspect ratios up to 2, 2.5, 3 in either direction; many of the O are squarish."""
    ratio = (2.0, 2.5, 3.0)[severity - 1] * rng.uniform(0.8, 1.0)
    ratio = float(ratio if rng.random() < 0.5 else 1 / ratio)
    power = rng.choice([2.0, rng.uniform(3.0, 6.0)])
    o = {"aspect": ratio, "power": float(power), "turn": rng.normal(0, 0.06), "slant": rng.normal(0, 0.04)}
    x = {"aspect": ratio, "turn": rng.normal(0, 0.05), "opening": 0.0}
    return _shown(sign_traces(sign, rng, o=o, x=x), rng)


def turned(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """X turned by up to 20, 30, 42 degrees, towards a plus; O turned by any angle and slanted."""
    angle = np.radians((20, 30, 42)[severity - 1]) * rng.uniform(0.7, 1.0) * _sign(rng)
    o = {"turn": rng.uniform(0, 2 * np.pi), "slant": _sign(rng) * 0.2 * severity * rng.uniform(0.5, 1)}
    x = {"turn": angle, "aspect": rng.uniform(0.88, 1.14), "opening": 0.0, "slant": 0.0}
    return _shown(sign_traces(sign, rng, o=o, x=x), rng)


def bent(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """X of strongly curved arms or of two arcs back to back; O lumpy, cornered, like a potato."""
    if sign == "X" and rng.random() < 0.4:
        bulge = (0.9, 0.75, 0.6)[severity - 1]
        return _shown(by_hand(back_to_back(rng, bulge), calmer(random_hand(rng), wobble=0.012), rng), rng)
    bow = (0.2, 0.32, 0.45)[severity - 1] * rng.uniform(0.7, 1.0)
    bows = (_sign(rng) * bow, _sign(rng) * bow * rng.uniform(0.3, 1.0))
    sways = (_sign(rng) * bow * 0.6, _sign(rng) * bow * rng.uniform(0, 0.6))
    x: dict[str, Any] = {"bows": bows} if rng.random() < 0.6 else {"sways": sways}
    o = {
        "lumps": (0.06, 0.09, 0.12)[severity - 1],
        "power": rng.choice([2.0, 3.5, 1.5]),
        "egg": rng.uniform(0, 0.2),
    }
    return _shown(sign_traces(sign, rng, o=o, x=x), rng)


def shaky(sign: str, rng: np.random.Generator, severity: int) -> Pixels:
    """A trembling hand."""
    tremor = (0.015, 0.028, 0.042)[severity - 1] * rng.uniform(0.8, 1.0)
    hand = calmer(random_hand(rng), tremor=tremor, shakes=rng.uniform(22, 45), wobble=0.02 + 0.012 * severity)
    return _shown(sign_traces(sign, rng, hand), rng)
