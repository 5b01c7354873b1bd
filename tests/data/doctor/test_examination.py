"""All looks together, and what is asked of those who call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oxmark.data.doctor import CODES, examine
from oxmark.data.doctor.evidence import Evidence, quoted, shortened
from oxmark.errors import BrokenPicture

from .cases import MakeCase, look, parted, told


def findings_of(evidence: Evidence) -> list[str]:
    found = examine(evidence)
    told(found)
    return [one.code for one in found]


def test_a_good_set_has_no_findings(case: MakeCase) -> None:
    hand = {"train": "a", "validation": "b", "test": "c"}
    assert findings_of(case({name: {"hand": hand[name.split("/")[0]]} for name in parted()})) == []


def test_the_worst_is_told_first(case: MakeCase) -> None:
    files: dict[str, Any] = {name: {} for name in parted(train=50)}
    files = {name: v for name, v in files.items() if not name.startswith("train/X") or name < "train/X/2"}
    files["train/O/0.png"] = {"error": BrokenPicture("marks/train/O/0.png is truncated: early. Again.")}
    files["train/O/1.png"] = files["test/O/1.png"] = {"look": look(1)}
    codes = findings_of(case(files))
    assert codes == ["unreadable", "copies_in_two_parts", "few_pictures", "imbalance", "no_drawer"]
    assert codes == sorted(codes, key=list(CODES).index)


def test_nothing_readable_is_no_reason_to_fail(case: MakeCase) -> None:
    files = {name: {"error": BrokenPicture("damaged")} for name in ("O/1.png", "X/1.png")}
    assert findings_of(case(files)) == ["unreadable", "too_few_to_divide"]


def test_numbers_must_agree(case: MakeCase) -> None:
    evidence = case(["O/1.png", "X/1.png"])
    with pytest.raises(ValueError, match="got 1 traits for 2 samples"):
        Evidence(evidence.dataset, evidence.traits[:1])
    with pytest.raises(ValueError, match="got 1 seen pictures, expected one for each of 2"):
        Evidence(evidence.dataset, evidence.traits, np.zeros((1, 1, 48, 48), np.float32))


def test_paths_in_commands_are_quoted(case: MakeCase) -> None:
    evidence = case(["O/1.png"], root="my marks")
    assert quoted(evidence.dataset.root) == '"my marks"'
    assert str(evidence.finding("copies").cure).endswith('oxmark check "my marks" --fix OUT')


def test_long_lists_are_shortened() -> None:
    assert shortened(["a", "b"], most=2) == "a, b"
    assert shortened(["a", "b", "c"], most=2) == "a, b, …"
