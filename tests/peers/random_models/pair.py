"""The two libraries, asked the same: what differs, and the smallest program that shows it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from .comparison import Difference, differences
from .explained import Explanation, explanation
from .library import Library, Outcome
from .shrinking import shrink


@dataclass
class Comparison:
    """The first difference without an explanation; if there is none, what explains the first; refused: Keras' error."""

    difference: Difference | None
    explained: Explanation | None
    refused: str


class Pair:
    """deepkit and tf_keras, each in a process of its own.

    A program that begins with `# eager` is compared with tf_keras outside a graph, its default. One that opens a file
    of the other library runs twice, so that both have written by then.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="random-models-")
        self._libraries: dict[str, Library] = {}

    def _run(self, name: str, source: str) -> Outcome:
        if name not in self._libraries:
            self._libraries[name] = Library(name, self._folder.name)
        return self._libraries[name].run(source)

    def unexplained(self, source: str) -> Difference | None:
        """The first difference that is not in the list."""
        return self.compared(source).difference

    def compared(self, source: str) -> Comparison:
        for path in Path(self._folder.name).iterdir():  # what an earlier program wrote and nobody read
            path.unlink()
        if "others(" in source:
            self._run("deepkit", source)
        theirs = self._run("tf_keras_eager" if source.startswith("# eager") else "tf_keras", source)
        found = list(differences(source, self._run("deepkit", source), theirs))
        open_one = next((one for one in found if not explanation(one)), None)
        reason = explanation(found[0]) if found and not open_one else None
        return Comparison(open_one, reason, refused=theirs.error)

    def smallest(self, found: Difference) -> Difference:
        """The same kind of difference from a smaller program."""

        def differs(source: str) -> bool:
            nonlocal found
            again = self.unexplained(source)
            if again is None or again.where != found.where:
                return False
            found = again
            return True

        shrink(found.source, differs)
        return found

    def close(self) -> None:
        for library in self._libraries.values():
            library.close()
        self._folder.cleanup()
