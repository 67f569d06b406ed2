"""What other libraries call things that deepkit has under another name, so that who knows those finds ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn, TypeVar

from deepkit.core.op import Op
from deepkit.errors import MissingNameError

_GRADIENTS = "gradients(y, [x]) walks back from y: nothing has to be recorded, and nothing is kept in x"
_AS_IT_IS = "every tensor can be differentiated; stop_gradient(x) is a constant for the gradients"
ON_TENSORS = {
    "backward": _GRADIENTS, "grad": _GRADIENTS, "requires_grad": _AS_IT_IS, "requires_grad_": _AS_IT_IS,
    "detach": "stop_gradient(x)", "view": "reshape(x, shape)", "permute": "transpose(x, order)",
    "unsqueeze": "expand_dims(x, axis)", "size": "x.shape", "astype": "cast(x, dtype)",
    "assign": "only variables and their parts, v[1:], can be assigned to",
}
"""Attributes of PyTorch's and NumPy's arrays and of variables, and what to write instead."""
IN_MODULES = {"GradientTape": _GRADIENTS, "autograd": _GRADIENTS, "grad": _GRADIENTS, "no_grad": _AS_IT_IS}
"""Names of TensorFlow 2, PyTorch and JAX."""


def elsewhere(name: str) -> str | None:
    """The hint for a name of another library."""
    return IN_MODULES.get(name)


class Foreign:
    """An attribute that tensors do not have: reading it is a MissingNameError with a hint, and `hasattr` says no.

    One object for each name costs nothing where a tensor is asked for an attribute that is in no table.
    """

    def __init__(self, name: str, hint: str):
        self.name, self.hint = name, hint

    def __get__(self, tensor: Any, owner: type) -> NoReturn:
        raise MissingNameError(f"a {owner.__name__} has no attribute {self.name!r}", hint=self.hint)


# ---- types of ops: programs look nodes up by `op.type`

T = TypeVar("T")


def _dimensional(name: str) -> Callable[[Any], str]:
    """The name with the number of space axes: Conv2D. Those with one axis are computed as with two in TensorFlow."""
    return lambda op: f"{name}{max(op.space, 2)}D"


def _pooled(name: str) -> Callable[[Any], str]:
    return lambda op: name if op.space < 3 else f"{name}3D"


def _back(to: str) -> Callable[[Any], str]:
    return lambda op: f"Conv3DBackprop{to}V2" if op.space == 3 else f"Conv2DBackprop{to}"


def _scattered(op: Any) -> str:
    return f"Scatter{'Nd' if op.nd else ''}{op.how.title()}"


def _padded(op: Any) -> str:
    return "MirrorPad" if op.mode != "CONSTANT" else "PadV2" if op.constant else "Pad"


def _transformed(op: Any) -> str:
    return f"{'I' if op.inverse else ''}FFT{f'{op.axes}D' if op.axes > 1 else ''}"


def _sampled(op: Any) -> str:
    name = "FixedUnigram" if op.distribution == "unigrams" else op.distribution.title().replace("_", "")
    return f"{name}CandidateSampler"


TYPES: dict[str, str | Callable[[Any], str]] = {
    "Add": "AddV2", "Any_": "Any", "AvgPool": _pooled("AvgPool"), "BatchNorm": "FusedBatchNormV3", "Bincount": "DenseBincount",
    "BooleanMask": "GatherV2", "CandidateSampler": _sampled, "ClipByValue": "Maximum", "Concat": "ConcatV2",
    "Conv": _dimensional("Conv"), "ConvFilterGrad": _back("Filter"), "ConvInputGrad": _back("Input"), "Eye": "MatrixDiagV3",
    "FFT": _transformed, "Gather": "GatherV2", "InTopK": "InTopKV2", "InitializedValue": "Identity",
    "LocalResponseNorm": "LRN", "LogSumExp": "AddV2", "LogicalXor": "LogicalAnd", "MatrixDiag": "MatrixDiagV3",
    "MatrixDiagPart": "MatrixDiagPartV3", "MatrixSetDiag": "MatrixSetDiagV3", "MaxPool": _pooled("MaxPool"), "Pad": _padded,
    "ParseExample": "ParseExampleV2", "ReadVariable": "Identity", "Reverse": "ReverseV2", "ScatterRef": _scattered,
    "SearchSorted": lambda op: f"{'Upper' if op.side == 'right' else 'Lower'}Bound", "SelfAdjointEig": "SelfAdjointEigV2",
    "SetDiff1d": "ListDiff", "ShapeOf": "Shape", "SoftmaxCrossEntropy": "SoftmaxCrossEntropyWithLogits",
    "SparseSoftmaxCrossEntropy": "SparseSoftmaxCrossEntropyWithLogits", "Split": lambda op: "SplitV" if op.sizes else "Split",
    "StringSplit": lambda op: "StringSplitV2" if op.whole else "StringSplit",
    "TensorScatter": lambda op: f"TensorScatter{op.how.title()}", "TopK": "TopKV2",
    "UniqueValues": "Unique",
    "Late": lambda op: type_of(op.made()),
}
"""TensorFlow's names of the ops that are called otherwise here, by the name of the op's class."""


def type_of(op: Op) -> str:
    """TensorFlow's name of an op."""
    known = TYPES.get(op.type, op.type)
    return known if isinstance(known, str) else known(op)


LAST_PIECES = (
    (r"Merge(?:_(\d+))?", "Cond"), (r"Exit(?:_(\d+))?", "While"),
    (r"TensorArrayStack(?:_(\d+))?/TensorArrayGatherV3", "Scan"), (r"Identity()", "Gather"),
    (r"(?:SelectV2|mul_1)()", "Dropout"), (r"Reshape_2()", "SoftmaxCrossEntropy"),
    (r"SparseSoftmaxCrossEntropyWithLogits()", "SparseSoftmaxCrossEntropy"), (r"Squeeze()", "Conv"),
    (r"InTopKV2()", "InTopK"), (r"GatherV2()", "BooleanMask"), (r"fraction()", "Mean"),
)
"""What TensorFlow calls the last of the pieces that it makes of what is one node here, and our op; a number counts results."""


def by_last_piece(name: str, nodes: Mapping[str, Any]) -> tuple[Any, int] | None:
    """The node, and which of its outputs, that is the last of several pieces in TensorFlow, where it has this name."""
    for piece, kind in LAST_PIECES:
        found = re.fullmatch(f"(.+)/{piece}", name)
        node = nodes.get(found[1]) if found else None
        if found and node is not None and node.op.type == kind:
            return node, getattr(node.op, "states", 0) + int(found[2] or 0)
    return None


def shown_as(y: T, kind: str) -> T:
    """The result of several nodes, the last of which is shown as the one op that TensorFlow has for all of them."""
    first: Any = y[0] if isinstance(y, (list, tuple)) and y else y
    if hasattr(getattr(first, "node", None), "shown"):  # a tensor that was computed at once has no node of a graph
        first.node.shown = kind
    return y
