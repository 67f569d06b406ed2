"""Objects by name: scopes, configurations that hold objects, and what is refused."""

from __future__ import annotations

import marshal
import threading

import numpy as np
import pytest

from deepkit.errors import ArgumentError, DataError
from deepkit.keras import registry
from deepkit.keras.regularizers import L2


class Box:
    """Something with a configuration."""

    def __init__(self, size=1, inside=None):
        self.size, self.inside = size, inside

    def get_config(self):
        return {"size": self.size, "inside": self.inside}

    @classmethod
    def from_config(cls, config):
        config["inside"] = registry.deserialize_keras_object(config.pop("inside"), {"Box": Box, "L2": L2})
        return cls(**config)


def double(x):
    return 2 * x


@pytest.fixture(autouse=True)
def clean_table():
    yield
    registry.get_custom_objects().clear()


def test_there_and_back():
    written = registry.serialize_keras_object(Box(np.float32(2), Box((3, 4), L2(0.5))))
    assert written == {
        "class_name": "Box",
        "config": {
            "size": 2.0,
            "inside": {
                "class_name": "Box",
                "config": {"size": (3, 4), "inside": {"class_name": "L2", "config": {"l2": 0.5}}},
            },
        },
    }
    read = registry.deserialize_keras_object(written, {"Box": Box})
    assert (read.size, read.inside.size, read.inside.inside.l2) == (2.0, (3, 4), 0.5)
    assert written["config"]["inside"]["class_name"] == "Box"  # reading changes nothing


def test_a_class_may_use_up_its_configuration():
    class Greedy(Box):
        @classmethod
        def from_config(cls, config):
            return cls(config["size"].pop())

    written = {"class_name": "Greedy", "config": {"size": [1, 2], "inside": None}}
    assert registry.deserialize_keras_object(written, {"Greedy": Greedy}).size == 2
    assert written["config"]["size"] == [1, 2]


def test_scopes_lie_one_in_the_other():
    with registry.custom_object_scope({"f": double}):
        with registry.CustomObjectScope({"f": abs}, {"g": double}):
            assert registry.get_registered_object("f") is abs
            assert registry.get_registered_object("g") is double
        assert registry.get_registered_object("f") is double
    assert registry.get_registered_object("f") is None


def test_a_scope_is_left_after_an_error():
    with pytest.raises(ZeroDivisionError), registry.custom_object_scope({"f": double}):
        1 / 0  # noqa: B018
    assert registry.get_registered_object("f") is None


def test_scopes_belong_to_their_thread():
    seen = []
    with registry.custom_object_scope({"f": double}):
        thread = threading.Thread(target=lambda: seen.append(registry.get_registered_object("f")))
        thread.start()
        thread.join()
    assert seen == [None]


def test_custom_objects_come_before_the_librarys_own():
    assert registry.deserialize_keras_object("f", {"f": abs}, {"f": double}) is double
    registry.get_custom_objects()["f"] = double
    assert registry.deserialize_keras_object("f", {"f": abs}) is double


def test_registered_objects_need_no_scope():
    @registry.register_keras_serializable(package="Shop")
    class Bag(Box):
        pass

    written = registry.serialize_keras_object(Bag(5))
    assert written["class_name"] == "Shop>Bag"
    assert type(registry.deserialize_keras_object(written)) is Bag
    new = {
        "module": "builtins",
        "class_name": "Bag",
        "config": {"size": 1, "inside": None},
        "registered_name": "Shop>Bag",
    }
    assert type(registry.deserialize_keras_object(new)) is Bag
    with pytest.raises(ArgumentError, match="get_config"):
        registry.register_keras_serializable()(type("Bare", (), {}))


def test_lists_and_arrays_in_new_configurations():
    array = {"class_name": "__numpy__", "config": {"value": [1, 2], "dtype": "int32"}}
    found = registry.deserialize_keras_object({"class_name": "__tuple__", "items": [1, array]})
    assert found[0] == 1
    assert found[1].tolist() == [1, 2]


def test_code_is_refused():
    """What an older Keras wrote for Lambda(lambda x: x), and a newer one."""
    code = marshal.dumps((lambda x: x).__code__).hex()
    for written in ([code, None, None], {"class_name": "__lambda__", "config": {"value": code}}):
        with pytest.raises(DataError, match="not run"):
            registry.named_function(written)
    with pytest.raises(DataError, match="not run"):
        registry.deserialize_keras_object({"class_name": "__lambda__", "config": {"value": code}})
    assert registry.named_function("double", {"double": double}) is double
    assert registry.named_function({"class_name": "function", "config": "double"}, {"double": double}) is double


def test_names_are_never_imported():
    for wicked in ("os.system", "__import__", "builtins.eval"):
        with pytest.raises((ArgumentError, DataError)):
            registry.deserialize_keras_object({"module": "os", "class_name": wicked, "config": {"command": "true"}})


def test_what_cannot_be_written_or_read():
    with pytest.raises(ArgumentError, match="get_config"):
        registry.serialize_keras_object(object())
    with pytest.raises(ArgumentError, match="class_name"):
        registry.deserialize_keras_object({"name": "x"})
    with pytest.raises(ArgumentError, match="did you mean 'Box'"):
        registry.deserialize_keras_object("Boxx", {"Box": Box})
