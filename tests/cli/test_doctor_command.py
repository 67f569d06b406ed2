"""`deepkit doctor`: real figures, honest advice, and an exit code that tells."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path

import pytest
import standin

from deepkit.cli import main
from deepkit.commands import _machine, doctor
from deepkit.device import arrays, compiled

PLAIN = {"PATH": "/bin"}


def speeds(**gflops):
    """A measurement that answers by OPENBLAS_CORETYPE; None fails."""

    def measure(environment):
        core = environment.get("OPENBLAS_CORETYPE", "default")
        if gflops[core] is None:
            raise _machine.MeasurementFailed("illegal instruction")
        return _machine.Speed(gflops[core], core)

    return measure


@pytest.fixture
def no_coretype(monkeypatch):
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)


def test_the_report_in_json(capsys, monkeypatch):
    monkeypatch.setattr(_machine, "measure", lambda environment: _machine.Speed(123.4, "Haswell"))
    code = main(["doctor", "--json"])
    report = json.loads(capsys.readouterr().out)
    rows = {row["name"]: row for part in report.values() for row in part}
    assert code == int(any(row["status"] == "broken" for row in rows.values()))
    assert list(report) == ["Software", "Machine", "Kernels", "Data"]
    assert rows["numpy"]["status"] == "ok"
    assert "GB" in rows["free space here"]["value"]
    assert any("123 GFLOP/s" in row["value"] for row in report["Machine"])


def test_broken_parts_make_the_exit_code_1(capsys, monkeypatch):
    broken = {"Software": lambda: iter([doctor.Row("numpy", "gone", doctor.BROKEN, "install it")])}
    monkeypatch.setattr(doctor, "EXAMINATIONS", broken)
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "✗ numpy  gone" in out
    assert "→ install it" in out
    assert out.endswith("broken: numpy\n")


def test_a_real_measurement_in_a_child():
    speed = _machine.measure(dict(os.environ), size=128, seconds=0.02)
    assert 0.01 < speed.gflops < 1e5


def test_a_child_that_dies_is_told_with_its_last_words(monkeypatch):
    monkeypatch.setattr(_machine, "_MEASURE", "raise SystemExit('no such kernel')")
    with pytest.raises(_machine.MeasurementFailed, match="no such kernel"):
        _machine.measure(dict(os.environ))


def test_advice_to_set_the_variable_when_it_pays(no_coretype):
    rows = list(doctor._speed(speeds(default=255.0, SkylakeX=478.0), True, PLAIN))
    assert "255 GFLOP/s" in rows[0].value
    assert "478 GFLOP/s" in rows[1].value
    assert rows[1].status == doctor.NOTE
    assert rows[1].hint.startswith("export OPENBLAS_CORETYPE=SkylakeX    # 1.9 times")


def test_no_advice_when_it_brings_nothing(no_coretype):
    rows = list(doctor._speed(speeds(default=470.0, SkylakeX=478.0), True, PLAIN))
    assert [row.hint for row in rows] == ["", ""]


def test_no_advice_where_both_ran_on_the_same_kernels(no_coretype):
    rows = list(doctor._speed(lambda environment: _machine.Speed(200.0 + 100 * len(environment), "SkylakeX"), True, PLAIN))
    assert [row.hint for row in rows] == ["", ""]


def test_advice_to_unset_a_choice_that_slows(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    rows = list(doctor._speed(speeds(default=478.0, Haswell=255.0), True, PLAIN))
    assert rows[1].hint.startswith("unset OPENBLAS_CORETYPE    # 1.9 times")


def test_kernels_that_this_processor_lacks_are_a_note(no_coretype):
    rows = list(doctor._speed(speeds(default=255.0, SkylakeX=None), True, PLAIN))
    assert (rows[1].status, rows[1].value) == (doctor.NOTE, "failed: illegal instruction")
    (row,) = doctor._speed(speeds(default=None), True, PLAIN)
    assert row.status == doctor.BROKEN


def test_without_avx512_there_is_one_figure(no_coretype):
    assert len(list(doctor._speed(speeds(default=100.0), False, PLAIN))) == 1


def test_a_missing_library_names_the_extra(monkeypatch):
    version = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda name: None if name in ("tqdm", "numba") else version(name))
    rows = {row.name: row for row in doctor.software()}
    assert "missing: tqdm" in rows["[course]"].value
    assert rows["[fast]"].value == "missing: numba"
    assert rows["[fast]"].hint.endswith('python3 -m pip install -e ".[fast]"')


def test_the_gpu_is_tried_not_only_counted(monkeypatch):
    standin.install(monkeypatch, devices=2)
    (row,) = doctor.gpu_report()
    assert row.status == doctor.OK
    assert "2 usable, a kernel and a matrix product agree with" in row.value
    to_cpu = arrays.to_cpu
    monkeypatch.setattr(arrays, "to_cpu", lambda array: to_cpu(array) + 1)
    (row,) = doctor.gpu_report()
    assert row.status == doctor.BROKEN


@pytest.mark.parametrize(
    ("driver", "installed", "advice"),
    [
        ((12, 4), "cupy-cuda13x", r"pip uninstall cupy-cuda13x; .*\.\[gpu\]"),
        ((13, 0), "cupy-cuda12x", r"pip uninstall cupy-cuda12x; .*\.\[gpu13\]"),
        ((12, 8), "cupy-cuda12x", r"^cd .*\.\[gpu\]"),
        ((11, 8), "cupy-cuda12x", "a newer driver"),
    ],
)
def test_a_cupy_for_another_cuda_is_found_by_running_a_kernel(monkeypatch, driver, installed, advice):
    gpu = standin.install(monkeypatch)

    def fails(x):
        raise RuntimeError("CUDA_ERROR_UNSUPPORTED_PTX_VERSION: the provided PTX was compiled with an unsupported toolchain")

    monkeypatch.setattr(gpu, "exp", fails)
    monkeypatch.setattr(doctor, "cuda_of_driver", lambda: driver)
    monkeypatch.setattr(doctor, "_version", lambda name: "14.2.0" if name == installed else None)
    (row,) = doctor.gpu_report()
    assert row.status == doctor.BROKEN
    assert "1 seen, but a kernel fails: CUDA_ERROR_UNSUPPORTED_PTX_VERSION" in row.value
    assert re.search(advice, row.hint)


def test_a_driver_without_cupy_is_a_note(monkeypatch):
    monkeypatch.setattr(arrays, "gpu_device_count", lambda: 0)
    monkeypatch.setattr(doctor, "cuda_of_driver", lambda: (12, 2))
    (row,) = doctor.gpu_report()
    assert (row.status, "CUDA 12.2" in row.value, ".[gpu]" in row.hint) == (doctor.NOTE, True, True)
    monkeypatch.setattr(doctor, "cuda_of_driver", lambda: None)
    (row,) = doctor.gpu_report()
    assert (row.status, row.value, row.hint) == (doctor.OK, "none usable (no driver): the CPU is used", "")


def test_compiled_kernels_are_tried_not_only_found(monkeypatch):
    monkeypatch.setattr(compiled, "kernel", lambda function: function)
    assert next(doctor.compiled_report()).status == doctor.OK
    monkeypatch.setattr(compiled, "kernel", lambda function: lambda x: 0.0)
    assert next(doctor.compiled_report()).status == doctor.BROKEN
    monkeypatch.setattr(compiled, "kernel", lambda function: None)
    assert ".[fast]" in next(doctor.compiled_report()).hint


def test_mnist_is_looked_for_where_datasets_look(monkeypatch, tmp_path):
    monkeypatch.setenv("DEEPKIT_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (row,) = doctor.mnist_report()
    assert row.status == doctor.NOTE
    assert str(tmp_path / "mnist") in row.value
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte").write_bytes(b"")
    (row,) = doctor.mnist_report()
    assert "incomplete" in row.value


def test_every_package_of_an_extra_is_looked_for():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    for extra, named in project["optional-dependencies"].items():
        packages = {re.match(r"[\w.-]+", requirement)[0] for requirement in named} - {project["name"]}
        if extra != "peers":  # only to compare with, in an environment of their own
            assert set(doctor._EXTRAS[extra]) == packages, extra
