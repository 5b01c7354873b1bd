"""All rows, those of them that are wanted, and what they shall reach."""

from __future__ import annotations

from collections.abc import Sequence

import click

from measuring.limits.rows import limit_rows
from measuring.paths.many_pictures import many_pictures_rows
from measuring.paths.peers import ALL, peer_rows
from measuring.paths.predicting import predicting_rows, short
from measuring.paths.training import training_rows
from measuring.row import Reach, Row, figure, lowest, ratio
from measuring.work import KINDS, Options


def all_rows(options: Options) -> list[Row]:
    """Limits first, then paths with their peers."""
    return [
        *limit_rows(options.threads),
        *predicting_rows(),
        *training_rows(),
        *peer_rows(),
        *many_pictures_rows(options),
    ]


def wanted_rows(rows: Sequence[Row], only: Sequence[str], *, quick: bool, peers: bool) -> list[Row]:
    """Those whose name begins as one of ``only`` does; all when it is empty.

    Args:
        rows: To choose from.
        only: Beginnings of names.
        quick: Leave out those that take long, unless they are named in full.
        peers: Whether rows that need the peers' environment can be measured.

    Raises:
        click.UsageError: A word of ``only`` fits no row.
    """
    for word in only:
        if not any(row.name.startswith(word) for row in rows):
            raise click.UsageError(
                f"No row begins with {word}. There are: {', '.join(row.name for row in rows)}."
            )
    chosen = [row for row in rows if not only or row.name.startswith(tuple(only))]
    return [
        row for row in chosen if (peers or not row.peer) and (not quick or not row.dear or row.name in only)
    ]


def all_reaches(options: Options) -> list[Reach]:
    """What the paths shall reach on 2 cores, as ratios and seconds of one run."""
    return [*_training_reaches(options), *_predicting_reaches(), *_many_reaches(options)]


def _training_reaches(options: Options) -> list[Reach]:
    tutorial, marks = figure("train-tutorial", "all in"), figure("train-marks", "all in")
    keras = figure("train-peer-keras-generator", "all in")
    fastest = lowest(*(figure(f"train-peer-{peer.name}", "all in") for peer in ALL))
    rate, threads = figure("train-tutorial", "rate in the step"), options.threads
    many = f"{threads} thread{'s' if threads > 1 else ''}"
    reaches = [
        Reach(
            "Keras, the tutorial's script / train --recipe tutorial",
            "",
            ratio(keras, tutorial),
            "at least",
            8,
        ),
        Reach("train, 104 drawings", "s", marks, "under", 6),
        Reach("fastest peer / train, 104 drawings", "", ratio(fastest, marks), "at least", 2),
        Reach("train: all but start, import, decode, steps", "s", figure("train-marks", "rest"), "under", 1),
        Reach("validate, 5 folds, 104 drawings", "s", figure("validate", "all in"), "under", 25),
    ]
    for product in ("float32 product, NumPy", "float32 product, torch", "float32 convolution, torch"):
        share = ratio(rate, figure("limit-product", f"{product}, {many}"))
        reaches.append(Reach(f"the tutorial's step / {product}", "", share, "at least", 0.35))
    return reaches


def _predicting_reaches() -> list[Reach]:
    return [
        Reach("predict ONE.png, new process", "s", figure("predict-one", "oxmark predict"), "under", 0.3),
        Reach("predict ONE.png - the imports alone", "s", figure("predict-one", "difference"), "under", 0.1),
        Reach("Classifier.predict, 256x256", "ms", figure("predict-array", "Classifier.predict"), "under", 1),
        *(
            Reach(
                f"predict FOLDER of {kind} / bare loop",
                "",
                figure(f"predict-folder-{short(kind)}", "share of the bare loop"),
                "at least",
                0.9,
            )
            for kind in KINDS
        ),
        *(
            Reach(
                f"preparing graph / decode, {kind}",
                "",
                figure(f"prepare-{short(kind)}", "preparing graph / decode"),
                "under",
                0.3333,
            )
            for kind in KINDS[1:]
        ),
        *(
            Reach(
                f"predict FOLDER of {kind}, resident",
                "MB",
                figure("predict-memory", f"{kind}: resident"),
                "under",
                400,
            )
            for kind in (KINDS[0], KINDS[2])
        ),
        *(
            Reach(
                f"predict FOLDER of {kind}, anonymous: all / {part}",
                "",
                ratio(
                    figure("predict-memory", f"{kind}: anonymous"),
                    figure("predict-memory", f"{kind}, {part}: anonymous"),
                ),
                "under",
                1.1,
            )
            for kind, part in ((KINDS[0], "a tenth"), (KINDS[2], "a quarter"))
        ),
    ]


def _many_reaches(options: Options) -> list[Reach]:
    """Flat memory and linear time need at least two sizes."""
    sizes = sorted(options.training)
    if len(sizes) < 2:
        return []
    small, large = f"train-{sizes[0]}", f"train-{sizes[-1]}"
    told = f"{sizes[-1]:,} / {sizes[0]:,} pictures"
    return [
        Reach(f"train, {told}: {name}", "", ratio(figure(large, name), figure(small, name)), "under", limit)
        for name, limit in (
            ("anonymous", 1.1),
            ("fit, per picture and epoch", 1.1),
            ("all in, per picture", 1.1),
        )
    ]
