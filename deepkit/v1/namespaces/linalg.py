"""`tf.linalg`: matrices."""

from deepkit.train import global_norm
from deepkit.v1.nn import l2_normalize
from deepkit.v1.ops.arrays import eye, matrix_transpose
from deepkit.v1.ops.arrays import matrix_transpose as transpose
from deepkit.v1.ops.linalg import (
    adjoint,
    cholesky,
    cholesky_solve,
    cross,
    einsum,
    logdet,
    matmul,
    matrix_rank,
    matvec,
    norm,
    normalize,
    pinv,
    qr,
    slogdet,
    svd,
    tensordot,
    trace,
)
from deepkit.v1.ops.linalg import diag as tensor_diag
from deepkit.v1.ops.linalg import diag_part as tensor_diag_part
from deepkit.v1.ops.linalg import matrix_band_part as band_part
from deepkit.v1.ops.linalg import matrix_determinant as det
from deepkit.v1.ops.linalg import matrix_diag as diag
from deepkit.v1.ops.linalg import matrix_diag_part as diag_part
from deepkit.v1.ops.linalg import matrix_inverse as inv
from deepkit.v1.ops.linalg import matrix_set_diag as set_diag
from deepkit.v1.ops.linalg import matrix_solve as solve
from deepkit.v1.ops.linalg import matrix_solve_ls as lstsq
from deepkit.v1.ops.linalg import matrix_triangular_solve as triangular_solve
from deepkit.v1.ops.linalg import self_adjoint_eig as eigh
from deepkit.v1.ops.linalg import self_adjoint_eigvals as eigvalsh
from deepkit.v1.ops.linear_operators import (
    LinearOperator,
    LinearOperatorComposition,
    LinearOperatorDiag,
    LinearOperatorFullMatrix,
    LinearOperatorIdentity,
    LinearOperatorLowerTriangular,
    LinearOperatorScaledIdentity,
)

__all__ = [
    "LinearOperator", "LinearOperatorComposition", "LinearOperatorDiag", "LinearOperatorFullMatrix",
    "LinearOperatorIdentity", "LinearOperatorLowerTriangular", "LinearOperatorScaledIdentity",
    "adjoint", "band_part", "cholesky", "cholesky_solve", "cross", "det", "diag", "diag_part", "eigh", "eigvalsh",
    "einsum", "eye", "global_norm", "inv", "l2_normalize", "logdet", "lstsq", "matmul", "matrix_rank",
    "matrix_transpose", "matvec", "norm", "normalize", "pinv", "qr", "set_diag", "slogdet", "solve", "svd",
    "tensor_diag", "tensor_diag_part", "tensordot", "trace", "transpose", "triangular_solve",
]
