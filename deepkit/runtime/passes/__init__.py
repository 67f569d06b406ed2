"""The steps that turn fetches into a plan; those that only make it faster can be switched off by name.

`DEEPKIT_PASSES="-fold,-merge"` (or ConfigProto's `passes`) leaves the named ones out; the results stay the same.
"""

from __future__ import annotations

import os

from deepkit.errors import ArgumentError

OPTIONAL = ("fold", "merge", "fuse", "join", "inplace")


def enabled(setting: str | None = None) -> frozenset[str]:
    """The optional passes to use: all, less those that `setting` (default: the environment variable) switches off."""
    setting = os.environ.get("DEEPKIT_PASSES", "") if setting is None else setting
    chosen = set(OPTIONAL)
    for entry in filter(None, (part.strip() for part in setting.split(","))):
        name = entry.lstrip("+-")
        if name not in OPTIONAL:
            raise ArgumentError(f"DEEPKIT_PASSES names {name!r}", hint="passes: " + ", ".join(OPTIONAL))
        (chosen.discard if entry.startswith("-") else chosen.add)(name)
    return frozenset(chosen)
