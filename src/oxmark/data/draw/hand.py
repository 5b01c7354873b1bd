"""A hand: the habits of one person, drawn once and then varied a little from drawing to drawing."""

from __future__ import annotations

from dataclasses import dataclass

from oxmark.data.draw.chance import Quantiles
from oxmark.data.draw.pen import Pen, make_pen


@dataclass(frozen=True)
class Hand:
    """The habits of one person. Angles are radians, lengths are shares of half the sign's size.

    Attributes:
        number: Which hand this is, 0 or more.
        pens: Its favourite pens, one to three.
        care: How much its drawings differ from each other; 0.5 careful, 1.6 careless.
        size: Usual longer side of a drawing as a share of the picture's height.
        aside: Usual place beside the middle, shares of width and height.
        aspect: Width divided by height, 0.6..1.6.
        slant: How far a sign leans, horizontal shift per height.
        tilt: How far it is turned.
        corner: 0 round, 1 angular.
        wobble: Slow wandering, as a share of the size.
        tremor: Quick shaking, pixels.
        mouse: Whether positions fall on whole pixels.
        pace: Pixels between two positions that the computer noticed.
        lifts: Whether the pen is lifted between the sides of a figure.
        square: How boxy an O is; 2 is an ellipse, more is boxy, less is pointed.
        egg: How much narrower the top of an O is than its bottom.
        flatten: How strongly the outline of an O goes in and out.
        lobes: Where it does so: phases of two, three and four waves a round.
        knots: Turns of the wrist in one round.
        start: Where an O begins; -pi/2 is the top.
        clockwise: Which way round.
        overlap: How far past its start an O goes; negative leaves a gap.
        miss: How far the end of an O passes beside its start.
        halves: Whether an O is made of two strokes.
        hook: How often strokes begin or end in a hook, 0..1.
        hook_size: How long a hook is.
        lean: How far an X is turned towards a plus.
        opening: Angle between an arm of an X and the vertical.
        bend: How much each arm of an X is curved.
        unequal: Length of the second arm of an X divided by the first's.
        off: How far from the middle the arms cross.
        left_first: Which arm comes first.
        upward: For each arm, whether it is drawn from the bottom.
        joined: How often the pen stays down between the arms, 0..1.
    """

    number: int
    pens: tuple[Pen, ...]
    care: float
    size: float
    aside: tuple[float, float]
    aspect: float
    slant: float
    tilt: float
    corner: float
    wobble: float
    tremor: float
    mouse: bool
    pace: float
    lifts: bool
    square: float
    egg: float
    flatten: float
    lobes: tuple[float, float, float]
    knots: int
    start: float
    clockwise: bool
    overlap: float
    miss: float
    halves: bool
    hook: float
    hook_size: float
    lean: float
    opening: float
    bend: tuple[float, float]
    unequal: float
    off: tuple[float, float]
    left_first: bool
    upward: tuple[bool, bool]
    joined: float


def make_hand(seed: int, number: int) -> Hand:
    """The hand with this number in the set of this seed.

    Args:
        seed: Of the whole set, 0 or more.
        number: 0 or more; each block of five neighbours covers the range of every habit.

    Example:
        >>> make_hand(0, 3) == make_hand(0, 3)
        True
    """
    draw = Quantiles(seed, number)
    pens = (make_pen(draw), make_pen(draw), make_pen(draw))[: round(draw.spread(0.6, 1.4, 2.2, 3.4))]
    return Hand(
        number=number,
        pens=pens,
        care=draw.spread(0.5, 0.8, 1.0, 1.2, 1.6),
        size=draw.spread(0.3, 0.45, 0.55, 0.65, 0.8),
        aside=(draw.spread(-0.1, -0.02, 0, 0.02, 0.1), draw.spread(-0.08, -0.02, 0, 0.02, 0.08)),
        aspect=draw.spread(0.6, 0.78, 0.95, 1.2, 1.6),
        slant=draw.spread(-0.25, -0.02, 0.05, 0.15, 0.4),
        tilt=draw.spread(-0.22, -0.08, 0, 0.08, 0.22),
        corner=draw.spread(0, 0.15, 0.4, 0.9),
        wobble=draw.spread(0.003, 0.006, 0.013),
        tremor=draw.spread(0.2, 0.6, 1.4),
        mouse=draw.flag(0.7),
        pace=draw.spread(6, 12, 18, 28),
        lifts=draw.flag(0.35),
        square=draw.spread(1.75, 2.0, 2.3, 2.8, 4.5),
        egg=draw.spread(-0.25, -0.05, 0.05, 0.28),
        flatten=draw.spread(0.01, 0.025, 0.06),
        lobes=(draw.spread(-3.14, 3.14), draw.spread(-3.14, 3.14), draw.spread(-3.14, 3.14)),
        knots=round(draw.spread(6, 8, 11, 14)),
        start=draw.spread(-3.0, -2.0, -1.6, -1.3, 0.3),
        clockwise=draw.flag(0.4),
        overlap=draw.spread(-0.4, -0.08, 0.06, 0.25, 0.9),
        miss=draw.spread(-0.2, -0.05, 0.05, 0.22),
        halves=draw.flag(0.1),
        hook=draw.spread(0, 0.1, 0.3, 0.8),
        hook_size=draw.spread(0.07, 0.12, 0.2, 0.36),
        lean=draw.spread(-0.3, -0.1, 0, 0.1, 0.3),
        opening=draw.spread(0.57, 0.69, 0.79, 0.88, 1.02),
        bend=(draw.spread(-0.28, -0.06, 0.02, 0.1, 0.28), draw.spread(-0.28, -0.1, -0.02, 0.06, 0.28)),
        unequal=draw.spread(0.6, 0.87, 1.0, 1.15, 1.6),
        off=(draw.spread(-0.25, -0.05, 0.05, 0.25), draw.spread(-0.25, -0.05, 0.05, 0.25)),
        left_first=draw.flag(0.55),
        upward=(draw.flag(0.2), draw.flag(0.25)),
        joined=draw.spread(0, 0, 0, 0, 0.4),
    )
