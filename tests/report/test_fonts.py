"""Names in any script: drawn where a font has them, replaced as a whole where none has."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from PIL import ImageFont

from oxmark.errors import MissingExtra
from oxmark.report import canvas, fonts

HANGUL = "오엑스"


@pytest.fixture
def no_other_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = fonts.FontBook(fonts.base_font_file(), others=())
    monkeypatch.setattr(fonts, "book", lambda: alone)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("O", "O"),
        ("a\tb\nc\r\n d", "a b c d"),
        ("  wide \u3000 space ", "wide space"),
        (unicodedata.normalize("NFD", HANGUL), HANGUL),  # as macOS names files
        ("\u202egnp.exe", "gnp.exe"),
        ("heart\u2764\ufe0f", "heart\u2764"),
        ("bad\udcff", "bad\ufffd"),
        ("zero\x00\x1b[31m", "zero[31m"),
        ("$x_1^2$ \\alpha", "$x_1^2$ \\alpha"),
    ],
)
def test_clean(text: str, wanted: str) -> None:
    assert fonts.clean(text) == wanted


@pytest.mark.usefixtures("no_other_fonts")
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("circle", "circle"),
        ("Ünïcödé", "Ünïcödé"),
        ("עברית", "עברית"),
        ("$x", "$x"),
        (HANGUL, "class 1"),
        ("O " + HANGUL, "class 1"),  # as a whole
        ("日本", "class 1"),
        ("\n\t", "class 1"),
        ("\U0010ffff", "class 1"),
    ],
)
def test_names_without_a_font_become_neutral_labels(name: str, wanted: str) -> None:
    assert fonts.class_labels([name]) == [wanted]


@pytest.mark.usefixtures("no_other_fonts")
def test_labels_are_numbered_by_position() -> None:
    assert fonts.class_labels(["O", HANGUL, "X", HANGUL]) == ["O", "class 2", "X", "class 4"]


@pytest.mark.usefixtures("no_other_fonts")
@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (["O", "X"], None),
        ([], None),
        (
            ["O", HANGUL],
            "No installed font can draw 오 엑 스, so neutral labels stand in the pictures instead. Install a "
            "Hangul font, such as the package fonts-nanum or Noto Sans CJK, and run this again.",
        ),
        (
            ["日本語漢字仮名交文"],
            "No installed font can draw 日 本 語 漢 字 仮 名 交 and 1 more, so neutral labels stand in the "
            "pictures instead. Install a font that has them, such as the package fonts-noto-cjk (Noto Sans "
            "CJK), and run this again.",
        ),
        (
            ["\U0001f984"],
            "No installed font can draw \U0001f984, so neutral labels stand in the pictures instead. Install "
            "a font that has them, such as one of the Noto fonts, and run this again.",
        ),
    ],
)
def test_the_note_names_characters_and_cure(texts: list[str], wanted: str | None) -> None:
    assert fonts.missing_font_note(texts) == wanted


def test_a_further_font_is_asked_for_what_the_first_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Path("first.ttf"), Path("second.ttf")
    has = {first: "abc", second: "bc오"}
    monkeypatch.setattr(fonts, "_characters", lambda file, wanted: {c for c in wanted if c in has[file]})
    book = fonts.FontBook(first, others=[second])
    assert book.runs("é오") is None
    assert book.missing("é오é") == ["é"]
    assert book.runs("a오b") == (("a", first), ("오", second), ("b", first))


def test_installed_fonts_are_asked_only_when_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def installed() -> tuple[Path, ...]:
        asked.append(True)
        return ()

    monkeypatch.setattr(fonts, "installed_font_files", installed)
    book = fonts.FontBook(fonts.base_font_file())
    book.runs("plain \u00e9 \u2713")
    assert not asked
    assert book.missing(HANGUL) == list(HANGUL)
    assert book.missing(HANGUL + "모") == [*HANGUL, "모"]
    assert len(asked) == 1


def test_unreadable_fonts_are_passed_over(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"not a font")
    book = fonts.FontBook(fonts.base_font_file(), others=[broken, tmp_path / "gone.ttf"])
    assert book.runs(HANGUL) is None


def test_known_families_first_and_no_fonts_of_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    found = ["/f/Zapf.ttf", "/f/NanumGothicBold.ttf", "/f/NanumGothic.ttf", "/f/LastResort.otf"]
    found += ["/f/NotoColorEmoji.ttf", "/f/NotoSansCJK-Regular.ttc"]
    monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", lambda: found)
    names = [file.name for file in fonts.installed_font_files()]
    assert names == ["NotoSansCJK-Regular.ttc", "NanumGothic.ttf", "NanumGothicBold.ttf", "Zapf.ttf"]


def test_what_is_taken_for_granted_is_in_the_base_font() -> None:
    granted = "".join(fonts.FontBook(fonts.base_font_file())._known)
    assert fonts._characters(fonts.base_font_file(), frozenset(granted)) == set(granted)


def test_installed_hangul_is_drawn_if_there_is_a_font_for_it() -> None:
    runs = fonts.FontBook(fonts.base_font_file()).runs(HANGUL)
    if runs is None:
        assert fonts.drawable(HANGUL, "class 1") == "class 1"
        return
    font = ImageFont.truetype(str(runs[0][1]), 40)
    pictures = {bytes(font.getmask(character)) for character in HANGUL}
    assert len(pictures) == 3  # three different shapes: no boxes


def test_without_matplotlib_the_install_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    fonts.base_font_file.cache_clear()
    try:
        with pytest.raises(MissingExtra, match=r"pip install 'oxmark\[train\]'"):
            fonts.base_font_file()
    finally:
        fonts.base_font_file.cache_clear()


@pytest.mark.parametrize("room", [30, 90, 200])
def test_shortened_names_fit_and_keep_both_ends(room: int) -> None:
    short = canvas.shorten("hand03_of_somebody_2024-03-11_017.png", 15, room)
    assert canvas.text_width(short, 15) <= room
    assert short.startswith("h")
    assert "\u2026" in short
    if room >= 90:
        assert short.endswith("png")
    longer = canvas.shorten("hand03_of_somebody_2024-03-11_017.png", 15, room + 40)
    assert len(longer) > len(short)  # as much as fits


@pytest.mark.usefixtures("no_other_fonts")
def test_a_text_without_a_font_is_never_drawn_as_boxes() -> None:
    with pytest.raises(ValueError, match="no font for"):
        canvas.text_width(HANGUL, 15)
