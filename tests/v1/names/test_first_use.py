"""The rooms of deepkit.v1 that are imported when a program first asks for them: a start does not wait for them."""

import subprocess
import sys

PROGRAM = """
import sys
import deepkit.v1 as tf
assert not [name for name in sys.modules if name.startswith("deepkit.v1.contrib") or name == "unittest"]
assert {"contrib", "test"} <= set(dir(tf))
assert tf.contrib.layers.fully_connected and issubclass(tf.test.TestCase, sys.modules["unittest"].TestCase)
try:
    tf.contrib.layers.fully_conected
except AttributeError as error:
    assert "tf.contrib.layers.fully_connected" in str(error)
else:
    raise AssertionError("a misprint passed")
"""


def test_rooms_are_imported_when_they_are_asked_for():
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)


def test_a_misprint_outside_finds_the_name_inside_before_it_is_loaded():
    program = "import deepkit.v1 as tf\ntry: tf.nn.fully_connected\nexcept AttributeError as error: print(error)"
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert "tf.contrib.layers.fully_connected" in said
