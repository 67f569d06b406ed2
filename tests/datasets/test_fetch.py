"""Downloads from a server on this machine: the good one, and everything that goes wrong."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from deepkit.datasets import load_mnist
from deepkit.datasets.fetch import fetch
from deepkit.errors import ArgumentError, DataError, DownloadError

IMAGES = "train-images-idx3-ubyte.gz"


class Server:
    """Serves `files`; `lengths` overrides the announced Content-Length, None leaves it out."""

    def __init__(self, files):
        self.files, self.lengths, self.asked = dict(files), {}, []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.rsplit("/", 1)[1]
                outer.asked.append(name)
                if name not in outer.files:
                    self.send_error(404)
                    return
                body = outer.files[name]
                self.send_response(200)
                length = outer.lengths.get(name, len(body))
                if length is not None:
                    self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.http.server_port}/mnist"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


@pytest.fixture
def server(tiny, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = Server(tiny.files)
    yield server
    server.http.shutdown()
    server.http.server_close()


def _left(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_good_download_is_verified_and_loads(tiny, folders, server):
    seen = []
    home = fetch("mnist", base=server.base, progress=lambda *step: seen.append(step))
    assert home == folders[0] / "mnist"
    assert _left(home) == sorted(tiny.files)
    for name, contents in tiny.files.items():
        assert (home / name).read_bytes() == contents
        assert (name, len(contents), len(contents)) in seen
    assert load_mnist(verbose=False).source == str(home)
    if os.name == "posix":
        umask = os.umask(0)
        os.umask(umask)
        assert (home / IMAGES).stat().st_mode & 0o777 == 0o666 & ~umask


def test_sound_files_are_not_fetched_again_and_damaged_ones_are(tiny, folders, server):
    home = fetch("mnist", base=server.base)
    server.asked.clear()
    fetch("mnist", base=server.base)
    assert server.asked == []
    (home / IMAGES).write_bytes(b"damaged")
    fetch("mnist", base=server.base)
    assert server.asked == [IMAGES]
    assert (home / IMAGES).read_bytes() == tiny.files[IMAGES]


def test_a_sound_set_in_the_cache_is_enough(tiny, folders, server, tmp_path):
    (folders[1] / "mnist").mkdir(parents=True)
    for name, contents in tiny.files.items():
        (folders[1] / "mnist" / name).write_bytes(contents)
    assert fetch("mnist", base=server.base) == folders[1] / "mnist"
    assert server.asked == []


def test_without_an_announced_length(tiny, folders, server):
    server.lengths = dict.fromkeys(tiny.files)
    assert _left(fetch("mnist", base=server.base)) == sorted(tiny.files)


def test_a_folder_is_an_address_too(tiny, folders, tmp_path):
    assert _left(fetch("mnist", base=str(tmp_path / "mirror"))) == sorted(tiny.files)


def _wrong_hash(server):
    server.files[IMAGES] = bytes(len(server.files[IMAGES]))


def _not_found(server):
    del server.files[IMAGES]


def _wrong_size(server):
    server.files[IMAGES] = b"<html>Welcome to our wireless network</html>"


def _cut_off(server):
    server.lengths[IMAGES] = len(server.files[IMAGES])
    server.files[IMAGES] = server.files[IMAGES][:-100]


def _endless(server):
    server.lengths[IMAGES] = None
    server.files[IMAGES] += bytes(1000)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (_wrong_hash, "wrong contents: SHA-256"),
        (_not_found, "the server answered 404"),
        (_wrong_size, "the server offers 44 bytes instead of"),
        (_cut_off, "cut off after"),
        (_endless, "the server sends more than"),
    ],
)
def test_a_bad_answer_is_explained_and_nothing_is_left(folders, server, spoil, why):
    spoil(server)
    with pytest.raises(DownloadError) as caught:
        fetch("mnist", base=server.base)
    assert IMAGES in caught.value.what
    assert why in caught.value.where
    assert server.base in caught.value.where
    assert "--from" in caught.value.hint
    assert _left(folders[0]) == []


def _closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_no_network(folders, server):
    with pytest.raises(DownloadError) as caught:
        fetch("mnist", base=f"http://127.0.0.1:{_closed_port()}/", timeout=5)
    assert "no connection" in caught.value.where
    assert _left(folders[0]) == []


def test_a_silent_server_is_given_up(folders, server):
    start = time.perf_counter()
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(DownloadError) as caught:
        fetch("mnist", base=f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.2)
    assert "timed out" in caught.value.where
    assert time.perf_counter() - start < 2.5


def test_the_next_mirror_is_tried_and_remembered(tiny, folders, server, monkeypatch):
    import dataclasses

    from deepkit.datasets import catalog

    bad = Server({IMAGES: b"x"})
    entry = dataclasses.replace(tiny.entry, mirrors=(bad.base + "/", server.base + "/"))
    monkeypatch.setitem(catalog.CATALOG, "mnist", entry)
    assert _left(fetch("mnist")) == sorted(tiny.files)
    assert bad.asked == [IMAGES], "after one failure the mirror that works is asked first"
    bad.http.shutdown()
    bad.http.server_close()


def test_ctrl_c_leaves_nothing_half_written(tiny, folders, server):
    labels = "train-labels-idx1-ubyte.gz"

    def interrupt(name, done, total):
        if name == labels:
            assert any(part.endswith(".part") for part in _left(folders[0]))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch("mnist", base=server.base, progress=interrupt)
    assert _left(folders[0]) == [IMAGES], "the complete file stays, the half-written one is gone"
    assert _left(fetch("mnist", base=server.base)) == sorted(tiny.files)
    assert server.asked.count(IMAGES) == 1


def test_a_folder_that_cannot_be_made(folders, server):
    folders[0].write_text("a file where the folder should be")
    with pytest.raises(DataError, match="cannot make the folder") as caught:
        fetch("mnist", base=server.base)
    assert "DEEPKIT_DATA" in caught.value.hint


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only(folders, server):
    home = folders[0] / "mnist"
    home.mkdir(parents=True)
    home.chmod(0o500)
    with pytest.raises(DataError, match=r"cannot write .*Permission denied"):
        fetch("mnist", base=server.base)
    home.chmod(0o700)
    assert _left(home) == []


def test_a_folder_that_refuses_new_files(folders, server, monkeypatch):
    """The same for root: the system says no when the temporary file is opened, and no mirror is blamed."""
    import builtins

    real = builtins.open

    def refuse(path, mode="r", *rest, **options):
        if "x" in mode:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, mode, *rest, **options)

    monkeypatch.setattr(builtins, "open", refuse)
    with pytest.raises(DataError, match=r"cannot write .*Permission denied") as caught:
        fetch("mnist", base=server.base)
    assert not isinstance(caught.value, DownloadError)
    assert server.asked == []


def test_a_full_disk_is_noticed_before(folders, server, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(DownloadError, match=r"only 0\.0 MB are free"):
        fetch("mnist", base=server.base)
    assert server.asked == []


def test_names_and_addresses_that_make_no_sense(folders, server):
    with pytest.raises(ArgumentError, match="no data set is called 'minst'"):
        fetch("minst")
    for base in ("ftp://example.org/", "example.org/mnist", "javascript:alert(1)"):
        with pytest.raises(ArgumentError, match="cannot download from"):
            fetch("mnist", base=base)


def test_a_file_may_have_an_address_of_its_own(tiny, folders, server, monkeypatch):
    import dataclasses

    from deepkit.datasets import catalog

    server.files["42"] = server.files.pop(IMAGES)
    first, *others = tiny.entry.files
    first = dataclasses.replace(first, addresses=(f"{server.base}/42",))
    entry = dataclasses.replace(tiny.entry, mirrors=(server.base + "/",), files=(first, *others))
    monkeypatch.setitem(catalog.CATALOG, "mnist", entry)
    assert _left(fetch("mnist")) == sorted(tiny.files)
    assert server.asked[:2] == [IMAGES, "42"], "the mirror first, then the file's own address"


def test_another_form_of_the_data_is_enough(tiny, folders, server, monkeypatch):
    import dataclasses

    from deepkit.datasets import catalog

    missing = (dataclasses.replace(tiny.entry.files[0], role="archive", name="whole.tar.gz"),)
    entry = dataclasses.replace(tiny.entry, files=missing, others=(tiny.entry.files,))
    monkeypatch.setitem(catalog.CATALOG, "mnist", entry)
    home = folders[0] / "mnist"
    home.mkdir(parents=True)
    for name, contents in tiny.files.items():
        (home / name).write_bytes(contents)
    assert fetch("mnist", base=server.base) == home
    (home / IMAGES).write_bytes(b"damaged")
    with pytest.raises(DownloadError, match=r"whole\.tar\.gz of MNIST could not be downloaded"):
        fetch("mnist", base=server.base)


def test_a_set_without_an_address_asks_for_one(folders):
    with pytest.raises(DownloadError, match="no address is known for CIFAR-10") as caught:
        fetch("cifar10-subset")
    assert "deepkit data fetch cifar10-subset --from ADDRESS" in caught.value.hint


def test_names_need_no_hyphens(folders):
    from deepkit.datasets.catalog import lookup

    assert lookup("CIFAR-10") is lookup("cifar10")
    assert lookup("fashion_mnist").name == "fashion-mnist"


def test_download_of_anything(server):
    import hashlib
    import io

    from deepkit.datasets.fetch import download

    out, seen = io.BytesIO(), []
    body = server.files[IMAGES]
    download(
        f"{server.base}/{IMAGES}", out, digest=hashlib.md5(body).hexdigest().upper(), algorithm="md5",
        progress=lambda *step: seen.append(step),
    )
    assert out.getvalue() == body
    assert seen[-1] == (len(body), len(body))
    server.lengths[IMAGES] = None
    download(f"{server.base}/{IMAGES}", out := io.BytesIO())
    assert out.getvalue() == body
    with pytest.raises(DownloadError, match="wrong contents: MD5"):
        download(f"{server.base}/{IMAGES}", io.BytesIO(), digest="0" * 32, algorithm="md5")
    server.lengths[IMAGES] = len(body) + 5
    with pytest.raises(DownloadError, match="cut off after"):
        download(f"{server.base}/{IMAGES}", io.BytesIO())
    with pytest.raises(DownloadError, match="no connection"):
        download("no address", io.BytesIO())
