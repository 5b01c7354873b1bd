"""What training makes of a picture, for the page."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import TYPE_CHECKING

from oxmark.errors import require_packages
from oxmark.web.problems import Problem
from oxmark.web.studio.knobs import chosen
from oxmark.web.studio.teach_schemas import Augmentation, AugmentationOrder
from oxmark.web.studio.teaching_process import aside

if TYPE_CHECKING:
    from oxmark.web.studio.teaching import Teaching


async def variants(teaching: Teaching, order: AugmentationOrder) -> Augmentation:
    """Show one training picture and variants of it, as the chosen recipe makes them.

    Raises:
        Problem: No such picture, or none at all.
        RecipeError: A knob out of range.
        MissingExtra: The packages for training are not installed.
    """
    require_packages("Showing variants", "torch")
    recipe = chosen(order.recipe, order.settings)
    id, path, state = await aside(_picture, teaching, order)
    wish = {
        "project": str(teaching.project.root),
        "recipe": recipe.model_dump(),
        "picture": str(path),
        "seed": order.seed,
        "state": state,
    }
    found = await teaching.errands.run("augment", wish)
    return Augmentation.model_validate({**found, "source": {**found["source"], "picture": id}})


def _picture(teaching: Teaching, order: AugmentationOrder) -> tuple[str, Path, str]:
    """Id and path of the picture, and a digest of what there is to learn from."""
    project = teaching.project
    with project.lock:
        listing = project.listing()
    learned = [one for one in listing.pictures.values() if one.part in (None, "train")]
    state = hashlib.blake2b(repr([one.stamp for one in learned]).encode(), digest_size=8).hexdigest()
    if order.picture is not None:
        return order.picture, project.picture_path(order.picture), state
    if not learned:
        raise Problem(422, "too_few_pictures", "There is no picture to change yet. Draw one first.")
    one = random.Random(order.seed).choice(learned)
    return one.id, project.picture_path(one.id), state
