"""Very many pictures: read from the cache, decoded only once, and the model is the same, bit for bit."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from oxmark.data.decode import decode
from oxmark.data.folder import read_folder
from oxmark.data.ondisk import PicturesOnDisk
from oxmark.errors import BadPictures
from oxmark.recipes import Recipe, load_recipe
from oxmark.workflow import gathering, picture_cache, reading
from oxmark.workflow.picture_cache import cache_folder
from oxmark.workflow.preparing import PreparedSet, prepare
from oxmark.workflow.progress import Progress
from oxmark.workflow.training_run import TrainingRun, train

Tree = Callable[..., Path]
RECIPE = load_recipe("marks", ["size=32", "views=2"])


@pytest.fixture(autouse=True)
def many(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Ten pictures are many, a pack holds some five, and the cache is in the test's own folder."""
    monkeypatch.setattr(gathering, "MANY", 10)
    monkeypatch.setattr(picture_cache, "PACK_BYTES", 40_000)
    monkeypatch.setenv("OXMARK_CACHE", str(tmp_path / "cache"))
    folder = cache_folder()
    assert folder is not None
    return folder


def prepared(folder: Path, recipe: Recipe = RECIPE, **how: bool) -> PreparedSet:
    return prepare(read_folder(folder), recipe, seed=3, skip_bad=how.get("skip_bad", False))


def same(one: PreparedSet, other: PreparedSet) -> bool:
    arrays = (
        (np.asarray(one.seen), np.asarray(other.seen)),
        (np.asarray(one.views), np.asarray(other.views)),
    )
    return (
        all(a.shape == b.shape and a.tobytes() == b.tobytes() for a, b in arrays)
        and one.digests == other.digests
        and [t.frame.tobytes() for t in one.traits] == [t.frame.tobytes() for t in other.traits]
        and [s.part for s in one.dataset.samples] == [s.part for s in other.dataset.samples]
    )


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is decoded from now on."""
    names: list[str] = []

    def noting(source: Path | bytes, *, name: str | None = None) -> np.ndarray:
        if name != "one":  # the picture that is drawn to name the preparation
            names.append(Path(name or str(source)).name)
        return decode(source, name=name)

    monkeypatch.setattr(reading, "decode", noting)
    return names


def test_on_disk_are_the_same_pictures_as_in_memory(
    marks: Path, many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = prepared(marks), prepared(marks)
    packs = sorted(many.iterdir())
    monkeypatch.setattr(gathering, "MANY", 1000)
    in_memory = prepared(marks)
    assert isinstance(first.seen, PicturesOnDisk) and isinstance(in_memory.seen, np.ndarray)
    assert same(first, in_memory) and same(second, in_memory)
    assert first.seen.shape == in_memory.seen.shape and first.views.shape == in_memory.views.shape
    assert len(packs) > 3 and sorted(many.iterdir()) == packs, "few pictures are not kept"
    assert {"decode", "traits", "prepare", "view"} == set(in_memory.spent)
    assert set(first.spent) == {"read", *in_memory.spent} and set(second.spent) == {"read"}
    assert all(seconds > 0 for seconds in first.spent.values())


def test_the_second_time_nothing_is_decoded_wherever_it_lies(
    parted: Path, decoded: list[str], tmp_path: Path
) -> None:
    first = prepared(parted)
    assert len(decoded) == len(first.seen)
    decoded.clear()
    moved = tmp_path / "elsewhere"
    shutil.move(parted, moved)
    (moved / "train" / "O" / "1.png").rename(moved / "train" / "O" / "another name.png")
    again = prepared(moved)
    assert decoded == []
    assert sorted(again.digests) == sorted(first.digests)
    assert sorted(one.tobytes() for one in again.views) == sorted(one.tobytes() for one in first.views)


def test_what_changed_is_read_anew(parted: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    prepared(parted)
    decoded.clear()
    shutil.copyfile(parted / "test" / "X" / "8.png", parted / "test" / "X" / "7.png")
    (parted / "train" / "O" / "2.png").write_bytes((parted / "train" / "O" / "2.png").read_bytes() + b"\0")
    again = prepared(parted)
    assert decoded == ["2.png"], "the copied content is known"
    monkeypatch.setattr(gathering, "MANY", 1000)
    assert same(again, prepared(parted))


@pytest.mark.parametrize(
    "changes", [{"size": 24}, {"margin": 0.3}, {"preprocess": "tutorial"}, {"views": 3}], ids=str
)
def test_another_preparation_is_made_anew(
    changes: dict[str, object], marks: Path, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(marks)
    decoded.clear()
    other = prepared(marks, RECIPE.with_settings(changes))
    assert len(decoded) >= 12
    monkeypatch.setattr(gathering, "MANY", 1000)
    assert same(other, prepared(marks, RECIPE.with_settings(changes)))


def test_another_seed_has_other_views(marks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = prepared(marks)
    other = prepare(read_folder(marks), RECIPE, seed=4, skip_bad=False)
    assert not same(first, other)
    monkeypatch.setattr(gathering, "MANY", 1000)
    assert same(other, prepare(read_folder(marks), RECIPE, seed=4, skip_bad=False))


@pytest.mark.parametrize("part", ["graph", "computed", "versions"])
def test_whatever_decides_names_the_preparation(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = gathering.preparation(RECIPE)
    gathering.preparation.cache_clear()
    if part == "graph":
        monkeypatch.setattr("oxmark.modelfile.preprocess.preprocess_model", lambda *_: onnx.ModelProto())
    elif part == "computed":
        monkeypatch.setattr(gathering, "rendered", lambda *_: np.zeros((40, 40, 4), np.uint8))
    else:
        monkeypatch.setattr("importlib.metadata.version", lambda name: f"another {name}")
    assert gathering.preparation(RECIPE) != usual
    gathering.preparation.cache_clear()


def cut_short(pack: Path) -> None:
    pack.write_bytes(pack.read_bytes()[:-1])


def altered(pack: Path) -> None:
    content = bytearray(pack.read_bytes())
    content[len(content) // 2] ^= 1
    pack.write_bytes(content)


def emptied(pack: Path) -> None:
    pack.write_bytes(b"")


def of_another_preparation(pack: Path) -> None:
    name = pack.name.partition("-")[2]
    pack.rename(pack.with_name(f"{'0' * 32}-{name}"))


@pytest.mark.parametrize("damage", [cut_short, altered, emptied, of_another_preparation])
def test_a_damaged_pack_is_made_anew(
    damage: Callable[[Path], None], marks: Path, many: Path, decoded: list[str]
) -> None:
    first = prepared(marks)
    spoiled = sorted(many.iterdir())[0]
    copy = shutil.copyfile(spoiled, many / "copy")  # the file itself is still in use
    copy.replace(spoiled)
    damage(spoiled)
    decoded.clear()
    again = prepared(marks)
    assert same(first, again) and 0 < len(decoded) < len(first.seen)
    assert not spoiled.exists()
    decoded.clear()
    assert same(first, prepared(marks)) and not decoded


def test_a_pack_named_for_another_preparation_is_not_believed(marks: Path, many: Path) -> None:
    prepared(marks)
    other = RECIPE.with_settings({"margin": 0.4})
    for pack in sorted(many.iterdir()):
        pack.rename(pack.with_name(gathering.preparation(other) + pack.name[32:]))
    found = prepared(marks, other)
    shutil.rmtree(many)
    assert same(found, prepared(marks, other))


def test_two_at_once_do_not_disturb_each_other(marks: Path, many: Path, decoded: list[str]) -> None:
    class Meanwhile(Progress):
        """Another training reads the same pictures while this one does."""

        other: PreparedSet | None = None

        def advance(self, done: int) -> None:
            if done == 7 and self.other is None:
                self.other = prepared(marks)

    meanwhile = Meanwhile()
    one = prepare(read_folder(marks), RECIPE, seed=3, skip_bad=False, progress=meanwhile)
    assert meanwhile.other is not None and same(one, meanwhile.other)
    assert not list(many.glob("*.part"))
    decoded.clear()
    assert same(one, prepared(marks)) and not decoded


def test_switched_off_nothing_is_left_anywhere(
    marks: Path, many: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = prepared(marks)
    shutil.rmtree(many.parent)
    monkeypatch.setenv("OXMARK_CACHE", "off")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    found = prepared(marks)
    assert isinstance(found.seen, PicturesOnDisk) and same(found, kept) and found.notes == kept.notes
    assert not many.parent.exists() and not list((tmp_path / "temporary").iterdir())


def test_without_room_for_a_temporary_file_they_are_in_memory(
    marks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = prepared(marks)
    monkeypatch.setenv("OXMARK_CACHE", "off")
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    assert same(prepared(marks), kept)


@pytest.mark.skipif(not hasattr(Path, "owner"), reason="rights of files are those of Unix")
def test_nobody_else_may_look(marks: Path, many: Path) -> None:
    many.mkdir(parents=True, mode=0o777)
    many.chmod(0o777)
    prepared(marks)
    assert stat.S_IMODE(many.stat().st_mode) == 0o700
    assert {stat.S_IMODE(pack.stat().st_mode) for pack in many.iterdir()} == {0o600}


def test_bad_pictures_are_named_as_ever(parted: Path, many: Path) -> None:
    bad = parted / "train" / "O" / "bad.png"
    bad.write_bytes((parted / "train" / "O" / "1.png").read_bytes()[:300])
    (parted / "train" / "X" / "empty.png").touch()
    for _ in range(2):
        with pytest.raises(
            BadPictures, match=r"(?s)bad\.png is truncated.*Copy it again.*empty\.png is empty"
        ):
            prepared(parted)
    found = prepared(parted, skip_bad=True)
    assert [error.path for error in found.bad] == [bad, parted / "train" / "X" / "empty.png"]
    assert all(error.__traceback__ is None for error in found.bad)
    assert len(found.seen) == len(found.views) == len(found.traits) == len(found.dataset.samples) == 18


def test_a_training_is_the_same_bit_for_bit(
    marks: Path, recipe: Recipe, trained: TrainingRun, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe.with_settings({"validation_views": 0, "views": 2})
    monkeypatch.setattr(gathering, "MANY", 1000)
    in_memory = train(marks, recipe, out="memory", seed=5).model.read_bytes()
    monkeypatch.setattr(gathering, "MANY", 10)
    monkeypatch.setattr("oxmark.data.ondisk.BLOCK", 64)
    first, second = (train(marks, recipe, out=name, seed=5).model.read_bytes() for name in ("a", "b"))
    assert first == second == in_memory
