"""Sequences read by threads, and downloads that are checked."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import time

import pytest

from deepkit.errors import ArgumentError, DataError, DownloadError
from deepkit.keras.utils.data_utils import GeneratorEnqueuer, OrderedEnqueuer, Sequence, get_file, validate_file


class Numbers(Sequence):
    """0, 1, 2 ... of `count`; the first ones take longest."""

    def __init__(self, count=6, broken=None):
        self.count, self.broken, self.epochs, self.threads = count, broken, 0, set()

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        self.threads.add(threading.current_thread().name)
        time.sleep(0.002 * (self.count - index))
        if index == self.broken:
            raise LookupError(f"batch {index} is broken")
        return self.epochs, index

    def on_epoch_end(self):
        self.epochs += 1


def _take(enqueuer, count):
    batches = enqueuer.get()
    return [next(batches) for _ in range(count)]


def test_a_sequence_is_iterated_over_once():
    assert [index for _, index in Numbers(4)] == [0, 1, 2, 3]
    with pytest.raises(TypeError, match="__len__"):
        type("Half", (Sequence,), {"__getitem__": lambda self, i: i})()


@pytest.mark.parametrize("workers", [1, 3])
def test_batches_arrive_in_order_epoch_after_epoch(workers):
    sequence = Numbers()
    enqueuer = OrderedEnqueuer(sequence)
    enqueuer.start(workers=workers, max_queue_size=4)
    assert enqueuer.is_running()
    assert _take(enqueuer, 14) == [(epoch, index) for epoch in (0, 1, 2) for index in range(6)][:14]
    enqueuer.stop()
    assert not enqueuer.is_running()
    assert sequence.epochs == 2, "an epoch ends only when all its batches have been taken"
    assert 1 <= len(sequence.threads) <= workers
    enqueuer.start()
    assert _take(enqueuer, 1) == [(2, 0)]
    enqueuer.stop()


def test_another_order_in_each_epoch():
    enqueuer = OrderedEnqueuer(Numbers(30), shuffle=True)
    enqueuer.start(workers=4)
    epochs = [[index for _, index in _take(enqueuer, 30)] for _ in range(2)]
    enqueuer.stop()
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(30))
    assert epochs[0] != epochs[1] or epochs[0] != list(range(30))


def test_no_more_than_the_queue_holds_is_prepared():
    asked = []

    class Counting(Numbers):
        def __getitem__(self, index):
            asked.append(index)
            return index

    enqueuer = OrderedEnqueuer(Counting(100))
    enqueuer.start(workers=2, max_queue_size=5)
    batches = enqueuer.get()
    next(batches)
    deadline = time.monotonic() + 5
    while len(asked) < 7 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    assert len(asked) == 7, "one taken, five in the queue, one that waits for room"
    enqueuer.stop()


def test_an_error_arrives_in_its_place():
    enqueuer = OrderedEnqueuer(Numbers(5, broken=3))
    enqueuer.start(workers=3)
    batches = enqueuer.get()
    assert [index for _, index in (next(batches) for _ in range(3))] == [0, 1, 2]
    with pytest.raises(LookupError, match="batch 3 is broken"):
        next(batches)
    assert not enqueuer.is_running()

    class Ending(Numbers):
        def on_epoch_end(self):
            raise OverflowError("no more")

    enqueuer = OrderedEnqueuer(Ending(2))
    enqueuer.start()
    with pytest.raises(OverflowError, match="no more"):
        _take(enqueuer, 3)


def test_a_generator_is_read_to_its_end():
    enqueuer = GeneratorEnqueuer(iter(range(20)))
    enqueuer.start(workers=4, max_queue_size=3)
    assert list(enqueuer.get()) == list(range(20))
    enqueuer.stop()

    def broken():
        yield 1
        raise LookupError("broken")

    enqueuer = GeneratorEnqueuer(broken())
    enqueuer.start()
    with pytest.raises(LookupError, match="broken"):
        list(enqueuer.get())


def test_no_thread_is_left():
    before = set(threading.enumerate())
    for i in range(50):
        enqueuer = OrderedEnqueuer(Numbers(3)) if i % 2 else GeneratorEnqueuer(iter(int, 1))
        enqueuer.start(workers=2, max_queue_size=1 + i % 3)
        _take(enqueuer, i % 4)
        enqueuer.stop()
    assert set(threading.enumerate()) <= before


def test_a_reader_that_waits_ends_when_stopped():
    class Never(Numbers):
        def __getitem__(self, index):
            gate.wait(5)
            return index

    gate = threading.Event()
    enqueuer = OrderedEnqueuer(Never(3))
    enqueuer.start(workers=1)
    found = []
    reader = threading.Thread(target=lambda: found.extend(enqueuer.get()))
    reader.start()
    time.sleep(0.02)
    enqueuer.stop(timeout=0.01)
    gate.set()
    reader.join(5)
    assert not reader.is_alive()
    assert len(found) <= 1


def test_starts_that_make_no_sense():
    with pytest.raises(ArgumentError, match="without batches"):
        OrderedEnqueuer(Numbers(0)).start()
    with pytest.raises(ArgumentError, match="max_queue_size=0"):
        OrderedEnqueuer(Numbers()).start(max_queue_size=0)
    enqueuer = OrderedEnqueuer(Numbers())
    enqueuer.start()
    with pytest.raises(ArgumentError, match="runs already"):
        enqueuer.start()
    enqueuer.stop()


@pytest.fixture
def origin(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "words.txt").write_bytes(b"words")
    return tmp_path / "there" / "words.txt"


def test_a_file_is_fetched_once_and_checked(tmp_path, origin, capsys):
    sha, md5 = hashlib.sha256(b"words").hexdigest(), hashlib.md5(b"words").hexdigest()
    cache = tmp_path / "cache"
    path = get_file(origin=origin.as_uri(), cache_dir=cache, file_hash=sha)
    assert path == str(cache / "datasets" / "words.txt")
    assert f"Downloading data from {origin.as_uri()}" in capsys.readouterr().out
    origin.write_bytes(b"other")
    assert get_file("words.txt", origin.as_uri(), cache_dir=cache, md5_hash=md5) == path
    assert capsys.readouterr().out == ""
    with pytest.raises(DownloadError, match=r"words\.txt could not be downloaded: wrong contents: MD5"):
        get_file("new.txt", origin.as_uri(), cache_dir=cache, cache_subdir="models", file_hash=md5)
    assert list((cache / "models").iterdir()) == []
    (cache / "datasets" / "words.txt").write_bytes(b"damaged")
    origin.write_bytes(b"words")
    get_file("words.txt", origin.as_uri(), cache_dir=cache, file_hash=sha)
    assert validate_file(path, sha)
    assert validate_file(path, md5.upper())
    assert not validate_file(path, "0" * 64)


def test_the_cache_is_deepkits_own(tmp_path, origin, monkeypatch):
    monkeypatch.setattr("deepkit.datasets.locate.cache_folder", lambda: tmp_path / "mine")
    assert get_file("a/b.txt", origin.as_uri()) == str(tmp_path / "mine" / "datasets" / "a" / "b.txt")


def test_archives_are_unpacked(tmp_path, origin):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo("set/words.txt")
        info.size = 5
        archive.addfile(info, io.BytesIO(b"words"))
    there = origin.with_name("set.tar.gz")
    there.write_bytes(packed.getvalue())
    cache = tmp_path / "cache"
    for name in ("set", "set.tar.gz"):
        folder = get_file(name, there.as_uri(), untar=True, cache_dir=cache)
        assert folder == str(cache / "datasets" / "set")
    assert (cache / "datasets" / "set" / "words.txt").read_bytes() == b"words"
    path = get_file("again.tgz", there.as_uri(), extract=True, cache_dir=cache, cache_subdir="here")
    assert path == str(cache / "here" / "again.tgz")
    assert (cache / "here" / "set" / "words.txt").is_file()
    get_file("third.tgz", there.as_uri(), extract=True, cache_dir=cache, cache_subdir="there", archive_format=None)
    assert [p.name for p in (cache / "there").iterdir()] == ["third.tgz"]


def test_what_cannot_be_fetched(tmp_path, origin):
    with pytest.raises(ArgumentError, match="without origin"):
        get_file("a")
    with pytest.raises(ArgumentError, match="javascript"):
        get_file("a", "javascript:alert(1)")
    with pytest.raises(ArgumentError, match="does not end in a name"):
        get_file(origin="https://example.org/..", cache_dir=tmp_path)
    with pytest.raises(ArgumentError, match="hash_algorithm='crc'"):
        get_file("a", origin.as_uri(), file_hash="0", hash_algorithm="crc", cache_dir=tmp_path)
    with pytest.raises(DownloadError, match="no connection"):
        get_file("a", (tmp_path / "absent").as_uri(), cache_dir=tmp_path)
    (tmp_path / "file").write_text("a file where a folder should be")
    with pytest.raises(DataError, match="cannot make the folder"):
        get_file("a", origin.as_uri(), cache_dir=tmp_path / "file")
