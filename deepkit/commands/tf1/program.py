"""A script, or the cells of a notebook, as code that this Python can run; Python 2 is recognised and explained."""

from __future__ import annotations

import ast
import json
import linecache
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

from deepkit.commands.tf1.numpy_names import modernize
from deepkit.errors import DataError, DeepkitError
from deepkit.files import refused

_PYTHON_2 = [  # in the compiler's words or in the line it stumbled over; what Python 3 wants
    (r"Missing parentheses in call to 'print'", "Python 3 calls print as a function: print(...)"),
    (r"Missing parentheses in call to 'exec'", "Python 3 calls exec as a function: exec(...)"),
    (r"multiple exception types|^\s*except\s+[\w.]+\s*,\s*\w+\s*:", "Python 3 writes: except Error as error"),
    (r"^\s*raise\s+[\w.]+\s*,", "Python 3 writes: raise Error(message)"),
    (r"leading zeros in decimal", "Python 3 writes octal numbers as 0o777"),
    (r"\b\d+[lL]\b", "Python 3 has no long integers: 10, not 10L"),
    (r"<>", "Python 3 writes: a != b"),
    (r"`", "Python 3 writes repr(x), not `x`"),
    (r"\bur['\"]", "Python 3 has no ur'...': r'...' is Unicode"),
    (r"^\s*def\s+\w+\([^)]*\(\w+\s*,|lambda\s*\(", "Python 3 does not unpack an argument in the parameter list"),
    (r"inconsistent use of tabs", "Python 3 does not take a tab for eight blanks: indent with blanks only"),
]
_MISREAD = [(r"\.1\d*_\w*regularizer", "the name begins with the letter l: l1_regularizer, l2_regularizer")]
GONE = {
    "xrange": "range", "raw_input": "input", "unicode": "str", "unichr": "chr", "long": "int", "basestring": "str",
    "reduce": "from functools import reduce", "file": "open", "execfile": "exec(open(name).read())",
    "has_key": "key in dictionary", "iteritems": "items", "iterkeys": "keys", "itervalues": "values",
    "urllib2": "urllib.request", "cPickle": "pickle", "StringIO": "io", "Tkinter": "tkinter", "ConfigParser": "configparser",
    "Queue": "queue", "commands": "subprocess", "HTMLParser": "html.parser", "urlparse": "urllib.parse",
}
_MAGIC = re.compile(r"\s*(%{1,2}[A-Za-z]|!|\?)|.*[\w)\]]\?{1,2}\s*$")
_TRANSPARENT = ("time", "timeit", "capture", "prun")  # cell magics that run the cell's own Python


class ProgramError(DeepkitError):
    """A program that this Python cannot read."""


class Step(NamedTuple):
    """Code to run; then the value of `last` is shown, as a notebook shows the last line of a cell."""

    code: CodeType
    last: CodeType | None


def steps(path: Path) -> Iterator[Step]:
    """The program at `path`: a script in one step, a notebook cell by cell."""
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise refused("read", path, error) from error
    if path.suffix != ".ipynb":
        yield Step(_compile(_parse(contents, str(path), path), str(path)), None)
        return
    for number, source in enumerate(_cells(contents, path), start=1):
        name = f"{path} cell {number}"
        tree, source = _parse_cell(source, name, path)
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        last = tree.body[-1] if tree.body else None
        shown = isinstance(last, ast.Expr) and not source.rstrip().endswith(";")
        if shown:
            tree.body.pop()
        value = compile(ast.Expression(last.value), name, "eval", dont_inherit=True) if shown else None  # type: ignore
        yield Step(_compile(tree, name), value)


def _compile(tree: ast.Module, name: str) -> CodeType:
    # dont_inherit: the program decides about its __future__, not this module
    return compile(tree, name, "exec", dont_inherit=True)


def _parse(source: str | bytes, name: str, path: Path) -> ast.Module:
    try:
        return modernize(ast.parse(source, name))
    except SyntaxError as error:
        raise explain(error, path) from error
    except ValueError as error:  # NUL bytes
        raise ProgramError(f"{path} is not Python: {error}") from error


def explain(error: SyntaxError, path: Path) -> ProgramError:
    """The error that tells Python 2 from a mistake."""
    line = (error.text or "").rstrip()
    where = f'File "{error.filename}", line {error.lineno}:  {line.strip()}'
    for pattern, rule in _PYTHON_2:
        if re.search(pattern, f"{error.msg}\n{line}", re.MULTILINE):
            return ProgramError(
                f"{path} is written in Python 2", where=where, rule=rule,
                hint=f"2to3 -w -n {path}   (2to3 comes with Python up to 3.12), or change the line",
            )
    hint = next((hint for pattern, hint in _MISREAD if re.search(pattern, line)), None)
    return ProgramError(f"{path} is not Python {sys.version_info[0]}: {error.msg}", where=where, hint=hint)


def _cells(contents: bytes, path: Path) -> Iterator[str]:
    try:
        notebook: Any = json.loads(contents)
    except ValueError as error:
        raise DataError(f"{path} is not a notebook: {error}", rule="a notebook is JSON in UTF-8") from error
    sheets = notebook.get("worksheets") if isinstance(notebook, dict) else None  # format 3
    cells = sheets[0].get("cells") if sheets else notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise DataError(f"{path} is not a notebook", rule="a notebook holds a list 'cells'")
    for cell in cells:
        if cell.get("cell_type") == "code":
            source = cell.get("source", cell.get("input", ""))
            yield source if isinstance(source, str) else "".join(source)


def _parse_cell(source: str, name: str, path: Path) -> tuple[ast.Module, str]:
    """The cell's Python, and its source without what only a notebook understands."""
    first = source.lstrip().split("\n", 1)[0]
    if first.startswith("%%"):
        word = re.sub(r"\W.*", "", first[2:])
        note(f"{name}: %%{word} skipped" + ("" if word in _TRANSPARENT else ", with its cell"))
        lead, _, rest = source.partition(first)
        source = f"{lead}{rest}" if word in _TRANSPARENT else ""
    try:
        return modernize(ast.parse(source, name)), source
    except SyntaxError:
        lines = _without_prompts(source.split("\n"))
        for number, line in enumerate(lines, start=1):
            if _MAGIC.match(line):
                note(f"{name}, line {number}: {line.strip()} skipped")
                lines[number - 1] = re.match(r"\s*", line)[0] + "pass"  # type: ignore[index]
        source = "\n".join(lines)
        return _parse(source, name, path), source


def _without_prompts(lines: list[str]) -> list[str]:
    """The lines of a session that was copied with its prompts, >>> and ..., without them, as a notebook takes them."""
    copied = any(line.startswith(">>>") for line in lines[:2])
    return [re.sub(r"^(>>>|\.\.\.)( |$)", "", line) for line in lines] if copied else lines


def note(text: str) -> None:
    """Say something about the program, beside what it prints itself."""
    print(f"deepkit run-tf1: {text}", file=sys.stderr)
