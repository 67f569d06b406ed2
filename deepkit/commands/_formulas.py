"""Formulas of a page as MathML, which browsers draw and read aloud without a script, a font file or a network."""

from __future__ import annotations

import re

from deepkit.errors import DataError

_CODE_OR_FORMULA = re.compile(
    r"(?P<code>^(?P<fence>```+|~~~+).*?^(?P=fence)|(?P<ticks>`+).+?(?P=ticks))"  # a block or a span of code stays as it is
    r"|\$\$(?P<block>.+?)\$\$"
    r"|(?<![\\$\w])\$(?P<inline>[^\s$](?:[^$]*[^\s$\\])?)\$(?![\d$])",
    re.MULTILINE | re.DOTALL,
)


def mathml(tex: str, block: bool = False) -> str:
    """The MathML of a formula written in TeX, on a line of its own where it is a `block`.

    Raises:
        DataError: what is written is not a formula that can be read.
    """
    from latex2mathml.converter import convert

    try:
        return convert(tex.strip(), display="block" if block else "inline")
    except Exception as error:  # each kind of slip has a class of its own there, without a common base
        raise DataError(f"cannot read the formula {tex.strip()!r}: {type(error).__name__} {error}".rstrip()) from error


def with_mathml(markdown: str) -> str:
    """Markdown in which every $formula$ and $$formula$$ outside of code is MathML."""

    def drawn(found: re.Match[str]) -> str:
        if found["code"]:
            return found["code"]
        return mathml(found["block"] or found["inline"], block=found["block"] is not None)

    return _CODE_OR_FORMULA.sub(drawn, markdown)
