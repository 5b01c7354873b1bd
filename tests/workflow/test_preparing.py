"""Pictures on disk to what the network sees: views under rendered conditions, and who drew what."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from oxmark.data.folder import read_folder
from oxmark.data.traits import read_traits
from oxmark.recipes import Recipe, load_recipe
from oxmark.workflow import reading
from oxmark.workflow.preparing import PreparedSet, prepare, prepare_whole
from oxmark.workflow.reading import same_mark

Tree = Callable[..., Path]


def recipe_with(**changes: object) -> Recipe:
    return load_recipe("marks").with_settings({"size": 32, "views": 2, **changes})


def prepared(folder: Path, seed: int = 0, **changes: object) -> PreparedSet:
    return prepare(read_folder(folder), recipe_with(**changes), seed=seed, skip_bad=False)


def test_every_picture_that_is_learned_from_has_its_views(marks: Path) -> None:
    found = prepared(marks)
    assert found.seen.shape == (18, 1, 32, 32) and found.views.shape == (18, 2, 1, 32, 32)
    assert found.views.dtype == np.float32 and found.views.min() >= 0 and found.views.max() <= 1 + 1e-5
    differ = (found.views != found.seen[:, None]).any((2, 3, 4))  # (pictures, views)
    test = found.rows("test")
    assert not differ[test].any(), "test pictures are never rendered"
    others = np.setdiff1d(np.arange(18), test)
    assert differ[others].mean() > 0.5
    both = (found.views[others, 0] != found.views[others, 1]).any((1, 2, 3))
    assert both.mean() > 0.5, "no two views alike"


def test_the_views_show_the_mark_of_their_picture(marks: Path) -> None:
    found = prepared(marks)
    for seen, views in zip(found.seen, found.views, strict=True):
        assert all(same_mark(view, seen) for view in views)


def test_a_view_that_lost_the_mark_is_not_learned_from(marks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ruined(picture: np.ndarray, _rng: np.random.Generator) -> np.ndarray:
        pixels = np.full((*picture.shape[:2], 4), 255, np.uint8)
        pixels[:2, :2, :3] = 0  # a speck in a corner is all that is left
        return pixels

    monkeypatch.setattr(reading, "rendered", ruined)
    found = prepared(marks)
    assert (found.views == found.seen[:, None]).all()


@pytest.mark.parametrize(("shift", "same"), [(0, True), (1, True), (16, False)])
def test_the_same_mark_is_known_by_its_place(shift: int, same: bool) -> None:
    seen = np.zeros((1, 32, 32), np.float32)
    seen[:, 4:10, 4:28] = 1
    assert same_mark(np.roll(seen, shift, axis=1), seen) is same
    assert same_mark(seen * 0.3, seen)
    assert not same_mark(np.zeros_like(seen), seen)
    assert not same_mark(seen, np.zeros_like(seen))


def test_views_repeat_themselves_and_the_seed_decides(marks: Path) -> None:
    one, same, other = (prepared(marks, seed=seed) for seed in (3, 3, 4))
    assert one.views.tobytes() == same.views.tobytes()
    assert one.seen.tobytes() == other.seen.tobytes() and one.views.tobytes() != other.views.tobytes()


def test_a_view_belongs_to_its_picture_not_to_its_place(marks: Path, parted: Path) -> None:
    """A picture more in the folder leaves the views of all others as they were."""
    before = prepared(parted)
    (parted / "train" / "O" / "0.png").write_bytes((parted / "test" / "X" / "8.png").read_bytes())
    after = prepared(parted)
    rows = {digest: row for row, digest in enumerate(after.digests)}
    for row in (*before.rows("train"), *before.rows("validation")):
        assert (before.views[row] == after.views[rows[before.digests[row]]]).all()


def test_without_views_there_are_none(marks: Path) -> None:
    assert prepared(marks, views=0).views.shape == (18, 0, 1, 32, 32)


def test_of_very_many_pictures_only_some_are_rendered(marks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_VIEWED", 6)
    found = prepared(marks)  # 12 are learned from: every second one is rendered
    differ = (found.views != found.seen[:, None]).any((1, 2, 3, 4))
    assert 3 <= differ.sum() <= 6 + 1


# --- what is measured once, and pictures for a cross-validation ---------------------------------------------


def test_traits_are_those_of_the_pictures_in_order(marks: Path) -> None:
    found = prepared(marks, views=0)
    assert len(found.traits) == len(found.dataset.samples) == len(found.seen) == 18
    for sample, traits in zip(found.dataset.samples, found.traits, strict=True):
        again = read_traits(sample.path)
        assert traits.digest == again.digest and (traits.near == again.near).all()
        assert (traits.frame == again.frame).all()
    assert found.digests == tuple(traits.digest for traits in found.traits)


def test_frames_of_a_series_stand_in_one_part(tree: Callable[..., Path]) -> None:
    root = tree({"O": 10, "X": 10})
    with Image.open(root / "X" / "2.png") as picture:
        page = picture.convert("L")
    for number in range(4):  # the camera moves to the right
        page.transform(page.size, Image.Transform.AFFINE, (1, 0, -number, 0, 1, 0), fillcolor=255).save(
            root / "X" / f"clip_{number}.jpg", quality=60
        )
    found = prepared(root, views=0)
    assert len({s.part for s in found.dataset.samples if s.path.name.startswith("clip")}) == 1
    assert any("4 pictures are frames of a series" in note for note in found.notes)


def test_the_whole_set_keeps_its_parts_and_renders_views_of_all(parted: Path) -> None:
    (parted / "train" / "O" / "bad.png").write_bytes(b"no picture")
    found = prepare_whole(read_folder(parted), recipe_with(views=2), seed=3)
    assert [error.path for error in found.bad] == [parted / "train" / "O" / "bad.png"]
    assert found.bad[0].__traceback__ is None
    assert len(found.dataset.samples) == len(found.seen) == len(found.views) == len(found.traits) == 18
    assert found.dataset.parts == ("train", "validation", "test") and found.notes == ()
    differ = (found.views != found.seen[:, None]).any((1, 2, 3, 4))
    assert differ[found.rows("test")].any()


def test_the_whole_set_makes_no_parts(tree: Callable[..., Path]) -> None:
    found = prepare_whole(read_folder(tree({"O": 3, "X": 2})), recipe_with(views=0), seed=0)
    assert found.dataset.parts == () and len(found.seen) == 5


# --- who drew what ------------------------------------------------------------------------------------------


def test_people_are_numbered_where_all_are_known(drawn: Path) -> None:
    found = prepared(drawn, views=0)
    rows = np.arange(len(found.dataset.samples))
    groups = found.groups(rows)
    assert groups is not None and groups.dtype == np.int64 and len(groups) == 24
    names = [sample.group for sample in found.dataset.samples]
    pairs = set(zip(names, groups.tolist(), strict=True))
    assert len(pairs) == len(set(names)) == len(set(groups.tolist())) == 3
    train = found.groups(found.rows("train"))
    assert train is not None and len(train) == 12


def test_where_people_are_not_known_there_are_no_groups(marks: Path, drawn: Path, tmp_path: Path) -> None:
    found = prepared(marks, views=0)
    assert found.groups(found.rows("train")) is None
    known = prepared(drawn, views=0)
    first, *rest = known.dataset.samples
    some = (dataclasses.replace(first, group=None), *rest)  # of one nobody knows
    partly = dataclasses.replace(known, dataset=dataclasses.replace(known.dataset, samples=some))
    assert partly.groups(np.arange(24)) is None and partly.groups(np.arange(1, 24)) is not None
    assert known.groups(np.zeros(0, np.int64)) is None
