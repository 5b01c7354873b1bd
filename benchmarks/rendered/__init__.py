"""Rendered marks under hard conditions, to find what trained models fail on.

Everything here is drawn by code of its own, which shares nothing with the
drawings that models are trained on.
"""

from .suite import CONDITIONS, NOTHING, OTHERS, Condition, other, picture

__all__ = ["CONDITIONS", "NOTHING", "OTHERS", "Condition", "other", "picture"]
