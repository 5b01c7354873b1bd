"""The pictures of a report: small copies, kept inside the document itself."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from oxmark.data.dataset import Dataset, Sample
from oxmark.data.decode import WORKERS, decode

if TYPE_CHECKING:
    from oxmark.recipes import Recipe

SIZE = 180
"""Longer side of a picture in the report and on a sheet, in pixels."""
Pixels = npt.NDArray[np.uint8]
Heat = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Look:
    """What a network saw of a picture, and where it found its evidence.

    Attributes:
        seen: float32 ``(S, S)``, 0 is drawn black and 1 white; see :func:`shown`.
        heat: float32 ``(h, w)``, evidence for the answer at each place of ``seen``; None to show none.
        box: Where ``seen`` lies in the picture: left, top, right, bottom in its pixels.
    """

    seen: npt.NDArray[np.float32]
    heat: npt.NDArray[np.float32] | None = None
    box: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)


Album = dict[str, dict[str, Any]]
"""Pictures of a report by their ids."""


def album(
    dataset: Dataset,
    samples: Sequence[Sample],
    looks: Callable[[int, Pixels], Look | None],
    prefix: str,
    scale: float = 1.0,
    keep: dict[Path, Pixels] | None = None,
) -> Album:
    """Small copies of some pictures, for the document of a report.

    Args:
        dataset: Where they are from.
        samples: Which, in order.
        looks: Gives what the network made of each, by its place and its pixels, uint8 ``(H, W, 4)``; None
            for nothing but the picture.
        prefix: Begins every id.
        scale: The evidence that is drawn in full colour; one for all, so that they can be compared.
        keep: Where the small copies are put too, uint8 ``(h, w, 3)``, by where the pictures lie.

    Returns:
        Id (``prefix-place``) to ``file``, ``class``, ``image``, and where there is a look, ``seen`` and
        ``heat``: the pictures as data URIs.
    """
    from oxmark.report.pictures import thumbnail

    def one(place: int) -> dict[str, Any]:
        sample = samples[place]
        pixels = decode(sample.path)
        names = {"file": dataset.relative(sample), "class": dataset.classes[sample.label]}
        small = thumbnail(pixels, SIZE)
        if keep is not None:
            keep[sample.path] = small
        return {**names, "image": _data_uri(small), **_images(pixels, looks(place, pixels), scale)}

    with ThreadPoolExecutor(WORKERS) as pool:
        found = list(pool.map(one, range(len(samples))))
    return {f"{prefix}-{place}": picture for place, picture in enumerate(found)}


def shown(seen: npt.NDArray[np.float32], recipe: Recipe) -> npt.NDArray[np.float32]:
    """What a network sees, dark on light for the eye: the ink graph gives strong ink high values."""
    return 1 - seen if recipe.preprocess == "ink" else seen


def compared(probabilities: npt.ArrayLike, truth: int | None) -> tuple[int, int]:
    """The most probable class, and the one that it is compared with: the true one, or the runner-up.

    Args:
        probabilities: ``(K,)``, two at least.
        truth: The class of the picture; None where the runner-up is wanted in any case.

    Example:
        >>> compared([0.7, 0.1, 0.2], truth=0), compared([0.7, 0.1, 0.2], truth=1)
        ((0, 2), (0, 1))
    """
    answer, runner_up = np.argsort(-np.asarray(probabilities), kind="stable")[:2].tolist()
    return answer, runner_up if truth is None or truth == answer else truth


def contrast(heat: npt.NDArray[np.float32], probabilities: npt.ArrayLike, truth: int | None) -> Heat:
    """Evidence for the one of the :func:`compared` classes rather than for the other.

    Args:
        heat: float32 ``(K, h, w)``, evidence for each class, in logits.
        probabilities: ``(K,)``.
        truth: The class of the picture, or None.

    Returns:
        float32 ``(h, w)``.

    Example:
        >>> heat = np.array([[[1.0]], [[0.2]], [[0.5]]], np.float32)
        >>> float(contrast(heat, np.array([0.7, 0.1, 0.2], np.float32), truth=0)[0, 0])
        0.5
    """
    answer, against = compared(probabilities, truth)
    found: Heat = heat[answer] - heat[against]
    return found


def _images(pixels: Pixels, look: Look | None, scale: float) -> dict[str, str]:
    from oxmark.report.heat import around, overlay
    from oxmark.report.pictures import from_floats

    images = {}
    if look is not None:
        images["seen"] = _data_uri(from_floats(look.seen), exact=True)
        if look.heat is not None:
            part, box = around(pixels, look.box)
            images["heat"] = _data_uri(overlay(part, look.heat, box, scale=scale, size=SIZE))
    return images


def _data_uri(picture: Pixels, *, exact: bool = False) -> str:
    """A picture as WebP inside a data URI; small ones without loss."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "WEBP", lossless=exact, quality=80, method=4)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
