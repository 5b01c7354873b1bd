"""oxmark turns a folder of drawings into one small file that answers, on your own machine.

The path of the data, and the names for it::

    draw_dataset   make the demo set: hands, pens, strokes       folder of pictures
    read_folder    look at it                                    Dataset
    load_recipe    how to train: "marks", "tutorial", a file     Recipe
    train          the pictures become a model                   TrainingRun (a run folder)
    evaluate       how far it can be trusted                     Evaluation
    load           the model file answers                        Classifier -> Prediction
    export         the network for other tools                   .keras, .h5

Each name loads on first use: ``import oxmark`` and predicting load neither torch nor matplotlib.

Example:
    >>> import oxmark  # doctest: +SKIP
    >>> run = oxmark.train("marks", recipe="marks", seed=0)
    >>> classifier = oxmark.load(run)
    >>> classifier.predict("photo.png").label
    'O'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oxmark.data.draw import draw_dataset
    from oxmark.data.folder import Dataset, read_folder
    from oxmark.errors import OxmarkError
    from oxmark.evaluation.metrics import Evaluation
    from oxmark.inference import Classifier, Prediction, load
    from oxmark.recipes import Recipe, load_recipe
    from oxmark.workflow.exporting import export
    from oxmark.workflow.measuring import evaluate
    from oxmark.workflow.training_run import TrainingRun, train

__version__ = "0.1.0"

_HOMES = {
    "Classifier": "oxmark.inference",
    "Dataset": "oxmark.data.folder",
    "Evaluation": "oxmark.evaluation.metrics",
    "OxmarkError": "oxmark.errors",
    "Prediction": "oxmark.inference",
    "Recipe": "oxmark.recipes",
    "TrainingRun": "oxmark.workflow.training_run",
    "draw_dataset": "oxmark.data.draw",
    "evaluate": "oxmark.workflow.measuring",
    "export": "oxmark.workflow.exporting",
    "load": "oxmark.inference",
    "load_recipe": "oxmark.recipes",
    "read_folder": "oxmark.data.folder",
    "train": "oxmark.workflow.training_run",
}

__all__ = [
    "Classifier",
    "Dataset",
    "Evaluation",
    "OxmarkError",
    "Prediction",
    "Recipe",
    "TrainingRun",
    "draw_dataset",
    "evaluate",
    "export",
    "load",
    "load_recipe",
    "read_folder",
    "train",
]


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'oxmark' has no attribute {name!r}; it offers {', '.join(__all__)}")
    try:
        value = getattr(importlib.import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        from oxmark.errors import missing_extra

        raise missing_extra(error) or error from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
