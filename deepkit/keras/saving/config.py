"""The architecture of a model as a dictionary, as JSON and as YAML, in Keras 2's layout; weights are not part of it."""

from __future__ import annotations

import contextlib
import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from deepkit.core.nest import flatten, map_leaves
from deepkit.core.shape import Shape
from deepkit.core.symbol import Symbol
from deepkit.core.tensor import Tensor
from deepkit.errors import ArgumentError, DataError
from deepkit.keras import dialects, registry
from deepkit.keras.backend.nested import single
from deepkit.keras.backend.session import World, get_value, history_of
from deepkit.keras.base.history import CallRecord, record_of
from deepkit.keras.base.topology import Topology, source_of, topology_of
from deepkit.keras.layers.serialization import serialize
from deepkit.keras.saving.added import add_again, added_config
from deepkit.keras.saving.objects import deserialize_layer, reading
from deepkit.loading import optional

_CONSTANT = "_CONSTANT_VALUE"
_LARGEST = 1_000_000  # entries of a YAML text, with what its aliases repeat


# ---- writing


def network_config(network: Any) -> dict[str, Any]:
    """What `get_config` of a model gives: its layers and how they are connected.

    A tensor is written as [layer, number of the layer's call, number of the output of that call].
    """
    topology = topology_of(network)
    if topology is None:
        raise ArgumentError(
            f"{type(network).__name__} {network.name!r} computes in Python code, which no configuration can hold",
            rule="a model made from inputs and outputs, or a Sequential one, can be written down as layers",
            hint="save its weights with save_weights, make the model by your own code, then load_weights",
        )
    place, layers = _Places(topology), []
    for layer in topology.layers:
        nodes = [_node(call, place) for call in layer.inbound_nodes if call in topology.depth_of and not call.is_input]
        layers.append({**serialize(layer), "name": layer.name, "inbound_nodes": nodes})
    inputs, outputs = map_leaves(place, topology.inputs), map_leaves(place, topology.outputs)
    return {
        "name": network.name,
        "trainable": network.trainable,
        "layers": layers,
        "input_layers": inputs if isinstance(topology.inputs, (list, tuple, dict)) else [inputs],
        "output_layers": outputs if isinstance(topology.outputs, (list, tuple, dict)) else [outputs],
        **added_config(network, place),
    }


def sequential_config(model: Any, layers: list[Any]) -> dict[str, Any]:
    """What `get_config` of a Sequential model gives: its layers in their order, the Input in front of them included."""
    topology = topology_of(model)
    added = {} if topology is None else added_config(model, _Places(topology))
    return {"name": model.name, "layers": [serialize(layer) for layer in layers], **added}


class _Places:
    """Where the tensors of a model come from: [layer, number of the layer's call in this model, number of the output]."""

    def __init__(self, topology: Topology):
        self._number: dict[Any, int] = {}
        for layer in topology.layers:
            kept = [call for call in layer.inbound_nodes if call in topology.depth_of]
            self._number.update({call: n for n, call in enumerate(kept, start=int(begins_with_input(layer)))})

    def __call__(self, x: Symbol) -> list[Any]:
        layer, _, output = source_of(x)
        return [layer.name, self._number.get(record_of(x), 0), output]

    def tensor_at(self) -> Callable[[Any], Symbol]:
        """The way back: which tensor comes from a place."""
        calls = {(call.layer.name, number): call for call, number in self._number.items()}
        return lambda place: flatten(calls[place[0], place[1]].outputs)[place[2]]


def begins_with_input(layer: Any) -> bool:
    """Whether a layer is a model with an Input of its own: Keras counts the making of such a model as its call 0."""
    return topology_of(layer) is not None


def _node(call: CallRecord, place: Callable[[Symbol], list[Any]]) -> Any:
    """One call of a layer: what it was called on, and with which other arguments."""
    named = dict(zip(list(call.layer.call_parameters)[1:], call.args, strict=False))

    def argument(x: Any) -> Any:
        if isinstance(x, Symbol) and history_of(x) is not None:
            return place(x)
        return np.asarray(get_value(x)).tolist() if isinstance(x, (Symbol, Tensor, np.ndarray, np.generic)) else x

    others = map_leaves(argument, {**named, **call.kwargs})
    try:
        json.dumps(others)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            f"layer {call.layer.name!r} was called with an argument that cannot be written down: {error}",
            rule="beside tensors a call may have numbers, strings, lists and dictionaries",
        ) from error

    def ends(x: Any) -> Any:
        known = isinstance(x, Symbol) and history_of(x) is not None
        return [*place(x), others] if known else [_CONSTANT, -1, argument(x), others]

    data = map_leaves(ends, call.inputs)
    return data if isinstance(call.inputs, (list, tuple, dict)) else [data]


def model_config(model: Any) -> dict[str, Any]:
    """{"class_name": ..., "config": ...} of a model, as files have it."""
    return {"class_name": registry.get_registered_name(type(model)), "config": model.get_config()}


def described(model: Any) -> dict[str, Any]:
    """`model_config` with the version of Keras whose layout it has."""
    return {**model_config(model), "keras_version": dialects.version(), "backend": "tensorflow"}


def dump_json(value: Any, **kwargs: Any) -> str:
    """JSON of a configuration; objects in it are written as their configurations."""
    try:
        return json.dumps(value, default=_plain, **kwargs)
    except ValueError as error:
        raise ArgumentError(f"the configuration cannot be written as JSON: {error}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, Shape):
        return value.as_list()
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, Symbol):
        return np.asarray(get_value(value)).tolist()
    return value.name if isinstance(value, np.dtype) else registry.serialize_keras_object(value)


def to_json(model: Any, **kwargs: Any) -> str:
    """The architecture as JSON text; kwargs go to json.dumps (indent=2 makes it readable)."""
    return dump_json(described(model), **kwargs)


def to_yaml(model: Any, **kwargs: Any) -> str:
    """The architecture as YAML text; kwargs go to yaml.safe_dump. Needs PyYAML (extra `io`)."""
    return _yaml().safe_dump(json.loads(dump_json(described(model))), **{"sort_keys": False, **kwargs})


def _yaml() -> Any:
    return optional("yaml", "a model as YAML")


# ---- reading


def model_from_config(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The model of a configuration with "class_name" and "config"; its weights get their initial values."""
    if isinstance(config, list):
        raise ArgumentError(
            "model_from_config got a list", rule='a dictionary {"class_name": ..., "config": ...}',
            hint="what model.get_config() gave goes to Sequential.from_config(...)",
        )
    with forgotten_on_error():
        model = deserialize_layer(config, custom_objects)
        if not getattr(model, "is_network", False):
            raise DataError(f"the configuration describes a layer, {model!r}, and no model")
    return model


@contextlib.contextmanager
def forgotten_on_error() -> Iterator[None]:
    """Inside, a model is made; if that fails, the weights made so far never get values."""
    weights = World.of().awaiting
    known = len(weights)
    try:
        yield
    except BaseException:
        del weights[known:]
        raise


def model_from_json(json_string: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The model that `to_json` of some version of Keras 2 described.

    custom_objects: {"MyLayer": MyLayer, ...}, your own classes and functions by the names in the text.
    """
    return model_from_config(parse_json(json_string, "the JSON text of the model"), custom_objects)


def model_from_yaml(yaml_string: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The model that `to_yaml` of some version of Keras 2 described; read by PyYAML's safe loader (extra `io`)."""
    yaml = _yaml()

    class Loader(yaml.SafeLoader):  # type: ignore[name-defined]
        """The safe loader, and tuples, which older versions wrote with a tag of their own."""

    def as_list(loader: Any, node: Any) -> list[Any]:
        return loader.construct_sequence(node, deep=True)

    Loader.add_constructor("tag:yaml.org,2002:python/tuple", as_list)
    try:
        config = yaml.load(yaml_string, Loader)
        _count(config)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise DataError(
            f"the YAML text of the model cannot be read: {error}",
            rule="plain YAML: maps, lists, strings, numbers; no Python objects",
        ) from error
    return model_from_config(config, custom_objects)


def _count(value: Any) -> None:
    """ValueError if aliases blow the text up: ten lines can name ten thousand million lists."""
    stack, seen = [value], 0
    while stack:
        item = stack.pop()
        seen += 1
        if seen > _LARGEST:
            raise ValueError(f"with its aliases it has more than {_LARGEST:,} entries")
        stack += item.values() if isinstance(item, dict) else item if isinstance(item, (list, tuple)) else []


def parse_json(text: Any, what: str) -> Any:
    """The value of a JSON text; tuples and shapes, which later versions mark, become lists."""

    def unmarked(item: dict[str, Any]) -> Any:
        marked = item.get("class_name") in ("__tuple__", "TensorShape") and isinstance(item.get("items"), list)
        return item["items"] if marked else item

    if not isinstance(text, (str, bytes)):
        raise ArgumentError(f"{what} is a {type(text).__name__}", rule="a string", hint="a file: open(path).read()")
    try:
        return json.loads(text, object_hook=unmarked)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{what} is no JSON that can be read: {error}") from error


def network_from_config(cls: Any, config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """A model of the class `cls` from what `network_config` gave."""
    if not isinstance(config, dict) or not {"layers", "input_layers", "output_layers"} <= config.keys():
        with reading(f"the configuration of a model of class {cls.__name__}"):
            return cls(**config)
    with reading(f"the configuration of model {config.get('name')!r}"):
        builder = _Builder(config, custom_objects)
        inputs, outputs = builder.build()
        accepted = inspect.signature(cls.__init__).parameters
        if not {"inputs", "args", "kwargs"} & accepted.keys():
            raise ArgumentError(
                f"{cls.__name__} cannot be made from inputs and outputs",
                rule="a subclass whose __init__ has other arguments needs a from_config of its own",
                hint="def get_config and classmethod from_config, or save the weights alone",
            )
        model = cls(inputs=inputs, outputs=outputs, name=config.get("name"))
        if config.get("trainable") is False:
            model._trainable = False  # of the model itself: each layer has said it for itself
        add_again(model, config.get("added"), builder.tensor, builder.layers)
        return model


def sequential_from_config(cls: Any, config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """A model of the class `cls`, a Sequential one, from a configuration of this or an older version."""
    name = config.get("name") if isinstance(config, dict) else None
    layers = config.get("layers") if isinstance(config, dict) else config  # Keras 2.0 to 2.2.2 wrote the list alone
    if not isinstance(layers, (list, tuple)):
        raise DataError("the configuration of a Sequential model has no list of layers")
    model = cls(name=name)
    for layer in layers:
        model.add(deserialize_layer(layer, custom_objects))
    shape = config.get("build_input_shape") if isinstance(config, dict) else None
    if shape and not model.inputs:
        with reading(f"the input shape of model {name!r}"):
            model.build(tuple(shape))
    _add_to_sequential(model, config)
    return model


def _add_to_sequential(model: Any, config: Any) -> None:
    said, topology = config.get("added") if isinstance(config, dict) else None, topology_of(model)
    if said and topology is not None:
        with reading(f"the losses and metrics of model {model.name!r}"):
            add_again(model, said, _Places(topology).tensor_at(), {layer.name: layer for layer in model.layers})


class _Builder:
    """Makes the layers of a configuration and calls them as it says, each call as soon as its inputs are there."""

    def __init__(self, config: dict[str, Any], custom_objects: Mapping[str, Any] | None):
        self.config = config
        self.layers = {said["name"]: deserialize_layer(said, custom_objects) for said in config["layers"]}
        if len(self.layers) != len(config["layers"]):
            raise DataError(f"two layers of model {config.get('name')!r} have the same name")
        named = [ref for said in config["layers"] for ref in _references(said["inbound_nodes"], self.layers)]
        named += _references([config["input_layers"], config["output_layers"]], self.layers)
        counted_from_0 = {ref[0] for ref in named if ref[1] == 0}
        self.done: dict[tuple[str, int], CallRecord] = {}
        self.next: dict[str, int] = {}
        for name, layer in self.layers.items():
            self.next[name] = int(begins_with_input(layer) and name not in counted_from_0)
            if not self._nodes(name) and layer.inbound_nodes and not begins_with_input(layer):
                self.done[name, 0] = layer.inbound_nodes[0]  # an InputLayer

    def _nodes(self, name: str) -> list[Any]:
        return next(said["inbound_nodes"] for said in self.config["layers"] if said["name"] == name)

    def build(self) -> tuple[Any, Any]:
        """(inputs, outputs) of the model."""
        waiting = {said["name"]: list(said["inbound_nodes"]) for said in self.config["layers"]}
        while any(waiting.values()):
            before = sum(map(len, waiting.values()))
            for name, nodes in waiting.items():
                while nodes and self._ready(nodes[0]):
                    self._call(name, nodes.pop(0))
            if sum(map(len, waiting.values())) == before:
                stuck = ", ".join(name for name, nodes in waiting.items() if nodes)
                raise DataError(
                    f"the layers {stuck} of model {self.config.get('name')!r} need inputs that no layer makes",
                    rule="each call of a layer takes tensors that calls before it have made",
                )
        return self._ends("input_layers"), self._ends("output_layers")

    def _ready(self, node: Any) -> bool:
        return all((ref[0], ref[1]) in self.done for ref in _references(node, self.layers))

    def _call(self, name: str, node: Any) -> None:
        kwargs: dict[str, Any] = {}

        def value(item: Any) -> Any:
            if _is_input(item):
                kwargs.update(self._filled(item[3]) if len(item) > 3 and item[3] else {})
                return np.asarray(item[2]) if item[0] == _CONSTANT else self.tensor(item)
            if isinstance(item, dict):
                return {key: value(x) for key, x in item.items()}
            return [value(x) for x in item]

        found = value(node)
        layer = self.layers[name]
        layer(single(found) if isinstance(found, list) else found, **kwargs)
        self.done[name, self.next[name]] = layer.inbound_nodes[-1]
        self.next[name] += 1

    def _filled(self, item: Any) -> Any:
        """Arguments of a call, with tensors where tensors were named."""
        if isinstance(item, list) and _is_reference(item, self.layers):
            return self.tensor(item)
        if isinstance(item, dict):
            return {key: self._filled(x) for key, x in item.items()}
        return [self._filled(x) for x in item] if isinstance(item, list) else item

    def tensor(self, ref: Any) -> Any:
        return flatten(self.done[ref[0], ref[1]].outputs)[ref[2]]

    def _ends(self, which: str) -> Any:
        def value(item: Any) -> Any:
            if _is_reference(item, self.layers):
                return self.tensor(item)
            return {k: value(x) for k, x in item.items()} if isinstance(item, dict) else [value(x) for x in item]

        found = value(self.config[which])
        return single(found) if isinstance(found, list) else found


def _is_input(item: Any) -> bool:
    """Whether `item` is [layer, call, output] or [layer, call, output, further arguments]."""
    return isinstance(item, (list, tuple)) and len(item) in (3, 4) and isinstance(item[0], str) and type(item[1]) is int


def _is_reference(item: Any, layers: Mapping[str, Any]) -> bool:
    return _is_input(item) and len(item) == 3 and item[0] in layers and type(item[2]) is int


def _references(item: Any, layers: Mapping[str, Any]) -> list[Any]:
    """All [layer, call, output] in a part of a configuration."""
    if _is_input(item) and (item[0] in layers or item[0] == _CONSTANT):
        own = [] if item[0] == _CONSTANT else [item[:3]]
        return own + (_references(item[3], layers) if len(item) > 3 else [])
    inner = item.values() if isinstance(item, dict) else item if isinstance(item, (list, tuple)) else []
    return [ref for x in inner for ref in _references(x, layers)]
