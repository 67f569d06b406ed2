"""Whole programs, written as people wrote them for TensorFlow 1 and Keras 2, run by `deepkit run-tf1` unchanged.

Each script checks its own results and ends with the line "done".
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.py"))
NEEDS = {"keras_variational": "h5py", "keras_pairs": "h5py", "old_companions": "sklearn"}


def run(script: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "DEEPKIT_DEBUG", "MPLBACKEND")
    environment = {k: v for k, v in os.environ.items() if k not in hidden}
    environment |= {"PYTHONPATH": str(REPOSITORY), "XDG_CACHE_HOME": str(folder / "cache")}
    command = [sys.executable, "-m", "deepkit", "run-tf1", str(script)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_runs_to_its_end(script, tmp_path):
    if NEEDS.get(script.stem):
        pytest.importorskip(NEEDS[script.stem], reason="Keras files need h5py (extra `io`), old names their libraries")
    child = run(script, tmp_path)
    assert child.returncode == 0, child.stderr
    assert child.stdout.splitlines()[-1] == "done"


def test_the_old_spellings_are_named_with_the_new_ones(tmp_path):
    errors = run(Path(__file__).parent / "scripts" / "keras_one.py", tmp_path).stderr
    assert (
        "keras_one.py:13: DeprecationWarning: this call is Keras 1; today it is Conv2D(4, (3, 3), padding='same'"
        in errors
    )
    assert "merge is Keras 1; today it is concatenate([...], axis=-1)" in errors
    assert "samples_per_epoch is now steps_per_epoch" in errors
    assert "it counts batches, not samples" in errors


def test_names_that_scikit_learn_gave_up_are_put_back_and_told(tmp_path):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra: course)")
    said = run(Path(__file__).parent / "scripts" / "old_companions.py", tmp_path).stderr
    assert "scikit-learn has given up TSNE, Imputer, cross_validation, sklearn.externals: put back for this program" in said


def test_boston_comes_from_the_data_at_hand(tmp_path):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra: course)")
    program = tmp_path / "prices.py"
    program.write_text("from sklearn.datasets import load_boston\nb = load_boston()\nprint(b.data.shape, b.feature_names[5])\n")
    child = run(program, tmp_path)
    if "DEEPKIT_DATA" in os.environ:
        assert child.stdout == "(506, 13) RM\n"
    else:
        assert "DataError" in child.stderr
        assert "housing.data" in child.stderr


def test_california_is_read_from_the_data_at_hand_as_scikit_learn_gives_it(tmp_path):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed (extra: course)")
    program, home = tmp_path / "districts.py", tmp_path / "home"
    program.write_text(
        "from sklearn.datasets import fetch_california_housing\n"
        f"h = fetch_california_housing(data_home={str(home)!r}, download_if_missing=False)\n"
        "print(h.data.shape, h.target[:2], h.data[0, :5].round(3).tolist(), h.feature_names[3], h.target_names)\n"
    )
    child = run(program, tmp_path)
    if "DEEPKIT_DATA" in os.environ:
        first = "[8.325, 41.0, 6.984, 1.024, 322.0] AveBedrms ['MedHouseVal']"
        assert child.stdout == f"(20640, 8) [4.526 3.585] {first}\n", child.stderr
    else:
        assert "Data not found and `download_if_missing` is False" in child.stderr  # scikit-learn's own words
