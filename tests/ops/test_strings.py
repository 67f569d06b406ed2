"""Strings and the structures around them: TensorFlow's hashes, formats, SparseTensor, errors."""

from __future__ import annotations

import numpy as np
import pytest

import deepkit as dk
import deepkit.v1 as tf
from deepkit.errors import ArgumentError

LENGTHS = (0, 1, 3, 4, 7, 8, 16, 17, 32, 33, 64, 65, 100, 126)
TEXTS = [(b"deep learning " * 9)[:n] for n in LENGTHS]
# computed with TensorFlow; buckets: 2 ** 62
FAST = [
    1936946117179621455, 4470636696479570465, 232697470413807069, 2307607732725169659, 1045116363801213150,
    2843849461159745311, 1493681231307825023, 708995569826361576, 4176287381607867785, 3924673336324635857,
    80491358902001253, 921693429983544394, 2069532772838976949, 2894276540544837768,
]
STRONG = [
    2331314543081083028, 1439010776656542492, 1264510704136886602, 2287392843507071513, 2051628448386503579,
    1321255464759660664, 1307663659632006984, 3933493915037181043, 3393987100588635289, 277728702618428510,
    3602911265444399364, 1318311784567023612, 4526507862916644993, 4608087130556555302,
]
PLAIN = [
    105434511174508091, 2483933289927552035, 1344078877027775073, 1975365101670826879, 3940689122351111810,
    3710684828994671525, 992734901941136898, 383591496282302304, 1247113044822222442, 3575164952378114471,
    2107815858571463585, 623142337100811470, 1267720107480138192, 2217375042760394300,
]


class TestHashes:
    def test_fast(self) -> None:
        assert dk.string_to_hash_bucket_fast(TEXTS, 2**62).numpy().tolist() == FAST

    def test_strong(self) -> None:
        assert dk.string_to_hash_bucket_strong(TEXTS, 2**62, [3, -4]).numpy().tolist() == STRONG

    def test_plain(self) -> None:
        assert dk.string_to_hash_bucket(TEXTS, 2**62).numpy().tolist() == PLAIN

    def test_arguments(self) -> None:
        with pytest.raises(dk.errors.ArgumentError, match="at least 1 bucket"):
            dk.string_to_hash_bucket_fast(TEXTS, 0)
        with pytest.raises(dk.errors.ArgumentError, match="a key of 1 numbers"):
            dk.string_to_hash_bucket_strong(TEXTS, 5, [1])
        with pytest.raises(dk.errors.DTypeError, match="not defined for float32"):
            dk.string_to_hash_bucket_fast([1.0], 5)


class TestAsString:
    @pytest.mark.parametrize(
        ("values", "options", "expected"),
        [
            ([3, -20], {}, [b"3", b"-20"]),
            ([3, -20], {"width": 5, "fill": "0"}, [b"00003", b"-0020"]),
            ([3, -20], {"width": 5, "fill": "-"}, [b"3    ", b"-20  "]),
            ([1.5, 1e20], {"shortest": True}, [b"1.5", b"1e+20"]),
            ([1.5, 0.25], {"scientific": True, "precision": 1}, [b"1.5e+00", b"2.5e-01"]),
            ([0.1], {"precision": 12}, [b"0.100000001490"]),
            ([1 + 2j], {"precision": 2, "width": 6}, [b"(  1.00,  2.00)"]),
            ([True, False], {}, [b"true", b"false"]),
        ],
    )
    def test_formats(self, values, options, expected) -> None:
        assert dk.as_string(values, **options).numpy().tolist() == expected

    @pytest.mark.parametrize(
        ("values", "options"),
        [([1], {"precision": 2}), ([1.0], {"scientific": True, "shortest": True}), ([1.0], {"fill": "x", "width": 3})],
    )
    def test_arguments(self, values, options) -> None:
        with pytest.raises(dk.errors.ArgumentError, match="as_string"):
            dk.as_string(values, **options)


class TestSplit:
    def test_session_gives_three_arrays(self) -> None:
        with tf.Graph().as_default(), tf.Session() as session:
            split = tf.string_split(["a b", "", "c"])
            value = session.run({"split": split})["split"]
            assert isinstance(value, tf.SparseTensorValue)
            assert value.indices.tolist() == [[0, 0], [0, 1], [2, 0]]
            assert value.values.tolist() == [b"a", b"b", b"c"]
            assert value.dense_shape.tolist() == [3, 2]
            dense = tf.sparse_tensor_to_dense(split, default_value="-")
            assert session.run(dense).tolist() == [[b"a", b"b"], [b"-", b"-"], [b"c", b"-"]]

    def test_separators(self) -> None:
        assert dk.string_split(["a-b]c"], sep="-]").values.numpy().tolist() == [b"a", b"b", b"c"]
        assert dk.string_split(["ab"], sep="").values.numpy().tolist() == [b"a", b"b"]
        rows = dk.ops.split_strings(["a b  c", "", " d", "e f", "g  "], maxsplit=1)  # TensorFlow's numbers
        assert rows.values.numpy().tolist() == [b"a", b"b  c", b"d", b"", b"e", b"f", b"g", b""]
        assert rows.indices.numpy()[:, 0].tolist() == [0, 0, 2, 2, 3, 3, 4, 4]
        assert dk.ops.split_strings([" d", ""], maxsplit=0).values.numpy().tolist() == [b" d", b""]
        assert dk.string_split(["abc"], delimiter="b").values.numpy().tolist() == [b"a", b"c"]

    def test_one_string_is_not_a_vector(self) -> None:
        with pytest.raises(dk.errors.ShapeError, match="a vector of strings"):
            dk.string_split("a b")


class TestSparseTensor:
    def test_of_lists(self) -> None:
        with tf.Graph().as_default(), tf.Session() as session:
            sparse = tf.SparseTensor(indices=[[0, 1], [1, 0]], values=[1.0, 2.0], dense_shape=[2, 3])
            assert sparse.shape == [2, 3]
            assert sparse.dtype is dk.float32
            assert session.run(sparse).values.tolist() == [1.0, 2.0]
            assert session.run(tf.sparse_tensor_to_dense(sparse)).tolist() == [[0, 1, 0], [2, 0, 0]]

    def test_wrong_shapes(self) -> None:
        with pytest.raises(dk.errors.ShapeError, match="SparseTensor"):
            dk.SparseTensor([0, 1], [1.0, 2.0], [3])

    def test_derivative_of_the_values(self) -> None:
        values, default = dk.tensor([1.0, 2.0]), dk.tensor(0.5)
        y = dk.sparse_to_dense([[0], [2]], [4], values, default)
        dv, dd = dk.gradients(dk.reduce_sum(y * [1.0, 10.0, 100.0, 1000.0]), [values, default])
        assert dv.numpy().tolist() == [1.0, 100.0]
        assert dd.item() == 1010.0


class TestOthers:
    def test_bytes_that_end_in_zeros_stay(self) -> None:
        joined = dk.string_join([np.array(b"a\x00", object), np.array(b"b\x00\x00", object)])
        assert joined.numpy().item() == b"a\x00b\x00\x00"

    def test_base64_errors(self) -> None:
        for text in (b"Y", b"YQ=", b"YQ+/", b"====", b"YQ==YQ=="):
            with pytest.raises(dk.errors.ArgumentError, match="web-safe base64"):
                dk.decode_base64([text])

    def test_substr_outside(self) -> None:
        assert dk.substr(["ab"], 2, 1).numpy().tolist() == [b""]
        for pos in (3, -3):
            with pytest.raises(dk.errors.ArgumentError, match="substr: position"):
                dk.substr(["ab"], pos, 1)

    def test_reduce_join(self) -> None:
        x = [["a", "b"], ["c", "d"]]
        assert dk.reduce_join(x, [0, 1], separator=".").numpy().item() == b"a.c.b.d"
        assert dk.reduce_join(x, [1, 0]).numpy().item() == b"abcd"
        assert dk.reduce_join(x).numpy().item() == b"abcd"
        assert dk.reduce_join(x, []).numpy().tolist() == [[b"a", b"b"], [b"c", b"d"]]
        with pytest.raises(dk.errors.ArgumentError, match="named once"):
            dk.reduce_join(x, [1, -1])

    def test_join_of_different_shapes(self) -> None:
        with pytest.raises(dk.errors.ShapeError, match="string_join"):
            dk.string_join([["a", "b"], ["c"]])


@pytest.mark.parametrize(
    ("pattern", "rewrite", "everywhere", "wanted"),
    [  # by TensorFlow 2.21
        (".*", r"<\0>", True, ["<h\u00e9llo>", "<>", "<a b>"]),
        ("x*", "-", True, ["-h-\u00e9-l-l-o-", "-", "-a- -b-"]),
        ("(.)(.)", r"\2\1", False, ["\u00e9hllo", "", " ab"]),
        ("l", r"\\0", True, [r"h\u00e9\0\0o".replace(r"\u00e9", "\u00e9"), "", "a b"]),
        (r"\w+", "w", True, ["w\u00e9w", "", "w w"]),
    ],
)
def test_patterns_see_characters_as_in_tensorflow(pattern, rewrite, everywhere, wanted):
    found = dk.regex_replace(["h\u00e9llo", "", "a b"], pattern, rewrite, replace_global=everywhere)
    assert [text.decode() for text in found.numpy()] == wanted


@pytest.mark.parametrize("rewrite", [r"\2", "\\n", "a\\"])
def test_a_rewrite_names_groups_of_the_pattern(rewrite):
    with pytest.raises(ArgumentError, match="writes"):
        dk.regex_replace(["a"], "(a)", rewrite)
