"""A finding, its sentences, and the table of all that can be found."""

from __future__ import annotations

import pytest

from oxmark import words
from oxmark.data.doctor.finding import (
    CODES,
    SEVERITIES,
    Finding,
    make_finding,
    sorted_findings,
    verdict,
    worst_of,
)
from oxmark.words import LANGUAGES


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("kind", ["what", "why", "cure"])
def test_every_code_has_its_sentences(code: str, kind: str) -> None:
    forms = words._templates("doctor")[f"{code}.{kind}"]
    assert set(LANGUAGES) <= set(forms)
    assert all(forms[language].endswith((".", "OUT", "}", "sheet.png", "drawer")) for language in LANGUAGES)


def test_every_sentence_belongs_to_a_code() -> None:
    tables = {code.partition(".")[0] for code in words._templates("doctor")}
    assert tables == {*CODES, "verdict", "mended", "told"}


def test_the_table_tells_errors_first() -> None:
    ranks = [SEVERITIES.index(severity) for severity in CODES.values()]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize(
    ("files", "what", "ko"),
    [
        (["a.png"], "1 picture is blank: nothing is drawn on it.", "빈 그림이 1개"),
        (["a.png", "b.png"], "2 pictures are blank: nothing is drawn on them.", "빈 그림이 2개"),
    ],
)
def test_one_and_several(files: list[str], what: str, ko: str) -> None:
    finding = make_finding("blank", files, data="marks")
    assert str(finding.what) == what
    assert ko in finding.what.text("ko")
    assert str(finding.cure).endswith("oxmark check marks --fix OUT")


def test_sets_are_counted_as_sets() -> None:
    finding = make_finding("copies", sets=[("a", "b", "c"), ("d", "e")])
    assert finding.files == ("a", "b", "c", "d", "e")
    assert finding.values == {"count": 2, "pictures": 5}
    assert str(finding.what) == "2 pictures are there more than once (5 files)."


@pytest.mark.parametrize(
    ("finding", "longest", "lines"),
    [
        (make_finding("blank", ["a", "b"]), None, ["a", "b"]),
        (make_finding("odd_size", ["a", "b"], details=["9x9", "8x8"]), None, ["a  9x9", "b  8x8"]),
        (make_finding("copies", sets=[("a", "b")]), 2, ["a = b"]),
        (make_finding("near_copies", sets=[("a", "b", "c")]), 2, ["a ~ b ~ …"]),
        (make_finding("near_copies", sets=[("a", "b", "c")]), None, ["a ~ b ~ c"]),
        (make_finding("one_class", name="O"), None, []),
    ],
)
def test_lines(finding: Finding, longest: int | None, lines: list[str]) -> None:
    assert finding.lines(longest) == lines


def test_a_finding_survives_json() -> None:
    finding = make_finding(
        "wrong_labels", ["a", "b"], details=["O → X", "X → O"], severity="note", data="marks"
    )
    assert Finding.from_json(finding.as_json()) == finding
    copies = make_finding("copies", sets=[("a", "b")], data="marks")
    assert Finding.from_json(copies.as_json()) == copies
    assert copies.as_json()["what"] == "1 picture is there more than once (2 files)."


def test_the_worst_comes_first_and_then_the_table_decides() -> None:
    found = [make_finding(code) for code in ("no_drawer", "imbalance", "copies", "blank", "unreadable")]
    found.append(make_finding("shortcut_border", severity="warning"))
    codes = [one.code for one in sorted_findings(found)]
    assert codes == ["unreadable", "blank", "shortcut_border", "copies", "imbalance", "no_drawer"]


def test_a_milder_case_comes_after_all_errors() -> None:
    found = [make_finding("shortcut_border", severity="warning"), make_finding("shortcut_file_type")]
    assert [one.code for one in sorted_findings(found)] == ["shortcut_file_type", "shortcut_border"]


@pytest.mark.parametrize(
    ("codes", "worst", "sentence"),
    [
        ([], None, "9 pictures, 2 classes: nothing to mend."),
        (["no_drawer"], "note", "9 pictures, 2 classes: nothing to mend."),
        (
            ["no_drawer", "burst"],
            "warning",
            "9 pictures, 2 classes: nothing must be mended; 1 thing is worth a look.",
        ),
        (["burst", "blank", "empty"], "error", "9 pictures, 2 classes: 2 things must be mended."),
    ],
)
def test_the_verdict(codes: list[str], worst: str | None, sentence: str) -> None:
    found = [make_finding(code) for code in codes]
    assert worst_of(found) == worst
    assert str(verdict(found, 9, 2)) == sentence
