"""What the feature maps of training steps are computed in."""

from __future__ import annotations

import pytest
import torch

from oxmark.recipes import load_recipe
from oxmark.training.device import precision_of_steps


@pytest.mark.parametrize(
    ("wanted", "place", "able", "precision"),
    [
        ("auto", "cpu", True, "bfloat16"),
        ("auto", "cpu", False, "float32"),
        ("float32", "cpu", True, "float32"),
        ("float32", "cpu", False, "float32"),
        ("auto", "cuda", True, "float32"),
    ],
)
def test_bfloat16_is_for_processors_that_have_it(
    wanted: str, place: str, able: bool, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: able, raising=False)
    recipe = load_recipe("marks", [f"precision={wanted}"])
    assert precision_of_steps(recipe, torch.device(place)) == precision


def test_a_torch_that_cannot_tell_takes_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported", raising=False)
    assert precision_of_steps(load_recipe("marks"), torch.device("cpu")) == "float32"
