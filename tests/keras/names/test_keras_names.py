"""The public names of Keras' modules: those in public_names.txt, no more and no fewer, and all of them found."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

GOLDEN = Path(__file__).with_name("public_names.txt")


def golden() -> dict[str, list[str]]:
    """The names by module; a line that begins with blanks goes on with those of the module above it."""
    found: dict[str, list[str]] = {}
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        if not line.startswith(" "):
            module = line.removesuffix(":")
            found[module] = []
        else:
            found[module] += line.split()
    return found


NAMES = golden()


@pytest.mark.parametrize("module", NAMES)
def test_a_module_shows_the_names_it_declares(module):
    """What dir() and `import *` show is a promise: a name that comes or goes is a decision, not an accident."""
    found = importlib.import_module(f"deepkit.{module}")
    shown = {name for name in dir(found) if not name.startswith("_")}
    assert shown == set(NAMES[module])
    space: dict[str, object] = {}
    exec(f"from deepkit.{module} import *", space)
    assert space.keys() - {"__builtins__", "__version__"} == {*found.__all__} - {"__version__"}
    for name in shown:
        getattr(found, name)


def test_every_room_of_keras_is_in_the_list():
    from deepkit import keras

    rooms = {f"keras.{name}" for name in dir(keras) if name not in ("Input", "Model", "Sequential", "__version__")}
    assert rooms <= NAMES.keys()


def test_an_import_is_no_public_name():
    """Proves that the list would find a leak: what a module imports for itself is not shown."""
    from deepkit.keras import losses

    assert "ops" in vars(losses)
    assert "ops" not in dir(losses)
