"""`tf.errors`: TensorFlow's names of the errors a session can raise."""

from deepkit.errors import CancelledError, DataError, DeepkitError, OutOfRangeError, UninitializedError

__all__ = [
    "CancelledError", "DataLossError", "FailedPreconditionError", "InvalidArgumentError", "NotFoundError", "OpError",
    "OutOfRangeError",
]  # fmt: skip

OpError = DeepkitError
InvalidArgumentError = DeepkitError
FailedPreconditionError = UninitializedError
DataLossError = NotFoundError = DataError
