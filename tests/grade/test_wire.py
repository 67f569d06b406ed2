"""Plain data survives the way to the other process and back, and nothing else gets through."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from deepkit.grade.wire import NotPlainError, decode, encode

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.complex_numbers(allow_nan=False)
)
PLAIN = st.recursive(SCALARS, lambda s: st.lists(s) | st.tuples(s, s) | st.dictionaries(st.text() | st.integers(), s))
ARRAYS = hnp.arrays(
    st.sampled_from(["f4", "f8", ">f8", "i1", "i8", "u2", "?", "c8", "U3"]), hnp.array_shapes(min_dims=0, min_side=0)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda s: (
        st.lists(s)
        | st.dictionaries(st.text(), s)
        | st.dictionaries(st.sampled_from(["tuple", "dict", "complex", "array", "opaque"]), s, min_size=1, max_size=1)
        | st.fixed_dictionaries(
            {"array": st.tuples(st.sampled_from(["<f8", "|b1", "|O", "<U0", "<U9", "<M8"]), s, st.text("AB="))}
        )
    ),
)


def travel(value):
    return decode(json.loads(json.dumps(encode(value))))


@given(PLAIN)
@settings(max_examples=60, deadline=None)
def test_plain_values_arrive_as_they_were(value):
    arrived = travel(value)
    assert arrived == value
    assert type(arrived) is type(value)


@given(ARRAYS)
@settings(max_examples=60, deadline=None)
def test_arrays_arrive_as_they_were(array):
    arrived = np.asarray(travel(array))
    assert arrived.shape == array.shape
    assert arrived.dtype == array.dtype.newbyteorder("<") or array.shape == ()  # NumPy cuts a lone text to its length
    np.testing.assert_array_equal(arrived, array)


@given(JSON)
@settings(max_examples=120, deadline=None)
def test_forged_data_is_refused_or_plain(data):
    try:
        value = decode(data)
    except (NotPlainError, ValueError):
        return
    assert type(value).__module__ in ("builtins", "numpy")


@pytest.mark.parametrize("value", [object(), {1, 2}, len, int, np.array([object()]), b"bytes", [1, (object(),)]])
def test_other_objects_do_not_travel(value):
    with pytest.raises(NotPlainError):
        travel(value)


@pytest.mark.parametrize(
    "forged",
    [
        {"array": ["<f8", [10**15], ""]},
        {"array": ["<U0", [10**12], ""]},
        {"array": ["<f8", [-1], ""]},
        {"array": ["|O8", [1], "AAAAAAAAAAA="]},
        {"array": ["<f8", [1], "AAAA"]},
        {"array": ["<f8", [True], "AAAAAAAAAAA="]},
        {"dict": [[[], 1]]},
        {"complex": [1, "2"]},
        {"a": 1, "b": 2},
    ],
)
def test_forged_arrays_allocate_nothing(forged):
    with pytest.raises(ValueError, match=r"not|disagree"):
        decode(forged)


def test_a_forged_bool_is_a_bool():
    assert decode({"array": ["|b1", [2], "AgA="]}).view(np.uint8).tolist() == [1, 0]
