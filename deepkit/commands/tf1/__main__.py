"""`python -m deepkit.commands.tf1 FILE ARGUMENTS...`: makes this process a place for TensorFlow-1 programs, and runs FILE."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from types import ModuleType

from deepkit.commands.tf1 import imports, numpy_names, screen, sklearn_names
from deepkit.commands.tf1.program import GONE, ProgramError, note, steps
from deepkit.errors import DeepkitError
from deepkit.runtime import placement

_PACKAGE = str(Path(__file__).resolve().parents[2]) + os.sep
_INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Run the program arguments[0] as if it had been started with `arguments`; returns the exit code."""
    path = Path(arguments[0])
    program = ModuleType("__main__")
    program.__file__ = str(path)
    sys.argv = list(arguments)
    sys.path.insert(0, str(path.resolve().parent))
    sys.modules["__main__"] = program
    placement.always_soft = True
    imports.install()
    numpy_names.restore()
    numpy_names.allow_ragged(note)
    numpy_names.print_as_then()
    try:
        source = path.read_bytes() if path.is_file() else b""
        if b"matplotlib" in source:
            screen.accept_any_backend()
        restored = sklearn_names.restore(source)
        if restored:
            note(f"scikit-learn has given up {', '.join(restored)}: put back for this program")
        for step in steps(path):
            exec(step.code, vars(program))
            if step.last is not None:
                sys.displayhook(eval(step.last, vars(program)))
    except ProgramError as error:
        print(f"deepkit: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return _INTERRUPTED
    except Exception as error:
        sys.stdout.flush()
        print(report(error), end="", file=sys.stderr)
        return 1
    return 0


def report(error: Exception) -> str:
    """The traceback of the program alone; deepkit's own lines are left out of deepkit's errors."""
    whole = os.environ.get("DEEPKIT_DEBUG", "") not in ("", "0")
    ours = isinstance(error, DeepkitError)
    shown = traceback.TracebackException.from_exception(error)
    if ours and not whole:
        shown.__cause__ = shown.__context__ = None
    if not whole:
        hidden = (_PACKAGE, "<frozen importlib") if ours else (os.path.join(_PACKAGE, "commands", "tf1", ""),)
        kept = [frame for frame in shown.stack if not frame.filename.startswith(hidden)]
        shown.stack = traceback.StackSummary.from_list(kept)
    text = "".join(shown.format())
    gone = getattr(error, "name", None)
    if isinstance(error, (NameError, AttributeError, ImportError)) and not ours and gone in GONE:
        text += f"  {gone} is Python 2; in Python 3: {GONE[gone]}\n"
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
