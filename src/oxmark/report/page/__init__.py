"""The report as one HTML file: nothing outside of it is needed, nothing is ever asked for.

The file opens from ``file://``, without a network and without scripts (then in English), prints, and shows
English or Korean, light or dark. What comes from the user, names of classes and files above all, is text and
stays text: every value is escaped, and a content-security policy lets only this page's own style and script
run, by their hashes.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from importlib import resources
from typing import TYPE_CHECKING

from oxmark.report.document import Document, checked
from oxmark.report.page import theme, wording
from oxmark.report.page.chapters import chapters_of, head

if TYPE_CHECKING:
    import jinja2

__all__ = ["get_ready", "report_page"]

_HALF_PAIRS = re.compile("[\ud800-\udfff]")  # in names of files that are no Unicode


def report_page(document: Document) -> str:
    """Make the page of a report.

    Args:
        document: All that is known of a training or a cross-validation; see :mod:`oxmark.report.document`.

    Returns:
        HTML. The same document gives the same text; it can be written as UTF-8 whatever the names hold.

    Raises:
        RunError: The document has another format, lacks a required key or has a picture outside of itself.

    Example:
        >>> page = report_page({"format": 1, "kind": "run", "title": "marks", "classes": ["O", "X"]})
        >>> page[:15], "<title>marks" in page
        ('<!doctype html>', True)
    """
    known = checked(document)
    style, script = theme.css() + _file("page.css"), _file("page.js")
    page = _environment().get_template("page.html.j2")
    html = page.render(
        head=head(known),
        chapters=chapters_of(known),
        style=style,
        script=script,
        policy=_policy(style, script),
    )
    return _HALF_PAIRS.sub("\N{REPLACEMENT CHARACTER}", html)


def get_ready() -> None:
    """Load ahead of time what a page is made with: half of the seconds that the first page takes.

    Example:
        >>> get_ready()
    """
    for file in resources.files("oxmark.report.page").iterdir():
        if file.name.endswith(".j2"):
            _environment().get_template(file.name)


def _policy(style: str, script: str) -> str:
    """What the browser may do: draw the pictures inside the page, use this style, run this script."""
    return (
        f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@functools.cache
def _environment() -> jinja2.Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_file),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["words"] = wording.words
    environment.filters.update(
        said=wording.said,
        name=wording.name,
        percent=wording.percent,
        interval=wording.interval,
        figure=wording.figure,
        known_word=wording.known_word,
    )
    return environment


def _file(name: str) -> str:
    return resources.files("oxmark.report.page").joinpath(name).read_text(encoding="utf-8")
