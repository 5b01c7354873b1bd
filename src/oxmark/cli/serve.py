"""``oxmark serve``."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from oxmark.cli.output import answer, json_option, path_option, say
from oxmark.errors import require_packages

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable of the folder for the workers' counts; prometheus_client reads it when loaded."""

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def _bytes(ctx: click.Context, option: click.Parameter, text: str) -> int:
    """Bytes, from a number with its unit: ``20MB``, ``512KiB``."""
    found = re.fullmatch(r"\s*(\d{1,12})\s*([a-z]*)\s*", text, re.IGNORECASE | re.ASCII)
    if found is None or found[2].upper() not in _UNITS or int(found[1]) == 0:
        raise click.BadParameter(f"'{text}' is no size. Give a number with a unit: 20MB.", ctx, option)
    return int(found[1]) * _UNITS[found[2].upper()]


@click.command(short_help="Answer other programs over HTTP.")
@click.argument("models", nargs=-1, required=True, metavar="[NAME=]MODEL...")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="The port to listen on; 0 takes a free one.",
)
@path_option(
    "--token-file", "A file with the token that every request must bring; needed beyond this machine."
)
@click.option(
    "--max-body",
    metavar="SIZE",
    callback=_bytes,
    default="20MB",
    show_default=True,
    help="The largest request, pictures and all.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes. One uses all cores; several are for machines with many.",
)
@json_option
def serve(
    models: tuple[str, ...],
    host: str,
    port: int,
    token_file: Path | None,
    max_body: int,
    workers: int,
    as_json: bool,
) -> None:
    """Answer other programs over HTTP, on this machine only unless --host says otherwise.

    MODEL is a model file or a run folder, or the word builtin for the built-in O/X model. NAME is what
    requests call it; left out, the file's or the folder's name. A file that is replaced by another, by
    rename, is taken up without a pause. SIGTERM or Ctrl-C: what was begun is answered, then it ends.

    The addresses are POST /predict, the Open Inference Protocol under /v2, and GET /metrics; /docs describes
    them. One line of JSON a request goes to stderr; nothing of the pictures.
    """
    require_packages("oxmark serve", "fastapi", "uvicorn", "prometheus_client")
    with _shared_counts(workers):
        from oxmark.web import serving
        from oxmark.web.guard import rules_for
        from oxmark.web.service.application import ServiceApp
        from oxmark.web.service.models import wanted_models

        app = ServiceApp(tuple(wanted_models(models)), rules_for(host, token_file, max_body), workers)
        if workers > 1:
            app.check()
        with serving.open_port(host, port) as listening:
            address = serving.address(listening)
            names = [one.name for one in app.wanted]

            def tell() -> None:
                if as_json:
                    answer({"address": address, "models": names, "token": token_file is not None})
                else:
                    _say_ready(address, names, token_file)

            serving.serve(app, listening, workers=workers, on_ready=tell)


def _say_ready(address: str, names: list[str], token_file: Path | None) -> None:
    token = f' -H "Authorization: Bearer $(cat {token_file})"' if token_file else ""
    model = f"?model={names[0]}" if len(names) > 1 else ""
    say(f"Answering at {address} with {', '.join(names)}. Described at {address}/docs. Ctrl-C ends it.")
    say(f"Try: curl{token} --data-binary @photo.png '{address}/predict{model}'")


@contextlib.contextmanager
def _shared_counts(workers: int) -> Iterator[None]:
    """A folder in which several workers put their metrics together; gone at the end."""
    if workers == 1:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="oxmark-metrics-") as folder:
        os.environ[SHARED_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[SHARED_FOLDER]
