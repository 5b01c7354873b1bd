"""What the network sees: Pillow's own pixels for tutorial, the same mark however it lies for ink."""

from __future__ import annotations

import functools
import itertools
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from oxmark.data.draw import draw_mark
from oxmark.modelfile.preprocess import INK_SIDE, Kind, preprocess_model
from oxmark.modelfile.session import open_session

Pixels = npt.NDArray[np.uint8]
"""uint8 ``(H, W, 4)``, RGBA."""
Floats = npt.NDArray[np.float32]
SIZE, MARGIN = 64, 0.125


@functools.cache
def runner(kind: Kind, size: int, margin: float) -> Callable[[Pixels], tuple[Floats, Floats]]:
    session = open_session(preprocess_model(kind, size, margin).SerializeToString(), "the graph")

    def run(batch: Pixels) -> tuple[Floats, Floats]:
        seen, box = session.run(["seen", "box"], {"pixels": batch})
        return seen, box

    return run


def ink(pixels: Pixels, margin: float = MARGIN) -> tuple[Floats, Floats]:
    """float32 ``(64, 64)`` and the box ``(4,)`` of one picture."""
    seen, box = runner("ink", SIZE, margin)(pixels[None])
    return seen[0, 0], box[0]


def tutorial(pixels: Pixels) -> tuple[Floats, Floats]:
    seen, box = runner("tutorial", 150, 0.0)(pixels[None])
    return seen[0, 0], box[0]


def drawing(
    size: tuple[int, int] = (600, 400), *, at: tuple[float, float] = (300, 200),
    radius: float = 100, width: float = 16,
    paper: tuple[int, ...] = (255, 255, 255, 255), pen: tuple[int, ...] = (20, 20, 20, 255),
) -> Pixels:  # fmt: skip
    """A ring with a bar through it, smooth-edged: drawn four times as large, then reduced."""
    picture = Image.new("RGBA", (size[0] * 4, size[1] * 4), paper)
    draw = ImageDraw.Draw(picture)
    (x, y), r, w = (4 * at[0], 4 * at[1]), 4 * radius, 4 * width
    draw.ellipse([x - r, y - r, x + r, y + r], outline=pen, width=round(w))
    draw.rectangle([x - r, y - w / 2, x, y + w / 2], fill=pen)
    return np.asarray(picture.reduce(4))


def plain(height: int, width: int, value: int = 255) -> Pixels:
    return np.full((height, width, 4), value, np.uint8)


# --- tutorial -----------------------------------------------------------------------------------------------


def pillow(pixels: Pixels) -> Floats:
    grey = Image.fromarray(pixels[:, :, :3]).convert("L").resize((150, 150), Image.Resampling.NEAREST)
    return np.asarray(grey, np.float32) / np.float32(255)


def test_tutorial_is_exactly_what_pillow_makes() -> None:
    generator = np.random.default_rng(0)
    differences = {}
    for _ in range(100):
        height, width = (int(side) for side in generator.integers(1, 2001, 2))
        pixels = generator.integers(0, 256, (height, width, 4), np.uint8)
        pixels[:, :, 3] = 255
        different = int((tutorial(pixels)[0] != pillow(pixels)).sum())
        if different:
            differences[height, width] = different
    assert differences == {}


@pytest.mark.parametrize("sides", [(1, 1), (1, 150), (150, 1), (149, 151), (150, 150), (2000, 3)])
def test_tutorial_agrees_at_odd_sizes(sides: tuple[int, int]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (*sides, 4), np.uint8)
    pixels[:, :, 3] = 255
    np.testing.assert_array_equal(tutorial(pixels)[0], pillow(pixels))


@pytest.mark.parametrize(
    ("rgba", "grey"),
    [
        ((0, 0, 0, 0), 255),
        ((0, 0, 0, 255), 0),
        ((0, 0, 0, 128), 127),
        ((1, 1, 1, 128), 128),
        ((255, 255, 255, 7), 255),
        ((255, 0, 0, 255), 76),
        ((0, 255, 0, 255), 150),
        ((0, 0, 255, 255), 29),
        ((255, 0, 0, 128), 165),
    ],
)
def test_tutorial_puts_alpha_on_white_and_makes_grey(rgba: tuple[int, ...], grey: int) -> None:
    seen, _ = tutorial(np.full((3, 5, 4), rgba, np.uint8))
    assert (np.round(seen * 255) == grey).all()


def test_tutorials_box_is_the_whole_picture() -> None:
    assert tutorial(plain(30, 70))[1].tolist() == [0, 0, 70, 30]


# --- ink: the same mark, however it lies --------------------------------------------------------------------

BLUE, WHITE, BLACK, CLEAR = (30, 60, 200, 255), (255, 255, 255, 255), (0, 0, 0, 255), (0, 0, 0, 0)
REFERENCE = drawing()
SAME: dict[str, tuple[Pixels, float]] = {
    "faint": (drawing(pen=(180, 180, 180, 255)), 0.001),
    "light on dark": (drawing(paper=BLACK, pen=WHITE), 0.001),
    "grey on grey": (drawing(paper=(120, 120, 120, 255), pen=(60, 60, 60, 255)), 0.001),
    "coloured": (drawing(pen=BLUE), 0.001),
    "coloured on colour": (drawing(paper=(250, 240, 200, 255), pen=BLUE), 0.001),
    "on transparent": (drawing(paper=CLEAR), 0.001),
    "coloured on transparent": (drawing(paper=CLEAR, pen=BLUE), 0.002),
    "coloured on transparent white": (drawing(paper=(255, 255, 255, 0), pen=BLUE), 0.002),
    "in the corner": (drawing(at=(110, 290)), 0.02),
    "larger": (drawing(at=(300, 200), radius=180, width=28.8), 0.02),
    "smaller": (drawing(radius=50, width=8), 0.035),
    "another shape of paper": (drawing((500, 500), at=(200, 300)), 0.02),
    "small picture": (drawing((150, 100), at=(75, 50), radius=25, width=4), 0.04),
    "large picture": (drawing((1800, 1200), at=(900, 600), radius=300, width=48), 0.02),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_mark_is_seen_the_same(name: str) -> None:
    pixels, allowed = SAME[name]
    expected, seen = ink(REFERENCE)[0], ink(pixels)[0]
    assert float(expected.mean()) > 0.1
    assert float(np.abs(seen - expected).mean()) < allowed


def test_another_mark_is_seen_differently() -> None:
    assert float(np.abs(ink(REFERENCE)[0] - ink(REFERENCE[:, ::-1])[0]).mean()) > 0.04


def test_a_batch_equals_its_pictures_one_by_one() -> None:
    batch = np.stack([
        drawing(), drawing(at=(110, 290)), drawing(paper=BLACK, pen=WHITE), plain(400, 600),
        drawing(radius=30), drawing(pen=(220, 220, 220, 255)),
        framed(drawing(), 3), ruled(drawing(), 2),
        np.random.default_rng(3).integers(0, 256, (400, 600, 4), np.uint8),
    ])  # fmt: skip
    for run in (runner("ink", SIZE, MARGIN), runner("tutorial", 150, 0.0)):
        seen, box = run(batch)
        for number in range(len(batch)):
            one_seen, one_box = run(batch[number : number + 1])
            np.testing.assert_allclose(seen[number], one_seen[0], rtol=0, atol=1e-6)
            np.testing.assert_array_equal(box[number], one_box[0])


@pytest.mark.parametrize("margin", [0.0, 0.125, 0.5])
@pytest.mark.parametrize("at", [(300, 200), (110, 290), (520, 80)])
@pytest.mark.parametrize("radius", [30, 70])
def test_the_box_holds_the_mark_and_its_margin(margin: float, at: tuple[int, int], radius: int) -> None:
    _, box = ink(drawing(at=at, radius=radius, width=8), margin)
    side = 2 * radius * (1 + 2 * margin)
    expected = [at[0] - side / 2, at[1] - side / 2, at[0] + side / 2, at[1] + side / 2]
    np.testing.assert_allclose(box, expected, atol=5)  # three pixels of the reduced picture
    assert box[0] <= at[0] - radius + 1 and box[2] >= at[0] + radius - 1
    assert box[1] <= at[1] - radius + 1 and box[3] >= at[1] + radius - 1


def test_the_margin_is_empty_and_the_mark_fills_the_rest() -> None:
    for margin in (0.0, 0.125, 0.5):
        seen, _ = ink(REFERENCE, margin)
        rows, columns = np.nonzero(seen > 0.3)
        longer = SIZE / (1 + 2 * margin)
        assert np.ptp(rows) + 1 == pytest.approx(longer, abs=2)
        assert np.ptp(columns) + 1 == pytest.approx(longer, abs=2)


@pytest.mark.parametrize("value", [0, 120, 255])
@pytest.mark.parametrize(
    "sides",
    [
        (1, 1),
        (1, 2),
        (2, 1),
        (3, 3),
        (28, 28),
        (8, 1000),
        (1000, 8),
        (1, 700),
        (700, 1),
        (3, 5000),
        (900, 1350),
    ],
)
def test_every_size_gives_finite_values(sides: tuple[int, int], value: int) -> None:
    for answer in (ink, tutorial):
        for pixels in (plain(*sides, value), speckled(*sides, value)):
            seen, box = answer(pixels)
            assert np.isfinite(seen).all() and np.isfinite(box).all()
            assert seen.min() >= 0 and seen.max() <= 1
            assert box[2] > box[0] and box[3] > box[1]


def speckled(height: int, width: int, value: int) -> Pixels:
    pixels = plain(height, width, value)
    pixels[height // 2, width // 2] = (255 - value, 9, 9, 255)
    return pixels


# --- ink: what is no ink ------------------------------------------------------------------------------------

PAGE = (200, 300)


def mark(sign: str = "X", seed: int = 1, *, size: tuple[int, int] = (300, 200), pen: float = 16) -> Pixels:
    """A hand's drawing, dark on white."""
    pixels = np.full((size[1], size[0], 4), 255, np.uint8)
    pixels[..., :3] = draw_mark(sign, seed=seed, size=size, pen_width=pen)
    return pixels


DRAWN = [("X", 1), ("X", 2), ("O", 1), ("O", 2), ("star", 5), ("star", 7)]  # none near the border
MARKS = {f"{sign} {seed}": mark(sign, seed) for sign, seed in DRAWN}
NOT_A_BIT = 0.02
"""So little differs what is seen, on average, of marks that a person cannot tell apart."""


def difference(pixels: Pixels, reference: Pixels) -> float:
    """The mean difference of what is seen, 0..1; marks of other classes differ by 0.1."""
    return float(np.abs(ink(pixels)[0] - ink(reference)[0]).mean())


def test_the_measure_tells_marks_apart() -> None:
    pairs = itertools.combinations(MARKS.values(), 2)
    assert min(difference(one, other) for one, other in pairs) > 2.5 * NOT_A_BIT


def changed(pixels: Pixels, colour: npt.NDArray[np.floating]) -> Pixels:
    """With other colours, 0..255."""
    return np.concatenate([np.clip(colour, 0, 255).astype(np.uint8), pixels[..., 3:]], axis=2)


def lit(pixels: Pixels) -> Pixels:
    return changed(pixels, pixels[..., :3] * np.linspace(1, 0.4, pixels.shape[1])[None, :, None])


def with_soft_shadow(pixels: Pixels) -> Pixels:
    """Its edge runs through the mark."""
    y, x = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    shade = 1 - 0.5 / (1 + np.exp(-(x - 210 + 0.3 * y) / 6))
    return changed(pixels, pixels[..., :3] * shade[..., None])


def framed(pixels: Pixels, sides: int, deep: int = 7) -> Pixels:
    """Black at the first of top, left, bottom and right."""
    picture = pixels.copy()
    for side in range(sides):
        np.rot90(picture, -side)[:deep, :, :3] = 0
    return picture


def white_around_grey(pixels: Pixels) -> Pixels:
    grey = changed(pixels, pixels[..., :3] * 0.6)
    return np.pad(grey, ((12, 12), (12, 12), (0, 0)), constant_values=255)


def ruled(pixels: Pixels, ways: int, gap: int = 22) -> Pixels:
    picture = pixels.copy()
    for axis in range(ways):
        lines = np.moveaxis(picture, axis, 0)[10::gap, :, :3]
        np.minimum(lines, 150, out=lines)
    return picture


def with_specks(pixels: Pixels) -> Pixels:
    picture, generator = pixels.copy(), np.random.default_rng(1)
    for _ in range(8):
        y, x = generator.integers(5, 195), generator.integers(5, 295)
        picture[y : y + 2, x : x + 2, :3] = 30
    return picture


def grainy(pixels: Pixels) -> Pixels:
    grain = np.random.default_rng(2).normal(0, 6, (*pixels.shape[:2], 1))
    return changed(pixels, pixels[..., :3] * 0.9 + grain)


TROUBLES: dict[str, Callable[[Pixels], Pixels]] = {
    "light on dark": lambda p: changed(p, 255.0 - p[..., :3]),
    "light from one side": lit,
    "light from one side, light on dark": lambda p: changed(p, 255.0 - lit(p)[..., :3]),
    "a soft edge of a shadow": with_soft_shadow,
    "a frame on one side": lambda p: framed(p, 1),
    "a frame on two sides": lambda p: framed(p, 2),
    "a frame on three sides": lambda p: framed(p, 3),
    "a frame": lambda p: framed(p, 4),
    "ruled": lambda p: ruled(p, 1),
    "squared": lambda p: ruled(p, 2),
    "specks": with_specks,
    "grain": grainy,
}


@pytest.mark.parametrize("name", MARKS)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_does_not_become_ink(trouble: str, name: str) -> None:
    assert difference(TROUBLES[trouble](MARKS[name]), MARKS[name]) < NOT_A_BIT


@pytest.mark.parametrize("name", MARKS)
def test_a_white_frame_round_grey_paper_is_no_ink(name: str) -> None:
    pixels = np.pad(MARKS[name], ((12, 12), (12, 12), (0, 0)), constant_values=255)
    assert difference(white_around_grey(MARKS[name]), pixels) < NOT_A_BIT


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sign", ["X", "O"])
def test_a_thick_mark_in_a_thumbnail(sign: str, seed: int) -> None:
    """Strokes a seventh of the picture, either way round: ink is the strokes, not the paper between them."""
    small, large = (mark(sign, seed, size=(side, side), pen=120) for side in (28, 280))
    assert difference(small, large) < 0.09
    assert difference(changed(small, 255.0 - small[..., :3]), small) < 1e-3
    assert 0.05 < float(ink(small)[0].mean()) < 0.3


@pytest.mark.parametrize(("kind", "border", "width"), [("square", 2, 6), ("ring", 1, 8)])
def test_a_thick_outline_covers_more_than_the_paper(kind: str, border: int, width: int) -> None:
    """In 28 x 28 pixels; ink is still the outline and not the paper inside it."""
    large, low, high = Image.new("RGBA", (224, 224), WHITE), 8 * border, 224 - 8 * border
    draw = ImageDraw.Draw(large)
    shape = draw.rectangle if kind == "square" else draw.ellipse
    shape([low, low, high, high], outline=BLACK, width=8 * width)
    small = np.asarray(large.reduce(8))
    assert (small[..., 0] < 128).mean() > 0.5
    seen, _ = ink(small)
    assert float(seen[28:36, 28:36].max()) < 0.1
    assert float(seen[28:36].max()) > 0.9


def test_a_frame_that_the_mark_touches_is_wiped() -> None:
    picture = Image.new("RGBA", (200, 200), WHITE)
    draw = ImageDraw.Draw(picture)
    draw.line([0, 0, 200, 200], fill=BLACK, width=14)
    draw.line([0, 200, 200, 0], fill=BLACK, width=14)
    seen, box = ink(framed(np.asarray(picture), 4, deep=5), margin=0.0)
    assert 150 < box[2] - box[0] < 185  # the cross is left, without its ends
    assert float(seen[:8, 28:36].max()) < 0.1 and float(seen[28:36, 28:36].max()) > 0.9


def test_single_dark_pixels_are_no_ink() -> None:
    generator, pixels = np.random.default_rng(1), MARKS["O 1"].copy()
    pixels[generator.integers(3, 197, 300), generator.integers(3, 297, 300), :3] = 60
    assert difference(np.minimum(pixels, MARKS["O 1"]), MARKS["O 1"]) < 0.005


def test_thick_strokes_are_made_thinner() -> None:
    """A bar across a third of the picture: less of it is seen than there is."""
    pixels = plain(120, 120)
    pixels[10:110, 40:80, :3] = 0
    (seen, box), share = ink(pixels), 0.4 * (1 / (1 + 2 * MARGIN)) ** 2
    np.testing.assert_allclose(box, [-2.5, -2.5, 122.5, 122.5], atol=3)
    assert 0.5 * share < float(seen.mean()) < 0.85 * share


@pytest.mark.parametrize("turned", [0, 1])
def test_each_axis_of_the_box_has_its_own_scale(turned: int) -> None:
    """10 x 1000 pixels are reduced to 3 x 320: by 10 / 3 one way and by 3.125 the other."""
    pixels = plain(10, 1000)
    pixels[3:7, 498:502, :3] = 0
    _, box = ink(pixels.transpose(1, 0, 2) if turned else pixels)
    assert (box[turned] + box[2 + turned]) / 2 == pytest.approx(500, abs=6)
    assert (box[1 - turned] + box[3 - turned]) / 2 == pytest.approx(5, abs=2)


CUTS = {
    "left": (slice(None), slice(110, None)),
    "right": (slice(None), slice(None, 215)),
    "top": (slice(40, None), slice(None)),
    "two sides": (slice(None, 150), slice(None, 215)),
}


@pytest.mark.parametrize("name", CUTS)
def test_a_mark_cut_by_the_border_stays(name: str) -> None:
    rows, columns = CUTS[name]
    whole = mark("X", 1)
    pixels = whole[rows, columns]
    dark = np.argwhere(pixels[..., 0] < 100)
    seen, box = ink(pixels, margin=0.0)
    (top, left), (bottom, right) = dark.min(0), dark.max(0) + 1
    longer = max(bottom - top, right - left)
    assert box[2] - box[0] == pytest.approx(longer, abs=5)
    assert (box[0] + box[2]) / 2 == pytest.approx((left + right) / 2, abs=3)
    assert (box[1] + box[3]) / 2 == pytest.approx((top + bottom) / 2, abs=3)
    assert float(seen.max()) > 0.95


@pytest.mark.parametrize("sign", ["X", "O"])
def test_a_mark_that_fills_the_picture_stays(sign: str) -> None:
    def filling(border: int) -> Pixels:
        side = 200 + 2 * border
        picture = Image.new("RGBA", (side, side), WHITE)
        draw, (low, high) = ImageDraw.Draw(picture), (border, border + 200)
        if sign == "O":
            draw.ellipse([low, low, high - 1, high - 1], outline=BLACK, width=14)
        else:
            draw.line([low, low, high, high], fill=BLACK, width=14)
            draw.line([low, high, high, low], fill=BLACK, width=14)
        return np.asarray(picture)

    seen, box = ink(filling(0))
    assert difference(filling(0), filling(40)) < 1.5 * NOT_A_BIT
    np.testing.assert_allclose(box, [-25, -25, 225, 225], atol=3)
    assert float(seen.max()) > 0.95


@pytest.mark.parametrize("value", [0, 90, 200, 250, 255])
def test_a_blank_picture_has_no_ink(value: int) -> None:
    for sides in ((900, 1350), (200, 300), (100, 100)):
        assert float(ink(plain(*sides, value))[0].max()) == 0


@pytest.mark.parametrize("deviation", [10, 30, 80])
@pytest.mark.parametrize("value", [20, 128, 245])
def test_noise_is_no_ink(value: int, deviation: int) -> None:
    noise = np.random.default_rng(0).normal(value, deviation, (*PAGE, 1)) * [1, 1, 1]
    assert float(ink(changed(plain(*PAGE), noise))[0].mean()) < 0.01


def circle(grey: int) -> Pixels:
    picture = Image.new("RGB", (1350, 900), (255, 255, 255))
    ImageDraw.Draw(picture).ellipse([400, 200, 900, 700], outline=(grey,) * 3, width=1)
    return np.asarray(picture.convert("RGBA"))


@pytest.mark.parametrize(("grey", "strength"), [(0, 0.99), (128, 0.9), (190, 0.4)])
def test_a_hairline_is_visible(grey: int, strength: float) -> None:
    seen, box = ink(circle(grey))
    assert float(seen.max()) > strength
    unbroken = 0.3 * seen.max()
    assert (seen.max(axis=0)[9:55] > unbroken).all() and (seen.max(axis=1)[9:55] > unbroken).all()
    np.testing.assert_allclose(box, [337, 137, 963, 763], atol=15)


@pytest.mark.parametrize("sign", ["X", "O"])
def test_hairlines_and_felt_pens_look_alike(sign: str) -> None:
    """Thirty times as wide on paper, about twice as much ink in what is seen."""
    amounts = [float(ink(mark(sign, 1, size=(600, 400), pen=pen))[0].mean()) for pen in (2, 8, 32, 64)]
    assert amounts[-1] < 2.2 * amounts[0]


@pytest.mark.parametrize("size", [(1350, 900), (300, 200), (400, 1200)])
@pytest.mark.parametrize("sign", ["X", "O", "heart"])
def test_boxes_are_in_source_pixels(sign: str, size: tuple[int, int]) -> None:
    pixels = mark(sign, 4, size=size)
    rows, columns = np.nonzero(pixels[..., 0] < 128)
    _, box = ink(pixels, margin=0.0)
    side = max(np.ptp(rows), np.ptp(columns)) + 1
    across, down = (columns.min() + columns.max() + 1) / 2, (rows.min() + rows.max() + 1) / 2
    expected = [across - side / 2, down - side / 2, across + side / 2, down + side / 2]
    np.testing.assert_allclose(box, expected, atol=2.5 * max(1.0, max(size) / INK_SIDE))


@pytest.mark.parametrize("kind", ["ink", "tutorial"])
def test_the_same_arguments_give_the_same_bytes(kind: Kind) -> None:
    one, same, other = (preprocess_model(kind, size, MARGIN).SerializeToString() for size in (64, 64, 65))
    assert one == same != other


MEASURE = """
import resource, sys
import numpy as np
from oxmark.modelfile.preprocess import preprocess_model
from oxmark.modelfile.session import open_session
kind, size = sys.argv[1], int(sys.argv[2])
session = open_session(preprocess_model(kind, size, 0.125).SerializeToString(), "the graph")
pixels = np.full((1, 8000, 8000, 4), 255, np.uint8)
pixels[:, 2000:5000, 3000:3200, :3] = 40
seen, box = session.run(["seen", "box"], {"pixels": pixels})
assert np.isfinite(seen).all() and np.ptp(seen) > 0.5
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (2**20 if sys.platform == "darwin" else 2**10))
"""


@pytest.mark.parametrize(("kind", "size"), [("ink", "64"), ("tutorial", "150")])
def test_64_megapixels_need_little_memory(kind: str, size: str) -> None:
    command = [sys.executable, "-c", MEASURE, kind, size]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) < 1500, "megabytes"
