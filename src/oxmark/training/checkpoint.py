"""Everything needed to go on bit for bit, in one safetensors file. No pickle.

The file holds tensors only; numbers and text travel as JSON in its header.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialise
from torch import Tensor

from oxmark.errors import RunError
from oxmark.files import write_bytes
from oxmark.training.optimizer import Optimizer

FILE = Path("checkpoint") / "state.safetensors"
"""Where a run folder keeps its checkpoint."""


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """The state of a training, between two steps.

    Attributes:
        tensors: ``network.*``, ``best.*`` (the kept weights so far), ``optimizer.<name>.<i>`` and
            ``generator`` (the state of the random numbers); ``average.*`` where weights are averaged, and
            ``pass.*`` (order and sums) in the middle of an epoch.
        facts: JSON: ``history``, ``kept_epoch``, ``steps``, ``next_batch``, and the ``fingerprint`` of data
            and recipe.
    """

    tensors: dict[str, Tensor]
    facts: dict[str, Any]

    def group(self, prefix: str) -> dict[str, Tensor]:
        """The tensors whose name starts with ``prefix.``, without it."""
        start = f"{prefix}."
        return {name.removeprefix(start): t for name, t in self.tensors.items() if name.startswith(start)}


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint by rename. Raises :class:`OutputError` when the place cannot be written to."""
    tensors = {name: t.detach().cpu().contiguous() for name, t in checkpoint.tensors.items()}
    write_bytes(path, serialise(tensors, metadata={"facts": json.dumps(checkpoint.facts)}))


def read(path: Path) -> Checkpoint:
    """Read a checkpoint back.

    Raises:
        RunError: The file is missing, truncated or no checkpoint.
    """
    try:
        with safe_open(path, framework="pt") as file:
            facts = json.loads(file.metadata()["facts"])
            return Checkpoint({name: file.get_tensor(name) for name in file.keys()}, facts)  # noqa: SIM118
    except FileNotFoundError:
        raise RunError(
            f"{path} does not exist: this run was stopped before its first epoch was saved. "
            "Delete the folder and train again."
        ) from None
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"{path} is no checkpoint that oxmark can read ({error}). Delete the run folder and train again."
        ) from error


def optimizer_tensors(optimizer: Optimizer) -> dict[str, Tensor]:
    """The optimizer's memory as flat names: ``optimizer.<name>.<number of the weight>``."""
    return {
        f"optimizer.{name}.{number}": value
        for name, values in optimizer.memory.items()
        for number, value in enumerate(values)
    }


def restore_optimizer(optimizer: Optimizer, tensors: dict[str, Tensor]) -> None:
    """Put memory made by :func:`optimizer_tensors` back (names without the leading ``optimizer.``).

    Each tensor keeps its place and memory layout; only the values change.
    """
    for name, values in optimizer.memory.items():
        for number, value in enumerate(values):
            value.copy_(tensors[f"{name}.{number}"])
