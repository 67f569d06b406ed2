"""decode_raw and decode_csv: what TensorFlow gives, and what they refuse."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import deepkit as dk
from deepkit.errors import ArgumentError, DTypeError, OpError, ShapeError

REQUIRED = np.empty(0, np.float32)


@pytest.mark.parametrize(
    "dtype",
    ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "complex64", "complex128"],
)
@pytest.mark.parametrize("little", [True, False])
def test_raw_is_the_memory_of_an_array(dtype, little):
    x = (
        (np.arange(6).reshape(2, 3) * 1.5 - 2).astype(dtype)
        if dtype[0] != "u"
        else np.arange(6).reshape(2, 3).astype(dtype)
    )
    stored = x.astype(x.dtype.newbyteorder("<" if little else ">"))
    y = dk.decode_raw([row.tobytes() for row in stored], dtype, little_endian=little)
    assert y.dtype.name == dtype
    np.testing.assert_array_equal(y.numpy(), x)


def test_raw_bools_and_shapes():
    assert dk.decode_raw(b"\0\1\2", dk.bool_).numpy().tolist() == [False, True, True]
    assert dk.decode_raw([[b""], [b""]], dk.float32).shape == (2, 1, 0)
    assert dk.decode_raw(bytes=b"\5", out_type=dk.uint8).numpy().tolist() == [5]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: dk.decode_raw(b"abc", dk.int16), OpError, "a multiple of 2 bytes"),
        (lambda: dk.decode_raw([b"ab", b"a"], dk.uint8), OpError, "strings of 1 and 2 bytes"),
        (lambda: dk.decode_raw(b"abc", dk.string), DTypeError, "decode_raw to string"),
        (lambda: dk.decode_raw(b"abc"), ArgumentError, "the type of the numbers"),
        (lambda: dk.decode_csv("1", [[0], [0]]), OpError, "record 0 has 1 fields: '1'"),
        (lambda: dk.decode_csv(["1,2", "1,2,3"], [[0], [0]]), OpError, "record 1 has 3 fields"),
        (lambda: dk.decode_csv("", [[0]]), OpError, "record 0 has 0 fields"),
        (lambda: dk.decode_csv(["1,2", "1,"], [[0], REQUIRED]), OpError, "field 1 is empty in record 1"),
        (lambda: dk.decode_csv("a,b", [[0], [""]]), OpError, "field 0 of record 0 is 'a', which is no int32"),
        (lambda: dk.decode_csv("3000000000", [[0]]), OpError, "no int32"),
        (lambda: dk.decode_csv("1_0", [[0.0]]), OpError, "no float32"),
        (lambda: dk.decode_csv("1.5", [[0]]), OpError, "no int32"),
        (lambda: dk.decode_csv('a"b', [[""]]), OpError, "stands between quotes"),
        (lambda: dk.decode_csv('"a"b', [[""]]), OpError, "ends with a quote"),
        (lambda: dk.decode_csv('"a', [[""]]), OpError, "ends with a quote"),
        (lambda: dk.decode_csv("a\n,b", [[""], [""]]), OpError, "not well-formed"),
        (lambda: dk.decode_csv("1,2", [[0]], select_cols=[2]), OpError, "at least 3 fields"),
        (lambda: dk.decode_csv("1,2", [[0], [0]], select_cols=[1, 0]), ArgumentError, "increasing"),
        (lambda: dk.decode_csv("1,2", [[0]], select_cols=[0, 1]), ArgumentError, "as many of both"),
        (lambda: dk.decode_csv("1", [[0]], field_delim=";;"), ArgumentError, "a single byte"),
        (lambda: dk.decode_csv("1", [[0, 1]]), ShapeError, "column 0 has shape (2,)"),
        (lambda: dk.decode_csv("1", [np.zeros(1, np.int16)]), DTypeError, "column 0 is int16"),
        (lambda: dk.decode_csv("1", []), ArgumentError, "without record_defaults"),
    ],
)
def test_what_is_refused(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("line", "defaults", "options", "expected"),
    [
        ("1,2.5,a", [[0], [0.0], [""]], {}, [1, 2.5, b"a"]),
        (",,", [[7], 1.5, ["z"]], {}, [7, 1.5, b"z"]),
        ("NA,NA", [[7], ["z"]], {"na_value": "NA"}, [7, b"z"]),
        (' 1 ,"2.5", x ', [[0], [0.0], [""]], {}, [1, 2.5, b" x "]),
        ('"a,""b","c\nd"', [[""], [""]], {}, [b'a,"b', b"c\nd"]),
        ('"a;b', [[""], [""]], {"use_quote_delim": False, "field_delim": ";"}, [b'"a', b"b"]),
        ("a,\nb", [[""], [""]], {}, [b"a", b"b"]),
        ("1,2,3", [[0], [0]], {"select_cols": [0, 2]}, [1, 3]),
        ("1,2,", [[0], [5]], {"select_cols": [0, 2]}, [1, 5]),
        ('1,2,"', [[0]], {"select_cols": [1]}, [2]),
        ("-inf,1e400,0x1p3,.5,5.", [[0.0]] * 5, {}, [-np.inf, np.inf, 8.0, 0.5, 5.0]),
        ("9007199254740993", [np.zeros(1, np.int64)], {}, [9007199254740993]),
        ("+3", [[0]], {}, [3]),
    ],
)
def test_csv(line, defaults, options, expected):
    columns = dk.decode_csv(line, defaults, **options)
    assert [column.numpy().item() for column in columns] == expected
    assert [column.dtype.is_string for column in columns] == [isinstance(value, bytes) for value in expected]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.lists(st.text(st.characters(codec="ascii", exclude_characters="\0")), min_size=3, max_size=3),
        min_size=1,
        max_size=4,
    )
)
def test_csv_of_the_standard_library(rows):
    lines = []
    for row in rows:
        file = io.StringIO()
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="").writerow(row)
        lines.append(file.getvalue())
    columns = dk.decode_csv(lines, [[""]] * 3)
    assert [[c.numpy()[i].decode() for c in columns] for i in range(len(rows))] == rows
