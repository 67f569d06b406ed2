"""Every CUDA source is what nvcc takes for the oldest and for a recent GPU, without a warning and without spilled registers."""

from __future__ import annotations

import functools
import importlib.resources
import re
import shutil
import subprocess

import pytest

from deepkit.device.cuda import chains, loader

NEEDED = {
    "recurrent": ["-DROWS=4", "-DGATE=hard_sigmoid", "-DSLOPE=slope_of_hard_sigmoid", "-DACTIVATION=relu"],
    "rows": ["-DINDEX=long long"], "updates": ["-DON_GPU"],
}
"""What must be defined beside REAL."""
FILES = [file.name for file in importlib.resources.files(loader.__package__).iterdir()]
SOURCES = sorted(name.removesuffix(".cu") for name in FILES if name.endswith(".cu"))


@functools.cache
def architectures() -> list[str]:
    """Of sm_75 and sm_90, those that the nvcc on the path knows."""
    nvcc = shutil.which("nvcc")
    told = subprocess.run([nvcc, "--list-gpu-arch"], capture_output=True, text=True, check=True).stdout if nvcc else ""
    return [number for number in ("75", "90") if f"compute_{number}" in told]


def compile_by_nvcc(tmp_path, numbers: list[str], code: str, *options: str) -> str:
    """What nvcc says about the code, for these architectures; AssertionError if it refuses it."""
    if not numbers:
        pytest.skip("no nvcc on the path that knows sm_75 or sm_90")
    source = tmp_path / "kernels.cu"
    source.write_text(code)
    targets = [f"-gencode=arch=compute_{number},code=sm_{number}" for number in numbers]
    strict = "-std=c++17", "-Werror=all-warnings", "-Xptxas=-v", "-fatbin", *targets, *options
    told = subprocess.run(["nvcc", *strict, "-o", tmp_path / "out", source], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    return told.stderr


@pytest.mark.parametrize("real", ["float", "double"])
@pytest.mark.parametrize("name", SOURCES)
def test_nvcc_takes_the_kernels(tmp_path, name, real):
    numbers = architectures() if real == "float" else architectures()[-1:]
    told = compile_by_nvcc(tmp_path, numbers, loader.source(f"{name}.cu"), f"-DREAL={real}", *NEEDED.get(name, []))
    kernels = re.findall(r'extern "C" __global__ void (\w+)', loader.source(f"{name}.cu"))
    assert len(re.findall("Used .* registers", told)) == len(kernels) * len(numbers)
    assert not re.findall(r"[1-9]\d* bytes spill", told), told


def test_nvcc_takes_every_op_of_a_chain(tmp_path):
    """Without a warning, which a comparison of other types than the op has would give."""
    texts = []
    for real in ("float32", "float64"):
        for name in sorted(chains.OPERATIONS.keys() | chains.OF_ALL_TYPES.keys()):
            given = ["bool", real, real] if name == "Select" else ["bool"] * 3 if name.startswith("Logical") else [real] * 3
            made = "bool" if name.startswith(("Equal", "Greater", "Is", "Less", "Logical", "NotEqual")) else real
            step = chains.Step(name, (0, 1, 2), made, (("alpha", 0.2),))
            code = chains.source((step,), given, [(True, True), (True, False), (False, True)])
            helpers, kernel = code.split('extern "C"')
            texts.append(f'extern "C"{kernel}'.replace("chain(", f"{name}_{real}("))
    unused = "-diag-suppress=177"  # operands of which the op has fewer
    compile_by_nvcc(tmp_path, architectures()[:1], helpers + "\n".join(texts), unused)


def test_nvcc_refuses_what_is_no_cuda(tmp_path):
    broken = loader.source("rows.cu").replace("row < rows", "row < nothing")
    with pytest.raises(AssertionError, match="undefined"):
        compile_by_nvcc(tmp_path, architectures()[:1], broken, "-DREAL=float", "-DINDEX=int")
