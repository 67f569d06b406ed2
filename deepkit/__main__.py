"""`python -m deepkit` is the command `deepkit`."""

from __future__ import annotations

import sys

from deepkit.cli import main

if __name__ == "__main__":
    sys.exit(main())
