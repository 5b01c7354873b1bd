"""Where a training runs, and that it runs the same every time."""

from __future__ import annotations

import torch

from oxmark.errors import TrainingError
from oxmark.recipes import Recipe


def choose_device(device: str) -> torch.device:
    """``"auto"`` is a CUDA device if there is one, else the CPU. Raises :class:`TrainingError`."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError:
        raise TrainingError(f"There is no device '{device}'. Choose auto, cpu, cuda or cuda:1.") from None
    try:
        torch.zeros(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise TrainingError(f"The device '{device}' cannot be used: {reason}. Try --device auto.") from error
    return chosen


def make_repeatable() -> None:
    """Same seed, same machine, same bits: deterministic kernels."""
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False  # full float32: the model file must give the same answers
    torch.backends.cuda.matmul.allow_tf32 = False


def precision_of_steps(recipe: Recipe, place: torch.device) -> str:
    """``"bfloat16"`` or ``"float32"``: what the feature maps of training steps are computed in.

    bfloat16 where the recipe leaves the choice (``precision = "auto"``) and the processor has instructions
    for it (AVX512-BF16, which processors with AMX have, too); anywhere else it would be slower than float32.

    Args:
        recipe: For ``precision``.
        place: The device; on CUDA it is float32.
    """
    has = getattr(torch.cpu, "_is_avx512_bf16_supported", None)  # older torch cannot tell
    wanted = recipe.precision == "auto" and place.type == "cpu"
    return "bfloat16" if wanted and has is not None and has() else "float32"
