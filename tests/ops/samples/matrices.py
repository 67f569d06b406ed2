"""Samples of matrix decompositions, solvers and diagonals."""

from __future__ import annotations

import numpy as np

from samples import NO_BATCH, Sample, integers, real

STACK = real(2, 3, 3)
SPD = STACK @ STACK.swapaxes(-1, -2) + 2 * np.eye(3)
SYMMETRIC = STACK + STACK.swapaxes(-1, -2) + np.diag([0.0, 2.0, 5.0])
LOWER = np.tril(STACK) + 2 * np.eye(3)
RHS = real(2, 3, 2)
TALL, WIDE = real(2, 4, 3) + np.eye(4, 3), real(2, 3, 4) + np.eye(3, 4)


def by_lower(function):
    """`function` of the symmetric matrix that the lower triangle of x describes."""
    return lambda x: function(np.tril(x) + np.tril(x, -1).swapaxes(-1, -2))


def set_diag(x, diagonal):
    y = x.copy()
    for i in range(diagonal.shape[-1]):
        y[..., i, i] = diagonal[..., i]
    return y


def triangular(lower, adjoint):
    def reference(a, b):
        a = np.tril(a) if lower else np.triu(a)
        return np.linalg.solve(a.swapaxes(-1, -2) if adjoint else a, b)

    return reference


SAMPLES: list[Sample] = [
    # the derivative of Cholesky is that among symmetric matrices: test_decomposition.py
    Sample("Cholesky", {}, (SPD,), np.linalg.cholesky, {"wrt": []}),
    *[
        Sample(
            "MatrixTriangularSolve", {"lower": lower, "adjoint": adjoint}, inputs, triangular(lower, adjoint), options
        )
        for lower in (True, False)
        for adjoint in (True, False)
        for inputs, options in (
            ((STACK + 3 * np.eye(3), RHS), {}),
            ((STACK[0] + 3 * np.eye(3), RHS[0]), NO_BATCH),
            ((STACK[0] + 3 * np.eye(3), RHS), NO_BATCH),
        )
    ],
    Sample("Qr", {}, (TALL,), lambda x: list(np.linalg.qr(x))),
    Sample("Qr", {}, (SPD,), lambda x: list(np.linalg.qr(x))),
    Sample("Qr", {}, (WIDE,), lambda x: list(np.linalg.qr(x))),
    Sample("Qr", {"full_matrices": True}, (TALL,), lambda x: list(np.linalg.qr(x, "complete")), {"wrt": []}),
    Sample("SelfAdjointEig", {"compute_v": False}, (SYMMETRIC,), by_lower(np.linalg.eigvalsh)),
    Sample("SelfAdjointEig", {}, (SYMMETRIC,)),
    Sample("Svd", {"compute_uv": False}, (TALL,), lambda x: np.linalg.svd(x, compute_uv=False)),
    *[Sample("Svd", {}, (x,)) for x in (TALL, WIDE, SPD + STACK)],
    Sample("Svd", {"full_matrices": True}, (WIDE,)),
    Sample("Svd", {"full_matrices": True}, (real(2, 5, 3),), None, {"wrt": []}),
    Sample("LogMatrixDeterminant", {}, (STACK + 3 * np.eye(3),), lambda x: list(np.linalg.slogdet(x))),
    *[Sample("PseudoInverse", {}, (x,), np.linalg.pinv) for x in (TALL, WIDE, SPD)],
    Sample("MatrixSetDiag", {}, (real(2, 3, 4), real(2, 3)), set_diag),
    Sample("MatrixSetDiag", {}, (integers(3, 2), integers(2)), set_diag, NO_BATCH),
    Sample("Cross", {}, (real(2, 4, 3), real(2, 4, 3)), np.cross),
    Sample("Cross", {}, (integers(4, 3), integers(4, 3)), np.cross),
]
