"""Frames of one series: told by their names and by their likeness, and never mistaken for other drawings."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from oxmark.data import bursts as bursts_module
from oxmark.data.bursts import correlation, name_parts, series_pairs
from oxmark.data.dataset import Sample
from oxmark.data.decode import decode
from oxmark.data.draw import draw_mark
from oxmark.data.groups import bursts, connected, near_copies
from oxmark.data.traits import Traits, traits_of

Pixels = npt.NDArray[np.uint8]


def drawing(sign: str, number: int, width: int = 450) -> Pixels:
    return draw_mark(sign, seed=7, drawing=number, size=(width, width * 2 // 3))


def photograph(page: Pixels, rng: np.random.Generator) -> bytes:
    """A page photographed from the hand: moved, turned, in another light, with noise, as JPEG."""
    height, width = page.shape[:2]
    turn, right, down = rng.uniform(-1, 1, 3) * [np.deg2rad(2), 0.03 * width, 0.03 * height]
    cos, sin, x, y = np.cos(turn), np.sin(turn), width / 2, height / 2
    matrix = (cos, sin, x - cos * x - sin * y + right, -sin, cos, y + sin * x - cos * y + down)
    moved = Image.fromarray(page).transform(
        page.shape[1::-1],
        Image.Transform.AFFINE,
        matrix,
        Image.Resampling.BICUBIC,
        fillcolor=(255, 255, 255),
    )
    light = rng.uniform(0.8, 0.95) * np.linspace(1, rng.uniform(0.85, 1), width)[None, :, None]
    noisy = np.asarray(moved, np.float32) * light + rng.normal(0, 4, page.shape)
    stream = io.BytesIO()
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(stream, "JPEG", quality=80)
    return stream.getvalue()


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Traits]]:
    """Six frames of one drawing, and twelve other drawings of each sign by the same hand and pen."""
    any_file = tmp_path_factory.mktemp("any") / "any.png"
    Image.new("L", (3, 2)).save(any_file)
    rng = np.random.default_rng(1)
    pictures = {
        **{f"frames of {sign}": [photograph(drawing(sign, 0), rng) for _ in range(6)] for sign in "OX"},
        **{sign: [photograph(drawing(sign, number), rng) for number in range(1, 13)] for sign in "OX"},
        "clean": [_png(drawing("O", number)) for number in range(1, 13)],
        "blank": [_png(np.full((30, 40, 3), 255, np.uint8)) for _ in range(3)],
    }
    return {name: [traits_of(any_file, decode(data)) for data in files] for name, files in pictures.items()}


def _png(page: Pixels) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(page).save(stream, "PNG")
    return stream.getvalue()


def named(*names: str, label: int = 0) -> list[Sample]:
    return [Sample(Path("marks") / name, label, None, None) for name in names]


def numbered(count: int, start: int = 1) -> list[Sample]:
    return named(*(f"O/frame_{start + i:04d}.jpg" for i in range(count)))


@pytest.mark.parametrize("sign", ["O", "X"])
def test_a_planted_series_is_found(measured: dict[str, list[Traits]], sign: str) -> None:
    frames = measured[f"frames of {sign}"]
    assert set(bursts(numbered(6), frames)) == {0}
    assert sign == "O" or len(set(near_copies(frames))) > 1, "more than near copies can find"


@pytest.mark.parametrize("sign", ["O", "X", "clean"])
def test_other_drawings_by_the_same_hand_are_no_series(measured: dict[str, list[Traits]], sign: str) -> None:
    assert series_pairs(numbered(12), measured[sign]) == []


@pytest.mark.parametrize("sign", ["O", "X"])
def test_a_series_among_other_drawings_takes_none_of_them(
    measured: dict[str, list[Traits]], sign: str
) -> None:
    traits = [*measured[sign][:6], *measured[f"frames of {sign}"], *measured[sign][6:]]
    found = bursts(numbered(18, start=97), traits)
    assert found.tolist() == [*range(6), *[6] * 6, *range(7, 13)]


@pytest.mark.parametrize(
    ("names", "together"),
    [
        (["O/a1.jpg", "O/a2.jpg"], True),
        (["O/a2.jpg", "O/a1.jpg"], True),
        (["O/a9.jpg", "O/a10.jpg"], True),
        (["O/a1.jpg", "O/a31.jpg"], True),  # neighbours all the same
        (["O/IMG_20240101_120000_001.JPG", "O/IMG_20240101_120001_002.jpg"], True),
        (["O/00000IMG_00000_BURST20240101_COVER.jpg", "O/00001IMG_00001_BURST20240101.jpg"], True),
        (["O/\u1112\u1161\u11ab1.jpg", "O/한2.jpg"], True),  # as macOS and as others write it
        (["O/a1.jpg", "O/b2.jpg"], False),
        (["O/a1.jpg", "O/a2.png"], False),
        (["O/anna/1.jpg", "O/ben/2.jpg"], False),
        (["O/a.jpg", "O/b.jpg"], False),
    ],
)
def test_names_of_a_series(measured: dict[str, list[Traits]], names: list[str], together: bool) -> None:
    one = measured["frames of O"][0]
    assert bool(series_pairs(named(*names), [one, one])) is together


def test_a_frame_too_far_off_in_the_order_is_no_neighbour(measured: dict[str, list[Traits]]) -> None:
    one, others = measured["frames of O"][0], measured["O"]
    near = [one, *others[:2], one]
    far = [one, *others[:3], one]
    assert series_pairs(numbered(4), near) == [(0, 3)]
    assert series_pairs(numbered(5), far) == []


def test_a_series_strewn_over_the_parts_is_found(measured: dict[str, list[Traits]]) -> None:
    places = ["train/O/a1.jpg", "train/O/a3.jpg", "test/O/a2.jpg", "test/X/a4.jpg"]
    samples = [
        Sample(Path("marks") / place, int("X" in place), place.partition("/")[0], None) for place in places
    ]
    assert bursts(samples, [measured["frames of O"][0]] * 4).tolist() == [0, 0, 0, 1]


def test_two_classes_are_no_series(measured: dict[str, list[Traits]]) -> None:
    one = measured["frames of O"][0]
    assert series_pairs([*named("O/a1.jpg"), *named("O/a2.jpg", label=1)], [one, one]) == []


def test_blank_pictures_are_no_series(measured: dict[str, list[Traits]]) -> None:
    assert series_pairs(numbered(3), measured["blank"]) == []


def _with_bits(traits: Traits, bits: Sequence[int]) -> Traits:
    near = traits.near.copy()
    near[list(bits)] ^= True
    return dataclasses.replace(traits, near=near)


@pytest.mark.parametrize(
    ("bits", "found"),
    [
        ([range(0), range(36)], [0, 0]),  # as far as two frames may differ
        ([range(0), range(37)], [0, 1]),
        ([range(0), range(36), range(60)], [0, 0, 0]),  # two companions
        ([range(0), range(30), [*range(20), *range(30, 70)]], [0, 0, 0]),
        ([range(0), range(30), [*range(20), *range(30, 71)]], [0, 0, 1]),  # too far from the first
        ([range(0), range(50), range(25, 75)], [0, 1, 2]),  # companions, but no series to join
    ],
)
def test_how_far_frames_may_differ(
    measured: dict[str, list[Traits]], bits: list[Sequence[int]], found: list[int]
) -> None:
    one = measured["frames of O"][0]
    traits = [_with_bits(one, flipped) for flipped in bits]
    assert bursts(numbered(len(bits)), traits).tolist() == found


def test_a_series_grows_from_frame_to_frame(measured: dict[str, list[Traits]]) -> None:
    """The third belongs to the first two, and with it the fourth has two companions."""
    one = measured["frames of O"][0]
    third, fourth = [*range(15), *range(100, 145)], [*range(100, 130), *range(145, 160)]
    traits = [_with_bits(one, bits) for bits in (range(0), range(30), third, fourth)]
    assert bursts(numbered(3), [*traits[:2], traits[3]]).tolist() == [0, 0, 1]
    assert bursts(numbered(4), traits).tolist() == [0, 0, 0, 0]


def test_a_series_is_at_one_place(measured: dict[str, list[Traits]]) -> None:
    """The same strokes at another place on the page: no camera moves so far between two frames."""
    one = measured["frames of X"][0]
    moved = dataclasses.replace(one, frame=np.roll(one.frame, 7, axis=1))
    assert series_pairs(numbered(2), [one, dataclasses.replace(one)]) == [(0, 1)]
    assert series_pairs(numbered(2), [one, moved]) == []


@pytest.mark.parametrize(("shift", "same"), [(0, True), (3, True), (5, False)])
def test_the_camera_may_move_a_little(shift: int, same: bool) -> None:
    ink = np.zeros((32, 32))
    ink[8:20, 12:14] = 1
    assert (correlation(ink, np.roll(ink, shift, axis=1)) > 0.92) is same
    assert correlation(ink, ink) == pytest.approx(1)
    assert correlation(ink, np.zeros((32, 32))) == 0


def test_what_leaves_on_one_side_does_not_come_in_on_the_other() -> None:
    left, right = np.zeros((32, 32)), np.zeros((32, 32))
    left[:, 0], right[:, 31] = 1, 1
    assert correlation(left, right) == pytest.approx(0)


@pytest.mark.parametrize(
    ("stem", "words", "numbers"),
    [
        ("frame_0012", ("frame_", ""), (12,)),
        ("7", ("", ""), (7,)),
        ("o_1 (2)", ("o_", " (", ")"), (1, 2)),
        ("photo", ("photo",), ()),
    ],
)
def test_words_and_numbers_of_a_name(stem: str, words: tuple[str, ...], numbers: tuple[int, ...]) -> None:
    assert name_parts(stem) == (words, numbers)


def _grown_slowly(count: int, sure: list[tuple[int, int]], perhaps: list[tuple[int, int]]) -> list[int]:
    """The same, looking at everything again until nothing changes."""
    pairs, before = list(sure), -1
    while len(pairs) != before:
        before, series = len(pairs), connected(count, pairs).tolist()
        for i in range(count):
            beside = [b if a == i else a for a, b in perhaps if i in (a, b)]
            for one in set(series) - {series[i]}:
                if sum(series[j] == one for j in beside) > 1:
                    pairs.append((i, series.index(one)))
    return [int(one) for one in connected(count, pairs)]


@pytest.mark.parametrize("seed", range(12))
def test_a_series_grows_until_no_frame_has_two_companions_in_another(seed: int) -> None:
    rng = np.random.default_rng(seed)
    near = [(i, i + step) for i in range(40) for step in (1, 2, 3) if i + step < 40]
    chance = rng.random(len(near))
    sure = [pair for pair, one in zip(near, chance, strict=True) if one < 0.06]
    perhaps = [pair for pair, one in zip(near, chance, strict=True) if 0.06 <= one < 0.6]
    found = connected(40, bursts_module._grown(40, sure, perhaps)).tolist()
    assert found == _grown_slowly(40, sure, perhaps)
    assert len(set(found)) < 40 - len(sure), "some were added"
