"""Files of tensors and state files: what they look like, what comes back, and what is refused."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from deepkit.errors import ArgumentError, DataError, NameNotFoundError
from deepkit.files import remove_leftovers, whole_file
from deepkit.io import checkpoint
from deepkit.io.safetensors import TensorFile, write_tensors
from deepkit.io.state_file import CheckpointState, read_state, write_state

TYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
TYPES += ["float16", "float32", "float64", "complex64", "complex128"]


def tensors() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    made = {f"a/{t}": (rng.normal(size=(2, 3)) * 3).astype(t) for t in TYPES}
    made |= {f"scalar/{t}": np.array(1, t) for t in TYPES} | {f"empty/{t}": np.zeros((0, 4), t) for t in TYPES}
    made["text"] = np.array([[b"one", b""], ["dr\u00e9i".encode(), b"\0\xff"]], object)
    made["no text"] = np.empty((2, 0), object)
    made["one text"] = np.array(b"alone", object)
    made["turned"] = np.arange(6.0).reshape(2, 3).T
    return made


def read_by_hand(path: Path) -> dict[str, tuple[str, list[int], bytes]]:
    """A safetensors file as its specification says, with nothing of deepkit's."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    header.pop("__metadata__", None)
    data = content[8 + length :]
    return {n: (e["dtype"], e["shape"], data[slice(*e["data_offsets"])]) for n, e in header.items()}


def by_hand(path: Path, header: object, data: bytes = b"", length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return path


def test_every_type_comes_back(tmp_path):
    path = tmp_path / "all.safetensors"
    given = tensors()
    write_tensors(path, given, {"what": "a note"})
    with TensorFile(path) as file:
        assert set(file.entries) == set(given)
        assert file.notes == {"what": "a note"}
        for name, value in given.items():
            found = file.read(name)
            assert found.dtype == value.dtype
            assert file.entries[name].shape == value.shape == found.shape
            np.testing.assert_array_equal(found, value)
            assert found.flags.writeable or value.dtype == object


def test_the_layout_is_that_of_safetensors(tmp_path):
    path = tmp_path / "two.safetensors"
    w = np.arange(6, dtype=np.float32).reshape(2, 3)
    write_tensors(path, {"n": np.int8([1, -1]), "w": w, "c": np.complex64([1 + 2j])})
    found = read_by_hand(path)
    assert found["w"] == ("F32", [2, 3], w.tobytes())
    assert found["n"] == ("I8", [2], b"\x01\xff")
    assert found["c"] == ("F32", [1, 2], np.float32([1, 2]).tobytes())
    content = path.read_bytes()
    assert struct.unpack("<Q", content[:8])[0] % 8 == 0, "the numbers begin at a multiple of 8"


def test_files_of_other_writers(tmp_path):
    numbers = struct.pack("<2f", 1.5, -2)
    header = {
        "b": {"dtype": "BF16", "shape": [2], "data_offsets": [8, 12]},
        "w": {"dtype": "F32", "shape": [2, 1], "data_offsets": [0, 8]},
        "__metadata__": {"format": "pt"},
    }
    with TensorFile(by_hand(tmp_path / "f", header, numbers + numbers[2:4] + numbers[6:8])) as file:
        assert file.notes == {"format": "pt"}
        np.testing.assert_array_equal(file.read("w"), [[1.5], [-2]])
        np.testing.assert_array_equal(file.read("b"), np.float32([1.5, -2]))


def read_all(path: Path) -> dict[str, np.ndarray]:
    with TensorFile(path) as file:
        return {name: file.read(name) for name in file}


def entry(dtype: str = "F32", shape: object = (2,), at: object = (0, 8)) -> dict:
    return {"dtype": dtype, "shape": shape, "data_offsets": at}


REFUSED = {
    "nothing": (b"", b""),
    "header longer than the file": ({}, b"", 1 << 60),
    "no JSON": (b"{w", b""),
    "not UTF-8": (b'{"\xff":1}', b""),
    "no table": ([], b""),
    "a name twice": (b'{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":1}', b""),
    "deep": (b"[" * 100_000, b""),
    "a further key": ({"w": {**entry(), "x": 1}}, bytes(8)),
    "unknown type": ({"w": entry("F8")}, bytes(8)),
    "a type that is a list": ({"w": entry(["F32"])}, bytes(8)),
    "negative dimension": ({"w": entry(shape=[-2])}, bytes(8)),
    "true is no dimension": ({"w": entry("U8", [True], [0, 1])}, bytes(1)),
    "shape and bytes": ({"w": entry(shape=[3])}, bytes(8)),
    "overflow": ({"w": entry(shape=[1 << 61, 1 << 61, 16])}, bytes(8)),
    "overlap": ({"w": entry(), "v": entry(at=[4, 12])}, bytes(12)),
    "gap": ({"w": entry(), "v": entry(at=[12, 20])}, bytes(20)),
    "outside": ({"w": entry(at=[8, 16])}, bytes(8)),
    "backwards": ({"w": entry(shape=[0], at=[8, 0])}, bytes(8)),
    "more than is said": ({"w": entry()}, bytes(9)),
    "less than is said": ({"w": entry()}, bytes(7)),
    "rank": ({"w": entry("U8", [1] * 40, [0, 1])}, bytes(1)),
    "huge dimension of nothing": ({"w": entry("U8", [0, 1 << 61, 1 << 61], [0, 0])}, b""),
    "bool 2": ({"w": entry("BOOL", [1], [0, 1])}, b"\x02"),
    "metadata of numbers": ({"__metadata__": {"a": 1}}, b""),
    "notes that are none": ({"__metadata__": {"deepkit": "[]"}}, b""),
    "kinds": ({"w": entry(), "__metadata__": {"deepkit": '{"kinds":{"w":["string",[9]]}}'}}, bytes(8)),
    "strings too long": (
        {"w": entry("U8", [9], [0, 9]), "__metadata__": {"deepkit": '{"kinds":{"w":["string",[1]]}}'}},
        b"\xff" * 9,
    ),
    "half a pair": (b'{"\\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}', b""),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_breaks_a_rule_is_refused(tmp_path, case):
    header, data, *length = REFUSED[case]
    path = by_hand(tmp_path / "f.safetensors", header, data, *length)
    if case == "nothing":
        path.write_bytes(b"1234")
    with pytest.raises(DataError, match=r"f\.safetensors is damaged or no safetensors file"):
        read_all(path)


def test_every_flipped_bit_is_noticed_or_harmless(tmp_path):
    path = tmp_path / "f.safetensors"
    given = {"w": np.float32([1, 2]), "s": np.array([b"ab", b"c"], object)}
    write_tensors(path, given, {"n": "1"})
    whole = path.read_bytes()
    noticed = 0
    for bit in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        try:
            found = read_all(path)
        except DataError:
            noticed += 1
            continue
        for name, value in given.items():  # a letter of a name, a space: the numbers are right or not there
            assert name not in found or found[name].dtype != value.dtype or np.array_equal(found[name], value)
    assert noticed > 0.8 * 8 * len(whole)


def test_a_tensor_that_is_not_there_is_named(tmp_path):
    write_tensors(tmp_path / "f", {"layer/kernel": np.zeros(2)})
    with TensorFile(tmp_path / "f") as file, pytest.raises(NameNotFoundError, match="did you mean 'layer/kernel'"):
        file.read("layer/kernal")


# ---- the state file


def test_the_state_file_is_tensorflow_s_text(tmp_path):
    folder = str(tmp_path)
    state = CheckpointState(f"{folder}/m-2", [f"{folder}/m-1", "/elsewhere/m", f"{folder}/m-2"])
    write_state(folder, state)
    assert (tmp_path / "checkpoint").read_text() == (
        'model_checkpoint_path: "m-2"\nall_model_checkpoint_paths: "m-1"\nall_model_checkpoint_paths: "m-2"\n'
    )
    found = read_state(folder)
    assert found.model_checkpoint_path == f"{folder}/m-2"
    assert found.all_model_checkpoint_paths == [f"{folder}/m-1", f"{folder}/m-2"]
    assert str(CheckpointState("m", ["m"], [1.5], 2.0)).endswith(
        "all_model_checkpoint_timestamps: 1.5\nlast_preserved_timestamp: 2.0\n"
    )


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb", "h\u00f6he \u6a21\u578b", "tab\t'"])
def test_any_name_survives_the_state_file(tmp_path, name):
    write_state(str(tmp_path), CheckpointState(str(tmp_path / name), [str(tmp_path / name)]))
    assert (tmp_path / "checkpoint").read_bytes().isascii()
    assert read_state(str(tmp_path)).model_checkpoint_path == str(tmp_path / name)


def test_a_folder_that_was_moved_keeps_its_checkpoints(tmp_path):
    (tmp_path / "m-7.index").touch()
    (tmp_path / "checkpoint").write_text(
        'model_checkpoint_path: "/gone/long/ago/m-7"\nall_model_checkpoint_timestamps: 1.0\n'
    )
    assert read_state(str(tmp_path)).model_checkpoint_path == str(tmp_path / "m-7")


@pytest.mark.parametrize("path", ["/etc/m-7", "../m", "a/../../m", "..", ".", "a/\\000b"])
def test_no_path_leaves_the_folder(tmp_path, path):
    (tmp_path / "checkpoint").write_text(f'model_checkpoint_path: "{path}"\n')
    with pytest.raises(DataError, match="outside the folder"):
        read_state(str(tmp_path))


@pytest.mark.parametrize("text", ["nonsense", 'model_checkpoint_path: "a', "model_checkpoint_path: 3", "other: 1", "\xff",
                                  'all_model_checkpoint_timestamps: "1"', "last_preserved_timestamp: one"])
def test_a_damaged_state_file_is_refused(tmp_path, text):
    (tmp_path / "checkpoint").write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match="is not a sound state file"):
        checkpoint.latest_checkpoint(str(tmp_path))


def test_the_state_file_names_only_its_own_folder(tmp_path):
    with pytest.raises(ArgumentError, match="does not lie in the folder"):
        write_state(str(tmp_path / "a"), CheckpointState(str(tmp_path / "b" / "m"), []))
    with pytest.raises(ArgumentError, match="must not contain path components"):
        read_state(str(tmp_path), "a/b")
    assert read_state(str(tmp_path)) is None


# ---- names and leftovers


def test_a_checkpoint_is_found_by_its_prefix(tmp_path):
    prefix = str(tmp_path / "new" / "model")
    checkpoint.write_checkpoint(prefix, {"w": np.zeros(3)})
    for place in (prefix, prefix + ".safetensors"):
        np.testing.assert_array_equal(checkpoint.read_checkpoint(place)["w"], np.zeros(3))
    with pytest.raises(DataError, match="did you mean 'model'"):
        checkpoint.found_prefix(f"{prefix}1")
    with pytest.raises(DataError, match="has no checkpoint"):
        checkpoint.found_prefix(str(tmp_path / "new"))
    with pytest.raises(DataError, match=r"Parent directory of .* doesn't exist"):
        checkpoint.write_checkpoint(str(tmp_path / "a" / "b" / "c" / "model"), {})
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="is no folder"):
        checkpoint.write_checkpoint(str(tmp_path / "file" / "model"), {})


def _killed_while_writing(target: Path) -> str:
    """Starts a program that writes `target`, kills it in the middle, and returns the name of what it left."""
    code = (
        "import sys, time; from pathlib import Path; from deepkit.files import whole_file\n"
        f"with whole_file(Path({str(target)!r})) as f:\n f.write(b'half'); f.flush(); print(f.name, flush=True); time.sleep(99)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as program:
        left = program.stdout.readline().strip()
        program.kill()
    assert Path(left).read_bytes() == b"half"
    return left


@pytest.mark.skipif(os.name != "posix", reason="asks whether a process lives by a signal of POSIX")
def test_what_a_killed_program_left_behind_goes_with_the_next_save(tmp_path):
    target = tmp_path / "m.safetensors"
    with whole_file(target) as file:
        file.write(b"before")
    for _ in range(3):
        _killed_while_writing(target)
    assert target.read_bytes() == b"before"
    other = _killed_while_writing(tmp_path / "n.safetensors")
    with whole_file(target) as outer, whole_file(target) as inner:  # a live writer's file stays beside it
        assert sorted(os.listdir(tmp_path)) == sorted(
            [target.name, *(os.path.basename(n) for n in (outer.name, inner.name, other))]
        )
    assert sorted(os.listdir(tmp_path)) == sorted([target.name, os.path.basename(other)])


def test_what_another_machine_left_behind_goes_after_ten_minutes(tmp_path):
    old, young = (tmp_path / f".m{n}.safetensors.elsewhere-1-0123abcd.part" for n in ("", "-1"))
    for path in (old, young):
        path.touch()
    os.utime(old, (time.time() - 3600,) * 2)
    remove_leftovers(tmp_path, "m")
    assert os.listdir(tmp_path) == [young.name]
