"""All of `tf`, for the modules that are a part of it: what they name is looked up when they run."""

from typing import Any

import deepkit.v1 as _v1

tf: Any = _v1
