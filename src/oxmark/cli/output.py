"""Data on stdout, everything else on stderr; options that several commands share."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console

    from oxmark.cli.display import PlainProgress
    from oxmark.errors import PictureError
    from oxmark.evaluation.metrics import Share

Number = TypeVar("Number", int, float)

BUILTIN = "builtin"
"""Names the built-in O/X model wherever a model is asked for."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
seed_option = click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    help="Everything random comes from it; the same seed gives the same result.",
)
recipe_option = click.option(
    "--recipe", metavar="NAME|FILE.toml", help="marks (default), tutorial, or a recipe file."
)
set_option = click.option(
    "--set",
    "settings",
    metavar="KEY=VALUE",
    multiple=True,
    help="Change one knob of the recipe; may be given several times. 'oxmark recipe' lists them.",
)


part_option = click.option(
    "--part",
    type=click.Choice(["train", "validation", "test", "all"]),
    default="test",
    show_default=True,
    help="Which part of DATA; a folder without parts is taken whole.",
)


cluster_option = click.option(
    "--cluster",
    metavar="[ADDRESS]",
    is_flag=False,
    flag_value="local",
    help="Work on Ray: on the cluster at HOST:PORT or auto, or, without ADDRESS, on this machine's cores.",
)


def png_option(name: str, help: str, metavar: str = "FILE.png") -> Callable[[Any], Any]:
    """An option that takes the PNG to write; another suffix is refused before any work."""
    return click.option(
        name, type=click.Path(path_type=Path), metavar=metavar, help=help, callback=_check_png
    )


def _check_png(ctx: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and path.suffix.lower() != ".png":
        raise click.BadParameter(f"'{path}' must end in .png.", ctx, option)
    return path


def path_option(name: str, help: str, metavar: str = "FILE") -> Callable[[Any], Any]:
    """An option that takes a path; checked when it is used."""
    return click.option(name, type=click.Path(path_type=Path), metavar=metavar, help=help)


def refuse(because: str, **options: object) -> None:
    """An option that would do nothing is an error: whichever is not None is named. Raises a usage error."""
    for name, value in options.items():
        if value is not None:
            raise click.UsageError(f"{name} cannot be used here: {because}.")


def model_path(given: Path | None) -> Path | None:
    """The model that a person named: a path, or None for the built-in one, which the word builtin names, too.

    Example:
        >>> model_path(Path("builtin"))
    """
    return None if given is not None and str(given) == BUILTIN and not given.exists() else given


def say(text: str) -> None:
    """Print for the person, on stderr."""
    click.echo(text, err=True)


def say_left_out(names: Sequence[str], why: str) -> None:
    """Name the first pictures that were not measured, and say why."""
    if names:
        shown = ", ".join([*names[:3], *(["..."] if names[3:] else [])])
        say(f"Left out{why}: {len(names)} pictures ({shown}).")


def answer(value: object) -> None:
    """Print one JSON object a line, on stdout."""
    import json

    click.echo(json.dumps(value, ensure_ascii=False))


def printable(text: str) -> str:
    """A path as it is, but with bytes that are no UTF-8 written as ``\\udcXX``, so that it can be printed.

    Example:
        >>> printable("photo.png")
        'photo.png'
    """
    return text.encode("utf-8", "backslashreplace").decode()


def percent(share: float | None) -> str:
    """A share 0..1 for people.

    Example:
        >>> percent(0.735)
        '73.5 %'
    """
    from oxmark import words

    return "-" if share is None else words.percent(share)


def share_cells(share: Share) -> tuple[str, str, str, str]:
    """The cells of a table that tell a share: right, of, share, 95 % interval.

    Example:
        >>> from oxmark.evaluation.metrics import Share
        >>> share_cells(Share(12, 12))
        ('12', '12', '100.0 %', '73.5 to 100.0 %')
    """
    interval = share.interval
    ends = f"{interval[0] * 100:.1f} to {interval[1] * 100:.1f} %" if interval else "-"
    return str(share.right), str(share.total), percent(share.share), ends


def console(width: int = 120) -> Console:
    """Stdout for tables, as wide as the terminal, elsewhere so many columns; text is printed as it is."""
    from rich.console import Console

    return Console(width=None if Console().is_terminal else width, highlight=False, markup=False)


def say_unreadable(errors: Iterable[PictureError]) -> None:
    """Name the pictures that could not be read, and the cure."""
    for error in errors:
        say(f"cannot be read: {error}")


def numbers(text: str, kind: Callable[[str], Number], option: str, example: str) -> list[Number]:
    """What an option with commas between its numbers was given. Raises :class:`click.BadParameter`.

    Example:
        >>> numbers("38,8,6", int, "--counts", "38,8,6")
        [38, 8, 6]
    """
    try:
        return [kind(number) for number in text.split(",")]
    except ValueError:
        raise click.BadParameter(
            f"'{text}' is no list of numbers like {example}.", param_hint=option
        ) from None


@contextlib.contextmanager
def progress_on_stderr() -> Iterator[PlainProgress]:
    """A live display on a terminal, plain lines elsewhere; the terminal is left as it was."""
    from oxmark.cli.display import LiveProgress, PlainProgress

    progress = LiveProgress() if sys.stderr.isatty() else PlainProgress()
    try:
        yield progress
    finally:
        progress.end()
