"""Archives from strangers: unpacked whole, or refused with nothing written."""

from __future__ import annotations

import io
import tarfile
import zipfile
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import damage
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepkit.errors import ArgumentError, DataError
from deepkit.keras.utils.archives import unpack

FILES = {"set/a.txt": b"a" * 3000, "set/inner/b.bin": bytes(range(256)), "c": b""}


def tar(files=FILES, mode="w:gz", extra=()) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, contents in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(contents)
            archive.addfile(info, io.BytesIO(contents))
        for info in extra:
            archive.addfile(info)
    return out.getvalue()


def zipped(files=FILES) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, contents in files.items():
            archive.writestr(name, contents)
    return out.getvalue()


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def place(tmp_path):
    (tmp_path / "out").mkdir()

    def put(contents: bytes) -> tuple[Path, Path]:
        (tmp_path / "archive").write_bytes(contents)
        return tmp_path / "archive", tmp_path / "out"

    return put


@pytest.mark.parametrize("contents", [tar(), tar(mode="w"), tar(mode="w:xz"), zipped()], ids=["gz", "tar", "xz", "zip"])
def test_an_archive_is_unpacked_beside_what_is_there(place, contents):
    path, out = place(contents)
    (out / "set").mkdir()
    (out / "set" / "mine.txt").write_text("mine")
    (out / "set" / "a.txt").write_text("old")
    for _ in range(2):
        assert unpack(path, out)
        assert tree(out) == FILES | {"set/mine.txt": b"mine"}


def test_formats(place):
    path, out = place(zipped())
    assert not unpack(path, out, "tar")
    assert tree(out) == {}
    assert not unpack(*place(b"no archive"))
    with pytest.raises(ArgumentError, match="archive_format 'rar'"):
        unpack(path, out, ("rar",))


@pytest.mark.parametrize("name", ["../escaped", "{root}/escaped", "set/../../escaped", "..\\escaped", "C:\\escaped"])
@pytest.mark.parametrize("pack", [tar, zipped])
def test_no_name_leads_outside(place, name, pack):
    path, out = place(b"")
    path.write_bytes(pack({"good": b"good", name.format(root=out.parent): b"bad"}))
    with pytest.raises(DataError, match="leads outside the folder"):
        unpack(path, out)
    assert tree(out) == {}
    assert sorted(p.name for p in out.parent.iterdir()) == ["archive", "out"]


def test_links_and_devices_are_left_out(place):
    link, hard, device = (tarfile.TarInfo(name) for name in ("link", "hard", "device"))
    link.type, link.linkname = tarfile.SYMTYPE, "/etc"
    hard.type, hard.linkname = tarfile.LNKTYPE, "../archive"
    device.type = tarfile.CHRTYPE
    path, out = place(tar(extra=[link, hard, device]))
    with pytest.warns(UserWarning, match="no ordinary file") as found:
        assert unpack(path, out)
    assert len(found) == 3
    assert tree(out) == FILES


def test_a_file_below_a_link_is_not_written_through_it(place, tmp_path):
    link = tarfile.TarInfo("dir")
    link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path)
    below = tarfile.TarInfo("dir/escaped")
    path, out = place(tar({}, extra=[link, below]))
    with pytest.warns(UserWarning, match="dir is no ordinary file"):
        unpack(path, out)
    assert not (tmp_path / "escaped").exists()
    assert tree(out) == {"dir/escaped": b""}


def test_more_than_the_disk_holds(place, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=1000))
    path, out = place(tar())
    with pytest.raises(DataError, match="more than is free"):
        unpack(path, out)
    assert tree(out) == {}


@pytest.mark.parametrize("contents", [tar()[:-40], tar(mode="w")[:2000], zipped()[:200] + zipped()[260:]])
def test_a_damaged_archive_leaves_nothing(place, contents):
    path, out = place(contents)
    with pytest.raises(DataError):
        unpack(path, out)
    assert tree(out) == {}
    assert list(out.iterdir()) == []


def test_ctrl_c_leaves_nothing(place, monkeypatch):
    path, out = place(tar())

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("deepkit.keras.utils.archives._move", interrupt)
    with pytest.raises(KeyboardInterrupt):
        unpack(path, out)
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("sound", [tar(), tar(mode="w"), zipped()], ids=["gz", "tar", "zip"])
def test_damaged_archives_are_unpacked_or_refused(tmp_path, sound):
    out = tmp_path / "deep" / "out"
    out.mkdir(parents=True)

    @settings(
        max_examples=damage.FILES, deadline=5000,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(edits=st.lists(st.tuples(st.integers(0, len(sound) - 1), st.binary(min_size=1, max_size=4)), max_size=4))
    def check(edits):
        contents = bytearray(sound)
        for at, change in edits:
            contents[at : at + len(change)] = change
        (tmp_path / "archive").write_bytes(contents)
        with suppress(DataError):  # anything else fails the test
            unpack(tmp_path / "archive", out)
        assert sorted(p.name for p in tmp_path.iterdir()) == ["archive", "deep"]
        assert [p.name for p in (tmp_path / "deep").iterdir()] == ["out"]

    check()
