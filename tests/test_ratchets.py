"""Numbers that may only fall: circles, crowded rooms, long and tangled functions, names nobody can find by searching.

Each count is made from the source by `ast`. A LIMIT is what the tree had when it was last lowered: lower it when the count
falls, never raise it. `PLANTED` proves each count by a fault of its kind.
"""

from __future__ import annotations

import ast
import functools
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from test_architecture import REPOSITORY, build, imports, nodes, room, sources

LIMITS = {
    "circles": 4, "crowded": 0, "long": 0, "tangled": 0, "complex": 100, "private": 2, "one array module": 0,
    "undeclared": 0, "dynamic imports": 0, "op types": 4, "unformatted": 0, "faces": 7107, "untyped": 91,
}
MOST_ENTRIES = 25
LONGEST_FUNCTION, MOST_TANGLED, COMPLEX = 50, 15, 10
FACES = ("deepkit", "deepkit.v1", "deepkit.keras", "deepkit.ops")
"""Packages whose public names are declared in __all__ or by a __dir__ of their own."""


def circles(root: Path) -> list[str]:
    """Modules that import each other, directly or through others; imports inside functions count."""
    names = sorted(sources(root))
    number = {name: i for i, name in enumerate(names)}
    edges = {(number[found.module], number[found.target]) for found in imports(root) if found.target in number}
    if not edges:
        return []
    start, end = np.transpose(sorted(edges))
    graph = coo_array((np.ones(len(start)), (start, end)), shape=(len(names), len(names)))
    _, ring = connected_components(graph, connection="strong")
    size = Counter(ring.tolist())
    return [name for name in names if size[int(ring[number[name]])] > 1]


def crowded(root: Path) -> list[str]:
    """Folders of deepkit/ and tests/ with more entries than a reader takes in at a glance."""
    entries: Counter[str] = Counter()
    for base in ("deepkit", "tests"):
        for folder in [root / base, *(root / base).rglob("*/")]:
            if folder.is_dir() and "__pycache__" not in folder.parts:
                kept = [p for p in folder.iterdir() if (p.is_file() and p.name != "py.typed") or any(p.rglob("*.py"))]
                entries[str(folder.relative_to(root))] = len([p for p in kept if not p.name.startswith(".")])
    return [f"{folder}: {n} entries" for folder, n in sorted(entries.items()) if n > MOST_ENTRIES]


def functions(root: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function of the library, with the place of its first line."""
    for module, path in sources(root).items():
        for node in nodes(path.read_text(encoding="utf-8")):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield f"{module}:{node.lineno} {node.name}", node


def long(root: Path) -> list[str]:
    """Functions that do not fit a screen."""
    return [place for place, f in functions(root) if (f.end_lineno or 0) - f.lineno >= LONGEST_FUNCTION]


@functools.cache
def complexity(function: ast.AST) -> int:
    """McCabe's number, as radon counts it: 1, and 1 for every branch, condition, loop, handler and operand of and/or."""
    total = 1
    for node in ast.walk(function):
        if isinstance(node, (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.Assert)):
            total += 1
        elif isinstance(node, ast.BoolOp):
            total += len(node.values) - 1
        elif isinstance(node, ast.comprehension):
            total += 1 + len(node.ifs)
        elif isinstance(node, ast.match_case):
            total += 1
        if isinstance(node, (ast.For, ast.AsyncFor, ast.While)) and node.orelse:
            total += 1
    return total


def tangled(root: Path) -> list[str]:
    """Functions nobody takes in at once."""
    return [place for place, f in functions(root) if complexity(f) > MOST_TANGLED]


def complex(root: Path) -> list[str]:
    """Functions with more paths than a reader can hold."""
    return [place for place, f in functions(root) if complexity(f) > COMPLEX]


def private(root: Path) -> list[str]:
    """Places in keras/ that use a private member of another object."""
    faults = []
    for module, path in sources(root).items():
        if room(module) != "keras":
            continue
        for node in nodes(path.read_text(encoding="utf-8")):
            if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
                owner = node.value
                own = isinstance(owner, ast.Name) and owner.id in ("self", "cls", "super")
                if not own and not (isinstance(owner, ast.Call) and ast.unparse(owner.func) == "super"):
                    faults.append(f"{module}:{node.lineno} {ast.unparse(node)}")
    return faults


def one_array_module(root: Path) -> list[str]:
    """Ops whose forward names NumPy though neither they nor their bases say `cpu_only`: they cannot run on a GPU."""
    classes = {
        cls.name: (module, cls)
        for module, path in sources(root).items() if room(module) == "ops"
        for cls in nodes(path.read_text(encoding="utf-8")) if isinstance(cls, ast.ClassDef)
    }

    def on_cpu(name: str) -> bool:
        if name not in classes:
            return False
        _, cls = classes[name]
        said = any(ast.unparse(line) == "cpu_only = True" for line in cls.body)
        return said or any(on_cpu(ast.unparse(base)) for base in cls.bases)

    return [
        f"{module}:{f.lineno} {name}"
        for name, (module, cls) in classes.items() if not on_cpu(name)
        for f in cls.body if isinstance(f, ast.FunctionDef) and f.name == "forward"
        if any(isinstance(node, ast.Name) and node.id == "np" for node in ast.walk(f))
    ]


def undeclared(root: Path) -> list[str]:
    """Faces whose public names nobody declares."""
    known, faults = sources(root), []
    for face in FACES:
        if face in known:
            text = known[face].read_text(encoding="utf-8")
            if not re.search(r"^ *__all__|^def __dir__", text, re.MULTILINE):
                faults.append(f"{face} declares no __all__")
    return faults


def dynamic_imports(root: Path) -> list[str]:
    """Modules looked up by a text past deepkit.loading, which does that for all."""
    faults = []
    for module, path in sources(root).items():
        for node in nodes(path.read_text(encoding="utf-8")):
            called = ast.unparse(node.func).split(".")[-1] if isinstance(node, ast.Call) else ""
            if called in ("import_module", "__import__") and module != "deepkit.loading":
                faults.append(f"{module}:{node.lineno}")
    return faults


def op_types(root: Path) -> list[str]:
    """Places that ask which op it is by the text of its type, instead of what the op declares."""
    faults = []
    for module, path in sources(root).items():
        for node in nodes(path.read_text(encoding="utf-8")):
            if isinstance(node, ast.Compare) and any(
                isinstance(side, ast.Attribute) and side.attr == "type" for side in (node.left, *node.comparators)
            ):
                texts = [n for side in (node.left, *node.comparators) for n in ast.walk(side) if isinstance(n, ast.Constant)]
                named = [side for side in node.comparators if isinstance(side, ast.Name) and side.id.isupper()]
                if named or any(isinstance(text.value, str) for text in texts):
                    faults.append(f"{module}:{node.lineno} {ast.unparse(node)}")
    return faults


def untyped(root: Path) -> list[str]:
    """Parameters of functions in ops/ whose type is Any or not said: deepkit.core.typing has names for most types."""
    faults = []
    for place, f in functions(root):
        if room(place.split(":")[0]) == "ops":
            given = [*f.args.posonlyargs, *f.args.args, *f.args.kwonlyargs, f.args.vararg, f.args.kwarg]
            faults += [
                f"{place} {x.arg}" for x in given
                if x is not None and x.arg not in ("self", "cls")
                and (x.annotation is None or ast.unparse(x.annotation) == "Any")
            ]
    return faults


def unformatted(root: Path) -> list[str]:
    """Lines that ask a formatter to keep out."""
    return [
        f"{module}:{number}"
        for module, path in sources(root).items()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if line.rstrip().endswith("# fmt: skip")
    ]


def faces(root: Path) -> list[str]:
    """Lines of the rooms that hold names, scopes, settings and files of layers and metrics; what those compute is below."""
    rooms = ("deepkit.v1.layers", "deepkit.v1.metrics", "deepkit.keras.layers", "deepkit.keras.metrics")
    return [
        f"{module}:{number}"
        for module, path in sources(root).items() if module.startswith(rooms)
        for number, _ in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    ]


COUNTS = {
    "circles": circles, "crowded": crowded, "long": long, "tangled": tangled, "complex": complex, "private": private,
    "one array module": one_array_module, "undeclared": undeclared, "dynamic imports": dynamic_imports,
    "op types": op_types, "unformatted": unformatted, "faces": faces, "untyped": untyped,
}

BRANCHES = "\n".join(f"    if x == {i}:\n        return {i}" for i in range(21))
PLANTED = {
    "circles": ("core/a.py", "def f():\n    from deepkit.core import b\n#+core/b.py\nfrom deepkit.core import a\n"),
    "crowded": ("core/a.py", "".join(f"\n#+core/a{i}.py\n" for i in range(MOST_ENTRIES))),
    "long": ("core/a.py", "def f(x):\n" + "    x += 1\n" * LONGEST_FUNCTION),
    "tangled": ("core/a.py", f"def f(x):\n{BRANCHES}\n"),
    "complex": ("core/a.py", "def f(a):\n    return a and a and a and a and a and a and a and a and a and a and a\n"),
    "private": ("keras/a.py", "def f(model):\n    return model._steps\n"),
    "one array module": ("ops/a.py", "class A:\n    def forward(self, xp, x):\n        return np.sin(x)\n"),
    "undeclared": ("v1/__init__.py", "x = 1\n"),
    "dynamic imports": ("core/a.py", "import importlib\ndef f(name):\n    return importlib.import_module(name)\n"),
    "op types": ("core/a.py", "def f(node):\n    return node.op.type == 'Const'\n"),
    "untyped": ("ops/a.py", "def f(x: Any, y: int):\n    return x\n"),
    "unformatted": ("core/a.py", "x = [\n    1, 2,\n]  # fmt: skip\n"),
    "faces": ("keras/layers/a.py", "def call(x):\n    return x\n"),
}


@pytest.mark.parametrize("name", COUNTS)
def test_a_count_does_not_rise(name):
    found = COUNTS[name](REPOSITORY)
    assert len(found) <= LIMITS[name], f"{len(found)} of at most {LIMITS[name]}:\n" + "\n".join(found[:40])


@pytest.mark.parametrize("name", COUNTS)
def test_a_planted_fault_is_counted(name, tmp_path):
    file, text = PLANTED[name]
    before = len(COUNTS[name](build(tmp_path / "sound", {"v1/__init__.py": "__all__ = []\n"})))
    first, *more = text.split("#+")
    files = {"v1/__init__.py": "__all__ = []\n", file: first} | dict(part.split("\n", 1) for part in more)
    assert len(COUNTS[name](build(tmp_path / "broken", files))) > before
