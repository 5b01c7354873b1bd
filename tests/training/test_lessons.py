"""What a training learns from: weights of classes, views, outliers, and batches that repeat themselves."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch import Tensor

from oxmark.data.ondisk import PicturesOnDisk, ViewsOnDisk
from oxmark.recipes import Recipe, load_recipe
from oxmark.training import lessons as module
from oxmark.training.augment import augment
from oxmark.training.lessons import Lessons, make_lessons, make_stock
from oxmark.training.outliers import made_from_nothing
from oxmark.training.state import Prepared

SIZE = 16
CPU = torch.device("cpu")


def recipe_with(**changes: object) -> Recipe:
    return load_recipe("marks").with_settings(
        {"size": SIZE, "outliers": 30, "outliers_per_batch": 3, **changes}
    )


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def numbered(pictures: int = 20, views: int = 2, outliers: int = 10) -> Lessons:
    """Every picture is one grey: picture r has r / 100, its view v 0.2 * (v + 1) more, an outlier 0.9."""

    def flat(values: Tensor) -> Tensor:
        return values.float()[..., None, None, None].expand(*values.shape, 1, SIZE, SIZE).contiguous()

    rows = torch.arange(pictures)
    seen = rows / 100
    copies = seen[:, None] + 0.2 * (torch.arange(views) + 1)
    return Lessons(
        flat(seen),
        rows % 2,
        flat(copies) if views else None,
        torch.ones(2),
        flat(0.9 + torch.arange(outliers) / 1000),
    )


@pytest.fixture
def unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures come as they were chosen."""
    monkeypatch.setattr(module, "augment", lambda batch, recipe, generator: batch)


def greys(pictures: Tensor) -> Tensor:
    return pictures.flatten(1).mean(1)


@pytest.mark.usefixtures("unchanged")
def test_a_batch_is_pictures_then_outliers_with_the_labels_of_the_pictures() -> None:
    chunks = torch.split(torch.randperm(20, generator=seeded()), 8)  # 8, 8 and 4
    batches = numbered(views=0).batches(chunks, recipe_with(), seeded(1))
    assert len(batches) == 3
    for (pictures, labels), rows in zip(batches, chunks, strict=True):
        assert pictures.shape == (len(rows) + 3, 1, SIZE, SIZE)
        torch.testing.assert_close(greys(pictures[: len(rows)]), rows / 100)
        assert labels.tolist() == (rows % 2).tolist()
        assert float(greys(pictures[len(rows) :]).min()) >= 0.9 - 1e-6
    outliers = torch.cat([greys(pictures[len(labels) :]) for pictures, labels in batches])
    assert len(set(outliers.tolist())) > 4, "outliers are drawn anew for every batch"


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("views", [1, 2, 4])
def test_about_half_of_the_pictures_come_as_a_view_all_views_alike(views: int) -> None:
    many = tuple(torch.arange(20) for _ in range(200))
    batches = numbered(views=views, outliers=0).batches(many, recipe_with(), seeded())
    more = torch.stack([greys(pictures) for pictures, _ in batches]) - torch.arange(20) / 100
    which = (more / 0.2).round().long()  # 0 is the picture itself, 1 its first view ...
    torch.testing.assert_close(more, which * 0.2, rtol=0, atol=1e-5)  # each its own views
    shares = torch.bincount(which.flatten(), minlength=views + 1) / which.numel()
    assert float(shares[0]) == pytest.approx(0.5, abs=0.03)
    assert shares[1:].tolist() == pytest.approx([0.5 / views] * views, abs=0.03)


@pytest.mark.usefixtures("unchanged")
def test_without_views_pictures_come_as_they_are() -> None:
    lessons = numbered(views=2)
    empty = dataclasses.replace(lessons, views=torch.zeros(20, 0, 1, SIZE, SIZE))
    rows = (torch.arange(20),)
    for one in (empty, dataclasses.replace(lessons, views=None)):
        ((pictures, _),) = one.batches(rows, recipe_with(outliers_per_batch=0), seeded())
        torch.testing.assert_close(greys(pictures), torch.arange(20) / 100)


@pytest.mark.parametrize(("there", "wanted", "come"), [(0, 3, 0), (2, 3, 2), (10, 0, 0), (10, 3, 3)])
def test_as_many_outliers_come_as_the_recipe_wants_and_there_are(there: int, wanted: int, come: int) -> None:
    lessons = numbered(outliers=there)
    ((pictures, labels),) = lessons.batches(
        (torch.arange(5),), recipe_with(outliers_per_batch=wanted), seeded()
    )
    assert (len(pictures), len(labels)) == (5 + come, 5)


def test_the_same_generator_gives_the_same_batches_and_outliers_are_changed_too() -> None:
    generator = np.random.default_rng(0)
    seen = (generator.random((12, 1, SIZE, SIZE)) > 0.7).astype(np.float32)
    pictures = Prepared(seen, np.arange(12) % 2, seen[:, None, :, ::-1].copy())
    recipe = recipe_with()
    lessons = make_lessons(pictures, make_stock(recipe, 0), 2, 0, CPU)
    chunks = torch.split(torch.arange(12), 5)
    one, same, other = (lessons.batches(chunks, recipe, seeded(seed)) for seed in (1, 1, 2))
    assert all(torch.equal(a[0], b[0]) and torch.equal(a[1], b[1]) for a, b in zip(one, same, strict=True))
    assert not any(torch.equal(a[0], b[0]) for a, b in zip(one, other, strict=True))
    known = {picture.numpy().tobytes() for picture in lessons.outliers}
    changed = [picture.numpy().tobytes() for batch, labels in one for picture in batch[len(labels) :]]
    assert len(changed) == 9 and not known & set(changed)


def test_the_batches_of_a_group_are_changed_as_one_batch_would_be() -> None:
    """The order of the random numbers: of each batch its views, then its outliers; then all changes."""
    lessons, recipe, chunks = numbered(), recipe_with(), torch.split(torch.arange(20), 7)
    batches = lessons.batches(chunks, recipe, seeded(3))
    generator, parts = seeded(3), []
    assert lessons.views is not None
    for rows in chunks:
        draw = torch.randint(4, (len(rows),), generator=generator)
        views = lessons.views[rows, draw % 2]
        parts.append(torch.where((draw < 2)[:, None, None, None], lessons.seen[rows], views))
        parts.append(lessons.outliers[torch.randint(10, (3,), generator=generator)])
    expected = augment(torch.cat(parts), recipe, generator)
    assert torch.equal(torch.cat([pictures for pictures, _ in batches]), expected)


@pytest.mark.parametrize(
    ("labels", "classes", "weight"),
    [
        ([0, 1, 0, 1], 2, [1, 1]),
        ([0] * 30 + [1] * 6, 2, [0.6, 3.0]),
        ([0, 0, 1, 2], 3, [2 / 3, 4 / 3, 4 / 3]),
        ([0, 0, 0, 0], 2, [0.5, 2.0]),  # a class without pictures divides by nothing
    ],
)
def test_rarer_classes_count_more(labels: list[int], classes: int, weight: list[float]) -> None:
    pictures = Prepared(np.zeros((len(labels), 1, SIZE, SIZE), np.float32), np.array(labels))
    lessons = make_lessons(pictures, make_stock(recipe_with(outliers=0), 0), classes, 0, CPU)
    assert lessons.weight.dtype == torch.float32 and lessons.weight.tolist() == pytest.approx(weight)
    if set(labels) == set(range(classes)):  # 1 on average over the pictures
        assert float(lessons.weight[lessons.labels].mean()) == pytest.approx(1)


def test_the_seed_makes_the_stock() -> None:
    recipe = recipe_with()
    one, other = make_stock(recipe, 0), make_stock(recipe, 1)
    same = made_from_nothing(30, SIZE, recipe.margin, np.random.default_rng([0, 6]))
    assert one.shape == (30, 1, SIZE, SIZE) and one.dtype == np.float32
    assert (one == same).all() and not (one == other).all()


def test_the_stock_of_a_seed_is_made_once_and_cannot_be_changed() -> None:
    recipe = recipe_with()
    assert make_stock(recipe, 0) is make_stock(recipe, 0)
    with pytest.raises(ValueError, match="read-only"):
        make_stock(recipe, 0)[0] = 1


@pytest.mark.parametrize("settings", [{"outliers": 0}, {"network": "tutorial", "size": 24}])
def test_what_never_refuses_needs_no_stock(settings: dict[str, object]) -> None:
    recipe = recipe_with(**settings)
    assert make_stock(recipe, 0).shape == (0, 1, recipe.size, recipe.size)


@pytest.mark.parametrize("views", [0, 2])
def test_from_disk_come_the_same_batches(views: int) -> None:
    rng = np.random.default_rng(0)
    block, made = (
        rng.random((12, 1, SIZE, SIZE), np.float32),
        rng.random((3, views, 1, SIZE, SIZE), np.float32),
    )
    which = np.array([-1, 0, -1, 2, 1, -1, -1, -1, -1, -1])
    on_disk = PicturesOnDisk([block], np.zeros(10, np.int32), rng.permutation(12)[:10])
    views_on_disk = ViewsOnDisk(on_disk, made, which)
    labels, recipe = np.arange(10) % 2, recipe_with()
    kept = Prepared(on_disk, labels, views_on_disk)
    held = Prepared(np.asarray(on_disk), labels, np.asarray(views_on_disk))
    one, other = (make_lessons(some, make_stock(recipe, 0), 2, 0, CPU) for some in (kept, held))
    assert isinstance(one.seen, PicturesOnDisk) and isinstance(other.seen, Tensor)
    assert torch.equal(one.outliers, other.outliers)
    chunks = list(torch.split(torch.arange(10).flip(0), 4))
    for found, wanted in zip(
        one.batches(chunks, recipe, seeded()), other.batches(chunks, recipe, seeded()), strict=True
    ):
        assert torch.equal(found[0], wanted[0]) and torch.equal(found[1], wanted[1])
