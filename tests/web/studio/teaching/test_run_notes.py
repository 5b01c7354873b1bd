"""What a run says about pictures that were left out, and about data that must be mended."""

from __future__ import annotations

from typing import Any

import pytest

from oxmark.data.doctor.finding import make_finding
from oxmark.web.studio.runs_notes import notes_of

COPIES = make_finding("copies_in_two_parts", sets=[("train/O/1.png", "test/O/2.png")], data="marks")
KEPT = {
    "severity": "error",
    **{kind: getattr(COPIES, kind).as_json() for kind in ("what", "why", "cure")},
}
SKIPPED = "Skipped: marks/O/3.png is empty (0 bytes). Copy it again from its source, or leave it out."


def test_what_was_left_out_comes_first_then_what_must_be_mended() -> None:
    notes = ["Skipped, as no pictures of a class: runs ('oxmark show' lists them).", SKIPPED, SKIPPED]
    said = notes_of(notes, [KEPT, {**KEPT, "severity": "warning"}])
    assert [one.en for one in said] == [
        "2 pictures could not be read, so nothing was learned from them and they were not tested. "
        "Collect marks them.",
        "1 picture stands in two parts, pixel by pixel the same. What was learned by heart is asked again: "
        "the figures look better than they are.",
    ]
    assert said[0].ko.startswith("그림 2개는 읽을 수 없어")


@pytest.mark.parametrize(
    ("notes", "findings"),
    [
        (None, None),
        ("Skipped: all", "error"),
        ([1, None, {}], [1, None, {}, {"severity": "error"}]),
        ([], [{"severity": "error", "what": {"code": "no.such", "values": {}}, "why": []}]),
        ([], [{"severity": "error", "what": {"code": "doctor.blank.what", "values": {}}, "why": None}]),
    ],
)
def test_what_cannot_be_read_says_nothing(notes: Any, findings: Any) -> None:
    assert notes_of(notes, findings) == ()
