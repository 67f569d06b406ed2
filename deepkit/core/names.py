"""The names of nodes: scopes, and suffixes that make a name unique."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator

from deepkit.errors import GraphError

_VALID = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$")
_VALID_INSIDE = re.compile(r"^[A-Za-z0-9_.\\/>-]*$")


class _Open(threading.local):
    """The scope in which a thread is: threads that build one graph do not open scopes for each other."""

    scope = ""


class Names:
    """TensorFlow's rule: within the current scope, the second `x` becomes `x_1`; upper and lower case count as equal."""

    def __init__(self) -> None:
        self._used: dict[str, int] = {}
        self._open = _Open()

    @property
    def scope(self) -> str:
        """The path of the scope that this thread has opened."""
        return self._open.scope

    def unique(self, name: str, mark: bool = True) -> str:
        """`name` in the current scope with a suffix if it is taken. A name that ends in "/" is taken as it is."""
        if name.endswith("/"):
            self._used.setdefault(name[:-1].lower(), 1)
            return name[:-1]
        pattern = _VALID_INSIDE if self.scope else _VALID
        if not pattern.match(name):
            raise GraphError(
                f"{name!r} is not a valid name",
                rule="names hold letters, digits and _ . - / >, and start with a letter, a digit or a dot",
            )
        full = f"{self.scope}/{name}" if self.scope else name
        key = full.lower()
        count = self._used.get(key, 0)
        if mark:
            self._used[key] = count + 1
        if count == 0:
            return full
        while f"{key}_{count}" in self._used:
            count += 1
        if mark:
            self._used[key] = count + 1
            self._used[f"{key}_{count}"] = 1
        return f"{full}_{count}"

    def release(self, name: str) -> None:
        """Makes a name free again (its cell is run again)."""
        key = name.lower()
        self._used.pop(key, None)
        base, _, suffix = key.rpartition("_")
        if suffix.isdigit() and base in self._used:
            self._used[base] = min(self._used[base], int(suffix))

    @contextlib.contextmanager
    def enter(self, name: str | None) -> Iterator[str]:
        """Opens a scope below the current one; None or "" goes back to the root, "path/" opens exactly that path.

        Such a path takes no name: where it was not opened before, the next scope of this name is the same.
        """
        before = self.scope
        self._open.scope = "" if not name else name[:-1] if name.endswith("/") else self.unique(name)
        try:
            yield f"{self.scope}/" if self.scope else ""
        finally:
            self._open.scope = before
