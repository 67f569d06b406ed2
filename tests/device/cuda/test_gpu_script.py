"""`python -m deepkit.testing.gpu`: runs on the stand-in, and says so where there is no GPU."""

from __future__ import annotations

import pytest
import standin

from deepkit.device.cuda import chains
from deepkit.runtime.passes import fuse
from deepkit.testing import gpu as script


def test_it_checks_a_gpu(monkeypatch, capsys, tmp_path) -> None:
    standin.install(monkeypatch)
    assert script.main(["--small", "--out", str(tmp_path / "table.txt")]) == 0
    shown = capsys.readouterr().out
    assert [line.split()[:2] for line in shown.splitlines()] == [
        ["ok", name] for name in ("training", "transfers", "chains", "memory", "product", "step")
    ]
    assert "a step copies 2 arrays up, 1 down" in shown
    assert "12 calls become 2, with equal numbers" in shown
    assert (tmp_path / "table.txt").read_text() == shown


def test_a_wrong_number_is_found(monkeypatch, capsys) -> None:
    standin.install(monkeypatch)
    step = script.Training.step
    monkeypatch.setattr(script.Training, "step", lambda self: step(self) * (1.01 if self.session.config is None else 1.0))
    assert script.main(["--small"]) == 1
    assert "WRONG training" in capsys.readouterr().out


@pytest.mark.parametrize("broken", ["NaN", "numbers", "chains"])
def test_a_wrong_chain_is_found(monkeypatch, broken) -> None:
    """A kernel that loses NaN, one that computes something else, and a plan that fuses nothing."""
    standin.install(monkeypatch)
    assert script.chains(8)[2]
    if broken == "chains":
        monkeypatch.setattr(fuse, "_can_be_part", lambda node, known: False)
    else:
        name, text = {"NaN": ("Relu", "{0} > 0 ? {0} : {T}(0)"), "numbers": ("Abs", "{0}")}[broken]
        monkeypatch.setitem(chains.OPERATIONS, name, text)
    chains._module.cache_clear()
    try:
        assert not script.chains(8)[2]
    finally:
        chains._module.cache_clear()


def test_without_a_gpu_it_says_so(monkeypatch, capsys) -> None:
    standin.install(monkeypatch, devices=0)
    assert script.main([]) == 2
    assert "no GPU can be used here" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        script.main(["--help"])
