"""The two libraries, asked the same: what differs, and the smallest program that shows it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .comparison import Difference, differences
from .explained import explanation
from .runner import Library, Outcome
from .shrinking import shrink

MOST = 400  # programs in one process of TensorFlow


class Pair:
    """deepkit and tf_keras, each in a process of its own; `refused` counts the programs that Keras would not run.

    A program that begins with `# eager` is compared with tf_keras outside a graph, its default. One that opens a file
    of the other library runs twice, so that both have written by then.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="random-models-")
        self._libraries: dict[str, Library] = {}
        self.refused = 0

    def _run(self, name: str, source: str) -> Outcome:
        if name not in self._libraries:
            self._libraries[name] = Library(name, self._folder.name)
        library = self._libraries[name]
        outcome = library.run(source)
        if library.programs > MOST and name != "deepkit":  # TensorFlow keeps something of every graph
            self._libraries.pop(name).close()
        return outcome

    def unexplained(self, source: str) -> Difference | None:
        """The first difference that is not in the list."""
        if "others(" in source:
            for path in Path(self._folder.name).iterdir():
                path.unlink()
            self._run("deepkit", source)
        theirs = self._run("tf_keras_eager" if source.startswith("# eager") else "tf_keras", source)
        self.refused += bool(theirs.error)
        found = differences(source, self._run("deepkit", source), theirs)
        return next((one for one in found if not explanation(one)), None)

    def smallest(self, found: Difference) -> Difference:
        """The same kind of difference from a smaller program."""
        refused = self.refused

        def differs(source: str) -> bool:
            nonlocal found
            again = self.unexplained(source)
            if again is None or again.where != found.where:
                return False
            found = again
            return True

        shrink(found.source, differs)
        self.refused = refused
        return found

    def close(self) -> None:
        for library in self._libraries.values():
            library.close()
        self._folder.cleanup()
