"""Samples of the ops that print and check."""

from __future__ import annotations

import numpy as np

from samples import A, Sample, integers

SAMPLES = [
    Sample("Print", {"message": "x = "}, (A, A), lambda x, shown: x, {"wrt": [0]}),
    Sample("PrintV2", {}, (np.array(b"x = 1", object),), lambda text: text),
    Sample("StringFormat", {"template": "{} {}"}, (integers(3), np.float32(0.5)), lambda a, b: f"[{a[0]} {a[1]} {a[2]}] 0.5".encode()),
    Sample("Assert", {}, (np.array(True), A), lambda condition, shown: condition),
]

WITHOUT_SAMPLE = {
    "PyFunc": "computes what it is given; tests/ops/test_effects.py",
    "ToDevice": "is not where its input is; tests/device/cuda/test_eager_on_gpu.py",
}
