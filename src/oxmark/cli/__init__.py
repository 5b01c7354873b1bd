"""The command line: parse, call, print. No logic. One command a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from oxmark.cli.main import main
from oxmark.cli.output import say
from oxmark.errors import OxmarkError, missing_extra
from oxmark.machine import collect_rarely

LONG_LIVED = {"serve", "studio"}
"""Commands that meet pictures for days, so what they leave must not wait to be collected."""
DONE, IN_PART, NOT_STARTED, INTERRUPTED = 0, 1, 2, 130


def run(arguments: Sequence[str] | None = None) -> None:
    """Run a command line and leave with its exit code.

    0 done; 1 done in part, every failure named; 2 could not be done; 130 stopped with Ctrl-C.

    Args:
        arguments: Without the program's name; None takes the process's own.
    """
    if arguments is None and LONG_LIVED.isdisjoint(sys.argv[1:2]):
        collect_rarely()
    sys.exit(_exit_code(None if arguments is None else list(arguments)))


def _exit_code(arguments: list[str] | None) -> int:
    try:
        result = main.main(args=arguments, prog_name="oxmark", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Abort:
        say("Stopped.")
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except OxmarkError as error:
        if os.environ.get("OXMARK_DEBUG"):
            raise
        say(f"oxmark: {error}")
        return NOT_STARTED
    except ModuleNotFoundError as error:
        cure = missing_extra(error)
        if cure is None or os.environ.get("OXMARK_DEBUG"):
            raise
        say(f"oxmark: {cure}")
        return NOT_STARTED
    except OSError as error:
        if os.environ.get("OXMARK_DEBUG"):
            raise
        say(f"oxmark: cannot write the output: {error.strerror or error}.")
        _drop_output()
        return NOT_STARTED
    return result if isinstance(result, int) else DONE


def _drop_output() -> None:
    """What could not be written must not be tried again, and fail again, when Python ends."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123  os.devnull is no path of ours
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
