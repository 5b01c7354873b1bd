"""What the network sees: Pillow's own pixels for tutorial, the same mark however it lies for ink."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from oxmark.modelfile.preprocess import Kind, preprocess_model
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
    "coloured on transparent": (drawing(paper=CLEAR, pen=BLUE), 0.001),
    "coloured on transparent white": (drawing(paper=(255, 255, 255, 0), pen=BLUE), 0.001),
    "in the corner": (drawing(at=(110, 290)), 0.02),
    "larger": (drawing(at=(300, 200), radius=180, width=28.8), 0.02),
    "smaller": (drawing(radius=50, width=8), 0.03),
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
    "sides", [(1, 1), (1, 2), (2, 1), (1, 700), (700, 1), (3, 5000), (5000, 3), (900, 1350)]
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


@pytest.mark.parametrize("value", [0, 90, 255])
def test_a_blank_picture_has_no_ink(value: int) -> None:
    assert float(ink(plain(900, 1350, value))[0].max()) == 0


@pytest.mark.parametrize("grey", [0, 128, 160])
def test_a_hairline_is_visible(grey: int) -> None:
    picture = Image.new("RGB", (1350, 900), (255, 255, 255))
    ImageDraw.Draw(picture).ellipse([400, 200, 900, 700], outline=(grey,) * 3, width=1)
    seen, box = ink(np.asarray(picture.convert("RGBA")))
    assert float(seen.max()) > 0.8
    assert (seen.max(axis=0)[12:52] > 0.3).all() and (seen.max(axis=1)[12:52] > 0.3).all()  # and unbroken
    np.testing.assert_allclose(box, [337, 137, 963, 763], atol=15)


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
