"""What paper, light, cameras and crops do to a picture, rendered at random: to learn from, to calibrate on.

A few dozen neat pictures say nothing about a shadow or a frame left by a crop. :func:`rendered` gives a
picture such troubles, one or two at a time, from pixels to pixels, so that the ink-finding graph meets them
as it will meet them in use.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]
Colour = npt.NDArray[np.float32]

LONGEST = 224
"""Longer side of a rendered picture in pixels, at most."""


def rendered(picture: Colour, rng: np.random.Generator) -> Pixels:
    """A picture under random conditions.

    Args:
        picture: float32 ``(H, W, 3)``, 0..1, as :func:`on_white` gives it.
        rng: Where the chance comes from.

    Returns:
        uint8 ``(h, w, 4)``, RGBA, opaque, longer side at most :data:`LONGEST`.

    Example:
        >>> rendered(np.ones((90, 120, 3), np.float32), np.random.default_rng(0)).shape[2]
        4
    """
    picture = _placed(picture, rng)
    if rng.random() < 0.35:
        picture = _recoloured(picture, rng)
    for trouble in rng.permutation(len(_TROUBLES))[: rng.integers(1, 3)]:
        picture = _TROUBLES[trouble](picture, rng)
    return opaque(picture)


def on_white(pixels: Pixels, longest: int = LONGEST) -> Colour:
    """uint8 RGBA ``(H, W, 4)`` made smaller, alpha on white: float32 ``(h, w, 3)``, 0..1."""
    plain = is_opaque(pixels)
    image = _without_alpha(pixels) if plain else Image.fromarray(pixels)
    image.thumbnail((longest, longest), Image.Resampling.BOX, reducing_gap=2.0)
    colour = np.asarray(image, np.float32) / np.float32(255)
    if plain:
        return np.ascontiguousarray(colour[:, :, :3])
    alpha = colour[:, :, 3:]
    return np.asarray(colour[:, :, :3] * alpha + (1 - alpha), np.float32)


def is_opaque(pixels: Pixels) -> bool:
    """Whether no pixel of uint8 RGBA ``(H, W, 4)`` is transparent in the least; true of no pixels at all."""
    whole = np.ascontiguousarray(pixels).view(np.uint32)  # four bytes at a time: a tenth of the time
    common: np.uint32 = np.bitwise_and.reduce(whole, axis=None)
    return common.tobytes()[3] == 255


def _without_alpha(pixels: Pixels) -> Image.Image:
    """The same memory as a Pillow image whose fourth byte means nothing.

    Pillow would multiply by alpha first and divide by it in the end, which takes half of the time and changes
    nothing in an opaque picture.
    """
    height, width = pixels.shape[:2]
    return Image.frombuffer("RGBX", (width, height), np.ascontiguousarray(pixels), "raw", "RGBX", 0, 1)


def opaque(picture: npt.NDArray[np.floating]) -> Pixels:
    """Floats ``(h, w, 3)``, cut off at 0 and 1, to uint8 RGBA ``(h, w, 4)``."""
    whole = np.full((*picture.shape[:2], 4), 255, np.uint8)
    whole[:, :, :3] = np.rint(np.clip(picture, 0, 1) * 255)
    return whole


def paper_colour(picture: Colour) -> Colour:
    """The middle colour of the outermost pixels, float32 ``(3,)``."""
    rim = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    return np.asarray(np.median(rim, axis=0), np.float32)


def _placed(picture: Colour, rng: np.random.Generator) -> Colour:
    """Another crop, paper added or some of the border cut away, at another size."""
    height, width = picture.shape[:2]
    if rng.random() < 0.4:  # the picture becomes a small part of a larger sheet
        more = rng.uniform(0, 1.2, 4) * np.repeat([height, width], 2) * rng.choice([0.15, 0.6])
        top, bottom, left, right = more.astype(int)
        sheet = np.tile(paper_colour(picture), (height + top + bottom, width + left + right, 1))
        sheet[top : top + height, left : left + width] = picture
        picture = sheet
    elif rng.random() < 0.3:
        top, bottom, left, right = (rng.uniform(0, 0.08, 4) * np.repeat([height, width], 2)).astype(int)
        picture = picture[top : height - bottom, left : width - right]
    longest = int(np.exp(rng.uniform(np.log(72), np.log(LONGEST))))
    return _scaled(picture, longest)


def _scaled(picture: Colour, longest: int) -> Colour:
    """Brought to a longer side of ``longest`` pixels, if it is larger."""
    height, width = picture.shape[:2]
    scale = min(1.0, longest / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    return _resized(picture, size, Image.Resampling.BOX)


def _resized(picture: Colour, size: tuple[int, int], resampling: Image.Resampling) -> Colour:
    """Brought to a width and height, channel by channel: Pillow takes floats in single planes only."""
    planes = [Image.fromarray(picture[:, :, k]).resize(size, resampling) for k in range(3)]
    return np.stack([np.asarray(plane) for plane in planes], axis=2)


def _recoloured(picture: Colour, rng: np.random.Generator) -> Colour:
    """Other paper and other ink: paper, grey between and the opposite are mixed anew."""
    paper = paper_colour(picture)
    ink = np.abs(picture - paper).max(axis=2, keepdims=True)
    ink = ink / max(float(ink.max()), 0.1)
    if rng.random() < 0.5:
        new_paper, new_ink = rng.uniform(0, 0.35, 3), rng.uniform(0.65, 1, 3)
    else:
        new_paper, new_ink = rng.uniform(0.7, 1, 3), rng.uniform(0, 0.6, 3)
    return np.asarray(new_paper + (new_ink - new_paper) * ink, np.float32)


# --- troubles -----------------------------------------------------------------------------------------------


def _light(picture: Colour, rng: np.random.Generator) -> Colour:
    """Light from one side, falling off evenly or quicker and quicker."""
    height, width = picture.shape[:2]
    angle = rng.uniform(0, 2 * np.pi)
    across = np.linspace(-1, 1, width) * np.cos(angle) + np.linspace(-1, 1, height)[:, None] * np.sin(angle)
    fall = (across - across.min()) / max(float(np.ptp(across)), 1e-6)
    dark = rng.uniform(0.1, 0.6) * fall ** rng.uniform(0.7, 2.5)
    return np.asarray(picture * (1 - dark[:, :, None]), np.float32)


def _shadow(picture: Colour, rng: np.random.Generator) -> Colour:
    """A shadow along one side, its edge soft or sharp."""
    quarters = int(rng.integers(4))
    turned = np.rot90(picture, quarters)
    height, width = turned.shape[:2]
    edge = rng.uniform(0.03, 0.35) + rng.uniform(-0.15, 0.15) * np.linspace(0, 1, width)
    depth = np.linspace(0, 1, height)[:, None]
    shade = 1 / (1 + np.exp(-np.clip((edge - depth) / rng.uniform(0.005, 0.08), -30, 30)))
    shaded = turned * (1 - rng.uniform(0.2, 0.7) * shade[:, :, None])
    return np.asarray(np.rot90(shaded, -quarters), np.float32)


def _frame(picture: Colour, rng: np.random.Generator) -> Colour:
    """A dark, light or coloured edge at one to four sides."""
    framed = picture.copy()
    height, width = framed.shape[:2]
    colour = rng.uniform(0, 1, 3) if rng.random() < 0.3 else np.full(3, rng.choice([0.0, 0.1, 1.0]))
    for side in rng.permutation(4)[: rng.integers(1, 5)]:
        deep = max(1, int(rng.uniform(0.005, 0.06) * (height, width)[side % 2]))
        away = int(rng.uniform(0, 0.08) * height) if rng.random() < 0.3 else 0
        region = np.moveaxis(framed, side % 2, 0)
        rows = slice(away, away + deep) if side < 2 else slice(len(region) - deep - away, len(region) - away)
        region[rows] = colour
    return framed


def _ruled(picture: Colour, rng: np.random.Generator) -> Colour:
    """Lines or squares printed on the paper, under the ink."""
    ruled = picture.copy()
    paper = paper_colour(picture)
    line = paper + (rng.uniform(0, 1, 3) - paper) * rng.uniform(0.15, 0.6)
    for axis in range(int(rng.integers(1, 3))):
        region = np.moveaxis(ruled, axis, 0)
        gap = max(4, int(rng.uniform(0.08, 0.3) * len(region)))
        wide = max(1, int(gap * rng.uniform(0.02, 0.12)))
        for row in range(int(rng.integers(gap)), len(region), gap):
            under = region[row : row + wide]
            under[...] = np.where(np.abs(under - paper) > np.abs(line - paper), under, line)
    return ruled


def _noise(picture: Colour, rng: np.random.Generator) -> Colour:
    """Grain of a sensor."""
    channels = 3 if rng.random() < 0.5 else 1
    grain = rng.normal(0, rng.uniform(0.01, 0.09), (*picture.shape[:2], channels))
    return np.asarray(np.clip(picture + grain, 0, 1), np.float32)


def _texture(picture: Colour, rng: np.random.Generator) -> Colour:
    """Stains and creases: soft noise on several scales."""
    height, width = picture.shape[:2]
    stains = np.zeros((height, width), np.float32)
    for cells in (3, 7, 15):
        coarse = rng.normal(0, 1, (cells, cells)).astype(np.float32)
        stains += np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    return np.asarray(np.clip(picture + stains[:, :, None] * rng.uniform(0.01, 0.05), 0, 1), np.float32)


def _blur(picture: Colour, rng: np.random.Generator) -> Colour:
    """Out of focus: smaller and larger again."""
    height, width = picture.shape[:2]
    small = _scaled(picture, max(20, int(max(height, width) / rng.uniform(1.5, 4))))
    large = _resized(small, (width, height), Image.Resampling.BICUBIC)
    return np.asarray(np.clip(large, 0, 1), np.float32)


def _jpeg(picture: Colour, rng: np.random.Generator) -> Colour:
    """Blocks of a strongly compressed JPEG."""
    stored = io.BytesIO()
    Image.fromarray(opaque(picture)[:, :, :3]).save(stored, "JPEG", quality=int(rng.integers(8, 50)))
    return np.asarray(Image.open(stored), np.float32) / np.float32(255)


def _faint(picture: Colour, rng: np.random.Generator) -> Colour:
    """Little contrast between ink and paper."""
    paper = paper_colour(picture)
    return np.asarray(paper + (picture - paper) * rng.uniform(0.25, 0.7), np.float32)


def _binarised(picture: Colour, rng: np.random.Generator) -> Colour:
    """Made black and white by a threshold that was a little off, with specks and gaps."""
    paper = paper_colour(picture)
    ink = np.abs(picture - paper).max(axis=2)
    ink = ink / max(float(ink.max()), 0.1) + rng.normal(0, rng.uniform(0.02, 0.14), ink.shape)
    black = ink > rng.uniform(0.35, 0.65)
    black ^= rng.random(ink.shape) < rng.uniform(0, 0.0025)
    return np.repeat((~black).astype(np.float32)[:, :, None], 3, axis=2)


_TROUBLES: tuple[Callable[[Colour, np.random.Generator], Colour], ...] = (
    _light,
    _shadow,
    _frame,
    _ruled,
    _noise,
    _texture,
    _blur,
    _jpeg,
    _faint,
    _binarised,
)
