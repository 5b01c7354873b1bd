"""Which font can draw which text, and what to draw where none can.

Names of classes and files may be in any script. DejaVu Sans, which comes with matplotlib, draws what it
has; other installed fonts are asked for the rest, well-known Korean and CJK families first. A text that no
installed font can draw is replaced as a whole by a neutral label such as "class 2": never by a
transliteration, never by boxes.
"""

from __future__ import annotations

import functools
import importlib.util
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from oxmark.errors import MissingExtra

# Parts of file names, lower case without separators; the first that matches counts.
_PREFERRED = (
    "notosanscjk", "notosanskr", "nanumgothic", "malgun", "applesdgothicneo", "applegothic",
    "nanumbarungothic", "sourcehansans", "notosansjp", "hiragino", "yugoth", "meiryo", "msgothic",
    "ipagothic", "ipaexg", "takao", "notosanssc", "notosanstc", "wqy", "msyh", "pingfang", "notosans",
    "freesans", "arial", "segoeui",
)  # fmt: skip
# Fonts that claim characters but draw boxes, blanks or colour bitmaps instead.
_NEVER = ("lastresort", "adobeblank", "color", "colour", "notdef")
_NOT_REGULAR = ("bold", "italic", "oblique", "light", "thin", "black", "heavy", "condensed", "mono")


class FontBook:
    """Finds, for each character, the first font file that can draw it; remembers the answers.

    Args:
        base: The font asked first.
        others: Further font files in order of preference; ``None`` looks up the installed ones, and only
            when ``base`` lacks a character.

    Example:
        >>> book = FontBook(base_font_file(), others=())
        >>> book.runs("a$b")[0][0]
        'a$b'
        >>> book.runs("\\uc624") is None  # Hangul is not in DejaVu Sans
        True
    """

    def __init__(self, base: Path, others: Sequence[Path] | None = None) -> None:
        self.base = base
        self._others = None if others is None else tuple(others)
        self._known: dict[str, Path | None] = {chr(code): base for code in (*range(32, 127), 0x2026, 0x2713)}

    def runs(self, text: str) -> tuple[tuple[str, Path], ...] | None:
        """Cut ``text`` into pieces with one font file each; ``None`` when a character has no font.

        Args:
            text: One line, as :func:`clean` gives it.
        """
        self._learn(text)
        pieces: list[tuple[str, Path]] = []
        for character in text:
            file = self._known[character]
            if file is None:
                return None
            if pieces and pieces[-1][1] == file:
                pieces[-1] = (pieces[-1][0] + character, file)
            else:
                pieces.append((character, file))
        return tuple(pieces)

    def missing(self, text: str) -> list[str]:
        """The characters of ``text`` that no font can draw, each once, in their order."""
        self._learn(text)
        return [character for character in dict.fromkeys(text) if self._known[character] is None]

    def _learn(self, text: str) -> None:
        wanted = {character for character in text if character not in self._known}
        if not wanted:
            return
        self._ask(self.base, wanted)
        if wanted and self._others is None:
            self._others = installed_font_files()
        for file in self._others or ():
            if not wanted:
                break
            self._ask(file, wanted)
        self._known.update(dict.fromkeys(wanted))

    def _ask(self, file: Path, wanted: set[str]) -> None:
        found = {character for character in wanted if character in _characters(file, frozenset(wanted))}
        self._known.update(dict.fromkeys(found, file))
        wanted -= found


def _characters(file: Path, wanted: frozenset[str]) -> set[str]:
    """Which of ``wanted`` the font in ``file`` can draw; none where it cannot be read or scaled."""
    from matplotlib.ft2font import FT2Font

    try:
        font = FT2Font(str(file))
    except (OSError, RuntimeError):
        return set()
    if not font.scalable:
        return set()
    return {character for character in wanted if font.get_char_index(ord(character))}


@functools.cache
def base_font_file(bold: bool = False) -> Path:
    """DejaVu Sans, as it lies inside the installed matplotlib, found without importing it.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    found = importlib.util.find_spec("matplotlib")
    if found is None or not found.submodule_search_locations:
        raise MissingExtra("Drawing pictures", "train")
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return Path(found.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf" / name


def installed_font_files() -> tuple[Path, ...]:
    """The fonts of this computer, best first: known Korean and CJK families, regular before bold."""
    from matplotlib.font_manager import findSystemFonts

    files = {Path(name) for name in findSystemFonts()}
    usable = [file for file in files if not any(word in _plain(file) for word in _NEVER)]
    return tuple(sorted(usable, key=_order))


def _plain(file: Path) -> str:
    return file.stem.lower().replace("-", "").replace("_", "").replace(" ", "")


def _order(file: Path) -> tuple[int, int, str]:
    name = _plain(file)
    family = next((rank for rank, part in enumerate(_PREFERRED) if part in name), len(_PREFERRED))
    return family, sum(word in name for word in _NOT_REGULAR), str(file)


@functools.cache
def book() -> FontBook:
    """The font book of this process: DejaVu Sans, then whatever is installed."""
    return FontBook(base_font_file())


def clean(text: str) -> str:
    """One line of drawable characters: composed, without control and invisible ones.

    File names of macOS come with Hangul taken apart into letters; they are put together again. Line breaks
    and tabs become spaces; direction marks and the like, which could make a name read differently, go.

    Example:
        >>> clean("a\\tb\\n c\\u202e")
        'a b c'
    """
    composed = unicodedata.normalize("NFC", text)
    kept = "".join(_visible(character) for character in composed)
    return " ".join(kept.split())


def _visible(character: str) -> str:
    kind = unicodedata.category(character)
    if character.isspace() or kind in ("Zl", "Zp", "Zs"):
        return " "
    if kind == "Cs":  # half of a pair: a file name that is no Unicode
        return "\N{REPLACEMENT CHARACTER}"
    hidden = (
        kind in ("Cc", "Cf") or "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
    )
    return "" if hidden else character


def drawable(text: str, instead: str) -> str:
    """The text as one line if an installed font can draw all of it, else the neutral label.

    Args:
        text: Anything: a class name, a file name.
        instead: What to draw otherwise, in plain ASCII, for example ``"class 2"``.

    Example:
        >>> drawable("cost $5", "class 1")
        'cost $5'
    """
    line = clean(text)
    return line if line and not book().missing(line) else instead


def class_labels(names: Sequence[str]) -> list[str]:
    """Each class name if it can be drawn, else ``"class N"``, counting from one.

    Example:
        >>> class_labels(["O", "X"])
        ['O', 'X']
    """
    return [drawable(name, f"class {number}") for number, name in enumerate(names, start=1)]


def missing_font_note(texts: Iterable[str]) -> str | None:
    """One sentence or two on the characters that cannot be drawn and the cure; ``None`` if all can.

    Args:
        texts: All names that go into pictures.

    Example:
        >>> missing_font_note(["O", "X"]) is None
        True
    """
    missing = book().missing("".join(dict.fromkeys("".join(clean(text) for text in texts))))
    if not missing:
        return None
    shown = " ".join(missing[:8]) + (f" and {len(missing) - 8} more" if len(missing) > 8 else "")
    return (
        f"No installed font can draw {shown}, so neutral labels stand in the pictures instead. "
        f"Install {_cure(missing)} and run this again."
    )


def _cure(missing: Sequence[str]) -> str:
    scripts = {unicodedata.name(character, "UNKNOWN").split()[0] for character in missing}
    if "HANGUL" in scripts:
        return "a Hangul font, such as the package fonts-nanum or Noto Sans CJK,"
    if scripts & {"CJK", "HIRAGANA", "KATAKANA", "BOPOMOFO"}:
        return "a font that has them, such as the package fonts-noto-cjk (Noto Sans CJK),"
    return "a font that has them, such as one of the Noto fonts,"
