"""The messages of `tf.train.Example`, described to the protobuf library at run time; the same bytes as TensorFlow's.

    Example         { features: Features }
    Features        { feature: map of names to Feature }
    Feature         { one of bytes_list, float_list, int64_list }
    SequenceExample { context: Features, feature_lists: FeatureLists }
    FeatureLists    { feature_list: map of names to FeatureList }
    FeatureList     { feature: several Feature }

They are kept in a pool of their own, so that TensorFlow and TensorBoard, which register messages of the same names, can
be loaded beside them.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import numpy as np

from deepkit.loading import optional

PACKAGE = "tensorflow"
NAMES = (
    "BytesList", "FloatList", "Int64List", "Feature", "Features", "FeatureList", "FeatureLists", "Example",
    "SequenceExample",
)

# message -> fields in order of their numbers: name, type; [] for several, {} for a map from names, | for one of
_FIELDS = {
    "BytesList": "value []bytes",
    "FloatList": "value []float",
    "Int64List": "value []int64",
    "Feature": "bytes_list |BytesList float_list |FloatList int64_list |Int64List",
    "Features": "feature {}Feature",
    "FeatureList": "feature []Feature",
    "FeatureLists": "feature_list {}FeatureList",
    "Example": "features Features",
    "SequenceExample": "context Features feature_lists FeatureLists",
}


def message(name: str) -> Any:
    """The class of messages of one of NAMES.

    Raises:
        MissingExtraError: the protobuf library is not installed.

    >>> message("Int64List")(value=[1, 300]).SerializeToString()
    b'\\n\\x03\\x01\\xac\\x02'
    """
    made = _messages()[name]
    return _TakesBools(name, (), {"message": made, "__doc__": made.__doc__}) if name == "Int64List" else made


class _TakesBools(type):
    """A class of messages whose whole numbers may be True and False, too, as the protobuf library of TensorFlow 1 took them."""

    message: Any

    def __call__(cls, value: Iterable[Any] = ()) -> Any:
        return cls.message(value=[int(v) if isinstance(v, (bool, np.bool_)) else v for v in value])

    def __getattr__(cls, name: str) -> Any:
        return getattr(cls.message, name)

    def __instancecheck__(cls, x: object) -> bool:
        return isinstance(x, cls.message)


@functools.cache
def _messages() -> dict[str, Any]:
    descriptor_pb2, descriptor_pool, message_factory = (
        optional(f"google.protobuf.{part}", "reading and writing tf.train.Example")
        for part in ("descriptor_pb2", "descriptor_pool", "message_factory")
    )
    file = descriptor_pb2.FileDescriptorProto(name="deepkit/example.proto", package=PACKAGE, syntax="proto3")
    for name, text in _FIELDS.items():
        _describe(file.message_type.add(name=name), text.split(), descriptor_pb2.FieldDescriptorProto)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {n: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{n}")) for n in _FIELDS}


def _describe(proto: Any, words: list[str], field: Any) -> None:
    """Adds the fields that the words name to a description of a message."""
    scalars = {
        "bytes": field.TYPE_BYTES,
        "float": field.TYPE_FLOAT,
        "int64": field.TYPE_INT64,
        "string": field.TYPE_STRING,
    }

    def add(to: Any, name: str, number: int, type_: str, **options: Any) -> None:
        options["label"] = options.get("label", field.LABEL_OPTIONAL)
        if type_ in scalars:
            to.field.add(name=name, number=number, type=scalars[type_], **options)
        else:
            to.field.add(name=name, number=number, type=field.TYPE_MESSAGE, type_name=f".{PACKAGE}.{type_}", **options)

    if any(word.startswith("|") for word in words):
        proto.oneof_decl.add(name="kind")
    for number, (name, type_) in enumerate(zip(words[::2], words[1::2], strict=True), 1):
        plain = type_.lstrip("[]{}|")
        if type_.startswith("{}"):  # a map is a list of entries with a key and a value
            entry = proto.nested_type.add(name=f"{name.title().replace('_', '')}Entry")
            entry.options.map_entry = True
            add(entry, "key", 1, "string")
            add(entry, "value", 2, plain)
            add(proto, name, number, f"{proto.name}.{entry.name}", label=field.LABEL_REPEATED)
        elif type_.startswith("[]"):
            add(proto, name, number, plain, label=field.LABEL_REPEATED)
        else:
            add(proto, name, number, plain, **({"oneof_index": 0} if type_.startswith("|") else {}))
