"""``oxmark report``."""

from __future__ import annotations

from pathlib import Path

import click

from oxmark.cli.output import say


@click.command(short_help="Make or open the report of a run: one HTML file.")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--open", "opened", is_flag=True, help="Open it in the web browser.")
def report(run: Path, opened: bool) -> int:
    """Make the report of RUN again and print where it is.

    It is one file with everything in it: verdict, pictures, curves, confusion, calibration, the doctor's
    findings and how to reproduce it, in English and Korean, light and dark. 'train' writes it and
    'validate --out RUN' adds to it; it needs no network, no pictures and no model.
    """
    from oxmark.workflow.reporting import write_report

    page = write_report(run)
    click.echo(str(page))
    if opened and click.launch(page.resolve().as_uri()) != 0:
        say(f"No web browser could be opened. Open {page} yourself.")
        return 1
    return 0
