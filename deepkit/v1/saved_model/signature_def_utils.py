"""`tf.saved_model.signature_def_utils`: signatures, which name the tensors that a caller feeds and fetches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepkit.core.symbol import Symbol
from deepkit.errors import ArgumentError
from deepkit.io.meta_graph import SignatureDef, TensorInfo
from deepkit.v1.saved_model import signature_constants as names
from deepkit.v1.saved_model.utils import build_tensor_info

__all__ = [
    "build_signature_def", "classification_signature_def", "is_valid_signature", "predict_signature_def",
    "regression_signature_def",
]


def build_signature_def(
    inputs: Mapping[str, TensorInfo] | None = None, outputs: Mapping[str, TensorInfo] | None = None,
    method_name: str | None = None,
) -> SignatureDef:
    """A signature from the infos of its tensors."""
    for side in (inputs or {}, outputs or {}):
        for key, info in side.items():
            if not isinstance(info, TensorInfo):
                raise ArgumentError(
                    f"a signature's {key!r} is {info!r}", rule="a TensorInfo",
                    hint="tf.saved_model.utils.build_tensor_info(tensor)",
                )
    return SignatureDef(dict(inputs or {}), dict(outputs or {}), method_name or "")


def predict_signature_def(inputs: Mapping[str, Symbol], outputs: Mapping[str, Symbol]) -> SignatureDef:
    """Tensors in, tensors out, by the names that the caller will use."""
    if not inputs:
        raise ArgumentError("Prediction `inputs` cannot be None or empty.", hint='{"x": x}')
    if not outputs:
        raise ArgumentError("Prediction `outputs` cannot be None or empty.", hint='{"y": y}')
    return SignatureDef(_infos(inputs), _infos(outputs), names.PREDICT_METHOD_NAME)


def classification_signature_def(examples: Symbol, classes: Symbol | None, scores: Symbol | None) -> SignatureDef:
    """Serialized examples in; classes (strings), scores (float32), or both, out."""
    _check("Classification input", examples, "string")
    if classes is None and scores is None:
        raise ArgumentError("Classification `classes` and `scores` cannot both be None.")
    outputs = {}
    if classes is not None:
        outputs[names.CLASSIFY_OUTPUT_CLASSES] = _check("Classification classes", classes, "string")
    if scores is not None:
        outputs[names.CLASSIFY_OUTPUT_SCORES] = _check("Classification scores", scores, "float32")
    return SignatureDef(_infos({names.CLASSIFY_INPUTS: examples}), _infos(outputs), names.CLASSIFY_METHOD_NAME)


def regression_signature_def(examples: Symbol, predictions: Symbol) -> SignatureDef:
    """Serialized examples in, float32 predictions out."""
    _check("Regression input", examples, "string")
    _check("Regression output", predictions, "float32")
    inputs, outputs = {names.REGRESS_INPUTS: examples}, {names.REGRESS_OUTPUTS: predictions}
    return SignatureDef(_infos(inputs), _infos(outputs), names.REGRESS_METHOD_NAME)


def is_valid_signature(signature_def: SignatureDef) -> bool:
    """True if the signature fits the call that it says it is made for."""
    inputs, outputs = signature_def.inputs, signature_def.outputs
    method = signature_def.method_name
    if method == names.PREDICT_METHOD_NAME:
        return bool(inputs) and bool(outputs)
    if method == names.REGRESS_METHOD_NAME:
        return _has(inputs, {names.REGRESS_INPUTS: "string"}, True) and _has(
            outputs, {names.REGRESS_OUTPUTS: "float32"}, True
        )
    known = {names.CLASSIFY_OUTPUT_CLASSES: "string", names.CLASSIFY_OUTPUT_SCORES: "float32"}
    return (
        method == names.CLASSIFY_METHOD_NAME
        and _has(inputs, {names.CLASSIFY_INPUTS: "string"}, True)
        and bool(outputs)
        and _has(outputs, known, False)
    )


def _has(infos: Mapping[str, TensorInfo], types: Mapping[str, str], all_of_them: bool) -> bool:
    named = infos.keys() == types.keys() if all_of_them else infos.keys() <= types.keys()
    return named and all(info.dtype.name == types[key] for key, info in infos.items())


def _check(what: str, tensor: Any, dtype: str) -> Any:
    if not isinstance(tensor, Symbol) or tensor.dtype.name != dtype:
        raise ArgumentError(f"{what} tensors must be of type {dtype}. Found {tensor!r}")
    return tensor


def _infos(tensors: Mapping[str, Any]) -> dict[str, TensorInfo]:
    return {key: build_tensor_info(tensor) for key, tensor in tensors.items()}
