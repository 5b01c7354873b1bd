"""Parts made for the user: groups stay together, classes are shared out evenly, the seed decides."""

from __future__ import annotations

import dataclasses
import io
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from oxmark.data.copies import NEAR_BITS
from oxmark.data.decode import PictureInfo, decode
from oxmark.data.draw import draw_mark
from oxmark.data.folder import PARTS, Dataset, Sample
from oxmark.data.split import complete_parts, divide, near_hash, picture_digest
from oxmark.data.traits import Traits
from oxmark.errors import FolderError

UNKNOWN = "Who drew which picture is not known, so one hand may stand in two parts."
CLASSES = ("O", "X", "Y")
Hash = npt.NDArray[np.bool_]
Row = tuple[int, str | None, str | None]  # label, part, hand


def dataset_of(rows: Sequence[Row]) -> Dataset:
    samples = tuple(
        Sample(Path(f"marks/{CLASSES[label]}/{i:03}.png"), label, part, hand)
        for i, (label, part, hand) in enumerate(rows)
    )
    return Dataset(Path("marks"), CLASSES[: max(row[0] for row in rows) + 1], samples, ())


def apart(count: int) -> list[Hash]:
    """Hashes of drawings that have nothing to do with each other."""
    return list(np.random.default_rng(0).random((count, 256)) < 0.5)


def traits_with(digests: Sequence[str], hashes: Sequence[Hash]) -> list[Traits]:
    """Traits of pictures of which nothing but their fingerprints matters."""
    info, frame = PictureInfo(8, 6, "PNG", "L"), np.zeros((32, 32), np.float32)
    return [
        Traits(info, 100, digest, near, 1.0, (1.0, 1.0, 1.0), frame)
        for digest, near in zip(digests, hashes, strict=True)
    ]


def complete(
    dataset: Dataset,
    hashes: Sequence[Hash] | None = None,
    seed: int = 0,
    digests: Sequence[str] | None = None,
) -> tuple[Dataset, tuple[str, ...]]:
    count = len(dataset.samples)
    names = [str(i) for i in range(count)] if digests is None else digests
    return complete_parts(
        dataset, traits=traits_with(names, apart(count) if hashes is None else hashes), seed=seed
    )


def test_nothing_to_do() -> None:
    dataset = dataset_of([(0, part, None) for part in PARTS])
    assert complete_parts(dataset, traits=[], seed=0) == (dataset, ())


def test_no_parts() -> None:
    done, notes = complete(dataset_of([(label, None, None) for label in (0, 1) for _ in range(50)]))
    counts = {part: sum(row.values()) for part, row in done.counts().items()}
    assert sum(counts.values()) == 100
    assert list(counts) == list(PARTS)
    assert all(14 <= counts[part] <= 16 for part in ("validation", "test"))
    assert all(abs(row["O"] - row["X"]) <= 1 for row in done.counts().values())
    assert notes == (
        "No train, validation and test folders found: 100 pictures were divided, "
        f"{counts['train']} for train, {counts['validation']} for validation, {counts['test']} for test.",
        UNKNOWN,
    )


@pytest.mark.parametrize(
    ("present", "first"),
    [
        ("test", "No validation part found: 6 of 40 training pictures were set aside for it."),
        ("validation", "No test part found: 6 of 40 training pictures were set aside for it."),
        (
            None,
            "No validation and no test part found: 6 and 6 of 40 training pictures were set aside for them.",
        ),
    ],
)
def test_missing_parts_come_out_of_train(present: str | None, first: str) -> None:
    rows: list[Row] = [(label, "train", None) for label in (0, 1) for _ in range(20)]
    dataset = dataset_of([*rows, *([(0, present, None)] * 3 if present else [])])
    done, notes = complete(dataset)
    assert done.parts == PARTS
    assert notes == (first, UNKNOWN)
    assert [s.path for s in done.samples] == [s.path for s in dataset.samples]
    assert done.samples[40:] == dataset.samples[40:]
    assert Counter(s.part for s in done.samples[:20])["train"] >= 14


def test_train_missing() -> None:
    with pytest.raises(FolderError) as caught:
        complete(dataset_of([(0, "validation", None), (1, "test", None)]))
    text = "marks has validation and test pictures, but no training pictures. Add a folder train."
    assert str(caught.value) == text


@pytest.mark.parametrize("seed", range(5))
def test_five_pictures_a_class(seed: int) -> None:
    done, _ = complete(dataset_of([(label, None, None) for label in (0, 1, 2) for _ in range(5)]), seed=seed)
    assert done.counts() == {
        part: dict.fromkeys(CLASSES, n) for part, n in zip(PARTS, (3, 1, 1), strict=True)
    }


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ((3, 3), {"train": (1, 1), "validation": (1, 1), "test": (1, 1)}),
        ((2, 2), {"train": (1, 1), "test": (1, 1)}),
        ((1, 1), {"train": (1, 1)}),
    ],
)
def test_very_few_pictures(sizes: tuple[int, int], expected: dict[str, tuple[int, int]]) -> None:
    done, notes = complete(dataset_of([(label, None, None) for label in (0, 1) for _ in range(sizes[label])]))
    assert {part: tuple(row.values()) for part, row in done.counts().items()} == expected
    lacking = [
        f"Class {name!r} has no {part} pictures: it has too few, or all are copies of one."
        for name in "OX"
        for part in PARTS
        if part not in expected
    ]
    assert list(notes[1:-1]) == lacking


def test_a_rare_class_gets_its_place() -> None:
    done, _ = complete(dataset_of([(0, None, None)] * 100 + [(1, None, None)] * 3))
    assert [row["X"] for row in done.counts().values()] == [1, 1, 1]
    assert done.counts()["test"]["O"] >= 10


def test_hands_are_kept_apart() -> None:
    rows: list[Row] = [(label, None, f"hand {h}") for label in (0, 1) for h in range(7) for _ in range(6)]
    done, notes = complete(dataset_of(rows))
    assert notes[1:] == ("No hand stands in two parts (7 hands).",)
    by_hand = {(s.group, s.part) for s in done.samples}
    assert len(by_hand) == 7
    assert Counter(part for _, part in by_hand) == {"train": 5, "validation": 1, "test": 1}


def test_unknown_hands_are_not_claimed_to_be_apart() -> None:
    rows: list[Row] = [
        (label, None, hand) for label in (0, 1) for hand in ("a", "b", "c", None) for _ in range(6)
    ]
    assert complete(dataset_of(rows))[1][1:] == ("No known hand stands in two parts (3 hands).",)


FELL_BACK = (
    "The hands ({}) could not be kept apart with every class in every part, so a hand may stand in "
    "two parts: the figures may look better than they would on people never seen. Copies are kept together "
    "all the same."
)


@pytest.mark.parametrize(
    ("rows", "hands"),
    [
        ([(label, None, hand) for label in (0, 1) for hand in "ab" for _ in range(10)], 2),
        ([(label, None, "OXZ"[label] + str(i % 2)) for label in (0, 1) for i in range(20)], 4),
    ],
)
def test_hands_that_cannot_be_kept_apart(rows: list[Row], hands: int) -> None:
    done, notes = complete(dataset_of(rows))
    assert all(number >= 2 for row in done.counts().values() for number in row.values())
    assert notes[1:] == (FELL_BACK.format(hands),)


def test_copies_stay_together() -> None:
    dataset = dataset_of([(label, None, None) for label in (0, 1) for _ in range(20)])
    hashes = apart(40)
    hashes[7] = hashes[3].copy()
    hashes[7][:NEAR_BITS] ^= True
    hashes[9] = hashes[7].copy()
    hashes[9][NEAR_BITS : 2 * NEAR_BITS] ^= True  # near to 7, not to 3: one set all the same
    digests = [str(i) for i in range(40)]
    digests[25] = digests[30]
    for seed in range(8):
        done, notes = complete(dataset, hashes, seed, digests)
        assert len({done.samples[i].part for i in (3, 7, 9)}) == 1
        assert done.samples[25].part == done.samples[30].part
    assert notes[-1] == "5 pictures are copies or near copies, 2 sets; each set is in one part."


def test_one_bit_more_is_no_copy() -> None:
    hashes = apart(40)
    hashes[7] = hashes[3].copy()
    hashes[7][: NEAR_BITS + 1] ^= True
    assert complete(dataset_of([(i % 2, None, None) for i in range(40)]), hashes)[1][1:] == (UNKNOWN,)


def test_blank_pictures_are_no_near_copies() -> None:
    blank = [np.zeros(256, np.bool_)] * 40
    assert complete(dataset_of([(i % 2, None, None) for i in range(40)]), blank)[1][1:] == (UNKNOWN,)


def test_many_pictures_in_blocks() -> None:
    hashes = apart(2100)
    hashes[2099] = hashes[0]
    done, notes = complete(dataset_of([(i % 2, None, None) for i in range(2100)]), hashes)
    assert done.samples[0].part == done.samples[2099].part
    assert notes[-1] == "2 pictures are copies or near copies, one set; each set is in one part."


def test_larger_shares_are_taken_where_small_ones_would_miss_a_class() -> None:
    dataset = dataset_of([(i // 10, "train", None) for i in range(20)] + [(0, "validation", None)])
    digests = [str(i // 5) for i in range(21)]  # two sets of copies a class
    done, _ = complete(dataset, digests=digests)
    assert done.counts()["test"] == {"O": 5, "X": 5}


def test_the_seed_decides() -> None:
    dataset = dataset_of([(i % 2, None, None) for i in range(60)])
    assert complete(dataset, seed=3) == complete(dataset, seed=3)
    assert complete(dataset, seed=3)[0] != complete(dataset, seed=4)[0]
    complete(dataset, seed=2**80)


def test_wrong_lengths() -> None:
    dataset = dataset_of([(0, None, None)] * 3)
    with pytest.raises(ValueError, match=r"^got 2 fingerprints for 3 samples, expected one for each$"):
        complete_parts(dataset, traits=traits_with(["a", "b"], apart(2)), seed=0)


@given(
    pictures=st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["a", "b", "c", "d", None]), st.integers(0, 30)),
        min_size=2,
        max_size=60,
    ),
    partly=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_groups_stay_whole_and_nothing_is_lost(
    pictures: list[tuple[int, str | None, int]], partly: bool, seed: int
) -> None:
    dataset = dataset_of([(label, "train" if partly else None, hand) for label, hand, _ in pictures])
    digests = [str(content) for *_, content in pictures]
    hashes = apart(31)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        done, notes = complete(dataset, [hashes[content] for *_, content in pictures], seed, digests)
    assert [(s.path, s.label, s.group) for s in done.samples] == [
        (s.path, s.label, s.group) for s in dataset.samples
    ]
    assert {s.part for s in done.samples} <= set(PARTS)
    assert {s.label for s in done.part("train")} == {s.label for s in dataset.samples}
    assert len({(d, s.part) for d, s in zip(digests, done.samples, strict=True)}) == len(set(digests))
    if any(note.startswith("No hand") or note.startswith("No known hand") for note in notes):
        hands = {s.group for s in done.samples} - {None}
        assert len({(s.group, s.part) for s in done.samples if s.group is not None}) == len(hands)


def test_one_hand_is_called_by_its_name() -> None:
    done, notes = complete(dataset_of([(i % 2, None, "anna") for i in range(40)]))
    assert done.parts == PARTS
    assert notes[1:] == (
        "One hand drew everything, so it stands in every part: the figures may look better than they would "
        "on people never seen.",
    )


def test_a_class_that_nobody_could_give_to_every_part_does_not_cost_the_hands() -> None:
    """Two pictures of a class cannot be in three parts; the hands of the others stay apart all the same."""
    rows: list[Row] = [(label, None, f"hand {h}") for label in (0, 1) for h in range(6) for _ in range(5)]
    done, notes = complete(dataset_of([*rows, (2, None, "hand 0"), (2, None, "hand 1")]))
    assert "No hand stands in two parts (6 hands)." in notes
    assert sum(row["Y"] == 0 for row in done.counts().values()) == 1


def test_frames_of_one_series_stay_together() -> None:
    dataset = dataset_of([(i % 2, None, None) for i in range(40)])
    hashes = apart(40)
    one = np.pad(np.eye(20, dtype=np.float32), 6)
    traits = traits_with([str(i) for i in range(40)], hashes)
    for i in (4, 6, 8):  # numbers in the names are i; every second picture is of class O
        near = hashes[4].copy()
        near[i : i + 5 * (i - 4)] ^= True  # up to 20 bits: further than a near copy
        traits[i] = dataclasses.replace(traits[i], near=near, frame=1 - one)
    for seed in range(8):
        done, notes = complete_parts(dataset, traits=traits, seed=seed)
        assert len({done.samples[i].part for i in (4, 6, 8)}) == 1
    series = "3 pictures are frames of a series (a video, a camera's burst mode), one set"
    assert notes[-1] == f"{series}; each set is in one part."


HANDS = "a hand may stand in two parts, and the figures may look better than they would on people never seen."


@pytest.mark.parametrize(
    ("by", "together", "note"),
    [
        ("drawer", {"hand", "near", "exact"}, "No hand stands in two parts (20 hands)."),
        (
            "near-copies",
            {"near", "exact"},
            f"As asked, only copies and frames of one series are kept together: {HANDS}",
        ),
        (
            "none",
            {"exact"},
            "As asked, only exact copies are kept together: near copies, frames of one series and drawings "
            "of one hand may stand in two parts, and the figures may look better than they would on new "
            "drawings.",
        ),
    ],
)
def test_what_is_kept_together_is_the_users_choice(by: str, together: set[str], note: str) -> None:
    rows: list[Row] = [(i % 2, None, f"hand {i // 6}") for i in range(120)]
    hashes, digests = apart(120), [str(i) for i in range(120)]
    for i in range(0, 120, 10):
        hashes[i + 5] = hashes[i].copy()
        hashes[i + 5][:9] ^= True
        digests[i + 3] = digests[i + 2]
    pairs = {
        "hand": [(i, i + 1) for i in range(0, 120, 6)],
        "near": [(i, i + 5) for i in range(0, 120, 10)],
        "exact": [(i + 2, i + 3) for i in range(0, 120, 10)],
    }
    kept = dict.fromkeys(pairs, True)
    for seed in range(3):
        parts, notes = divide(
            dataset_of(rows).samples,
            traits_with(digests, hashes),
            {"train": 0.5, "test": 0.5},
            classes=CLASSES,
            by=by,
            seed=seed,
        )
        for kind, both in pairs.items():
            kept[kind] &= all(parts[i] == parts[j] for i, j in both)
        assert notes[0] == note
    assert {kind for kind, whole in kept.items() if whole} == together


# ---- fingerprints


def drawing(shape: str = "O", number: int = 0) -> Image.Image:
    """Another ``number`` is another drawing by the same hand with the same pen."""
    return Image.fromarray(draw_mark(shape, seed=7, drawing=number, size=(675, 450))).convert("L")


def pixels(image: Image.Image, kind: str = "PNG", **options: Any) -> npt.NDArray[np.uint8]:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return decode(stream.getvalue())


def test_the_same_pixels_have_the_same_digest_in_any_format() -> None:
    digest = picture_digest(pixels(drawing()))
    assert len(digest) == 16
    assert int(digest, 16)
    for kind in ("BMP", "TIFF", "GIF"):
        assert picture_digest(pixels(drawing(), kind)) == digest
    assert picture_digest(pixels(drawing(number=1))) != digest
    flat = np.zeros((2, 3, 4), np.uint8)
    assert picture_digest(flat) != picture_digest(flat.reshape(3, 2, 4))
    turned = pixels(drawing()).swapaxes(0, 1)
    assert picture_digest(turned) == picture_digest(turned.copy())


def bits_between(one: Image.Image, other: npt.NDArray[np.uint8]) -> int:
    return int((near_hash(pixels(one)) != near_hash(other)).sum())


@pytest.mark.parametrize("shape", ["O", "X"])
def test_copies_are_near(shape: str) -> None:
    image = drawing(shape)
    left, top, right, bottom = image.point(lambda value: 255 if value < 250 else 0).getbbox() or (0, 0, 0, 0)
    margins_halved = image.crop(
        (left // 2, top // 2, (right + image.width) // 2, (bottom + image.height) // 2)
    )
    clear = Image.new("RGBA", image.size, (0, 0, 0, 0))
    clear.putalpha(image.point(lambda value: 255 - value))
    copies = {
        "half": pixels(image.resize((338, 225))),
        "larger": pixels(image.resize((1012, 675))),
        "jpeg": pixels(image, "JPEG", quality=40),
        "trimmed": pixels(margins_halved),
        "brighter": pixels(image.point(lambda value: min(255, value + 20))),
        "on transparent paper": pixels(clear),
        "all at once": pixels(margins_halved.reduce(2), "JPEG", quality=60),
    }
    found = {name: bits_between(image, copy) for name, copy in copies.items()}
    assert max(found.values()) <= NEAR_BITS, found


@pytest.mark.parametrize("shape", ["O", "X"])
def test_other_drawings_are_not_near(shape: str) -> None:
    hashes = [near_hash(pixels(drawing(shape, number))) for number in range(12)]
    found = [int((one != other).sum()) for i, one in enumerate(hashes) for other in hashes[:i]]
    assert min(found) > NEAR_BITS, found
    assert bits_between(drawing("O"), pixels(drawing("X"))) > NEAR_BITS


def test_a_blank_picture_has_no_bits() -> None:
    result = near_hash(np.full((20, 30, 4), 255, np.uint8))
    assert result.dtype == np.bool_
    assert result.shape == (256,)
    assert not result.any()
    paper = np.random.default_rng(0).integers(240, 256, (20, 30, 4), np.uint8)
    paper[..., 3] = 255
    assert not near_hash(paper).any()
    assert near_hash(np.zeros((1, 1, 4), np.uint8)).shape == (256,)
