"""Pictures of none of the classes: what they are made of, that none is a mark, and that seeds repeat them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from oxmark.data.ondisk import PicturesOnDisk
from oxmark.training import figures, outliers
from oxmark.training.figures import made_figures
from oxmark.training.outliers import (
    changed_marks,
    empty_pictures,
    looks_like,
    made_from_nothing,
    made_outliers,
)

Array = npt.NDArray[np.float32]
Drawn = Callable[..., tuple[Array, npt.NDArray[np.int64]]]
SIZE, MARGIN = 44, 0.1
Make = Callable[[int, np.random.Generator], Array]


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def marks(signs: Drawn) -> Array:
    """Twelve Os and twelve Xs."""
    return signs(("O", "X"), 12)[0]


def blots(count: int) -> Array:
    """Strokes across and down, something to change."""
    seen = np.zeros((count, 1, SIZE, SIZE), np.float32)
    for number, picture in enumerate(seen[:, 0]):
        picture[10 + number : 16 + number, 6:42] = 1
        picture[6:42, 10 + 2 * number : 14 + 2 * number] = 1
    return seen


MAKERS: dict[str, Make] = {
    "figures": lambda count, rng: made_figures(count, SIZE, MARGIN, rng),
    "nothing": lambda count, rng: empty_pictures(count, SIZE, MARGIN, rng),
    "stock": lambda count, rng: made_from_nothing(count, SIZE, MARGIN, rng),
    "changed": lambda count, rng: changed_marks(count, blots(10), rng),
}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("count", [0, 1, 40])
def test_they_are_pictures_as_the_network_sees_them(name: str, count: int) -> None:
    made = MAKERS[name](count, seeded())
    assert made.shape == (count, 1, SIZE, SIZE) and made.dtype == np.float32
    assert np.isfinite(made).all()
    assert count == 0 or (made.min() >= 0 and made.max() <= 1 + 1e-6)


@pytest.mark.parametrize("name", MAKERS)
def test_the_seed_makes_them(name: str) -> None:
    one, same, other = (MAKERS[name](30, seeded(seed)) for seed in (0, 0, 1))
    assert one.tobytes() == same.tobytes()
    assert one.tobytes() != other.tobytes()


@pytest.mark.parametrize("size", [16, 31, 64])
@pytest.mark.parametrize("margin", [0.0, 0.125, 1.0])
def test_figures_fill_the_box_and_leave_the_margin(size: int, margin: float) -> None:
    for figure in made_figures(60, size, margin, seeded())[:, 0]:
        rows, columns = np.nonzero(figure > 0.3)
        longer = max(np.ptp(rows), np.ptp(columns)) + 1
        assert longer == pytest.approx(size / (1 + 2 * margin), abs=2 + size / 16)
        middle = [(values.min() + values.max()) / 2 for values in (rows, columns)]
        assert middle == pytest.approx([(size - 1) / 2] * 2, abs=1 + size / 32)


def test_figures_differ_in_shape_and_in_width() -> None:
    figures = made_figures(80, SIZE, MARGIN, seeded())
    flat = figures.reshape(80, -1) - figures.reshape(80, -1).mean(1, keepdims=True)
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    alike = flat @ flat.T
    np.fill_diagonal(alike, 0)
    assert alike.max() < 0.95 and np.median(alike) < 0.3
    assert figures.mean((1, 2, 3)).max() > 4 * figures.mean((1, 2, 3)).min()


@pytest.mark.parametrize(
    "kind", ["_letter", "_loop", "_bent", "_polygon", "_wandering", "_spokes", "_zigzag", "_coil", "_several"]
)
def test_every_kind_of_figure_has_strokes_that_can_be_drawn(kind: str) -> None:
    make, rng = getattr(figures, kind), seeded()
    numbers = set()
    for _ in range(30):
        strokes = make(rng)
        assert strokes and all(path.ndim == 2 and path.shape[1] == 2 and len(path) > 1 for path in strokes)
        assert all(np.isfinite(path).all() and np.abs(path).max() < 12 for path in strokes)
        drawn = figures._drawn(strokes, SIZE, MARGIN, rng)
        assert drawn.max() > 0.9 and 0.005 < drawn.mean() < 0.6
        numbers.add(drawn.tobytes())
    assert len(numbers) == 30


# --- what looks like a mark ---------------------------------------------------------------------------------


@pytest.mark.parametrize("axes", [(), (3,), (2,), (2, 3)], ids=["copy", "left right", "top bottom", "both"])
def test_a_mark_and_its_mirror_images_look_like_one(axes: tuple[int, ...], letters: Drawn) -> None:
    seen, _ = letters("b6", 8)
    assert looks_like(np.flip(seen, axes).copy(), seen).all()
    rng = seeded(3)
    noisy = np.clip(np.flip(seen, axes) + rng.normal(0, 0.05, seen.shape), 0, 1).astype(np.float32)
    assert looks_like(noisy, seen).all()


def test_a_zigzag_does_not_look_like_a_mark(marks: Array) -> None:
    for turns in (5, 7, 9):
        steps = np.arange(turns + 1)
        path = np.stack([steps * 2 / turns - 1, np.where(steps % 2, -0.9, 0.9)], axis=1)
        for rng in map(seeded, range(4)):
            zigzag = figures._drawn([path], SIZE, MARGIN, rng)
            assert not looks_like(zigzag[None, None], marks)[0]
    assert looks_like(marks, marks).all()


def test_another_mark_of_a_class_looks_like_one_oftener_than_a_figure_does(
    marks: Array, signs: Drawn
) -> None:
    others = looks_like(signs(("O", "X"), 12, seed=1)[0], marks).mean()
    figures = looks_like(made_figures(100, SIZE, MARGIN, seeded()), marks).mean()
    assert others > 0.5 > 1.5 * figures


def test_marks_on_disk_are_compared_block_by_block(marks: Array, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = np.concatenate([marks[::3], made_figures(60, SIZE, MARGIN, seeded())])
    on_disk = PicturesOnDisk([marks], np.zeros(len(marks)), np.arange(len(marks)))
    blocks = [marks[first : first + 5] for first in range(0, len(marks), 5)]
    monkeypatch.setattr(outliers, "in_blocks", lambda pictures: blocks)
    found = looks_like(pictures, on_disk)
    monkeypatch.undo()
    assert found.tolist() == looks_like(pictures, marks).tolist() and 0 < found.sum() < len(found)
    monkeypatch.setattr(outliers, "MOST_COMPARED", 15)
    assert (looks_like(pictures, marks) == found).mean() > 0.8, "some of the marks tell nearly the same"


def test_nothing_looks_like_too_few_marks_and_nothing_is_nothing(marks: Array) -> None:
    assert looks_like(marks, marks[:1]).tolist() == [False] * len(marks)
    assert looks_like(marks, marks[:0]).tolist() == [False] * len(marks)
    assert looks_like(marks[:0], marks).shape == (0,)
    assert not looks_like(np.zeros((2, 1, SIZE, SIZE), np.float32), marks).any()


# --- changed marks and pictures of nothing ------------------------------------------------------------------


def test_changed_marks_are_none_of_the_marks(marks: Array) -> None:
    before = marks.copy()
    changed = changed_marks(200, marks, seeded())
    assert (marks == before).all()
    known = {mark.tobytes() for mark in marks}
    assert not known & {picture.tobytes() for picture in changed}
    assert len({picture.tobytes() for picture in changed}) > 190
    assert (changed.max((1, 2, 3)) > 0.3).mean() > 0.95, "something is left of them"


@pytest.mark.parametrize("size", [16, 33, 48])
def test_marks_of_any_size_can_be_changed(size: int) -> None:
    seen = (seeded().random((5, 1, size, size)) > 0.8).astype(np.float32)
    assert changed_marks(60, seen, seeded()).shape == (60, 1, size, size)
    assert changed_marks(4, seen[:1], seeded()).shape == (4, 1, size, size)


def test_pictures_of_nothing_are_what_the_ink_graph_makes_of_paper() -> None:
    made = empty_pictures(40, SIZE, MARGIN, seeded())
    assert len({picture.tobytes() for picture in made}) > 20
    for _ in range(20):
        paper = outliers._paper(seeded())
        assert paper.dtype == np.uint8 and paper.shape[2] == 4 and (paper[:, :, 3] == 255).all()


# --- all together -------------------------------------------------------------------------------------------


def test_the_outliers_of_a_training_hold_no_mark(marks: Array) -> None:
    stock = made_from_nothing(60, SIZE, MARGIN, seeded())
    made = made_outliers(np.concatenate([stock, marks, marks[:, :, :, ::-1]]), marks, seeded())
    assert not looks_like(made, marks).any()
    known = {mark.tobytes() for mark in marks}
    assert not known & {picture.tobytes() for picture in made}
    assert 60 <= len(made) <= (60 + 2 * len(marks)) * (1 + outliers.CHANGED)
    again = made_outliers(np.concatenate([stock, marks, marks[:, :, :, ::-1]]), marks, seeded())
    assert made.tobytes() == again.tobytes()


def test_without_a_stock_nothing_is_made(marks: Array) -> None:
    made = made_outliers(np.zeros((0, 1, SIZE, SIZE), np.float32), marks, seeded())
    assert made.shape == (0, 1, SIZE, SIZE)
