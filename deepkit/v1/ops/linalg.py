"""`tf.matmul` and its kin: products, inverses, decompositions, diagonals and norms of matrices."""

from __future__ import annotations

from deepkit import ops
from deepkit.v1.framework.symbolic import symbolic

__all__ = [
    "cholesky", "cholesky_solve", "cross", "diag", "diag_part", "einsum", "matmul", "matrix_band_part",
    "matrix_determinant", "matrix_diag", "matrix_diag_part", "matrix_inverse", "matrix_set_diag", "matrix_solve",
    "matrix_solve_ls", "matrix_triangular_solve", "norm", "qr", "self_adjoint_eig", "self_adjoint_eigvals", "svd",
    "tensordot", "trace",
]

adjoint = symbolic(ops.adjoint)
cholesky = symbolic(ops.cholesky)
cholesky_solve = symbolic(ops.cholesky_solve)
cross = symbolic(ops.cross)
diag = symbolic(ops.diag)
diag_part = symbolic(ops.diag_part)
einsum = symbolic(ops.einsum)
logdet = symbolic(ops.logdet)
matmul = symbolic(ops.matmul)
matrix_band_part = symbolic(ops.matrix_band_part)
matrix_determinant = symbolic(ops.matrix_determinant)
matrix_diag = symbolic(ops.matrix_diag, "diag")
matrix_diag_part = symbolic(ops.matrix_diag_part, "diag_part")
matrix_inverse = symbolic(ops.matrix_inverse)
matrix_rank = symbolic(ops.matrix_rank)
matrix_set_diag = symbolic(ops.matrix_set_diag, "set_diag")
matrix_solve = symbolic(ops.matrix_solve)
matrix_solve_ls = symbolic(ops.matrix_solve_ls)
matrix_triangular_solve = symbolic(ops.matrix_triangular_solve, "triangular_solve/")
matvec = symbolic(ops.matvec)
norm = symbolic(ops.norm)
normalize = symbolic(ops.normalize)
pinv = symbolic(ops.pinv)
qr = symbolic(ops.qr)
self_adjoint_eig = symbolic(ops.self_adjoint_eig)
self_adjoint_eigvals = symbolic(ops.self_adjoint_eigvals)
slogdet = symbolic(ops.slogdet)
svd = symbolic(ops.svd)
tensordot = symbolic(ops.tensordot)
trace = symbolic(ops.trace)
