"""The house rules, read from the source: floors, forbidden imports, the cost of `import deepkit`, tidy files."""

from __future__ import annotations

import ast
import functools
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]

FLOORS = {
    "device": 0, "core": 1, "ops": 2, "runtime": 3, "train": 3, "io": 3, "datasets": 3, "layers": 3, "keras": 4, "v1": 4,
    "models": 5, "viz": 5, "grade": 5, "distribute": 5, "testing": 5, "cli": 6, "commands": 6, "__main__": 6,
}
KERAS_FLOORS = {  # the parts of deepkit/keras, as its docstring draws them; a part may know its own floor and those below
    "backend": 0, "registry": 0, "user_functions": 0, "dialects": 0,
    "losses": 1, "initializers": 1, "regularizers": 1, "constraints": 1, "base": 2,
    "layers": 3, "activations": 3, "legacy": 3, "metrics": 3, "optimizers": 3,
    "saving": 4, "callbacks": 4, "utils": 4, "engine": 5,
    "models": 6, "applications": 6, "preprocessing": 6, "datasets": 6, "wrappers": 6,
}
EVERYBODY = {"errors", "files", "loading", "resources", "site"}  # may be imported from every floor
ROOT = ""  # deepkit/__init__.py: imports from all floors, and only the top floor imports it
ROOT_HELPERS = {"api"}  # single files of the root that belong to no floor: importable by the root only

ONLY = {"datasets": {"device"}}  # rooms that may use less than their floor allows
NEVER = {  # room: (modules, names) that it must not import, wherever they stand
    "ops": ({"deepkit.core.tensor", "deepkit.core.symbol", "deepkit.core.autodiff"}, {"Tensor", "Symbol"}),
    "core": ({"deepkit.ops"}, set()),
    "keras": ({"deepkit.v1"}, set()),
    "v1": ({"deepkit.keras"}, set()),
}
DEVICE_ONLY = {"cupy", "numba"}
LOADERS = {"import_module", "__import__", "load_module", "optional"}  # functions that import what a text names
IMPORTING = (ast.Import, ast.ImportFrom, ast.Call)
LATE = ("matplotlib", "IPython", "ipywidgets", "sklearn", "pytest", "tqdm", "jupyter", "nb")  # and all jupyter*, nb*
LONGEST = 600
TOP_LEVEL = {
    "CHANGELOG.md", "CITATION.cff", "LICENSE", "README.md", "pyproject.toml", "course", "data", "deepkit", "exercises",
    "tests",
}


@dataclass(frozen=True)
class Import:
    """`target` is imported by `module` at `line`; `late` inside a function or for type checkers only."""

    module: str
    line: int
    target: str
    names: tuple[str, ...]
    late: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


def sources(root: Path) -> dict[str, Path]:
    """Dotted name and path of every module below the package folder `root`/deepkit."""
    found = {}
    for path in sorted((root / "deepkit").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if not any(part.startswith("_") and part[1:] in ("data", "course", "exercises") for part in parts):
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@functools.cache
def parse(source: str) -> ast.Module:
    """The tree of a module's text: all counts and rules look at the same ones."""
    return ast.parse(source)


@functools.cache
def nodes(source: str) -> tuple[ast.AST, ...]:
    """All nodes of a module's text."""
    return tuple(ast.walk(parse(source)))


@functools.cache
def _importing(source: str) -> tuple[tuple[ast.AST, bool], ...]:
    """The nodes of a text that may import something, and whether they do so late."""
    return tuple((node, late) for node, late in _walk(parse(source), late=False) if isinstance(node, IMPORTING))


def imports(root: Path) -> Iterator[Import]:
    """Every import statement, and every load_module("...") and its kin with a literal name, of every module."""
    known = sources(root)
    for module, path in known.items():
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        for node, late in _importing(path.read_text(encoding="utf-8")):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(module, node.lineno, alias.name, (), late)
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                    base = ".".join([*parents, base] if base else parents)
                for alias in node.names:
                    inner = f"{base}.{alias.name}"
                    yield Import(module, node.lineno, inner if inner in known else base, (alias.name,), late)
            elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if called in LOADERS and isinstance(node.args[0].value, str):
                    yield Import(module, node.lineno, node.args[0].value, (), late)


def _walk(node: ast.AST, late: bool) -> Iterator[tuple[ast.AST, bool]]:
    for child in ast.iter_child_nodes(node):
        yield child, late
        typing = isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING")
        yield from _walk(
            child, late or typing or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        )


def room(module: str) -> str:
    """deepkit.core.node -> core; deepkit -> the root, ""."""
    return [*module.split("."), ROOT][1]


def floor_faults(root: Path) -> list[str]:
    """Imports that go up, sideways, or to the root; those inside functions count as well."""
    faults = []
    for found in imports(root):
        here, there = room(found.module), room(found.target)
        if found.target.split(".")[0] != "deepkit" or here in (ROOT, there, *ROOT_HELPERS) or there in EVERYBODY:
            continue
        if here in EVERYBODY:
            faults.append(f"{found}: everybody imports {here}, so it imports no room")
        elif here not in FLOORS:
            faults.append(f"{found}: the room {here!r} is on no floor")
        elif there == ROOT or there in ROOT_HELPERS:
            if FLOORS[here] < FLOORS["cli"]:
                faults.append(f"{found}: the root stands on all rooms")
        elif there not in FLOORS:
            faults.append(f"{found}: the room {there!r} is on no floor")
        elif FLOORS[there] >= FLOORS[here] and FLOORS[here] < FLOORS["cli"]:
            faults.append(f"{found}: floor {FLOORS[here]} must not know floor {FLOORS[there]}")
        elif here in ONLY and there not in ONLY[here]:
            faults.append(f"{found}: {here} knows only {', '.join(ONLY[here])}")
    return faults


def keras_faults(root: Path) -> list[str]:
    """Imports within keras that go up; the face of keras itself opens all its parts by name."""
    faults = []
    for found in imports(root):
        if room(found.module) == room(found.target) == "keras" and found.module.count(".") > 1 < found.target.count("."):
            here, there = found.module.split(".")[2], found.target.split(".")[2]
            lost = [part for part in (here, there) if part not in KERAS_FLOORS]
            if lost:
                faults.append(f"{found}: the part {lost[0]!r} of keras is on no floor")
            elif KERAS_FLOORS[there] > KERAS_FLOORS[here]:
                faults.append(f"{found}: floor {KERAS_FLOORS[here]} of keras must not know floor {KERAS_FLOORS[there]}")
    return faults


def never_faults(root: Path) -> list[str]:
    """The imports of DESIGN's list "never", late or not."""
    faults = []
    cupy_at: set[str] = set()
    for found in imports(root):
        top = found.target.split(".")[0]
        if top in DEVICE_ONLY and room(found.module) != "device":
            faults.append(f"{found}: only deepkit.device may")
        if top == "cupy":
            cupy_at.add(found.module)
        modules, names = NEVER.get(room(found.module), (set(), set()))
        if any(f"{found.target}.".startswith(f"{module}.") for module in modules):
            faults.append(f"{found}: {room(found.module)} must not")
        elif names & set(found.names) and top == "deepkit":
            faults.append(f"{found} ({', '.join(names & set(found.names))}): {room(found.module)} must not")
    if len(cupy_at) > 1:
        faults.append(f"cupy is imported in {', '.join(sorted(cupy_at))}: one module only")
    return faults


ONLY_WITH = {"deepkit.device.registers.lanes_compiled": "numba"}
"""Modules that are loaded only where this library is: they are about it."""


def early_faults(root: Path) -> list[str]:
    """Heavy or optional libraries imported when a module is loaded."""
    return [
        f"{found}: inside the function that uses it, please"
        for found in imports(root)
        if not found.late
        and (found.target.split(".")[0].startswith(LATE) or found.target.split(".")[0] in DEVICE_ONLY)
        and ONLY_WITH.get(found.module) != found.target.split(".")[0]
    ]


def tidiness_faults(root: Path) -> list[str]:
    """Modules that are too long, or do not open with one docstring sentence that fits a line."""
    faults = []
    for module, path in sources(root).items():
        text = path.read_text(encoding="utf-8")
        lines = len(text.splitlines())
        if lines > LONGEST:
            faults.append(f"{module} has {lines} lines; {LONGEST} are the most")
        opening = (ast.get_docstring(parse(text)) or "").split("\n\n")[0]
        if not opening:
            faults.append(f"{module} does not open with a docstring that says what lives there")
        elif "\n" in opening or not opening.endswith((".", "?", "!", ":")):
            faults.append(f"{module}: the docstring does not open with one sentence on a line of its own")
    return faults


def top_level_faults(names: set[str]) -> list[str]:
    """Entries of the repository's root that do not belong there; dot-files may."""
    return sorted(name for name in names if name not in TOP_LEVEL and not name.startswith("."))


CHECKS = [floor_faults, keras_faults, never_faults, early_faults, tidiness_faults]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_house_keeps_its_rules(check):
    faults = check(REPOSITORY)
    assert not faults, "\n" + "\n".join(faults)


def test_the_top_level_holds_what_belongs_there():
    if not (REPOSITORY / ".git").exists():
        pytest.skip("not a git checkout: what else lies in the folder is not ours")
    listed = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    if not listed:
        pytest.skip("nothing is committed yet")
    assert top_level_faults({line.split("/")[0] for line in listed.splitlines()}) == []


# What a rule forbids, and the nearest thing that it allows: each check must tell them apart.
DOC = '"""A module that says what lives there."""\n'
BROKEN = {
    "upwards": (floor_faults, "core/a.py", "from deepkit.ops import matmul"),
    "upwards, late": (floor_faults, "core/a.py", "def f():\n    import deepkit.runtime.session"),
    "upwards, relative": (floor_faults, "core/a.py", "from ..ops import matmul"),
    "upwards, by name": (floor_faults, "core/a.py", "import importlib\nimportlib.import_module('deepkit.ops')"),
    "sideways": (floor_faults, "train/a.py", "from deepkit.runtime import session"),
    "the root": (floor_faults, "viz/a.py", "import deepkit as dk"),
    "a name of the root": (floor_faults, "viz/a.py", "from deepkit import tensor"),
    "unknown room": (floor_faults, "attic/a.py", "from deepkit.core import op"),
    "errors import nothing": (floor_faults, "errors.py", "from deepkit.core import op"),
    "datasets know little": (floor_faults, "datasets/a.py", "from deepkit.ops import matmul"),
    "upwards, by the helper": (floor_faults, "core/a.py", "def f():\n    return load_module('deepkit.ops')"),
    "cupy by the helper": (never_faults, "ops/a.py", "def f():\n    return optional('cupy', 'speed')"),
    "cupy outside": (never_faults, "ops/a.py", "def f():\n    import cupy"),
    "numba outside": (never_faults, "train/a.py", "def f():\n    from numba import njit"),
    "cupy twice": (never_faults, "device/a.py", "def f():\n    import cupy\n#+device/b.py\ndef g():\n    import cupy"),
    "core and ops": (never_faults, "core/a.py", "def f():\n    from deepkit import ops"),
    "ops and autodiff": (never_faults, "ops/a.py", "from deepkit.core import autodiff"),
    "ops and Tensor": (never_faults, "ops/a.py", "from deepkit.core.apply import Tensor"),
    "keras and v1": (never_faults, "keras/a.py", "from deepkit.v1 import Session"),
    "v1 and keras": (never_faults, "v1/a.py", "import deepkit.keras.layers"),
    "upwards in keras": (keras_faults, "keras/layers/a.py", "def f():\n    from deepkit.keras.engine import model"),
    "unknown part of keras": (keras_faults, "keras/attic.py", "from deepkit.keras.layers import merge"),
    "early matplotlib": (early_faults, "viz/a.py", "import matplotlib.pyplot as plt"),
    "early nbformat": (
        early_faults,
        "commands/a.py",
        "try:\n    import nbformat\nexcept ImportError:\n    nbformat = 0",
    ),
    "early in a class": (early_faults, "viz/a.py", "class A:\n    from IPython import display"),
    "no docstring": (tidiness_faults, "core/a.py", "#-doc\nx = 1"),
    "two lines": (tidiness_faults, "core/a.py", '#-doc\n"""A sentence\nof two lines."""'),
    "no sentence": (tidiness_faults, "core/a.py", '#-doc\n"""Tensors"""'),
    "too long": (tidiness_faults, "core/a.py", "x = 1\n" * 601),
}
SOUND = {
    "core/a.py": "import numpy as np\nfrom deepkit.core import autodiff\nfrom deepkit.errors import ShapeError",
    "ops/a.py": "from deepkit.core.op import Op\nfrom deepkit import resources\nfrom deepkit.device import arrays",
    "device/a.py": "def f():\n    import cupy\n    import numba",
    "datasets/a.py": "from deepkit.device import arrays",
    "keras/engine/a.py": "from deepkit.keras.layers import merge\nfrom deepkit.keras.engine import model",
    "viz/a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import matplotlib\n"
    "def f():\n    import matplotlib.pyplot",
    "commands/a.py": "import deepkit\nfrom deepkit.viz import style\nfrom deepkit.cli import main",
}


def build(root: Path, files: dict[str, str]) -> Path:
    skeleton = {f"{name}/__init__.py": "" for name in FLOORS if name not in ("cli", "__main__")}
    skeleton |= {
        "__init__.py": "",
        "cli.py": "",
        "errors.py": "",
        "resources.py": "",
        "core/autodiff.py": "",
        "core/op.py": "",
        "keras/engine/model.py": "",
        "keras/layers/merge.py": "",
    }
    for name, text in (skeleton | files).items():
        path = root / "deepkit" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.removeprefix("#-doc\n") if text.startswith("#-doc") else DOC + text, encoding="utf-8")
    return root


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_sound_house_has_no_faults(check, tmp_path):
    assert check(build(tmp_path, SOUND)) == []


@pytest.mark.parametrize("case", BROKEN)
def test_each_check_finds_what_it_is_for(case, tmp_path):
    check, name, text = BROKEN[case]
    first, *more = text.split("#+")
    files = {name: first} | dict(part.split("\n", 1) for part in more)
    faults = check(build(tmp_path, files))
    assert len(faults) == 1, faults
    assert name.removesuffix(".py").replace("/", ".") in faults[0]


def test_strangers_at_the_top_level_are_named():
    assert top_level_faults(TOP_LEVEL | {".ci", "notes.txt", "src"}) == ["notes.txt", "src"]


PROBE = """
import sys, time
start = time.process_time()
import {what}
print(time.process_time() - start, *{{name.split(".")[0] for name in sys.modules}})
"""


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """load(what): processor seconds and top-level modules of `import what` in a fresh interpreter.

    Byte code is kept, as it is for users, whatever this process was told.
    """
    cache = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path_factory.mktemp("bytecode"))}

    def run(what: str) -> tuple[float, set[str]]:
        command = [sys.executable, "-c", PROBE.format(what=what)]
        child = subprocess.run(
            command, cwd=REPOSITORY, env=os.environ | cache, capture_output=True, text=True, check=True
        )
        seconds, *names = child.stdout.split()
        return float(seconds), set(names)

    return run


def test_import_deepkit_is_as_cheap_as_numpy(load):
    # Processor time, the best of interleaved runs: what else the machine does must not decide.
    ours, theirs = [], []
    for _ in range(5):
        ours.append(load("deepkit")[0])
        theirs.append(load("numpy, scipy")[0])
    assert min(ours) < 1.5 * min(theirs), f"import deepkit: {min(ours):.3f} s, numpy and scipy: {min(theirs):.3f} s"


def test_import_deepkit_loads_nothing_heavy(load):
    loaded = load("deepkit")[1] - load("numpy, scipy")[1]
    heavy = {name for name in loaded if name.startswith(LATE) or name in DEVICE_ONLY | {"urllib", "http", "h5py"}}
    assert not heavy
