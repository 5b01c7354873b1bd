"""The report of a run in the browser, shut off from everything else of the studio."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from starlette.responses import Response

from oxmark.errors import FolderError
from oxmark.web.problems import Problem
from oxmark.web.studio.runs_reading import REPORT
from oxmark.web.studio.teaching_files import read_plain

if TYPE_CHECKING:
    from oxmark.web.studio.teaching import Teaching

_OWN = re.compile(
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
    "style-src (?P<style>'sha256-[A-Za-z0-9+/=]{44}'); script-src (?P<script>'sha256-[A-Za-z0-9+/=]{44}'); "
)
_HEAD = 4096
_MOST = 256 * 2**20
_SHUT = (
    "sandbox{allowed}; default-src 'none'; img-src data:; style-src {style}; script-src {script}; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def report_page(teaching: Teaching, id: str) -> Response:
    """The report, with a policy that lets its own script run and nothing else.

    The report names the hashes of its style and its script itself; a page that does not is shown without
    either. In its sandbox the page has an origin of its own, which the guard does not let change anything.

    Raises:
        Problem: No such run, or it has no report.
        FolderError: It cannot be read.
    """
    folder = teaching.shelf.find(id).folder
    path = folder / REPORT
    try:
        page = read_plain(path, _MOST)
    except FileNotFoundError:
        raise Problem(
            404, "no_report", "This run has no report; a training that came to its end has."
        ) from None
    except OSError as error:
        raise FolderError(f"{path} cannot be read: {error.strerror}.") from error
    return Response(page, media_type="text/html", headers={"content-security-policy": policy(page)})


def policy(page: bytes) -> str:
    """What a browser may do with a report.

    Example:
        >>> policy(b"<script>alert(1)</script>").partition(";")[0]
        'sandbox'
    """
    own = _OWN.search(html.unescape(page[:_HEAD].decode("utf-8", "replace")))
    if own is None:
        return _SHUT.format(allowed="", style="'none'", script="'none'")
    return _SHUT.format(allowed=" allow-scripts", style=own["style"], script=own["script"])
