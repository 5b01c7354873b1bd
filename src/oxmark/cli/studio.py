"""``oxmark studio``."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from oxmark.cli.output import say
from oxmark.errors import require_packages


@click.command(short_help="Draw, teach and try in the browser.")
@click.argument("project", type=click.Path(path_type=Path), default="marks", required=False)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8104,
    show_default=True,
    help="Where the page is; 0 takes a free one.",
)
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
def studio(project: Path, port: int, open_page: bool) -> None:
    """Open the studio on the folder PROJECT (marks, when left out): class folders, as for 'oxmark train'.

    A new folder is made. Draw or drop pictures, teach, and try the model, all on one page at 127.0.0.1, which
    only this machine reaches. Every picture is on disk when the page says so; nothing leaves the machine.
    Ctrl-C ends the studio; a training that runs then goes on by itself.
    """
    require_packages("oxmark studio", "fastapi", "uvicorn", "python_multipart", "prometheus_client")
    from oxmark.web.serving import address, open_port
    from oxmark.web.studio import run_studio

    with open_port("127.0.0.1", port) as listening:
        page = address(listening)

        def ready() -> None:
            say(f"The studio of {project} is at {page}\nCtrl-C ends it.")
            if open_page:
                webbrowser.open(page)

        run_studio(project, listening, ready)
