"""Rows in turn, ratios run by run, the file and the tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from measuring.results import Results, measure_all
from measuring.row import Figures, Reach, Row, figure, ratio
from measuring.table import markdown, tables
from measuring.work import Options, Work

SECONDS = {"ours": (1.0, 2.0, 4.0), "theirs": (8.0, 8.0, 8.0)}


def row(name: str, asked: list[str]) -> Row:
    """A row that gives the seconds above, and remembers when it was asked."""

    def measure(work: Work, run: int) -> Figures:
        asked.append(f"{name} {run}")
        work.profiles.setdefault(name, []).append({"fit": float(run)} if run else {"start": 0.5})
        return {"all in": SECONDS[name][run]}

    return Row(name, f"What {name} take", {"all in": "s", "never measured": "MB"}, measure)


@pytest.fixture
def measured(tmp_path: Path) -> tuple[Results, list[str]]:
    asked: list[str] = []
    value = ratio(figure("theirs", "all in"), figure("ours", "all in"))
    reaches = [
        Reach("theirs / ours", "", value, "at least", 8),
        Reach("not measured", "s", figure("elsewhere", "all in"), "under", 1),
    ]
    results = Results({"processor": "made up"}, [row(name, asked) for name in SECONDS], reaches)
    write: Callable[[], None] = lambda: results.write(tmp_path / "new" / "out.json")  # noqa: E731
    measure_all(results, Work(tmp_path, Options()), 3, lambda *told: None, write)
    return results, asked


def test_rows_take_turns(measured: tuple[Results, list[str]]) -> None:
    assert measured[1] == ["ours 0", "theirs 0", "theirs 1", "ours 1", "ours 2", "theirs 2"]


def test_ratios_are_made_run_by_run(measured: tuple[Results, list[str]]) -> None:
    (reach, series), *others = measured[0].reached()
    assert (others, reach.title, series.values) == ([], "theirs / ours", (8.0, 4.0, 2.0))


def test_the_file(measured: tuple[Results, list[str]], tmp_path: Path) -> None:
    told = json.loads((tmp_path / "new" / "out.json").read_text())
    assert told["conditions"] == {"processor": "made up"}
    ours = {"unit": "s", "median": 2.0, "lowest": 1.0, "highest": 4.0, "values": [1.0, 2.0, 4.0]}
    assert told["rows"]["ours"] == {"title": "What ours take", "figures": {"all in": ours}}
    (reach,) = told["reaches"]
    assert (reach["median"], reach["side"], reach["limit"], reach["reached"]) == (4.0, "at least", 8, False)
    assert told["profiles"]["ours"]["fit"]["values"] == [0.0, 1.0, 2.0]
    assert told["profiles"]["ours"]["start"]["values"] == [0.5, 0.0, 0.0]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["out.json"]


def test_what_was_measured_before_a_failure_is_kept(tmp_path: Path) -> None:
    def measure(work: Work, run: int) -> Figures:
        if run:
            raise OSError("the disk is full")
        return {"all in": 1.0}

    results = Results({}, [Row("ours", "Ours", {"all in": "s"}, measure)], [])
    with pytest.raises(OSError, match="full"):
        measure_all(
            results,
            Work(tmp_path, Options()),
            2,
            lambda *told: None,
            lambda: results.write(tmp_path / "out.json"),
        )
    told = json.loads((tmp_path / "out.json").read_text())
    assert told["rows"]["ours"]["figures"]["all in"]["values"] == [1.0]


def test_tables_show_medians_with_ranges(measured: tuple[Results, list[str]]) -> None:
    text = tables(measured[0])
    assert "- processor: made up\n" in text
    assert "### What ours take (ours)\n" in text
    assert "| all in   | 2.00 s | 1.00 to 4.00      | 3    |\n" in text
    assert "### Where the time goes (ours)\n" in text
    assert "| theirs / ours | 4.00   | 2.00 to 8.00      | 3    | at least 8 | no      |\n" in text
    assert "never measured" not in text


def test_columns_stand_under_each_other() -> None:
    assert markdown(("a", "bc"), [("def", "g")]).splitlines() == [
        "| a   | bc |",
        "|-----|----|",
        "| def | g  |",
    ]
