"""check: silent on a clean set, finds what was planted, mends what it may and leaves the original alone."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import oxmark.errors
from oxmark.data.dataset import Dataset, Sample
from oxmark.data.doctor import Evidence, Finding
from oxmark.data.draw import draw_dataset
from oxmark.data.folder import read_folder
from oxmark.data.traits import Traits
from oxmark.errors import FolderError, MissingExtra, OutputError, PictureError
from oxmark.recipes import load_recipe
from oxmark.words import Message
from oxmark.workflow import checking
from oxmark.workflow.checking import Checkup, check
from oxmark.workflow.checkup import checkup
from oxmark.workflow.gathering import gather
from oxmark.workflow.progress import Progress

Tree = Callable[..., Path]
SWAPPED = 0.05


@dataclasses.dataclass(frozen=True, eq=False)
class Read:
    """A data set with what was read of it."""

    dataset: Dataset
    traits: list[Traits]
    seen: np.ndarray

    def check(self) -> Checkup:
        return checkup(Evidence(self.dataset, self.traits, self.seen))

    def with_samples(self, samples: Sequence[Sample]) -> Read:
        """The same pictures, but their labels, parts or hands are others."""
        return dataclasses.replace(self, dataset=dataclasses.replace(self.dataset, samples=tuple(samples)))

    def with_files(self, root: Path, files: Sequence[Sample]) -> Read:
        """With more pictures, which stand below ``root``."""
        more = read_all(dataclasses.replace(self.dataset, root=root, samples=tuple(files)))
        here = [dataclasses.replace(s, path=self.dataset.root / s.path.relative_to(root)) for s in files]
        whole = self.with_samples([*self.dataset.samples, *here])
        return Read(whole.dataset, [*self.traits, *more.traits], np.concatenate([self.seen, more.seen]))


def read_all(dataset: Dataset) -> Read:
    nothing = [False] * len(dataset.samples)
    found = gather(dataset, load_recipe("marks"), nothing, Progress())
    assert not found.errors
    traits = [one for one in found.traits if not isinstance(one, PictureError)]
    return Read(dataset, traits, found.seen)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """The set that ``oxmark draw`` makes: 104 pictures of O and X by five hands. Read only."""
    return read_all(read_folder(draw_dataset(tmp_path_factory.mktemp("clean") / "marks")))


def codes(findings: Sequence[Finding]) -> set[str]:
    return {finding.code for finding in findings}


def files(found: Checkup, *wanted: str) -> set[str]:
    return {name for finding in found.findings if finding.code in wanted for name in finding.files}


# --- silent where nothing is wrong --------------------------------------------------------------------------


def test_nothing_is_found_in_the_drawn_set(clean: Read) -> None:
    found = clean.check()
    assert found.findings == ()
    assert found.worst is None
    assert str(found.sentence) == "104 pictures, 2 classes: nothing to mend."
    assert found.sentence.text("ko") == "그림 104개, 클래스 2개: 고칠 것이 없습니다."


@pytest.mark.parametrize(("hands", "worst"), [(1, "warning"), (2, "warning"), (3, "error")])
def test_hands_in_all_parts_must_be_mended_only_where_they_can_be(
    hands: int, worst: str, clean: Read
) -> None:
    number = dict.fromkeys(range(2), 0)
    samples = []
    for sample in clean.dataset.samples:
        samples.append(dataclasses.replace(sample, group=f"hand_{number[sample.label] % hands}"))
        number[sample.label] += 1
    found = clean.with_samples(samples).check()
    assert codes(found.findings) == {"hands_too_few" if worst == "warning" else "hand_in_two_parts"}
    assert found.worst == worst


# --- what was planted is found ------------------------------------------------------------------------------


def test_swapped_labels_are_among_the_suspects(clean: Read) -> None:
    right = planted = false = 0
    for seed in range(5):
        rows = np.random.default_rng(seed).permutation(104)[: round(SWAPPED * 104)]
        samples = list(clean.dataset.samples)
        for row in rows:
            samples[row] = dataclasses.replace(samples[row], label=1 - samples[row].label)
        suspects = files(clean.with_samples(samples).check(), "wrong_labels")
        swapped = {clean.dataset.relative(samples[row]) for row in rows}
        right += len(suspects & swapped)
        planted += len(swapped)
        false += len(suspects - swapped)
    assert right >= 0.8 * planted
    assert false <= 0.2 * planted


def test_a_suspect_is_told_with_both_classes(clean: Read) -> None:
    samples = list(clean.dataset.samples)
    samples[3] = dataclasses.replace(samples[3], label=1)  # an O
    (finding,) = clean.with_samples(samples).check().findings
    assert finding.lines() == [f"{clean.dataset.relative(samples[3])}  X → O"]


def test_in_a_class_of_few_nothing_is_suspected(clean: Read) -> None:
    samples = list(clean.dataset.samples)
    for row in range(3):  # they look like O
        samples[row] = dataclasses.replace(samples[row], label=2)
    whole = clean.with_samples(samples)
    dataset = dataclasses.replace(whole.dataset, classes=("O", "X", "Y"))
    found = checkup(Evidence(dataset, clean.traits, clean.seen))
    assert files(found, "wrong_labels") == set()
    assert "missing_pictures" in codes(found.findings)


def test_two_spellings_of_a_class_are_not_suspected_of_each_other(clean: Read) -> None:
    samples = list(clean.dataset.samples)
    for row in range(0, 38, 2):
        samples[row] = dataclasses.replace(samples[row], label=2)
    whole = clean.with_samples(samples)
    dataset = dataclasses.replace(whole.dataset, classes=("O", "X", "o"))
    assert codes(checkup(Evidence(dataset, clean.traits, clean.seen)).findings) == {"class_spelling"}


def test_leaked_copies_are_all_found(clean: Read, tmp_path: Path) -> None:
    sources = [s for s in clean.dataset.part("train") if s.label == 0][:6]
    more = []
    for number, sample in enumerate(sources):
        target = tmp_path / "test" / "O" / f"leak{number}.{'png' if number < 3 else 'jpg'}"
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(sample.path) as picture:
            side = (picture.width // 2, picture.height // 2) if number % 2 else picture.size
            picture.convert("RGB").resize(side).save(target, quality=60)
        more.append(Sample(target, 0, "test", sample.group))
    found = clean.with_files(tmp_path, more).check()
    leaks = files(found, "copies_in_two_parts", "near_copies_in_two_parts")
    assert {f"test/O/{sample.path.name}" for sample in more} < leaks
    assert leaks == {clean.dataset.relative(s) for s in sources} | {f"test/O/{s.path.name}" for s in more}
    assert found.worst == "error"


@pytest.mark.parametrize(("part", "worst"), [("train", "warning"), ("test", "error")])
def test_a_series_of_frames_is_found(part: str, worst: str, clean: Read, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    source = next(s for s in clean.dataset.part("train") if s.label == 1)
    picture = np.asarray(Image.open(source.path).convert("RGB"), np.float32)
    more = []
    for number in range(6):
        there = part if number > 2 else "train"
        target = tmp_path / there / "X" / f"VID_{number:04}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        frame = np.roll(picture, tuple(rng.integers(-9, 10, 2)), (0, 1)) + rng.normal(0, 4, picture.shape)
        Image.fromarray(np.clip(frame, 0, 255).astype(np.uint8)).save(target)
        more.append(Sample(target, 1, there, source.group))
    found = clean.with_files(tmp_path, more).check()
    told = files(found, "burst", "burst_in_two_parts", "near_copies", "near_copies_in_two_parts")
    assert {s.path.relative_to(tmp_path).as_posix() for s in more} <= told
    assert found.worst == worst


def test_class_coloured_paper_is_found(clean: Read, tmp_path: Path) -> None:
    tints = {"O": (255, 244, 200), "X": (222, 236, 255)}
    for sample in clean.dataset.samples[::3]:
        name = clean.dataset.relative(sample)
        target = (tmp_path / "tinted" / name).with_suffix(".png")
        target.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(sample.path) as picture:
            small = np.asarray(picture.convert("RGB").reduce(4), np.float32) / 255
        Image.fromarray((small * tints[name.split("/")[1]]).astype(np.uint8)).save(target)
    found = check(tmp_path / "tinted")
    (finding,) = [one for one in found.findings if one.code == "shortcut_border"]
    assert finding.severity == "error"
    told = finding.what.values["told"]
    assert isinstance(told, Message) and told.values["right"] == told.values["total"] == 35
    assert "guessing would reach 51.4 %" in str(finding.what)


def test_a_shortcut_of_one_class_names_that_class(clean: Read) -> None:
    """Three classes, one of them on its own paper."""
    names = ("O", "X", "Y")
    samples, traits = [], []
    for row, sample in enumerate(clean.dataset.samples):
        label = 2 if row % 5 == 0 else sample.label
        samples.append(dataclasses.replace(sample, label=label))
        tinted = dataclasses.replace(clean.traits[row], border=(1.0, 0.9, 0.5 + 0.001 * (row % 7)))
        traits.append(tinted if label == 2 else clean.traits[row])
    dataset = dataclasses.replace(clean.dataset, classes=names, samples=tuple(samples))
    found = checkup(Evidence(dataset, traits, clean.seen)).findings
    (finding,) = [one for one in found if one.code == "shortcut_border"]
    assert "alone tells class Y from all others: 21 of its 21 pictures are found" in str(finding.what)
    assert len(finding.files) == sum(sample.label == 2 for sample in samples)


def test_small_classes_are_not_suspected(marks: Path) -> None:
    assert codes(check(marks).findings) <= {"few_pictures", "few_test_pictures", "no_drawer"}


# --- the verb -----------------------------------------------------------------------------------------------


def test_a_checkup_as_json(marks: Path) -> None:
    found = check(marks)
    data = json.loads(json.dumps(found.as_json()))
    assert (data["data"], data["classes"], data["worst"]) == (str(marks), ["O", "X"], "warning")
    assert data["counts"]["test"] == {"O": 3, "X": 3}
    assert data["mended"] is None
    assert tuple(Finding.from_json(one) for one in data["findings"]) == found.findings


def test_an_unreadable_picture_is_a_finding(parted: Path) -> None:
    (parted / "test" / "O" / "8.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert files(check(parted), "unreadable") == {"test/O/8.png"}


def test_progress_is_told(marks: Path) -> None:
    told: list[object] = []

    class Listener(Progress):
        def begin(self, what: str, total: int) -> None:
            told.append((what, total))

        def advance(self, done: int) -> None:
            told.append(done)

    check(marks, progress=Listener())
    assert told == [("reading the pictures", 18), *range(1, 19)]


@pytest.mark.parametrize("layout", [{}, {"O": 0}])
def test_nothing_to_look_at(layout: dict[str, int], tree: Tree, tmp_path: Path) -> None:
    data = tree(layout) if layout else tmp_path / "none"
    with pytest.raises(FolderError):
        check(data)


def test_what_is_missing_is_named(marks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "cleanlab" else object())
    with pytest.raises(MissingExtra, match=r"Checking \(the package cleanlab\)"):
        check(marks)


# --- --fix --------------------------------------------------------------------------------------------------


def spoil(root: Path) -> None:
    """One fault of each kind that can be mended."""
    train, test = root / "train", root / "test"
    (train / "O" / "empty.png").write_bytes(b"")
    (train / "O" / "cut.png").write_bytes((train / "O" / "1.png").read_bytes()[:300])
    Image.new("L", (225, 150), 255).save(train / "X" / "blank.png")
    shutil.copy(train / "O" / "1.png", train / "O" / "again.png")
    shutil.copy(train / "O" / "2.png", test / "O" / "leak.png")
    shutil.copy(train / "O" / "3.png", train / "X" / "both.png")
    with Image.open(train / "X" / "2.png") as picture:
        picture.save(test / "X" / "near.jpg", quality=85)
    (train / "x").mkdir()
    (train / "X" / "3.png").rename(train / "x" / "3.png")
    (root / "__MACOSX").mkdir()
    rows = sorted(p.relative_to(root).as_posix() for p in root.rglob("*.png"))
    (root / "metadata.csv").write_text("file_name,drawer\n" + "".join(f"{row},{row[:4]}\n" for row in rows))


MENDED = {
    "unreadable",
    "empty",
    "blank",
    "in_two_classes",
    "copies_in_two_parts",
    "near_copies_in_two_parts",
    "class_spelling",
}


def everything(root: Path) -> dict[str, tuple[bytes, int]]:
    """Each file with its bytes and the time of its last change."""
    found = [path for path in root.rglob("*") if path.is_file()]
    return {path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


@pytest.fixture
def spoiled(tree: Tree) -> Path:
    """Six, two and three pictures of each class, and the faults of :func:`spoil`."""
    counts = {"train": 6, "validation": 2, "test": 3}
    root = tree({f"{part}/{sign}": count for part, count in counts.items() for sign in "OX"})
    spoil(root)
    return root


def test_a_mended_copy_has_none_of_the_errors(spoiled: Path, tmp_path: Path) -> None:
    before = everything(spoiled)
    found = check(spoiled, fix=tmp_path / "mended")
    assert codes(found.findings) >= MENDED | {"copies", "hidden_folders"}
    assert everything(spoiled) == before
    again = check(tmp_path / "mended")
    assert codes(again.findings) & (MENDED | {"copies", "hidden_folders"}) == set()
    assert again.worst == "warning"
    assert found.mended is not None
    assert codes(found.mended.left) == codes(again.findings)
    assert found.mended.kept == again.pictures == 21
    assert again.classes == ("O", "X")
    left_out = {change.file for change in found.mended.changes if change.left_out}
    assert left_out == {
        "train/O/empty.png",
        "train/O/cut.png",
        "train/X/blank.png",
        "train/O/again.png",
        "train/O/2.png",
        "train/O/3.png",
        "train/X/both.png",
        "train/X/2.png",
    }


def test_a_mended_copy_survives_json(spoiled: Path, tmp_path: Path) -> None:
    data = json.loads(json.dumps(check(spoiled, fix=tmp_path / "mended").as_json()))
    assert data["mended"]["folder"] == str(tmp_path / "mended")
    assert {"file": "train/O/cut.png", "what": "cannot be read", "left_out": True} in data["mended"][
        "changes"
    ]


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("marks/new", "it lies within"),
        ("full", "the folder is not empty"),
    ],
)
def test_places_for_the_copy_that_are_refused_before_the_work(
    place: str, message: str, spoiled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    before = everything(tmp_path)
    monkeypatch.setattr(checking, "gather", lambda *_: pytest.fail("read before the check"))
    with pytest.raises(OutputError, match=message):
        check(spoiled, fix=tmp_path / place)
    assert everything(tmp_path) == before


def test_on_failure_nothing_stays(spoiled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = everything(tmp_path)
    monkeypatch.setattr("oxmark.data.doctor.mended_copy.shutil.copyfile", full)
    with pytest.raises(oxmark.errors.OutputError, match="the disk is full"):
        check(spoiled, fix=tmp_path / "mended")
    assert everything(tmp_path) == before
    assert not (tmp_path / "mended").exists()
