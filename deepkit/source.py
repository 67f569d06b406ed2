"""`show_source`: the library's own code for an idea, as a chapter shows it."""

from __future__ import annotations

from typing import Any


class Source:
    """Source text that shows itself highlighted in a notebook and plain elsewhere."""

    def __init__(self, title: str, text: str):
        self.title, self.text = title, text

    def __repr__(self) -> str:
        return f"# {self.title}\n{self.text}"

    def _repr_markdown_(self) -> str:
        return f"`{self.title}`\n\n```python\n{self.text}```"


def show_source(thing: Any) -> Source:
    """The source of a function, class or method of deepkit; for a public op, of the class that defines it.

    >>> import deepkit as dk
    >>> "def gradient" in repr(dk.show_source(dk.exp))
    True
    """
    import inspect
    import textwrap

    target = getattr(thing, "op", None) or thing
    text = textwrap.dedent(inspect.getsource(target))
    module = inspect.getmodule(target)
    name = getattr(target, "__qualname__", str(target))
    return Source(f"{module.__name__}: {name}" if module else name, text)
