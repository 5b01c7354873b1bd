"""``oxmark export``."""

from __future__ import annotations

from pathlib import Path

import click

from oxmark.cli.output import answer, json_option, say


@click.command(short_help="Write the network for Keras.")
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("out", metavar="OUT.keras|OUT.h5", type=click.Path(path_type=Path))
@json_option
def export(model: Path, out: Path, as_json: bool) -> None:
    """Write the network of MODEL (a model file or a run folder) as a file that stock Keras opens.

    It holds the network alone, its calibration folded into the last layer. The model file itself needs no
    export: any ONNX runtime opens it and hands it raw pixels.
    """
    from oxmark.workflow.exporting import export as write

    report = write(model, out)
    if as_json:
        answer({"file": str(report.path), "parameters": report.parameters, "notes": list(report.notes)})
    else:
        click.echo(str(report.path))
    for note in report.notes:
        say(note)
