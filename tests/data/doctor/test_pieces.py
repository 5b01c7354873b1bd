"""How many marks stand on a picture."""

from __future__ import annotations

import numpy as np
import pytest

from oxmark.data.doctor.pieces import separate_marks

Box = tuple[int, int, int, int]  # top, bottom, left, right


def drawn(*boxes: Box, ink: float = 1.0) -> np.ndarray:
    seen = np.zeros((1, 1, 48, 48), np.float32)
    for top, bottom, left, right in boxes:
        seen[0, 0, top:bottom, left:right] = ink
    return seen


@pytest.mark.parametrize(
    ("boxes", "marks"),
    [
        ([], 1),
        ([(10, 38, 10, 38)], 1),
        ([(16, 32, 4, 18), (16, 32, 30, 44)], 2),
        ([(16, 32, 4, 18), (18, 28, 30, 40)], 2),  # one smaller than the other
        ([(4, 14, 4, 14), (4, 14, 34, 44), (34, 44, 4, 14)], 3),
        ([(16, 32, 4, 22), (16, 32, 25, 44)], 1),  # a narrow gap: one mark in two strokes
        ([(14, 18, 6, 42), (30, 34, 6, 42)], 1),  # "="
        ([(4, 9, 22, 27), (20, 24, 6, 42), (36, 41, 22, 27)], 1),  # "÷"
        ([(4, 9, 22, 27), (16, 44, 22, 27)], 1),  # "i"
        ([(4, 44, 4, 34), (20, 25, 40, 45)], 1),  # a mark and a speck
        ([(10, 34, 2, 26), (18, 26, 38, 46)], 1),  # a mark and something much smaller
    ],
)
def test_pieces_and_marks(boxes: list[Box], marks: int) -> None:
    assert separate_marks(drawn(*boxes)).tolist() == [marks]


def test_fragments_of_a_faint_drawing_are_one_mark() -> None:
    bars = [(18, 22, 4, 24), (26, 30, 24, 44), (18, 22, 28, 47)]
    fragments = [(4, 14, 4, 14), (36, 46, 34, 44), *bars]
    assert separate_marks(drawn(*fragments)).tolist() == [1]
    assert separate_marks(drawn(*fragments[:2])).tolist() == [2]


def test_faint_ink_is_no_piece() -> None:
    both = drawn((16, 32, 4, 18)) + drawn((16, 32, 30, 44), ink=0.15)
    assert separate_marks(both).tolist() == [1]


def test_each_picture_is_counted() -> None:
    many = np.concatenate([drawn((10, 38, 10, 38)), drawn((16, 32, 4, 18), (16, 32, 30, 44)), drawn()])
    assert separate_marks(many).tolist() == [1, 2, 1]
    assert separate_marks(many[:0]).dtype == np.int64
