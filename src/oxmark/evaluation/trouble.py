"""Trouble that shows while a training runs: what is seen, the probable cause, and what to try.

Everything is judged by the epochs' figures alone, over several epochs at a time: one epoch of a small
training proves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

from oxmark.words import Language, Message, Value

if TYPE_CHECKING:
    from oxmark.recipes import Recipe
    from oxmark.training.loop import Epoch

FEWEST_EPOCHS = 6
"""Shorter trainings are tried out, not meant; nothing is said about them."""
JUDGED_FROM = 1 / 3
"""A healthy training may answer everything with one class for the first tenth, a slow one for a quarter."""
EARLIEST_STEPS = 60
"""Earlier than this, healthy trainings guess too; a training that is shorter is judged at its end."""
LATE = 2 / 3
"""How far training and validation part is judged from here on: before, a healthy training may look bad."""
TOGETHER = 10
"""A tenth of the epochs, and at least ``FEWEST_TOGETHER``, are judged as one."""
FEWEST_TOGETHER = 3
SAME_ANSWER = 0.8
"""Collapsed: so far from the share of the largest class towards all pictures goes the commonest answer."""
FEWEST_OTHERS = 4
"""Only where so many validation pictures are of other classes than the largest: missing three is no sign."""
BY_CHANCE = 1 / 3
"""Training accuracies up to so far from always answering the largest class towards 1 are near chance."""
NO_BETTER = 0.97
"""No better than guessing: a training loss above this share of the loss of guessing."""
HARDLY_BETTER = 0.8
"""The same, late; healthy trainings are below 0.4 by then, and at 0.6 after a third."""
RISEN = 0.35
"""The training loss rises: from its lowest by this share of the loss of guessing."""
FAR = 0.15
"""Validation accuracies are far worse from this difference on, if chance alone makes it no oftener than
``ALPHA``; that is small because every late epoch is a look of its own."""
ALPHA = 0.001
VERY_FAR = 0.4
"""From this difference on it is told at once; healthy trainings came to 0.25 before ``LATE``."""
WORSE_LOSS = 1.5
"""The validation loss has risen again: it is so many times its lowest, and higher by ``LEAST_RISE`` and by
what two pictures that are misread with confidence add to the sum, ``TWO_PICTURES`` nats."""
LEAST_RISE = 0.1
TWO_PICTURES = 8.0
USUAL_RATE = {"muon": 0.08, "adamw": 0.001, "rmsprop": 0.001}
"""Learning rates that both networks learn with; tried on drawn marks."""
FAR_RATE = 2.0
"""So many times the usual rate, or so many times less, is the first suspect."""
FEW_STEPS, ENOUGH_STEPS = 150, 300
"""The tutorial learns in 400 steps, marks in 280; with fewer than ``FEW_STEPS`` that is the first suspect."""

NOTHING_LEARNED = {"trouble.collapse", "trouble.flat", "trouble.hardly", "trouble.rises"}


@dataclass(frozen=True)
class Trouble:
    """One thing that goes wrong.

    Attributes:
        epoch: When it was seen, from 1.
        what: What is seen.
        cure: The probable cause, and what to try.
    """

    epoch: int
    what: Message
    cure: Message

    def text(self, language: Language = "en") -> str:
        """Both sentences."""
        return f"{self.what.text(language)} {self.cure.text(language)}"

    def __str__(self) -> str:
        return self.text()

    def as_json(self) -> dict[str, Any]:
        """For ``run.json``."""
        return {"epoch": self.epoch, "what": self.what.as_json(), "cure": self.cure.as_json()}


class Watch:
    """Watches a training, epoch by epoch.

    Args:
        recipe: How it is trained.
        train: How many pictures of each class it learns from.
        validation: How many validation pictures of each class there are.
        steps: Steps of one epoch.
        data: The folder of the pictures, quoted for a shell.

    Example:
        >>> watch = Watch(recipe, train=(38, 38), validation=(8, 8), steps=8, data="marks")  # doctest: +SKIP
        >>> for epoch in history:  # doctest: +SKIP
        ...     for trouble in watch.after(epoch):
        ...         print(trouble)
    """

    def __init__(
        self, recipe: Recipe, train: Sequence[int], validation: Sequence[int], *, steps: int, data: str
    ) -> None:
        self.recipe, self.steps, self.data = recipe, steps, data
        self.train, self.validation = tuple(train), tuple(validation)
        self.guessing = math.log(len(train))  # classes count alike, however many pictures each has
        self.together = max(FEWEST_TOGETHER, recipe.epochs // TOGETHER)
        self.history: list[Epoch] = []
        self.told: set[str] = set()

    def after(self, entry: Epoch) -> tuple[Trouble, ...]:
        """Say what is wrong after one more epoch; each trouble is told once."""
        self.history.append(entry)
        done = entry.epoch / self.recipe.epochs
        if self.recipe.epochs < FEWEST_EPOCHS or len(self.history) < self.together or done < JUDGED_FROM:
            return ()
        if done < 1 and entry.epoch * self.steps < EARLIEST_STEPS:
            return ()
        fresh: list[Trouble] = []
        if not self.told & NOTHING_LEARNED:  # one cause, one alarm
            fresh += self._new(self._collapse() or self._rises() or self._flat(done >= LATE))
        fresh += self._new(self._far_worse(FAR if done >= LATE else VERY_FAR))
        if done >= LATE:
            fresh += self._new(self._validation_rises())
        return tuple(fresh)

    def _new(self, trouble: Trouble | None) -> list[Trouble]:
        """The trouble, if there is one that was not told yet."""
        name = trouble.what.code if trouble else ""
        if trouble is None or name in self.told:
            return []
        self.told.add(name)
        return [trouble]

    @property
    def _recent(self) -> list[Epoch]:
        return self.history[-self.together :]

    @property
    def _near_chance(self) -> bool:
        """Whether the training pictures are read little better than by one answer for all."""
        largest = max(self.train) / sum(self.train)
        return fmean(e.accuracy for e in self._recent) < largest + BY_CHANCE * (1 - largest)

    def _collapse(self) -> Trouble | None:
        total = sum(self.validation)
        if total - max(self.validation, default=0) < FEWEST_OTHERS or not self._near_chance:
            return None
        largest = max(self.validation) / total
        limit = largest + SAME_ANSWER * (1 - largest)
        if not all(e.validation_commonest >= limit for e in self._recent):  # not a number is not
            return None
        share = f"{100 * self.history[-1].validation_commonest:.0f} %"
        return self._trouble("collapse", self._why_nothing(), share=share, classes=len(self.train))

    def _rises(self) -> Trouble | None:
        losses = [e.loss for e in self.history]
        parts = [median(losses[i : i + self.together]) for i in range(len(losses) - self.together + 1)]
        if parts[-1] < min(parts) + RISEN * self.guessing:
            return None
        cure = self._too_fast() or _cure("rate_high", rate=f"{self.recipe.learning_rate / 10:.3g}")
        return self._trouble("rises", cure, best=f"{min(parts):.2f}", loss=f"{parts[-1]:.2f}")

    def _flat(self, late: bool) -> Trouble | None:
        loss = median(e.loss for e in self._recent)
        if loss < (HARDLY_BETTER if late else NO_BETTER) * self.guessing:
            return None
        name = "hardly" if loss < NO_BETTER * self.guessing else "flat"
        figures = {"loss": f"{loss:.2f}", "guessing": f"{self.guessing:.2f}"}
        return self._trouble(name, self._why_nothing(), **figures)

    def _far_worse(self, far: float) -> Trouble | None:
        from scipy.special import bdtr

        total = sum(self.validation)
        seen, held = (fmean(e.accuracy for e in self._recent), self._recent_validation("accuracy"))
        if math.isnan(held) or seen - held < far:
            return None
        right, learned = round(held * total), sum(self.train)
        expected = (seen * learned + 1) / (learned + 2)  # all right is no certainty
        if bdtr(right, total, expected) > ALPHA:  # the binomial distribution function
            return None
        share = f"{100 * seen:.0f} %"
        return self._trouble("far_worse", self._why_by_heart(), seen=share, right=right, total=total)

    def _validation_rises(self) -> Trouble | None:
        losses = [e.validation_loss for e in self.history]
        total = sum(self.validation)
        if total == 0 or any(math.isnan(loss) for loss in losses):
            return None
        means = [fmean(losses[i : i + self.together]) for i in range(len(losses) - self.together + 1)]
        first = means.index(min(means))
        now, best = means[-1], means[first]
        if now < WORSE_LOSS * best or now - best < LEAST_RISE + TWO_PICTURES / total:
            return None
        if first + self.together > len(losses) / 2:
            return None
        window = losses[first : first + self.together]
        lowest = first + window.index(min(window)) + 1
        cure = self._too_fast() or self._why_too_sure(lowest)
        return self._trouble("validation_rises", cure, lowest=lowest, best=f"{best:.2f}", loss=f"{now:.2f}")

    def _recent_validation(self, name: str) -> float:
        """The mean of a validation figure over the recent epochs; NaN without validation pictures."""
        return fmean(float(getattr(e, f"validation_{name}")) for e in self._recent)

    def _why_nothing(self) -> Message:
        """Why nothing is learned, the likeliest first."""
        recipe, steps = self.recipe, self.steps * self.recipe.epochs
        if cure := self._too_fast() or self._too_slow():
            return cure
        if steps < FEW_STEPS:
            return _cure("short", steps=steps, epochs=math.ceil(ENOUGH_STEPS / self.steps))
        if recipe.preprocess == "tutorial":
            return _cure("sees_little")
        if not recipe.keep_meaning and (recipe.flip_horizontal or recipe.flip_vertical or recipe.rotation):
            return _cure("alike")
        return _cure("labels", data=self.data)

    def _too_fast(self) -> Message | None:
        """The usual learning rate, where the recipe's is far above it."""
        usual = USUAL_RATE[self.recipe.optimizer]
        return _cure("rate_high", rate=usual) if self.recipe.learning_rate >= FAR_RATE * usual else None

    def _too_slow(self) -> Message | None:
        """The usual learning rate, where the recipe's is far below it."""
        usual = USUAL_RATE[self.recipe.optimizer]
        return _cure("rate_low", rate=usual) if self.recipe.learning_rate <= usual / FAR_RATE else None

    def _why_by_heart(self) -> Message:
        """Why the training pictures are read so much better than others."""
        recipe = self.recipe
        if recipe.preprocess == "tutorial":
            return _cure("recipe")
        if not (recipe.rotation and recipe.zoom and recipe.shear):
            return _cure("changes")
        return _cure("more", count=max(10, min(self.train)))

    def _why_too_sure(self, lowest: int) -> Message:
        """Why the validation loss rises from its lowest on, where the steps are not to blame."""
        if self.recipe.preprocess == "tutorial" and "trouble.far_worse" not in self.told:
            return _cure("recipe")
        return _cure("keep") if self.recipe.keep == "last" else _cure("shorter", epochs=lowest)

    def _trouble(self, name: str, cure: Message, **values: Value) -> Trouble:
        epoch = self.history[-1].epoch
        return Trouble(epoch, Message(f"trouble.{name}", {"epoch": epoch, **values}), cure)


def _cure(name: str, **values: Value) -> Message:
    return Message(f"trouble.cure.{name}", values)
