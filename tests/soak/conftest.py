"""How long the soak tests last: a few hundred cases each, or thousands with ``--soak`` (``make soak``)."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture(scope="session")
def cases(pytestconfig: pytest.Config) -> Callable[[int], int]:
    """So many cases of a kind: as many as asked for with --soak, else 200."""
    return lambda most: most if pytestconfig.getoption("--soak") else 200
