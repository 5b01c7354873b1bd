"""The page as text: nothing outside of it, every name escaped, every link leads somewhere, all words used."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import oxmark.report
from oxmark import words
from oxmark.errors import RunError
from oxmark.report.document import Document
from oxmark.report.page import answers, chapters, report_page, theme, wording
from oxmark.report.page.answers import MOST_CLASSES, MOST_PICTURES, answers_data, matrix
from oxmark.report.page.chapters import chapters_of
from oxmark.words import Message

MakeDocument = Callable[..., Document]
LEAST: Any = {"format": 1, "kind": "run", "title": "marks", "classes": ["O", "X"]}
OF_TOMORROW: Any = {**LEAST, "format": 2}
HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=alert(2)>', "{{ 7 * 7 }}", "동그라미 & 'x'")
EVERY = [
    "verdict", "pictures", "training", "test", "validation", "curve", "simple", "shortcuts", "suspects",
    "check", "sees", "repeat",
]  # fmt: skip


class Elements(HTMLParser):
    """All elements of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


CHARTS = {
    chapters: ["interval_chart", "accuracy_chart", "loss_chart", "learning_chart"],
    answers: ["calibration_chart", "refusal_chart"],
}


@pytest.fixture(scope="module", autouse=True)
def _each_chart_once() -> Iterator[None]:
    """Most documents of this file have the same charts: they are drawn once."""
    drawn: dict[str, str] = {}

    def once(draw: Callable[..., str]) -> Callable[..., str]:
        def remembered(*figures: Any) -> str:
            key = repr((draw.__name__, figures))
            if key not in drawn:
                drawn[key] = draw(*figures)
            return drawn[key]

        return remembered

    with pytest.MonkeyPatch.context() as patch:
        for module, names in CHARTS.items():
            for name in names:
                patch.setattr(module, name, once(getattr(module, name)))
        yield


@pytest.fixture(scope="module")
def document(make_document: MakeDocument) -> Document:
    return make_document()


@pytest.fixture(scope="module")
def page(document: Document) -> str:
    return report_page(document)


@pytest.fixture(scope="module")
def elements(page: str) -> Elements:
    return Elements(page)


# --- one file, nothing outside of it ------------------------------------------------------------------------


def test_nothing_leads_out_of_the_page(page: str, elements: Elements) -> None:
    places = [(tag, a[key]) for tag, a in elements.found for key in ("src", "href") if key in a]
    assert places
    assert [place for place in places if not re.match(r"#|data:", place[1] or "")] == []
    assert re.findall(r"https?:|url\((?!#)|@import", page) == []


def test_only_its_own_style_and_script_may_run(page: str, elements: Elements) -> None:
    policies = [m for m in elements.of("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    policy = policies[0]["content"] or ""
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert (rules["default-src"], rules["img-src"]) == ("'none'", "data:")
    for tag in ("style", "script"):
        (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"
    assert page.index("Content-Security-Policy") < page.index("<style>") < page.index("<script>")


def test_no_element_carries_style_or_script(elements: Elements) -> None:
    wrong = [(tag, key) for tag, a in elements.found for key in a if key == "style" or key.startswith("on")]
    assert wrong == []


def test_the_same_document_gives_the_same_page(page: str, document: Document) -> None:
    assert report_page(json.loads(json.dumps(document))) == page


# --- what there is ------------------------------------------------------------------------------------------


def test_a_whole_document_has_every_chapter(elements: Elements) -> None:
    assert [a["id"] for a in elements.of("section")] == EVERY


def test_of_a_cross_validation_the_test_part_comes_last_of_the_answers(make_document: MakeDocument) -> None:
    found = [chapter.id for chapter in chapters_of(make_document(kind="validation"))]
    assert found == [*EVERY[:3], *EVERY[4:9], "test", *EVERY[9:]]


def test_a_cross_validation_says_the_verdict_where_there_is_one(document: Document) -> None:
    """It rests on more pictures than the test part of the run that it joined."""
    both = chapters_of(document)[0].data
    assert both["said"] == document["validation"]["verdict"] != document["verdict"]
    assert both["headline"]["total"] == document["validation"]["accuracy"]["total"]
    assert both["itself"] == document["headline"]
    alone: Any = {key: value for key, value in document.items() if key != "validation"}
    run = chapters_of(alone)[0].data
    assert (run["said"], run["headline"], run["itself"]) == (document["verdict"], document["headline"], None)
    untested: Any = {key: value for key, value in document.items() if key != "test"}
    assert chapters_of(untested)[0].data["itself"] is None


def test_how_to_do_it_again_is_told_of_both_and_nothing_twice(document: Document) -> None:
    blocks = dict(chapters_of(document)[-1].data["blocks"])
    assert blocks["training"]["command"] == "oxmark train marks --seed 3"
    assert blocks["validation"]["command"] == "oxmark validate marks --seed 4"
    told = {kind: [str(label.en) for label, _ in block["facts"]] for kind, block in blocks.items()}
    assert told == {"training": ["Made", "Seed", "Digest of the data", "Machine"], "validation": ["Seed"]}
    assert blocks["training"]["recipe"] and not blocks["validation"]["recipe"]
    other: Any = {**document["validation"]["provenance"], "machine": "Darwin"}
    elsewhere: Any = {**document, "validation": {**document["validation"], "provenance": other}}
    blocks = dict(chapters_of(elsewhere)[-1].data["blocks"])
    assert [value for _, value in blocks["validation"]["facts"]] == ["4", "Darwin"]


def test_without_data_there_are_no_chapters() -> None:
    assert chapters_of(LEAST) == []
    assert "<h1>marks</h1>" in report_page(LEAST)


@pytest.mark.parametrize(
    ("left_out", "chapter"),
    [
        ({"verdict": [], "headline": None, "validation": {"verdict": []}}, "verdict"),
        ({"data": {"folder": "marks"}}, "pictures"),
        ({"history": [], "trouble": []}, "training"),
        ({"test": None}, "test"),
        ({"findings": None}, "check"),
        ({"provenance": {}, "validation": {"provenance": {}}}, "repeat"),
        ({"pictures": {}}, "sees"),
        ({"validation": {"learning_curve": None}}, "curve"),
        ({"validation": {"baselines": {}}}, "simple"),
        ({"validation": {"shortcuts": []}}, "shortcuts"),
    ],
)
def test_what_has_no_data_has_no_chapter(document: Document, left_out: dict[str, Any], chapter: str) -> None:
    changed: Any = {**document, **left_out}
    if "validation" in left_out:
        changed["validation"] = {**document["validation"], **left_out["validation"]}
    changed = {key: value for key, value in changed.items() if value is not None}
    assert [one for one in EVERY if one not in {c.id for c in chapters_of(changed)}] == [chapter]
    assert f'id="{chapter}"' not in report_page(changed)


def test_finding_nothing_is_said(document: Document) -> None:
    calm: Any = {**document, "findings": [], "validation": {**document["validation"], "suspects": []}}
    page = report_page(calm)
    assert "Nothing to mend, nothing to look at." in page
    assert "No label looks wrong." in page
    del calm["findings"], calm["validation"]["suspects"]
    assert "Nothing to mend" not in report_page(calm)


@pytest.mark.parametrize(
    "section", ["calibration", "refusal", "by_hand", "worst", "confusion", "fold_shares", "notes", "spread"]
)
def test_parts_of_the_answers_may_be_missing(document: Document, section: str) -> None:
    whole: Any = document["validation"]
    less: Any = {**document, "validation": {key: one for key, one in whole.items() if key != section}}
    assert report_page(less).count("<section") == len(EVERY)


def test_a_document_of_another_format_is_refused() -> None:
    with pytest.raises(RunError, match="format 2"):
        report_page(OF_TOMORROW)


@pytest.mark.parametrize(
    "text",
    [
        "11 of 12 right", "83.3 %", "35.9 – 99.6 %", "oxmark train marks --seed 3", "9a3b",
        "Epoch 18 of 20 was kept.", "HOG + SVM", "60 (expected예상)", "a.png",
        "2025-11-22 16:24", "in folder O, looks like X", "Brightness of the paper", "tells class O",
        "Divided anew 3 times, between 90.0 % and 95.0 % were right.", "Repeat 3", "The cross-validation",
        "The model of this run, measured on its test part alone: 11 of 12 right,",
    ],
)  # fmt: skip
def test_what_the_page_says(elements: Elements, text: str) -> None:
    assert text in " ".join(elements.text.replace("\xa0", " ").split())


# --- both languages -----------------------------------------------------------------------------------------


def test_every_text_is_in_both_languages(page: str) -> None:
    pairs = re.findall(r'<span lang="en">([^<]*)</span><span lang="ko">([^<]*)</span>', page)
    assert len(pairs) > 100
    assert page.count('<span lang="') == 2 * len(pairs)
    assert [en for en, ko in pairs if not re.search("[가-힣]", ko) or re.search("[가-힣]", en)] == []


def test_every_word_is_used(document: Document) -> None:
    by_key = {"chapter", "part", "stage", "shortcut", "simple", "check", "head"}  # named by the data
    folder = Path(oxmark.report.__file__).parent
    files = [path for kind in ("*.py", "*.j2") for path in folder.rglob(kind)]
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    codes = [code for code in words._templates("report") if code.partition(".")[0] not in by_key]
    missing = [
        code
        for code in codes
        if f'"{code}"' not in source and f'"report.{code}"' not in source and not _built(code, source)
    ]
    assert missing == []


def _built(code: str, source: str) -> bool:
    """Codes that are put together: ``words("repeat." ~ key)`` and the like."""
    table, _, key = code.partition(".")
    return re.search(rf'"(report\.)?{table}\.("|\{{)', source) is not None and f'"{key}"' in source


@pytest.mark.parametrize(
    ("sentence", "en", "ko"),
    [
        (Message("words.example", {"count": 1}).as_json(), "1 picture.", "그림 1개."),
        ({"code": "words.of_tomorrow", "values": {}, "text": "as 5 % written"}, "as 5\xa0% written", None),
        ({"code": "no_such_file.a", "values": {}, "text": "as written"}, "as written", None),
        ({"code": "words.example", "values": {}, "text": "without its value"}, "without its value", None),
        ("plain\ntext", "plain text", None),
    ],
)
def test_sentences_of_the_document(sentence: Any, en: str, ko: str | None) -> None:
    assert wording.said(sentence) == wording.Text(en, ko or en)


@pytest.mark.parametrize(
    ("text", "columns", "short"),
    [
        ("ox", 2, "ox"),
        ("oxen", 3, "oxe…"),
        ("동그라미", 8, "동그라미"),
        ("동그라미", 7, "동그라…"),
        ("a bcd", 2, "a…"),
    ],
)
def test_names_are_cut_to_a_width(text: str, columns: int, short: str) -> None:
    assert wording.short(text, columns) == short


# --- names of the user's ------------------------------------------------------------------------------------


def test_hostile_names_stay_text(make_document: MakeDocument) -> None:
    found = Elements(report_page(make_document(HOSTILE, wrong=3)))
    assert len(found.of("script")) == 1
    assert [a for a in found.of("img") if not (a["src"] or "").startswith("data:image/")] == []
    for one in HOSTILE:
        assert one in found.text


def test_any_name_can_be_written_to_a_file(make_document: MakeDocument) -> None:
    document: Any = make_document(["\udce9t\u00e9", "a\x00\u202eb\n"])
    document["provenance"]["command"] = "oxmark train \udce9"
    page = report_page(document)
    assert "�té" in page.encode("utf-8").decode("utf-8")
    assert "\u202e" not in page
    assert "\x00" not in page


# --- accessible ---------------------------------------------------------------------------------------------


def test_every_reference_leads_somewhere(elements: Elements) -> None:
    ids = [a["id"] for _, a in elements.found if "id" in a]
    assert len(ids) == len(set(ids))
    links = [a[k] for _, a in elements.found for k in ("href",) if (a.get(k) or "").startswith("#")]
    named = [one for _, a in elements.found for one in (a.get("aria-labelledby") or "").split()]
    assert sorted({(link or "")[1:] for link in links} - set(ids)) == []
    assert sorted(set(named) - set(ids)) == []


def test_headings_skip_no_level(elements: Elements) -> None:
    levels = [int(tag[1]) for tag, _ in elements.found if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert [b for a, b in itertools.pairwise(levels) if b > a + 1] == []


def test_pictures_have_alternatives_and_tables_scopes(elements: Elements) -> None:
    assert all(a.get("alt") for a in elements.of("img"))
    assert all(a.get("scope") in ("col", "row", "colgroup") for a in elements.of("th"))
    assert {a["role"] for a in elements.of("svg") if "role" in a} == {"img"}


PAIRS = [
    *((text, ground) for text in ("ink", "quiet", "blue", "orange", "red") for ground in ("paper", "ground")),
    *((f"series-{number}", "paper") for number in range(1, 7)),
    *((f"on-{kind}-{level}", f"{kind}-{level}") for kind in ("right", "wrong") for level in range(1, 6)),
    ("paper", "ink"),
]


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_read(colours: dict[str, str], text: str, ground: str) -> None:
    every = {**colours, **theme.levels(colours)}
    assert theme.contrast(every[text], every[ground]) >= 4.5


def test_both_themes_have_the_same_colours() -> None:
    assert theme.LIGHT.keys() == theme.DARK.keys()


# --- the confusion matrix -----------------------------------------------------------------------------------


def test_each_cell_has_its_pictures(document: Document) -> None:
    test = document["test"]
    found = matrix("test", test, ["O", "X"], document["pictures"])
    cells = {(cell.truth, cell.answer): cell for cell in found.cells}
    assert {key: cell.count for key, cell in cells.items()} == {("O", "O"): 5, ("O", "X"): 1, ("X", "X"): 6}
    assert [cell.right for cell in found.cells] == [False, True, True]
    assert [one.file for one in cells["O", "X"].shown] == ["test/O/0000.png"]
    assert cells["O", "X"].shown[0].picture == document["pictures"]["test-0"]
    assert {one.truth + one.answer for one in cells["X", "X"].shown} == {"XX"}
    assert (cells["O", "O"].refused, cells["X", "X"].refused) == (1, 0)
    assert found.rows[1][0] is None


def test_counts_come_from_the_whole_not_from_what_is_listed(document: Document) -> None:
    changed: Any = {**document["test"], "confusion": [[90, 10], [0, 100]]}
    cells = matrix("a", changed, ["O", "X"], document["pictures"]).cells
    assert [(cell.count, cell.level, cell.more) for cell in cells] == [(10, 1, 9), (100, 5, 94), (90, 5, 85)]


def test_a_full_cell_shows_so_many(make_document: MakeDocument) -> None:
    document = make_document(each=MOST_PICTURES + 3, wrong=0, size=2)
    cell = matrix("a", document["test"], ["O", "X"], document["pictures"]).cells[0]
    assert (len(cell.shown), cell.more) == (MOST_PICTURES, 3)
    assert "and 3 more" in report_page(document)


def test_of_very_many_classes_the_most_confused_are_shown() -> None:
    count = MOST_CLASSES + 5
    table = [[1 if row == column else 0 for column in range(count)] for row in range(count)]
    table[3][count - 1] = 4
    changed: Any = {"answers": [], "confusion": table}
    found = matrix("a", changed, [str(number) for number in range(count)], {})
    assert len(found.names) == MOST_CLASSES
    assert found.names[-1] == str(count - 1)
    assert (found.cells[0].truth, found.cells[0].answer) == ("3", str(count - 1))


def test_where_nothing_is_wrong_the_least_sure_are_shown(make_document: MakeDocument) -> None:
    document = make_document(wrong=0)
    data = answers_data("test", document["test"], ["O", "X"], document["pictures"])
    sure = [one.sure for one in data["mistakes"]]
    assert (data["any_wrong"], len(sure), sure) == (False, 6, sorted(sure))
    assert min(max(one["probabilities"]) for one in document["test"]["answers"]) == sure[0]
    assert "The least sure answers" in report_page(document)


# --- size ---------------------------------------------------------------------------------------------------


def test_the_usual_set_stays_small(make_document: MakeDocument) -> None:
    page = report_page(make_document(each=52, wrong=6, size=160))
    assert page.count("<img") > 104
    assert len(page.encode()) < 2_000_000


def test_fifty_classes_and_two_thousand_answers_stay_small(make_document: MakeDocument) -> None:
    document = make_document([f"class {number}" for number in range(50)], each=40, wrong=900, shown=120)
    page = report_page(document)
    assert len(page.encode()) < 3_000_000
    assert page.count("<td>") >= 2 * 50 * 50
