"""Learning curves: the kept epoch, gaps, spikes, and any number of epochs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from oxmark.errors import OutputError
from oxmark.report import curves as module
from oxmark.report import style
from oxmark.report.curves import curves

History = dict[str, Sequence[float]]


def history(epochs: int, *, validation: bool = True) -> History:
    steps = np.arange(1, epochs + 1)
    table: History = {
        "epoch": steps.tolist(),
        "loss": (1 / steps).tolist(),
        "accuracy": (1 - 0.5 / steps).tolist(),
    }
    if validation:
        table["validation_loss"] = (1.3 / steps).tolist()
        table["validation_accuracy"] = (1 - 0.6 / steps).tolist()
    return table


def draw(path: Path, table: History, kept: int = 1, title: str = "marks") -> NDArray[np.uint8]:
    curves(path, history=table, kept_epoch=kept, title=title)
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert not image.info
        return np.asarray(image.convert("RGB"))


def count(picture: NDArray[np.uint8], colour: str) -> int:
    return int((picture == np.array(style.rgb(colour))).all(axis=2).sum())


def kept_at(picture: NDArray[np.uint8]) -> int:
    """The column of the dashed line in the left panel: the one with most pixels of its colour."""
    dashes = (np.abs(picture[:, :700].astype(int) - style.rgb(style.FAINT)).max(axis=2) < 12).sum(axis=0)
    return int(dashes.argmax())


@pytest.mark.parametrize("epochs", [1, 2, 15, 100])
def test_any_number_of_epochs(tmp_path: Path, epochs: int) -> None:
    picture = draw(tmp_path / "a.png", history(epochs), kept=epochs)
    assert picture.shape[1] >= 1400
    assert 500 < picture.shape[0] < 1000
    assert count(picture, style.BLUE) > 100
    assert count(picture, style.ORANGE) > 100
    edge = np.concatenate([picture[:4].ravel(), picture[-4:].ravel(), picture[:, -4:].ravel()])
    assert edge.min() == 255  # nothing runs off the page


def test_the_mark_moves_with_the_kept_epoch(tmp_path: Path) -> None:
    places = [kept_at(draw(tmp_path / f"{kept}.png", history(15), kept)) for kept in (2, 8, 14)]
    assert places[1] - places[0] > 100
    assert abs((places[2] - places[1]) - (places[1] - places[0])) <= 2


@pytest.mark.parametrize("how", ["absent", "nan"])
def test_without_validation_there_is_no_second_curve(tmp_path: Path, how: str) -> None:
    table = history(5, validation=False)
    if how == "nan":
        table |= {"validation_loss": [np.nan] * 5, "validation_accuracy": [np.nan] * 5}
    picture = draw(tmp_path / "a.png", table, kept=5)
    assert count(picture, style.ORANGE) == 0
    assert count(picture, style.BLUE) > 100


def test_gaps_are_allowed_also_at_the_kept_epoch(tmp_path: Path) -> None:
    table = history(6)
    table["validation_loss"] = [np.nan, 1.0, np.nan, np.inf, 0.5, np.nan]
    table["loss"] = [np.nan, 0.9, 0.8, 0.7, -np.inf, np.nan]
    assert count(draw(tmp_path / "a.png", table, kept=6), style.ORANGE) > 100


def test_only_what_is_known_stands_beside_the_kept_epoch() -> None:
    values = [("training", 0.5), ("validation", np.nan)]
    drawn = [module._Curve(name, style.BLUE, np.array([1.0, value])) for name, value in values]
    found = module._at(drawn, np.array([False, True]))
    assert [(curve.name, value) for curve, value in found] == [("training", 0.5)]


def test_nothing_finite_is_a_picture_too(tmp_path: Path) -> None:
    table: History = {"epoch": [1, 2], "loss": [np.nan] * 2, "accuracy": [np.nan] * 2}
    assert count(draw(tmp_path / "a.png", table), style.BLUE) == 0


@pytest.mark.parametrize(
    ("values", "top", "spike"),
    [
        ([0.7, 0.5, 0.3], 0.7, 0.0),
        ([1.0] * 19 + [50.0], 2.0, 50.0),
        ([0.5] * 8 + [50.0], 50.0, 0.0),  # too few to call one a spike
        (np.linspace(2, 0.1, 40).tolist(), 2.0, 0.0),
        ([0.0] * 12, 1e-6, 0.0),
    ],
)
def test_spikes_do_not_flatten_the_rest(values: list[float], top: float, spike: float) -> None:
    assert module._loss_top(np.array(values)) == pytest.approx((top, spike))


@pytest.mark.parametrize("wanted", [[0.5, 0.5], [0.0, 0.0], [1.0, 1.0], [0.2, 0.9], [0.9, 0.85], [1.0, 0.0]])
def test_names_at_the_lines_ends_do_not_touch(wanted: list[float]) -> None:
    places = module._spread(wanted)
    assert abs(places[0] - places[1]) >= 0.15 - 1e-9
    assert all(0 <= place <= 1 for place in places)
    if wanted[0] != wanted[1]:
        assert (places[0] < places[1]) == (wanted[0] < wanted[1])


def test_equal_ends_are_moved_apart_evenly() -> None:
    assert module._spread([0.5, 0.5]) == pytest.approx([0.575, 0.425])


@pytest.mark.parametrize("title", ["$\\frac{1}{2}$", "오 엑스", "\U0001f984", "a\nb", "", "x" * 200])
def test_any_title(tmp_path: Path, title: str) -> None:
    draw(tmp_path / "a.png", history(2), title=title)


@pytest.mark.parametrize(
    ("table", "kept", "message"),
    [
        ({"epoch": [1], "loss": [0.1]}, 1, "the history has no accuracy"),
        ({}, 1, "the history has no epoch, no loss, no accuracy"),
        (history(3), 4, "epoch 4 was kept, but the history has no such epoch"),
        ({"epoch": [], "loss": [], "accuracy": []}, 1, "the history's columns must be equally long and hold"),
        ({"epoch": [1, 2], "loss": [1], "accuracy": [1]}, 1, "the history's columns must be equally long"),
    ],
)
def test_a_wrong_history_is_refused(tmp_path: Path, table: History, kept: int, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}"):
        draw(tmp_path / "a.png", table, kept)
    assert list(tmp_path.iterdir()) == []


def test_the_users_own_settings_neither_matter_nor_change(tmp_path: Path) -> None:
    draw(tmp_path / "a.png", history(5))
    with matplotlib.rc_context({"lines.linewidth": 9, "text.usetex": True, "xtick.direction": "in"}):
        before = dict(matplotlib.rcParams)
        draw(tmp_path / "b.png", history(5))
        assert dict(matplotlib.rcParams) == before
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_an_unwritable_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match=r"^cannot write .*; choose another place\.$"):
        draw(tmp_path / "file" / "a.png", history(2))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
