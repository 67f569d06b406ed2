"""`tf.errors`: TensorFlow's names of the errors a session can raise."""

from deepkit.errors import ClosedSessionError, DeepkitError, OutOfRangeError, UninitializedError

__all__ = [
    "CancelledError", "FailedPreconditionError", "InvalidArgumentError", "OpError", "OutOfRangeError",
]  # fmt: skip

OpError = DeepkitError
InvalidArgumentError = DeepkitError
FailedPreconditionError = UninitializedError
CancelledError = ClosedSessionError
