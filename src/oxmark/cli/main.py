"""The command ``oxmark``; each of its commands loads when it is asked for."""

from __future__ import annotations

import importlib
from typing import Any

import click

import oxmark

COMMANDS = (
    "draw",
    "show",
    "check",
    "split",
    "augment",
    "recipe",
    "train",
    "evaluate",
    "validate",
    "compare",
    "explain",
    "report",
    "verify",
    "predict",
    "export",
    "studio",
    "serve",
    "demo",
)
"""In the order of the work; each is a file beside this one, with its command under the same name."""


class LazyGroup(click.Group):
    """Loads a command's file only when that command is used, so that predicting starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """One command, loaded now."""
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"oxmark.cli.{name}"), name)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """As click does, but an unknown command is met with the close one."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            import difflib

            close = difflib.get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean '{close[0]}'?" if close else ""
            raise click.UsageError(f"There is no command '{name}'.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(oxmark.__version__, prog_name="oxmark")
def main() -> None:
    """Turn a folder of hand-drawn marks into one small file that answers, on this machine only.

    \b
    oxmark draw marks            make a set of drawn O and X marks
    oxmark show marks            look at it
    oxmark train marks           train; makes a run folder with model.onnx
    oxmark evaluate RUN marks    how far it can be trusted
    oxmark predict photo.png     answer; without --model the built-in O/X model does

    Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 done in part (every failure is
    named), 2 could not be done, 130 stopped with Ctrl-C. OXMARK_DEBUG=1 shows tracebacks.
    """
