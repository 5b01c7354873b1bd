"""oxmark turns a folder of drawings into one small file that answers, on your own machine.

The path of the data, and the names for it::

    draw_dataset   make the demo set: hands, pens, strokes       folder of pictures
    read_folder    look at it                                    Dataset
    check          the doctor: what is wrong with it             Checkup
    split          parts, with hands and copies kept together    Splitting (a folder)
    load_recipe    how to train: "marks", "tutorial", a file     Recipe
    train          the pictures become a model                   TrainingRun (a run folder)
    evaluate       what the model answers to a test part         Evaluation
    validate       cross-validation: how far it can be trusted   Validation
    compare        two models on the same pictures               ComparedModels
    explain        where the evidence for an answer lies         Explanations
    verify         a recorded training, done again               Verification
    write_report   all of it on one page                         report.html
    load           the model file answers                        Classifier -> Prediction
    export         the network for other tools                   .keras, .h5

Each name loads on first use: ``import oxmark`` and predicting load neither torch nor matplotlib.

Example:
    >>> import oxmark  # doctest: +SKIP
    >>> run = oxmark.train("marks", recipe="marks", seed=0)  # doctest: +SKIP
    >>> classifier = oxmark.load(run)  # doctest: +SKIP
    >>> classifier.predict("photo.png").label  # doctest: +SKIP
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
    from oxmark.workflow.checking import check
    from oxmark.workflow.comparing import compare
    from oxmark.workflow.explaining import explain
    from oxmark.workflow.exporting import export
    from oxmark.workflow.measuring import evaluate
    from oxmark.workflow.reporting import write_report
    from oxmark.workflow.splitting import split
    from oxmark.workflow.training_run import TrainingRun, train
    from oxmark.workflow.validating import validate
    from oxmark.workflow.verifying import verify

__version__ = "0.1.0"

_HOMES = {
    "Classifier": "oxmark.inference",
    "Dataset": "oxmark.data.folder",
    "Evaluation": "oxmark.evaluation.metrics",
    "OxmarkError": "oxmark.errors",
    "Prediction": "oxmark.inference",
    "Recipe": "oxmark.recipes",
    "TrainingRun": "oxmark.workflow.training_run",
    "check": "oxmark.workflow.checking",
    "compare": "oxmark.workflow.comparing",
    "draw_dataset": "oxmark.data.draw",
    "evaluate": "oxmark.workflow.measuring",
    "explain": "oxmark.workflow.explaining",
    "export": "oxmark.workflow.exporting",
    "load": "oxmark.inference",
    "load_recipe": "oxmark.recipes",
    "read_folder": "oxmark.data.folder",
    "split": "oxmark.workflow.splitting",
    "train": "oxmark.workflow.training_run",
    "validate": "oxmark.workflow.validating",
    "verify": "oxmark.workflow.verifying",
    "write_report": "oxmark.workflow.reporting",
}

__all__ = [
    "Classifier",
    "Dataset",
    "Evaluation",
    "OxmarkError",
    "Prediction",
    "Recipe",
    "TrainingRun",
    "check",
    "compare",
    "draw_dataset",
    "evaluate",
    "explain",
    "export",
    "load",
    "load_recipe",
    "read_folder",
    "split",
    "train",
    "validate",
    "verify",
    "write_report",
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
