"""Small texts to learn language from: two fables that travel with deepkit, and Shakespeare once he is downloaded."""

from __future__ import annotations

from deepkit.datasets.catalog import TINY_SHAKESPEARE
from deepkit.datasets.embedded import TEXTS
from deepkit.datasets.locate import contents_of, require
from deepkit.datasets.tables import decode
from deepkit.errors import ArgumentError


def load_text(name: str = "androcles") -> str:
    """Load a text whole: paragraphs are divided by a blank line.

    Args:
        name: "androcles" (218 words; what comes after "causing all the"?) or "north-wind" (141 words), which are
            embedded and use no punctuation but full stops and commas; or "tiny-shakespeare" (1.1 million characters).

    Raises:
        ArgumentError: no such text.
        DataError: it is absent, damaged, or something else; the error says what to do.

    >>> text = load_text("androcles")
    >>> words = text.lower().replace(",", "").replace(".", "").split()
    >>> len(words), len(set(words))
    (218, 133)
    """
    key = name.lower().replace("_", "-")
    if key in TEXTS:
        return TEXTS[key].text()
    if key != TINY_SHAKESPEARE.name:
        raise ArgumentError(f"no text is called {name!r}", rule=f"known: {', '.join([*TEXTS, TINY_SHAKESPEARE.name])}")
    paths = require(TINY_SHAKESPEARE, 'load_text("androcles") needs no download')
    return decode(contents_of(paths, TINY_SHAKESPEARE, "text"), paths["text"])
