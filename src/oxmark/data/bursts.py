"""Series of frames: pictures that one camera took of one drawing, a moment apart.

Eight frames of a video are eight files, but one drawing: on two sides of a division they measure memory. They
are told from eight drawings of one sign by their names, numbered one after the other in one folder, and by
their likeness: the same strokes at nearly the same place.
"""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain

import numpy as np
import numpy.typing as npt

from oxmark.data.dataset import Sample
from oxmark.data.traits import FRAME, Traits
from oxmark.data.traits_table import near_bits
from oxmark.data.walk import shown_name

ALIKE = 0.92
"""How well two frames of a series correlate, at least (:func:`correlation`, 1 is the same)."""
NEAR_BITS = 36
"""Up to how many of the 256 bits of the near hash may differ between two frames of a series."""
LOOSE_BITS = 60
"""Up to how many bits may differ where a frame has two such companions in the series.

Measured on drawn O and X: 16 sets of 104 by one hand or by five, 1350, 340 and 110 pixels wide, of which the
last 4 had no say in the limits. Among 2,448 pairs with neighbouring numbers, and among all 21,258 pairs of
one class and file type, no two different drawings are taken for one series, at any width; of 2,304 drawings
beside a series of the same hand's, at each width, one joins it (1350 pixels). Of 48 series from the last 4
sets (5 to 8 frames, each off by up to 3 % and 2 degrees, with another light, noise and JPEG) 96 of 100
frames are put together at 1350 and 340 pixels and 89 at 110, where a stroke is two pixels wide; 85, 88 and
60 of 100 series are found whole, by near copies alone 29, 19 and 0. Half as shaky, 100, 100 and 95 of 100
frames. Of 520 real letters by 20 people, 6 are taken for a series, as they are for near copies: all the same
single upright stroke.
"""
NEXT = 3
"""How far apart the two may be in the order of their numbers; some frames may have been thrown away."""

_MOVED = 3  # pixels of the 32 of the small copy that the camera may move between two frames
_FAINTEST = 0.2  # of the strongest contrast
_INKS_KEPT = 256  # neighbours follow each other
_BLUR = 1.0  # pixels of the small copy: about what turning the camera by a few degrees moves

_Pair = tuple[int, int]
_Ink = npt.NDArray[np.float64]


def series_pairs(samples: Sequence[Sample], traits: Sequence[Traits]) -> list[_Pair]:
    """Find frames of one series.

    Args:
        samples: N pictures.
        traits: Of each, in the same order.

    Returns:
        Pairs of positions that belong together; a series may be connected by them through other frames.

    Example:
        >>> series_pairs(dataset.samples, traits)  # doctest: +SKIP
        [(0, 1), (0, 2), (1, 2)]
    """
    pairs = np.fromiter(chain.from_iterable(_neighbours(samples)), np.int64).reshape(-1, 2)
    bits = near_bits(traits)
    inked: npt.NDArray[np.bool_] = np.asarray(bits.any(axis=1))
    words = bits.view(np.uint64)
    pairs = pairs[inked[pairs].all(axis=1)]
    differing = np.bitwise_count(words[pairs[:, 0]] ^ words[pairs[:, 1]]).sum(axis=1)

    @lru_cache(maxsize=_INKS_KEPT)
    def ink(i: int) -> _Ink:
        return _ink(traits[i].frame)

    sure: list[_Pair] = []
    perhaps: list[_Pair] = []
    near_enough = differing <= LOOSE_BITS
    for (i, j), bits_apart in zip(pairs[near_enough].tolist(), differing[near_enough].tolist(), strict=True):
        if correlation(ink(i), ink(j)) >= ALIKE:
            (sure if bits_apart <= NEAR_BITS else perhaps).append((i, j))
    return _grown(len(samples), sure, perhaps)


def name_parts(stem: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """A file name without its suffix, as its words and its numbers.

    Example:
        >>> name_parts("frame_0012")
        (('frame_', ''), (12,))
    """
    pieces = re.split(r"([0-9]+)", shown_name(stem).removesuffix("_COVER"))  # as Android marks the best frame
    return tuple(pieces[::2]), tuple(int(number) for number in pieces[1::2])


def correlation(one: _Ink, other: _Ink) -> float:
    """How well the ink of two small copies agrees, where the camera may have moved a little.

    Args:
        one: float64 ``(32, 32)``, 0 is paper.
        other: The same of another picture.

    Returns:
        The greatest cosine over all shifts by up to three pixels, 0..1; 0 where there is no ink.
    """
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    if lengths == 0:
        return 0.0
    wide = (FRAME + 2 * _MOVED,) * 2  # paper around it, so that nothing comes in on the other side
    spectrum = np.fft.rfft2(one, wide) * np.conj(np.fft.rfft2(other, wide))
    moved = np.arange(-_MOVED, _MOVED + 1)
    return float(np.fft.irfft2(spectrum, wide)[np.ix_(moved, moved)].max()) / lengths


def _neighbours(samples: Sequence[Sample]) -> Iterator[_Pair]:
    """Pairs whose names have the same words and numbers close to each other in order."""
    series: dict[tuple[object, ...], dict[tuple[int, ...], list[int]]] = defaultdict(
        lambda: defaultdict(list)
    )
    kinds = [sample.path.suffix.lower() for sample in samples]
    for i, (folder, sample) in enumerate(zip(_folders(samples), samples, strict=True)):
        words, numbers = name_parts(sample.path.stem)
        if numbers:
            series[sample.label, folder, words][numbers].append(i)
    for frames in series.values():
        in_order = [frames[numbers] for numbers in sorted(frames)]
        for place, here in enumerate(in_order):
            near = [here, *in_order[place + 1 : place + 1 + NEXT]]
            yield from ((i, j) for i in here for j in chain(*near) if kinds[i] == kinds[j] and i != j)


def _folders(samples: Sequence[Sample]) -> list[str]:
    """The folder of each sample, without its part: a series may have been strewn over the parts."""
    folders = [str(sample.path.parent) for sample in samples]
    if len({sample.part for sample in samples}) < 2:
        return folders
    top = os.path.commonpath(folders)
    return [os.path.relpath(folder, top).partition(os.sep)[2] for folder in folders]


def _ink(frame: npt.NDArray[np.float32]) -> _Ink:
    """How far each pixel of a small copy stands out from its paper, slightly blurred; paper is 0.

    The paper is a plane, so that light from one side does not count.
    """
    from scipy.ndimage import gaussian_filter

    rows, columns = np.indices(frame.shape).reshape(2, -1)
    plane = np.stack([np.ones(rows.size), rows, columns], axis=1)
    grey = frame.ravel().astype(np.float64)
    contrast = plane @ np.linalg.lstsq(plane, grey, rcond=None)[0] - grey
    darker = contrast if (contrast**3).sum() >= 0 else -contrast
    ink = np.maximum(darker - _FAINTEST * darker.max(), 0).reshape(frame.shape)
    return np.asarray(gaussian_filter(ink, _BLUR, mode="constant"), np.float64)


def _grown(count: int, sure: list[_Pair], perhaps: list[_Pair]) -> list[_Pair]:
    """The sure pairs, and of the others those that give a frame a second companion in a series."""
    series, members = list(range(count)), {i: [i] for pair in (*sure, *perhaps) for i in pair}
    pairs: list[_Pair] = []

    def join(i: int, j: int) -> list[int]:
        """Make one series of two; returns the frames whose series has another number now."""
        if series[i] == series[j]:
            return []
        pairs.append((i, j))
        large, small = sorted((series[i], series[j]), key=lambda one: -len(members[one]))
        moved = members.pop(small)
        members[large] += moved
        for one in moved:
            series[one] = large
        return moved

    for pair in sure:
        join(*pair)
    beside: dict[int, list[int]] = defaultdict(list)
    for i, j in perhaps:
        beside[i].append(j)
        beside[j].append(i)
    waiting = deque(beside)
    while waiting:
        i = waiting.popleft()
        companions = Counter(series[j] for j in beside[i])
        for one, number in companions.items():
            if number > 1 and one in members:  # else it has been joined to another by now
                moved = join(i, members[one][0])
                waiting.extend(j for frame in moved for j in [frame, *beside[frame]])
    return pairs
