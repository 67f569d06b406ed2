"""`tf.contrib.util`: tensors as protocol messages."""

from deepkit.v1.framework.tensor_messages import constant_value, make_ndarray, make_tensor_proto

__all__ = ["constant_value", "make_ndarray", "make_tensor_proto"]
