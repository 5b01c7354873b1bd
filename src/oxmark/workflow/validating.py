"""validate: cross-validation, and everything that one pass of it can tell."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from oxmark.data.dataset import Dataset, Sample, check_trainable
from oxmark.data.folder import read_folder
from oxmark.data.traits import shortcut_features
from oxmark.errors import PictureError, RunError
from oxmark.evaluation.cross_validation import PictureSet, Training
from oxmark.evaluation.metrics import Evaluation, Share
from oxmark.evaluation.verdict import OUT_OF_FOLD, Verdict, verdict
from oxmark.files import make_folder
from oxmark.words import Message
from oxmark.workflow import run_folder
from oxmark.workflow.checkup import Checkup, checkup
from oxmark.workflow.crew import Workers
from oxmark.workflow.dividing import Divider, mean_counts, thinned
from oxmark.workflow.documenting import by_hand, read_document
from oxmark.workflow.folds_at_work import FoldsAtWork
from oxmark.workflow.progress import Progress
from oxmark.workflow.training_run import require_training

if TYPE_CHECKING:
    from oxmark.evaluation.cross_validation import Fold, OutOfFold
    from oxmark.evaluation.learning_curve import LearningCurve
    from oxmark.evaluation.refusal import Refusal
    from oxmark.evaluation.reliability import Reliability
    from oxmark.evaluation.shortcuts import Shortcut
    from oxmark.evaluation.suspects import Suspect
    from oxmark.recipes import Recipe
    from oxmark.workflow.preparing import PreparedSet

APART = 100
"""Between the seeds of two divisions, since each division may try some seeds that follow its own."""
SHARES = (0.25, 0.5, 0.75)
"""Of the pictures to learn from, beside all of them: the places of the learning curve."""


@dataclass(frozen=True, eq=False)
class Validation:
    """What cross-validation showed.

    Attributes:
        data: The folder.
        recipe: How each network was trained.
        seed: Everything random came from it.
        prepared: All pictures.
        rows: int64 ``(N,)``, the pictures that could be held out, in the order of all that follows: places
            among the prepared ones.
        wanted: How many folds were asked for.
        folds: int64 ``(N,)``, the fold that held each out, from 0, in the first division.
        evaluations: The answers, one :class:`Evaluation` a division; figures speak of the first.
        heat: float32 ``(N, K, h, w)``, evidence for each class at each place, of the first division.
        baselines: What simpler methods answer on the same folds: name to int64 ``(N,)``.
        suspects: Pictures whose label looks wrong, worst first; their ``row`` is a place among the N.
        shortcuts: Features besides the mark that tell the classes apart: alarms.
        checkup: What the doctor found.
        learning_curve: What fewer pictures would have given; None when not asked for.
        notes: What the user should know.
        provenance: Everything needed to do it again: recipe, seed, command, digest of the data, versions.
        errors: Pictures that could not be read, and were left out.
    """

    data: Path
    recipe: Recipe
    seed: int
    prepared: PreparedSet
    rows: npt.NDArray[np.int64]
    wanted: int
    folds: npt.NDArray[np.int64]
    evaluations: tuple[Evaluation, ...]
    heat: npt.NDArray[np.float32]
    baselines: Mapping[str, npt.NDArray[np.int64]]
    suspects: tuple[Suspect, ...]
    shortcuts: tuple[Shortcut, ...]
    checkup: Checkup
    learning_curve: LearningCurve | None
    notes: tuple[Message, ...]
    provenance: Mapping[str, Any]
    errors: tuple[PictureError, ...]

    @property
    def evaluation(self) -> Evaluation:
        """The answers of the first division."""
        return self.evaluations[0]

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest accuracy of a division, 0..1."""
        shares = [one.accuracy.right / one.accuracy.total for one in self.evaluations]
        return min(shares), max(shares)

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The N pictures."""
        return tuple(self.prepared.dataset.samples[row] for row in self.rows)

    @functools.cached_property
    def by_hand(self) -> dict[str, Share]:
        """Right answers to the pictures of each hand; empty where no hand is known."""
        return by_hand(self.evaluation, self.samples)

    @property
    def simpler(self) -> dict[str, Share]:
        """What each baseline answers rightly."""
        truth = self.evaluation.truth
        return {name: Share(int((got == truth).sum()), len(truth)) for name, got in self.baselines.items()}

    @property
    def reliability(self) -> Reliability:
        """Whether probabilities mean what they say."""
        return self.evaluation.reliability

    @property
    def refusal(self) -> Refusal:
        """What the threshold of "none of these" costs."""
        return self.evaluation.refusal

    @property
    def sentences(self) -> tuple[Message, ...]:
        """What the figures say, one thing after the other; the verdict sums up."""
        curve = self.learning_curve.sentences if self.learning_curve else ()
        doubt = (Message("validate.suspects", {"count": len(self.suspects)}),) if self.suspects else ()
        alarms = [one for one in self.checkup.findings if one.code.startswith("shortcut_")]
        alarm = [sentence for one in alarms for sentence in (one.what, one.cure)]
        return (*alarm, *self.notes, self.reliability.sentence, self.refusal.sentence, *curve, *doubt)

    @property
    def verdict(self) -> Verdict:
        """What it means, in three sentences."""
        hands: int | None = len(self.by_hand) or None
        apart = any(note.code == "validate.hands_apart" for note in self.notes)
        return verdict(
            self.evaluation,
            hands=hands if apart or not hands else 0,
            unnamed=sum(sample.group is None for sample in self.samples),
            data=str(self.data),
        )


def validate(
    data: str | os.PathLike[str],
    recipe: str | os.PathLike[str] | Recipe | None = None,
    *,
    folds: int = 5,
    repeats: int = 1,
    learning_curve: bool = False,
    out: str | os.PathLike[str] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> Validation:
    """Cross-validate: find out what a training on this folder is worth, by all of its pictures.

    The pictures are divided into folds, hands and near copies whole, classes evenly. For each fold a network
    is trained on the others and answers it. The parts of the folder, if it has any, are put together.

    Args:
        data: Class folders, or part folders with class folders in them.
        recipe: ``"marks"``, ``"tutorial"``, a TOML file, or a :class:`Recipe`; None takes that of the run in
            ``out``, or ``"marks"``.
        folds: At least 2. With fewer hands than that there are fewer.
        repeats: So many times the pictures are divided anew and all is trained again.
        learning_curve: Also train on 25, 50 and 75 % of the pictures: what would more of them bring?
        out: A new folder for ``validation.json``, ``out_of_fold.csv``, ``validation.png``, ``report.html``;
            or the run folder of a training with these pictures, whose report they join. None writes nothing.
        seed: Everything random comes from it. Not negative.
        progress: Told how far it is.

    Returns:
        All that it shows. Unreadable pictures are in ``errors``.

    Raises:
        FolderError: Too few pictures, or classes, to divide.
        OxmarkError: The recipe or the place cannot be used.

    Example:
        >>> validate("marks").evaluation.sentence  # doctest: +SKIP
        '103 of 104 right (99.0 %): this shows that 94.8 to 100.0 % of such pictures are read rightly.'
    """
    how: dict[str, Any] = {"folds": folds, "repeats": repeats, "learning_curve": learning_curve}
    return validated(data, recipe, **how, out=out, seed=seed, progress=progress or Progress())


def validated(
    data: str | os.PathLike[str],
    recipe: str | os.PathLike[str] | Recipe | None,
    *,
    progress: Progress,
    folds: int = 5,
    repeats: int = 1,
    learning_curve: bool = False,
    out: str | os.PathLike[str] | None = None,
    seed: int = 0,
    crew: Workers | None = None,
) -> Validation:
    """As :func:`validate`, whose networks others may train.

    Args:
        data: As there; so are all that follow but the last one.
        recipe: How each network is trained.
        progress: Told how far it is.
        folds: At least 2.
        repeats: Divisions.
        learning_curve: Also train on fewer pictures.
        out: A new folder, or the run folder of a training.
        seed: Everything random comes from it.
        crew: Who trains the networks; None takes processes of this machine.
    """
    require_training("Validating")
    from oxmark.evaluation.baselines import baselines
    from oxmark.evaluation.shortcuts import find_shortcuts
    from oxmark.workflow.preparing import prepare_whole
    from oxmark.workflow.validation_notes import notes
    from oxmark.workflow.validation_report import get_ready_to_write, provenance, write_validation

    dataset = read_folder(data)
    check_trainable(replace(dataset, samples=tuple(replace(sample, part=None) for sample in dataset.samples)))
    place = _place(out, dataset)
    run = place if place and (place / run_folder.MODEL).exists() else None
    chosen = _recipe(recipe, run)
    curve = SHARES if learning_curve else ()
    with FoldsAtWork(folds * (repeats + len(curve)), progress, crew) as work:
        prepared = prepare_whole(dataset, chosen, seed=seed, progress=progress)
        if run:
            _check_same_pictures(run, dataset, prepared)
        divider = Divider(prepared, folds, seed)
        plans = [divider.folds(seed + APART * number) for number in range(repeats)]
        thinner = [thinned(plans[0], divider.labels, share, seed) for share in curve]
        seeds = [*range(seed, seed + repeats), *(seed for _ in thinner)]
        work.begin(_divisions(chosen, prepared, divider, [*plans, *thinner], seeds))
        simpler = baselines(np.asarray(prepared.seen), divider.labels, plans[0])
        checked = checkup(prepared.evidence)
        shortcuts = find_shortcuts(shortcut_features(prepared.traits), divider.labels, divider.hands)
        if place is not None:
            get_ready_to_write()
        found = work.gathered(told=repeats)
    whole, fewer = found[:repeats], found[repeats:]
    first, rows = whole[0], np.flatnonzero(whole[0].fold >= 0)
    evaluations = tuple(_evaluation(prepared, answers) for answers in whole)
    report = Validation(
        data=Path(data),
        recipe=chosen,
        seed=seed,
        prepared=prepared,
        rows=rows,
        wanted=folds,
        folds=first.fold[rows],
        evaluations=evaluations,
        heat=first.heat[rows],
        baselines={name: answers[rows] for name, answers in simpler.items()},
        suspects=_suspects(whole, divider.labels),
        shortcuts=shortcuts,
        checkup=checked,
        learning_curve=_curve(prepared, thinner, fewer, plans[0], evaluations[0]) if learning_curve else None,
        notes=(),
        provenance={},
        errors=prepared.bad,
    )
    told = (*divider.notes, *notes(report, dataset))
    report = replace(report, notes=told, provenance=provenance(report, place))
    if place is not None:
        write_validation(place, report)
    return report


def _place(out: str | os.PathLike[str] | None, dataset: Dataset) -> Path | None:
    """Where to write, found out before any training: a finished run of these classes, or an empty folder."""
    if out is None:
        return None
    folder = Path(out)
    if (folder / run_folder.MODEL).exists():
        classes = read_document(folder)["classes"]
        if classes != list(dataset.classes):
            raise RunError(
                f"The run {folder} knows the classes {', '.join(classes)}, but {dataset.root} has "
                f"{', '.join(dataset.classes)}. Choose a new folder with --out."
            )
    elif folder.is_dir() and any(folder.iterdir()):
        raise RunError(
            f"{folder} is not empty and is no finished run. Choose a new folder, or the run folder of a "
            "training with this data, with --out."
        )
    return make_folder(folder)


def _check_same_pictures(folder: Path, dataset: Dataset, prepared: PreparedSet) -> None:
    """A run's report must not show figures of other pictures."""
    digest = run_folder.data_digest(dataset, prepared.digest_by_path)
    if run_folder.read_facts(folder).get("data_digest") != digest:
        raise RunError(
            f"The run {folder} was trained on other pictures than those in {dataset.root}, so its report "
            "cannot take them up. Choose a new folder with --out."
        )


def _recipe(recipe: str | os.PathLike[str] | Recipe | None, run: Path | None) -> Recipe:
    """What was asked for; what a run was trained with, where its report is to take up the figures."""
    from oxmark.recipes import RECIPES, Recipe, load_recipe

    of_run = run / run_folder.RECIPE if run else None
    chosen = recipe if isinstance(recipe, Recipe) else load_recipe(recipe or of_run or RECIPES[0])
    if of_run and load_recipe(of_run) != chosen:
        raise RunError(
            f"The run {run} was trained with another recipe, so its report cannot take up what this one "
            "reaches. Leave --recipe and --set out, or choose a new folder with --out."
        )
    return chosen


def _divisions(
    recipe: Recipe,
    prepared: PreparedSet,
    divider: Divider,
    plans: Sequence[Sequence[Fold]],
    seeds: Sequence[int],
) -> list[list[Training]]:
    """What is to be trained: one network for each fold of each division."""
    hands = prepared.groups(np.arange(len(prepared.seen)))
    pictures = PictureSet(prepared.seen, divider.labels, prepared.views, hands, divider.groups)
    return [
        [Training(recipe, prepared.dataset.classes, pictures, *fold, seed) for fold in plan]
        for plan, seed in zip(plans, seeds, strict=True)
    ]


def _evaluation(prepared: PreparedSet, answers: OutOfFold) -> Evaluation:
    dataset, rows = prepared.dataset, np.flatnonzero(answers.fold >= 0)
    return Evaluation(
        classes=dataset.classes,
        files=tuple(dataset.relative(dataset.samples[row]) for row in rows),
        truth=prepared.labels(rows),
        probabilities=answers.probabilities[rows],
        known=answers.known[rows],
        part=OUT_OF_FOLD,
    )


def _suspects(divisions: Sequence[OutOfFold], labels: npt.NDArray[np.int64]) -> tuple[Suspect, ...]:
    """By the mean of what all divisions answered to what the first held out."""
    from oxmark.evaluation.suspects import find_suspects

    rows = np.flatnonzero(divisions[0].fold >= 0)
    times = sum((answers.fold[rows] >= 0).astype(int) for answers in divisions)
    total = sum(answers.probabilities[rows] for answers in divisions)
    return find_suspects(total / np.asarray(times)[:, None], labels[rows])


def _curve(
    prepared: PreparedSet,
    plans: Sequence[Sequence[Fold]],
    fewer: Sequence[OutOfFold],
    whole: Sequence[Fold],
    evaluation: Evaluation,
) -> LearningCurve:
    from oxmark.evaluation.learning_curve import Point, learning_curve

    evaluations = [*(_evaluation(prepared, answers) for answers in fewer), evaluation]
    labels, classes = prepared.labels(np.arange(len(prepared.seen))), evaluation.classes
    points = [
        Point(mean_counts(plan, labels, classes), dict(one.per_class))
        for plan, one in zip([*plans, whole], evaluations, strict=True)
    ]
    return learning_curve(points)
