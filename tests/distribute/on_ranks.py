"""What the tests on several ranks share: where they can run, and the small program that they train."""

from __future__ import annotations

import pytest

from deepkit.distribute import launcher

needs_ranks = pytest.mark.skipif(
    not launcher.is_possible(), reason='no mpiexec or no mpi4py here: pip install -e ".[dist]" brings both'
)
WAIT = 240  # seconds after which a job counts as hanging, on a machine where much else runs
