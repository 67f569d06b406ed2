"""Every example in a docstring runs, and prints what it says."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import deepkit
from deepkit.errors import MissingExtraError

HOME = Path(deepkit.__file__).parent


def _with_examples() -> list[str]:
    """The modules whose source has examples; those of viz/ draw what a reader has at hand, and are left out."""
    files = [path for path in sorted(HOME.rglob("*.py")) if ">>> " in path.read_text(encoding="utf-8")]
    files = [path for path in files if "viz" not in path.parts]
    names = [".".join(["deepkit", *path.relative_to(HOME).with_suffix("").parts]) for path in files]
    return [name.removesuffix(".__init__") for name in names]


@pytest.mark.parametrize("name", _with_examples())
def test_examples(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # examples may write files
    from deepkit.keras import backend

    backend.clear_session()
    module = importlib.import_module(name)
    finder = doctest.DocTestFinder(exclude_empty=True)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    try:
        for example in finder.find(module, name):
            runner.run(example)
    except MissingExtraError as error:
        pytest.skip(str(error))
    assert runner.failures == 0, f"{runner.failures} of {runner.tries} lines differ: see the captured output"


@pytest.mark.parametrize("room", ["core", "io", "keras", "ops", "train", "v1"])
def test_the_rooms_have_examples(room: str) -> None:
    """Keeps the search above honest: it would pass if it found nothing."""
    assert [name for name in _with_examples() if name.startswith(f"deepkit.{room}")]
