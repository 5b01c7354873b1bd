"""The maker of data sets on paper, for the tests of the doctor."""

from __future__ import annotations

import pytest

from .cases import MakeCase, make_case


@pytest.fixture
def case() -> MakeCase:
    """A function that makes evidence from file names; see :func:`make_case`."""
    return make_case
