"""verify: a recorded training comes out the same, bit for bit, or it is said what does not."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from oxmark.errors import BadPictures, FolderError, RunError, TrainingError
from oxmark.recipes import Recipe
from oxmark.training.loop import Epoch
from oxmark.workflow import verifying
from oxmark.workflow.progress import Progress
from oxmark.workflow.recorded import recorded_run
from oxmark.workflow.training_run import TrainingRun, train
from oxmark.workflow.verifying import Verification, verify

SAME = "The training came out the same, bit for bit."
WHAT = [
    "pictures", "recipe", "seed", "versions", "python", "machine", "instructions", "precision",
    "threads", "device", "history", "kept epoch", "accuracy", "class O", "class X", "none of these",
    "loss", "model file",
]  # fmt: skip
Table = list[dict[str, str]]
Quick = Callable[..., Verification]


def outcomes(result: Verification, but: str = "") -> dict[str, str]:
    return {line.what: line.outcome for line in result.lines if line.outcome != but}


def line(result: Verification, what: str) -> tuple[str, str, str]:
    (one,) = (line for line in result.lines if line.what == what)
    return one.recorded, one.now, one.outcome


class Told(Progress):
    """Remembers what it is told."""

    def __init__(self, stops: bool = False) -> None:
        self.stops, self.stages, self.notes, self.epochs = stops, list[str](), list[str](), list[int]()

    def begin(self, what: str, total: int) -> None:
        self.stages.append(what)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def epoch(self, entry: Epoch, epochs: int) -> None:
        self.epochs.append(entry.epoch)

    def should_stop(self) -> bool:
        return self.stops


@pytest.fixture
def again(trained: TrainingRun, tmp_path: Path) -> Path:
    """A copy of the shared run, the test's own."""
    return Path(shutil.copytree(trained.folder, tmp_path / "run"))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, trained: TrainingRun, again: Path) -> Quick:
    """A function that compares the copy with the shared run, as if that had been trained just now."""
    monkeypatch.setattr(verifying, "_train_again", lambda *_: recorded_run(trained.folder))
    return lambda **given: verify(again, **given)


# --- once more ----------------------------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file of a folder: its bytes and when it was changed."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.as_posix(): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_a_run_comes_out_the_same_and_is_left_as_it_is(trained: TrainingRun, tmp_path: Path) -> None:
    before, told = contents(trained.folder), Told()
    result = verify(trained, progress=told)
    assert outcomes(result) == dict.fromkeys(WHAT, "same")
    assert (result.sentence, result.same, result.repeated, result.notes) == (SAME, True, True, ())
    assert contents(trained.folder) == before and list(tmp_path.iterdir()) == []
    assert told.stages[:2] == ["comparing the pictures", "reading the pictures"]
    assert (told.epochs, told.notes) == ([1, 2], [])  # what the run said it does not say again


def test_another_recipe_is_found(trained: TrainingRun, again: Path) -> None:
    text = (again / "recipe.toml").read_text()
    (again / "recipe.toml").write_text(text.replace("epochs = 2", "epochs = 1"))
    result = verify(again)
    assert line(result, "recipe") == ("epochs 2", "epochs 1", "differs")
    assert line(result, "history")[::2] == (
        f"2 epochs, mean loss {sum(entry.loss for entry in trained.history) / 2:.6f}",
        "differs",
    )
    assert not result.same
    assert result.sentence.startswith("The training did not come out the same: recipe, history, kept epoch, ")


def test_parts_that_training_made_are_made_again(tree: Callable[..., Path], recipe: Recipe) -> None:
    data = tree({"O": 8, "X": 8})
    short = recipe.with_settings({"epochs": 1, "calibrate": False, "views": 0})
    assert verify(train(data, short, out="run", seed=3)).sentence == SAME


def test_pictures_that_were_skipped_are_skipped_again(parted: Path, recipe: Recipe) -> None:
    (parted / "train" / "O" / "1.png").write_bytes(b"torn")
    short = recipe.with_settings({"epochs": 1, "calibrate": False, "views": 0})
    run = train(parted, short, out="run", skip_bad=True)
    assert verify(run).sentence == SAME
    edit(run.folder / "run.json", lambda facts: facts.pop("skip_bad"))  # an older run: its notes tell
    assert verify(run).sentence == SAME


def test_a_run_of_several_workers_is_to_be_repeated_where_it_was_made(again: Path) -> None:
    facts = json.loads((again / "run.json").read_text())
    facts |= {"workers": 2, "command": "oxmark train marks --cluster --workers 2"}
    (again / "run.json").write_text(json.dumps(facts))
    with pytest.raises(
        RunError, match=r"by 2 workers on a cluster, .* there with: oxmark train marks --cluster"
    ):
        verify(again)


def test_whoever_stops_it_gets_no_half_truth(trained: TrainingRun) -> None:
    with pytest.raises(KeyboardInterrupt):
        verify(trained, progress=Told(stops=True))


def test_it_can_be_told_in_json(quick: Quick) -> None:
    data = json.loads(json.dumps(quick().as_json()))
    assert (data["same"], data["repeated"], data["sentence"], data["notes"]) == (True, True, SAME, [])
    assert data["lines"][2] == {"what": "seed", "recorded": "0", "now": "0", "outcome": "same"}


# --- what is recorded otherwise -----------------------------------------------------------------------------


def edit(path: Path, change: Callable[[Any], object]) -> None:
    """Change a JSON file."""
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(json.dumps(value), encoding="utf-8")


def edit_history(path: Path, change: Callable[[Table], object]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    change(table)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)


def other_share(share: dict[str, Any], by: int = 1) -> None:
    share["right"] += by if share["right"] + by <= share["total"] else -by


def more_refused(metrics: dict[str, Any], by: int) -> None:
    metrics["refused"] += by if metrics["refused"] + by <= 6 else -by


def loss_by(metrics: dict[str, Any], by: float) -> None:
    metrics["loss"] += by


Alter = Callable[[Path], None]
ALTERED: dict[str, tuple[str, Alter]] = {
    "one right more": (
        "accuracy",
        lambda run: edit(run / "metrics.json", lambda m: other_share(m["accuracy"])),
    ),
    "one of a class": (
        "class X",
        lambda run: edit(run / "metrics.json", lambda m: other_share(m["per_class"]["X"])),
    ),
    "a loss": ("loss", lambda run: edit(run / "metrics.json", lambda m: loss_by(m, 0.05))),
    "one refused": ("none of these", lambda run: edit(run / "metrics.json", lambda m: more_refused(m, 1))),
    "an epoch": (
        "history",
        lambda run: edit_history(run / "history.csv", lambda t: t[0].update(validation_loss="0.123")),
    ),
    "the kept epoch": ("kept epoch", lambda run: edit(run / "run.json", lambda f: f.update(kept_epoch=1))),
}


@pytest.mark.parametrize("name", ALTERED)
def test_where_bits_must_be_the_same_nothing_may_differ(name: str, again: Path, quick: Quick) -> None:
    what, alter = ALTERED[name]
    alter(again)
    result = quick()
    assert outcomes(result, but="same") == {what: "differs"} and not result.same
    assert result.sentence == f"The training did not come out the same: {what}."


def test_another_model_file_is_found(trained: TrainingRun, again: Path, quick: Quick) -> None:
    data = trained.model.read_bytes()
    changed = data.replace(b"# An oxmark recipe", b"# an oxmark recipe")
    assert changed != data
    (again / "model.onnx").write_bytes(changed)
    result = quick()
    assert outcomes(result, but="same") == {"model file": "differs"} and not result.same


OTHER: dict[str, Alter] = {
    "threads": lambda run: edit(run / "run.json", lambda f: f.update(threads=64)),
    "versions": lambda run: edit(run / "run.json", lambda f: f["versions"].update(torch="1.0")),
    "python": lambda run: edit(run / "run.json", lambda f: f.update(python="3.10.1")),
    "gpu": lambda run: edit(run / "run.json", lambda f: f.update(gpu="H100")),
}


@pytest.mark.parametrize("condition", OTHER)
@pytest.mark.parametrize("name", ALTERED)
def test_under_other_conditions_there_is_a_tolerance(
    condition: str, name: str, again: Path, quick: Quick
) -> None:
    OTHER[condition](again)
    what, alter = ALTERED[name]
    alter(again)
    result = quick()
    outcome = "other" if what == "kept epoch" else "close"
    assert outcomes(result, but="same") == {condition: "other", what: outcome} and result.same
    assert result.sentence == (
        "The training came out the same within the tolerance: losses may differ by 0.1, and the answers to "
        "5 % of the pictures, or to one. Bits can be expected to be the same only under the same conditions "
        f"(changed: {condition})."
    )


def test_versions_that_changed_are_named(again: Path, quick: Quick) -> None:
    OTHER["versions"](again)
    recorded, now, _ = line(quick(), "versions")
    assert recorded == "torch 1.0" and re.fullmatch(r"torch 2\S+", now)


FAR: dict[str, Alter] = {
    "accuracy": lambda run: edit(run / "metrics.json", lambda m: other_share(m["accuracy"], 2)),
    "class X": lambda run: edit(run / "metrics.json", lambda m: other_share(m["per_class"]["X"], 2)),
    "none of these": lambda run: edit(run / "metrics.json", lambda m: more_refused(m, 2)),
    "loss": lambda run: edit(run / "metrics.json", lambda m: loss_by(m, 0.11)),
}


@pytest.mark.parametrize("what", FAR)
def test_the_tolerance_ends(what: str, again: Path, quick: Quick) -> None:
    OTHER["threads"](again)
    FAR[what](again)
    result = quick()
    assert outcomes(result, but="same") == {"threads": "other", what: "differs"} and not result.same


def test_what_is_the_same_under_other_conditions_is_the_same(again: Path, quick: Quick) -> None:
    OTHER["threads"](again)
    assert quick().sentence == "The training came out the same, bit for bit (changed: threads)."


def older(facts: dict[str, Any]) -> None:
    """As runs were recorded before there was verify."""
    told = (
        "data_digest",
        "command",
        "skip_bad",
        "threads",
        "instructions",
        "precision",
        "trouble",
        "verdict",
    )
    for name in told:
        del facts[name]


def test_an_older_run_is_verified_as_far_as_it_goes(again: Path, quick: Quick) -> None:
    edit(again / "run.json", older)
    edit_history(again / "history.csv", lambda t: [row.pop("validation_commonest") for row in t])
    result = quick()
    assert outcomes(result, but="same") == dict.fromkeys(
        ("pictures", "instructions", "precision", "threads"), "unknown"
    )
    assert result.same
    assert result.sentence == (
        "The training came out the same, bit for bit (not recorded: instructions, precision, threads)."
    )


# --- devices ------------------------------------------------------------------------------------------------


def test_a_device_that_is_not_here_is_told(again: Path, quick: Quick) -> None:
    edit(again / "run.json", lambda facts: facts.update(device="cuda:7"))
    told = Told()
    result = quick(progress=told)
    note = "The run was made on the device cuda:7, which is not here; it is repeated on cpu."
    assert (result.notes, told.notes) == ((note,), [note])
    assert line(result, "device") == ("cuda:7", "cpu", "other") and result.same


def test_a_device_that_was_asked_for_must_be_here(again: Path, quick: Quick) -> None:
    with pytest.raises(TrainingError, match=r"There is no device 'abacus'\."):
        quick(device="abacus")


@pytest.mark.parametrize(("recorded", "asked", "used"), [("cpu", None, "cpu"), ("cpu", "auto", "auto")])
def test_it_runs_where_the_run_did_or_where_it_is_told_to(
    recorded: str, asked: str | None, used: str, again: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def spy(run: Any, data: Path, folder: Path, device: str, progress: Progress) -> Any:
        seen.append(device)
        return run

    monkeypatch.setattr(verifying, "_train_again", spy)
    edit(again / "run.json", lambda facts: facts.update(device=recorded))
    verify(again, device=asked)
    assert seen == [used]


# --- other pictures: nothing is trained ---------------------------------------------------------------------


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    def train_again(*_: object) -> None:
        raise AssertionError("a training was begun")

    monkeypatch.setattr(verifying, "_train_again", train_again)


def one_less(data: Path) -> None:
    (data / "train" / "O" / "1.png").unlink()


def one_more(data: Path) -> None:
    shutil.copy(data / "test" / "O" / "7.png", data / "test" / "X" / "new.png")


def repainted(data: Path) -> None:
    Image.new("L", (40, 40), 200).save(data / "train" / "X" / "2.png")


def swapped(data: Path) -> None:
    one, other = data / "train" / "O" / "1.png", data / "train" / "X" / "1.png"
    bytes_of_one = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(bytes_of_one)


def without_test(data: Path) -> None:
    shutil.rmtree(data / "test")


CHANGED = [
    (
        one_less,
        "of the 12 pictures it learned from, 1 cannot be found and classes have other numbers of pictures",
        {"train, class O": ("4", "3")},
    ),
    (one_more, "classes have other numbers of pictures", {"test, class X": ("3", "4")}),
    (repainted, "of the 12 pictures it learned from, 1 cannot be found", {}),
    (swapped, "pictures, their classes, parts or drawers are not as they were", {}),
    (
        without_test,
        "classes have other numbers of pictures",
        {"class O": ("9", "6"), "class X": ("9", "6")},
    ),
]


@pytest.mark.parametrize(("change", "reason", "counts"), CHANGED)
@pytest.mark.usefixtures("never")
def test_with_other_pictures_nothing_is_trained(
    change: Callable[[Path], None], reason: str, counts: dict[str, tuple[str, str]], again: Path, parted: Path
) -> None:
    change(parted)
    result = verify(again, data=parted)
    assert (result.repeated, result.same, result.data) == (False, False, parted)
    assert result.sentence == (
        f"The pictures in {parted} are not those of the run, so it was not repeated: {reason}."
    )
    assert [item.what for item in result.lines] == ["pictures", *counts]
    for what, (then, now) in counts.items():
        assert line(result, what) == (then, now, "differs")


@pytest.mark.parametrize(("change", "found"), [(one_less, True), (one_more, True), (swapped, False)])
def test_of_older_runs_fewer_changes_can_be_seen_before_training(
    change: Callable[[Path], None], found: bool, again: Path, parted: Path, quick: Quick
) -> None:
    edit(again / "run.json", older)
    change(parted)
    assert quick(data=parted).repeated is not found


def test_the_same_pictures_elsewhere_will_do(quick: Quick, parted: Path) -> None:
    (parted / "train" / "O" / "1.png").rename(parted / "train" / "O" / "z.png")
    assert quick(data=parted).sentence == SAME


# --- what cannot be verified --------------------------------------------------------------------------------


@pytest.mark.usefixtures("never")
def test_pictures_that_are_gone_are_asked_for(again: Path) -> None:
    edit(again / "run.json", lambda facts: facts.update(data="gone"))
    with pytest.raises(FolderError) as caught:
        verify(again)
    assert str(caught.value) == (
        f"The run {again} was trained on the folder gone, which is not there. "
        "Say where its pictures are now with --data DATA."
    )


@pytest.mark.usefixtures("never")
def test_pictures_that_cannot_be_read_are_named(again: Path, parted: Path) -> None:
    (parted / "train" / "O" / "1.png").write_bytes(b"torn")
    with pytest.raises(BadPictures, match=r"1 picture cannot be read:\n.*train/O/1\.png"):
        verify(again, data=parted)


def no_folder(run: Path) -> None:
    shutil.rmtree(run)


def unfinished(run: Path) -> None:
    (run / "model.onnx").unlink()


def torn_metrics(run: Path) -> None:
    (run / "metrics.json").write_text("{")


def no_history(run: Path) -> None:
    (run / "history.csv").write_text("epoch,loss\n")


def no_facts(run: Path) -> None:
    edit(run / "run.json", lambda facts: facts.pop("kept_epoch"))


COMPARE = "so there is nothing to compare with. Verify another run."
BROKEN = [
    (no_folder, "{run} is no run folder: it has no recipe.toml. Name one that train made."),
    (
        unfinished,
        "The run {run} is not finished, so there is nothing to verify yet. "
        "Go on with: oxmark train {data} --out {run} --resume",
    ),
    (torn_metrics, "The records of the run {run} cannot be read (run.json, metrics.json, history.csv: "),
    (
        no_history,
        f"The records of the run {{run}} cannot be read (run.json, metrics.json, history.csv: no losses), "
        f"{COMPARE}",
    ),
    (
        no_facts,
        "The records of the run {run} cannot be read (run.json, metrics.json, history.csv: 'kept_epoch'), "
        f"{COMPARE}",
    ),
]


@pytest.mark.parametrize(("damage", "message"), BROKEN)
@pytest.mark.usefixtures("never")
def test_runs_that_cannot_be_verified(
    damage: Callable[[Path], None], message: str, again: Path, marks: Path
) -> None:
    damage(again)
    with pytest.raises(RunError) as caught:
        verify(again)
    assert str(caught.value).startswith(message.format(run=again, data=marks))
