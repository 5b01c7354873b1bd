"""Checkpoints: every tensor comes back, nothing is left half-written, nothing foreign is believed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from oxmark.errors import OutputError, RunError
from oxmark.training import checkpoint
from oxmark.training.checkpoint import Checkpoint
from oxmark.training.optimizer import AdamW, KerasRMSprop, Muon, Optimizer

CURE = "Delete the run folder and train again."
FACTS: dict[str, Any] = {"epoch": 3, "history": [{"loss": 0.5}], "fingerprint": "ü 한글"}


def everything() -> dict[str, torch.Tensor]:
    return {
        "network.conv.weight": torch.randn(4, 2, 3, 3).contiguous(memory_format=torch.channels_last),
        "network.norm.num_batches_tracked": torch.tensor(7),
        "best.conv.weight": torch.randn(4, 2, 3, 3).permute(1, 0, 2, 3),
        "optimizer.0.step": torch.tensor(5.0),
        "pass.loss": torch.tensor(1 / 3, dtype=torch.float64),
        "pass.rows": torch.randperm(9),
        "generator": torch.Generator().manual_seed(1).get_state(),
        "network.empty": torch.zeros(0),
    }


def test_every_tensor_and_fact_comes_back(tmp_path: Path) -> None:
    tensors = everything()
    path = tmp_path / "run" / checkpoint.FILE
    checkpoint.save(path, Checkpoint(tensors, FACTS))
    read = checkpoint.read(path)
    assert read.facts == FACTS
    assert read.tensors.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert read.tensors[name].dtype == tensor.dtype, name
        assert torch.equal(read.tensors[name], tensor), name
    assert [file.name for file in path.parent.iterdir()] == ["state.safetensors"]


def test_a_group_is_what_begins_with_its_name() -> None:
    one = torch.ones(1)
    saved = Checkpoint({"best.a.b": one, "bestial.c": one, "network.best.d": one}, {})
    assert list(saved.group("best")) == ["a.b"]
    assert saved.group("pass") == {}


def test_the_file_is_no_pickle(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    checkpoint.save(path, Checkpoint({"a": torch.arange(3, dtype=torch.uint8)}, {"epoch": 1}))
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    assert header.keys() == {"__metadata__", "a"}
    assert json.loads(header["__metadata__"]["facts"]) == {"epoch": 1}
    assert data[8 + length :] == bytes([0, 1, 2])  # the numbers themselves and nothing else


def test_it_takes_its_name_by_rename_or_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, seen = tmp_path / "state.safetensors", []
    checkpoint.save(path, Checkpoint({"a": torch.zeros(2)}, {"epoch": 1}))
    before = path.read_bytes()

    def full(source: Path, target: Path) -> None:
        seen.append((checkpoint.read(source).facts, path.read_bytes(), Path(source).parent, Path(target)))
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OutputError) as caught:
        checkpoint.save(path, Checkpoint({"a": torch.ones(2)}, {"epoch": 2}))
    assert str(caught.value) == (
        f"cannot write {path}: the disk is full; free some space or choose another place."
    )
    assert seen == [({"epoch": 2}, before, tmp_path, path)]  # whole before it has the name
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_file_has_its_sentence(tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    with pytest.raises(RunError) as caught:
        checkpoint.read(path)
    assert str(caught.value) == (
        f"{path} does not exist: this run was stopped before its first epoch was saved. "
        "Delete the folder and train again."
    )


def good_bytes(folder: Path) -> bytes:
    path = folder / "good.safetensors"
    checkpoint.save(path, Checkpoint(everything(), FACTS))
    return path.read_bytes()


@pytest.mark.parametrize("kept", [0, 4, 8, 200, -1])
def test_a_truncated_file_has_its_sentence(kept: int, tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    path.write_bytes(good_bytes(tmp_path)[:kept])
    with pytest.raises(RunError) as caught:
        checkpoint.read(path)
    assert str(caught.value).startswith(f"{path} is no checkpoint that oxmark can read (")
    assert str(caught.value).endswith(f"). {CURE}")


FOREIGN: list[tuple[dict[str, str] | None, str]] = [
    (None, "'NoneType' object is not subscriptable"),
    ({"other": "{}"}, "'facts'"),
    ({"facts": "{"}, "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
]


@pytest.mark.parametrize(("header", "reason"), FOREIGN)
def test_a_foreign_file_has_its_sentence(header: dict[str, str] | None, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    save_file({"a": torch.zeros(1)}, path, header)
    with pytest.raises(RunError) as caught:
        checkpoint.read(path)
    assert str(caught.value) == f"{path} is no checkpoint that oxmark can read ({reason}). {CURE}"


@pytest.mark.parametrize("kind", ["rmsprop", "adamw", "muon"])
def test_the_optimizers_memory_comes_back_in_its_layout(kind: str, tmp_path: Path) -> None:
    def make() -> Optimizer:
        layout = torch.channels_last
        weights = [torch.randn(4, 3, 3, 3).contiguous(memory_format=layout), torch.randn(5)]
        parameters = [torch.nn.Parameter(weight) for weight in weights]
        if kind == "rmsprop":
            return KerasRMSprop(parameters, 0.1, 0.9, 1e-7)
        return (Muon if kind == "muon" else AdamW)(parameters, 0.1, 1e-8, 0.01)

    before, after = make(), make()
    for weight in before.weights:
        weight.grad = torch.randn_like(weight)
    before.step()
    path = tmp_path / "state.safetensors"
    checkpoint.save(path, Checkpoint(checkpoint.optimizer_tensors(before), {}))
    checkpoint.restore_optimizer(after, checkpoint.read(path).group("optimizer"))
    assert before.memory.keys() == after.memory.keys()
    for name, values in before.memory.items():
        for value, restored in zip(values, after.memory[name], strict=True):
            assert torch.equal(value, restored)
            unused = kind == "muon" and name == "square" and value.dim() == 4  # a matrix needs only the mean
            assert bool(value.any()) is not unused
            assert value.stride() == restored.stride()
