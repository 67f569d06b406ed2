"""Tables of numbers and .npz files: read exactly, refused with the line or the array that is wrong."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from deepkit.datasets import housing, load_boston, load_california
from deepkit.datasets.tables import parse_table, read_npz
from deepkit.errors import DataError

PATH = Path("some.csv")


def test_a_table_with_a_header_and_one_without():
    expected = [[1, 2.5], [-3e2, 4]]
    assert parse_table(b"a,b\n1,2.5\r\n-3e2, 4\n\n", 2, PATH).tolist() == expected
    assert parse_table(b" 1   2.5\n-3e2\t4", 2, PATH, separator=None, header=False).tolist() == expected


@pytest.mark.parametrize(
    ("data", "what", "where"),
    [
        (b"", "holds no rows", None),
        (b"a,b\n", "holds no rows", None),
        (b"a,b\n1,2\n3\n", "1 fields", "line 3: '3'"),
        (b"a,b\n1,2,3\n", "3 fields", "line 2: '1,2,3'"),
        (b"a,b\n1,two\n", "could not convert", "line 2: '1,two'"),
        (b"a,b\n1,2\n1,nan\n", "row 1 of the numbers is not finite", None),
        (b"a,b\n1,2\n1,\xff\n", "is no UTF-8 text", "line 3"),
    ],
)
def test_what_is_no_table(data, what, where):
    with pytest.raises(DataError, match=what) as caught:
        parse_table(data, 2, PATH)
    assert caught.value.where == where


def _npz(**arrays) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


def test_an_npz_file_gives_its_arrays(tmp_path):
    arrays = {
        "x": np.arange(12.0).reshape(3, 4),
        "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "empty": np.zeros((0, 2), np.float32),
        "number": np.array(7, ">i2"),
        "text": np.array(["a", "bc"]),
    }
    (tmp_path / "a.npz").write_bytes(_npz(**arrays))
    found = read_npz(tmp_path / "a.npz", arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
        assert found[name].flags.writeable


def test_a_pickle_is_refused_and_not_run(tmp_path):
    ran = tmp_path / "ran"

    class Bomb:
        def __reduce__(self):
            return (os.mkdir, (str(ran),))

    (tmp_path / "a.npz").write_bytes(_npz(x=np.array([Bomb()], dtype=object), y=np.arange(3)))
    with pytest.raises(DataError, match="x holds Python objects") as caught:
        read_npz(tmp_path / "a.npz", ["x", "y"])
    assert "unpickling" in caught.value.rule
    assert not ran.exists()
    assert read_npz(tmp_path / "a.npz", ["y"])["y"].tolist() == [0, 1, 2]


def _zip(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, contents in members.items():
            archive.writestr(f"{name}.npy", contents)
    return out.getvalue()


def _npy(shape: str, dtype: str = "<f8", data: bytes = b"") -> bytes:
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + data


@pytest.mark.parametrize(
    ("contents", "what"),
    [
        (b"", "is damaged, or no .npz file"),
        (b"PK\x03\x04 and no more", "is damaged, or no .npz file"),
        (_npz(y=np.arange(3)), "lacks x"),
        (_npz(x=np.arange(3))[:-30], "is damaged, or no .npz file"),
        (_zip(x=b"no array"), "is damaged, or no .npz file"),
        (_zip(x=_npy("(1000000, 1000000)")), "x claims to be float64"),
        (_zip(x=_npy("(-1,)", data=b"")), "x claims to be float64|is damaged"),
        (_zip(x=_npy("(1,)", data=bytes(16))), "x claims to be float64"),
        (_zip(x=_npy("(1,)", dtype="|O", data=bytes(8))), "x holds Python objects"),
        (_zip(x=b"\x93NUMPY\x09\x00" + bytes(20)), "the format version"),
    ],
)
def test_what_is_no_npz_file(tmp_path, contents, what):
    (tmp_path / "a.npz").write_bytes(contents)
    with pytest.raises(DataError, match=what):
        read_npz(tmp_path / "a.npz", ["x"])


def test_an_npz_file_that_is_absent(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        read_npz(tmp_path / "absent.npz", ["x"])
    with pytest.raises(DataError, match="directory"):
        read_npz(tmp_path, ["x"])


def test_totals_become_numbers_for_each_household():
    raw = np.array([[-122.0, 37.0, 41.0, 880.0, 129.0, 322.0, 126.0, 8.3252]])
    assert housing.per_household(raw).tolist() == [[8.3252, 41.0, 880 / 126, 129 / 126, 322.0, 322 / 126, 37.0, -122.0]]


def test_absent(folders):
    with pytest.raises(DataError, match="Boston housing is not on this machine") as caught:
        load_boston()
    assert "copy housing.data there" in caught.value.hint
    with pytest.raises(DataError, match="California housing is not on this machine"):
        load_california()


REAL = Path(os.environ.get("DEEPKIT_DATA") or "absent")  # read before a fixture changes it


@pytest.mark.skipif(not (REAL / "boston").is_dir(), reason="the real table is not in $DEEPKIT_DATA/boston")
def test_the_real_boston_in_both_forms(folders, tmp_path, monkeypatch):
    tables = []
    for name in ("housing.data", "boston_housing.csv"):
        home = tmp_path / name / "boston"
        home.mkdir(parents=True)
        (home / name).write_bytes((REAL / "boston" / name).read_bytes())
        monkeypatch.setenv("DEEPKIT_DATA", str(home.parent))
        tables.append(load_boston(verbose=False))
    for table in tables:
        x, y = table
        assert x.shape == (506, 13)
        assert (x[0, 0], y[0], table.features[0], table.target) == (0.00632, 24.0, "CRIM", "MEDV")
        assert y.mean() == pytest.approx(22.5328, abs=1e-4)
    np.testing.assert_array_equal(tables[0].x, tables[1].x)


@pytest.mark.skipif(not (REAL / "california").is_dir(), reason="the real table is not in $DEEPKIT_DATA/california")
def test_the_real_california_is_what_scikit_learn_has():
    x, y = load_california(verbose=False)
    assert x.shape == (20640, 8)
    np.testing.assert_allclose(
        x[0],
        [8.3252, 41.0, 6.984126984126984, 1.0238095238095237, 322.0, 2.5555555555555554, 37.88, -122.23],
        rtol=1e-15,
    )
    assert (y[0], y[-1]) == (4.526, 0.894)
    means = [
        3.8706710029,
        28.6394864341,
        5.4289997422,
        1.0966751496,
        1425.4767441860,
        3.0706551594,
        35.6318614341,
        -119.5697044574,
    ]
    np.testing.assert_allclose(x.mean(axis=0), means, rtol=1e-10)
    raw = load_california(raw=True, verbose=False)
    assert raw.x[0].tolist() == [-122.23, 37.88, 41.0, 880.0, 129.0, 322.0, 126.0, 8.3252]
    assert raw.y[0] == 452600.0
