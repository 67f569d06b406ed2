"""`deepkit data`: what it prints and the exit codes it gives."""

from __future__ import annotations

import builtins

import pytest

from deepkit.cli import parse
from deepkit.datasets.catalog import CATALOG
from deepkit.datasets.embedded import EMBEDDED
from deepkit.errors import ArgumentError, DownloadError


def call(*words: str) -> int:
    module, args = parse(["data", *words])
    return module.run(args)


@pytest.fixture
def mirror(tiny, tmp_path):
    return str(tmp_path / "mirror")


def test_list_says_what_is_here(tiny, folders, mirror, capsys):
    assert call("list") == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert list(lines) == [*EMBEDDED, *CATALOG]
    for name in EMBEDDED:
        assert "here: travels with deepkit" in lines[name]
    assert "not here: deepkit data fetch mnist" in lines["mnist"]
    assert "30.9 MB" in lines["fashion-mnist"]
    assert "170.1 MB" in lines["cifar10"]
    assert lines["cifar10-subset"].endswith("not here: deepkit data fetch cifar10-subset --from ADDRESS")
    call("fetch", "mnist", "--from", mirror)
    capsys.readouterr()
    call("list")
    assert f"here: {folders[0] / 'mnist'}" in capsys.readouterr().out
    (folders[0] / "mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    call("list")
    assert "incomplete, 3 of 4 files" in capsys.readouterr().out


def test_fetch_then_fetch_again(tiny, folders, mirror, capsys):
    assert call("fetch", "mnist", "--from", mirror) == 0
    first = capsys.readouterr()
    assert f"MNIST: 4 files downloaded; all 4 are sound, in {folders[0] / 'mnist'}" in first.out
    assert "train-images-idx3-ubyte.gz: 100 % of 0.02 MB" in first.err
    assert call("fetch", "mnist", "--from", mirror) == 0
    assert "MNIST: nothing to download; all 4 are sound" in capsys.readouterr().out
    assert call("fetch", "digits28") == 0
    assert "nothing to fetch" in capsys.readouterr().out


@pytest.mark.parametrize("tqdm", [True, False])
def test_progress_on_a_terminal(tiny, folders, mirror, capsys, monkeypatch, tqdm):
    if tqdm:
        pytest.importorskip("tqdm", reason="tqdm is not installed")
    else:
        real = builtins.__import__

        def without(name, *rest):
            if name == "tqdm":
                raise ImportError(name)
            return real(name, *rest)

        monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert call("fetch", "mnist", "--from", mirror) == 0
    shown = capsys.readouterr().err
    for name in tiny.files:
        assert f"{name}: 100%|" in shown if tqdm else f"{name}: 100 %" in shown


def test_fetch_that_fails_or_is_stopped(tiny, folders, mirror, capsys, monkeypatch):
    with pytest.raises(ArgumentError, match="no data set is called 'minst'"):
        call("fetch", "minst")
    with pytest.raises(DownloadError, match="could not be downloaded"):
        call("fetch", "mnist", "--from", "file:///nowhere/at/all")

    def stopped(*rest, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("deepkit.datasets.fetch._download", stopped)
    with pytest.raises(KeyboardInterrupt):
        call("fetch", "mnist", "--from", mirror)
    assert "no half-written one is left" in capsys.readouterr().err
    assert list((folders[0] / "mnist").iterdir()) == []


def test_verify(tiny, folders, mirror, capsys):
    assert call("verify") == 0, "a set that was never fetched is no fault"
    printed = capsys.readouterr().out
    assert "  OK       digits28.npz" in printed
    assert "mnist  not here: deepkit data fetch mnist\n" in printed
    assert "missing" not in printed
    assert call("verify", "mnist") == 1, "but it is when asked for by name"
    assert capsys.readouterr().out == "mnist  not here: deepkit data fetch mnist\n"

    call("fetch", "mnist", "--from", mirror)
    capsys.readouterr()
    assert call("verify", "mnist") == 0
    assert capsys.readouterr().out.count("  OK       ") == 4

    path = folders[0] / "mnist" / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-50])
    assert call("verify", "mnist") == 1
    assert capsys.readouterr().out.count("  OK       ") == 3
    (folders[0] / "mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    for words in (["verify", "mnist"], ["verify"]):
        assert call(*words) == 1
        printed = capsys.readouterr().out
        assert "  damaged  t10k-images-idx3-ubyte.gz: " in printed
        assert "  missing  t10k-labels-idx1-ubyte.gz" in printed
        assert printed.count("  OK       train-") == 2
    assert call("verify", "digits28") == 0


def test_path(tiny, folders, mirror, capsys):
    assert call("path") == 0
    assert call("path", "mnist") == 0
    assert call("path", "digits28") == 0
    root, mnist, digits = capsys.readouterr().out.splitlines()
    assert root == str(folders[0])
    assert mnist == str(folders[0] / "mnist")
    assert digits.endswith("data")


def test_help_shows_examples_and_an_action_is_required(capsys):
    with pytest.raises(SystemExit) as ended:
        call("--help")
    assert ended.value.code == 0
    assert "deepkit data fetch mnist --from https://example.org/mnist" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        call()
    assert ended.value.code == 2
