"""What other libraries call things that deepkit has under another name, so that who knows those finds ours."""

from __future__ import annotations

from typing import Any, NoReturn

from deepkit.errors import MissingNameError

_GRADIENTS = "gradients(y, [x]) walks back from y: nothing has to be recorded, and nothing is kept in x"
_AS_IT_IS = "every tensor can be differentiated; stop_gradient(x) is a constant for the gradients"
ON_TENSORS = {
    "backward": _GRADIENTS, "grad": _GRADIENTS, "requires_grad": _AS_IT_IS, "requires_grad_": _AS_IT_IS,
    "detach": "stop_gradient(x)", "view": "reshape(x, shape)", "permute": "transpose(x, order)",
    "unsqueeze": "expand_dims(x, axis)", "size": "x.shape", "astype": "cast(x, dtype)",
}
"""Attributes of PyTorch's and NumPy's arrays, and what to write instead."""
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
