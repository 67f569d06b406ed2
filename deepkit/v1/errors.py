"""`tf.errors`: TensorFlow's names of the errors a session can raise."""

from deepkit.errors import ClosedSessionError, DataError, DeepkitError, OutOfRangeError, UninitializedError

__all__ = [
    "CancelledError", "DataLossError", "FailedPreconditionError", "InvalidArgumentError", "NotFoundError", "OpError",
    "OutOfRangeError",
]  # fmt: skip

OpError = DeepkitError
InvalidArgumentError = DeepkitError
FailedPreconditionError = UninitializedError
CancelledError = ClosedSessionError
DataLossError = NotFoundError = DataError
