"""Records that hold a tf.train.Example: which features they have, and what items are made of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from deepkit import ops
from deepkit.device.dtypes import as_dtype
from deepkit.ops.arrays.sparse import SparseTensor, sparse_tensor_to_dense
from deepkit.ops.input.features import FixedLenFeature
from deepkit.v1.contrib.slim.data.data_decoder import DataDecoder
from deepkit.v1.framework.control_flow import cond, map_fn
from deepkit.v1.ops.parsing import decode_raw, parse_single_example

__all__ = ["BoundingBox", "Image", "ItemHandler", "ItemHandlerCallback", "LookupTensor", "TFExampleDecoder", "Tensor"]


class ItemHandler(ABC):
    """Makes one item of the parsed features that it names in `keys`."""

    def __init__(self, keys: Any):
        self.keys = list(keys) if isinstance(keys, (list, tuple)) else [keys]

    @abstractmethod
    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        """The item, a tensor."""


class ItemHandlerCallback(ItemHandler):
    """An item made by a function of the dict of its features."""

    def __init__(self, keys: Any, func: Callable[[dict[str, Any]], Any]):
        super().__init__(keys)
        self._func = func

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        return self._func(keys_to_tensors)


class Tensor(ItemHandler):
    """A feature as it is, or in another shape: `shape`, or what the features `shape_keys` say."""

    def __init__(self, tensor_key: str, shape_keys: Any = None, shape: Any = None, default_value: Any = 0):
        self._key, self._shape, self._default = tensor_key, shape, default_value
        self._shape_keys = [shape_keys] if isinstance(shape_keys, str) else list(shape_keys or [])
        super().__init__([tensor_key, *self._shape_keys])

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        tensor, shape = keys_to_tensors[self._key], self._shape
        if isinstance(tensor, SparseTensor):
            tensor = sparse_tensor_to_dense(tensor, b"" if tensor.dtype.is_string else self._default)
        if self._shape_keys:
            sizes = [_dense(keys_to_tensors[key]) for key in self._shape_keys]
            shape = ops.cast(ops.concat([ops.reshape(size, [-1]) for size in sizes], 0), "int32")
        return tensor if shape is None else ops.reshape(tensor, shape)


def _dense(x: Any) -> Any:
    return sparse_tensor_to_dense(x) if isinstance(x, SparseTensor) else x


class LookupTensor(Tensor):
    """As Tensor, each value looked up in a table."""

    def __init__(self, tensor_key: str, table: Any, shape_keys: Any = None, shape: Any = None, default_value: Any = ""):
        super().__init__(tensor_key, shape_keys, shape, default_value)
        self._table = table

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        return self._table.lookup(super().tensors_to_item(keys_to_tensors))


class BoundingBox(ItemHandler):
    """Boxes (n, 4) of four features with n numbers each: ymin, xmin, ymax, xmax, called prefix + key."""

    def __init__(self, keys: Any = None, prefix: str = ""):
        self._full = [prefix + key for key in (keys or ["ymin", "xmin", "ymax", "xmax"])]
        super().__init__(self._full)

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        return ops.stack([ops.reshape(_dense(keys_to_tensors[key]), [-1]) for key in self._full], 1)


class Image(ItemHandler):
    """An image (height, width, channels) from its encoded bytes; the format "raw" holds the numbers themselves."""

    def __init__(
        self, image_key: str | None = None, format_key: str | None = None, shape: Any = None, channels: int = 3,
        dtype: Any = "uint8", repeated: bool = False, dct_method: str = "",
    ):
        self._image, self._format = image_key or "image/encoded", format_key or "image/format"
        self._shape, self._channels, self._dtype, self._repeated = shape, channels, dtype, repeated
        super().__init__([self._image, self._format])

    def tensors_to_item(self, keys_to_tensors: dict[str, Any]) -> Any:
        data, kind = keys_to_tensors[self._image], keys_to_tensors[self._format]
        if self._repeated:
            return map_fn(lambda one: self._decoded(one, kind), data, dtype=as_dtype(self._dtype))
        return self._decoded(data, kind)

    def _decoded(self, data: Any, kind: Any) -> Any:
        def raw() -> Any:
            return ops.cast(decode_raw(data, as_dtype(self._dtype)), self._dtype)

        def encoded() -> Any:
            return ops.cast(image.decode_image(data, channels=self._channels), self._dtype)

        is_raw = ops.logical_or(ops.equal(kind, b"raw"), ops.equal(kind, b"RAW"))
        image = cond(is_raw, raw, encoded)
        if self._shape is not None:
            return ops.reshape(image, self._shape)
        image.set_shape([None, None, self._channels])
        return image


class TFExampleDecoder(DataDecoder):
    """keys_to_features: name -> FixedLenFeature or VarLenFeature; items_to_handlers: name of an item -> ItemHandler."""

    def __init__(self, keys_to_features: dict[str, Any], items_to_handlers: dict[str, ItemHandler]):
        self._keys_to_features, self._items_to_handlers = keys_to_features, items_to_handlers

    def list_items(self) -> list[str]:
        return list(self._items_to_handlers)

    def decode(self, serialized_example: Any, items: list[str] | None = None) -> list[Any]:
        """The tensors of the named items (all) of one serialized Example."""
        parsed = parse_single_example(serialized_example, self._keys_to_features)
        for key in sorted(self._keys_to_features):
            feature = self._keys_to_features[key]
            if isinstance(feature, FixedLenFeature):
                parsed[key] = ops.reshape(parsed[key], feature.shape)
        wanted = self.list_items() if items is None else items
        return [
            handler.tensors_to_item({key: parsed[key] for key in handler.keys})
            for handler in (self._items_to_handlers[item] for item in wanted)
        ]
