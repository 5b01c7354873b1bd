"""What a report may be made from."""

from __future__ import annotations

from typing import Any

import pytest

from oxmark.errors import RunError
from oxmark.report.document import checked

LEAST: dict[str, Any] = {"format": 1, "kind": "run", "title": "marks", "classes": ["O", "X"]}


def with_picture(kind: str, uri: str) -> dict[str, Any]:
    return {**LEAST, "pictures": {"a": {"file": "a.png", "class": "O", kind: uri}}}


@pytest.mark.parametrize(
    "document",
    [LEAST, with_picture("image", "data:image/png;base64,AA=="), with_picture("heat", "")],
)
def test_a_document_is_handed_back_as_it_is(document: dict[str, Any]) -> None:
    assert checked(document) is document


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "The report's data has no format, no kind, no title, no classes. Train again"),
        ({**LEAST, "format": 2}, "The report's data has format 2, but this oxmark reads format 1."),
        ({**LEAST, "format": "1"}, "The report's data has format '1', but"),
        (
            with_picture("seen", "https://example.org/a.png"),
            "The report's picture 'a' has 'https://example.org/a.png' as its seen, but a report carries",
        ),
        (with_picture("image", "javascript:alert(1)"), "has 'javascript:alert(1)' as its image"),
        (with_picture("heat", "data:text/html,<script>"), "has 'data:text/html,<script>' as its heat"),
    ],
)
def test_what_is_no_document_is_refused(document: dict[str, Any], message: str) -> None:
    with pytest.raises(RunError) as refused:
        checked(document)
    assert message in str(refused.value)
