"""`tf.errors`: TensorFlow's names of the errors a session can raise."""

from deepkit.errors import ClosedSessionError, DeepkitError, OutOfRangeError, UninitializedError

OpError = DeepkitError
InvalidArgumentError = DeepkitError
FailedPreconditionError = UninitializedError
CancelledError = ClosedSessionError
