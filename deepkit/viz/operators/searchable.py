"""A list of things to search in by name or by a word of what they do, and the card of the one that is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deepkit.loading import optional
from deepkit.viz.interactive import Interactive, in_row


class Searchable(Interactive):
    """The list at the left, the card at the right; a subclass draws the card of `controls["found"].value`.

    Args:
        things: by the names to show.
        texts: what is said of each, for the search.
        start: the name that is shown first.
        beside: further controls by name, shown between the list and the card.

    Attributes:
        controls: the widgets by name: search, found, and those of `beside`.

    Raises:
        MissingExtraError: without ipywidgets (extra `course`).
    """

    def __init__(self, things: Mapping[str, Any], texts: Mapping[str, str], start: str | None,
                 beside: Mapping[str, Any] | None = None):
        w = optional("ipywidgets", "searching in a list of cards")
        self.things, self._texts = dict(things), dict(texts)
        names = list(self.things)
        self.controls: dict[str, Any] = {
            "search": w.Text(placeholder="a name, or a word of what it does", description="search"),
            "found": w.Select(options=names, value=start or names[0], rows=12, layout=w.Layout(width="230px")),
        }
        self._drawing = w.HTML()
        self.controls["search"].observe(self._search, "value")
        self.controls["found"].observe(self._choose, "value")
        left = w.VBox(list(self.controls.values()), layout=w.Layout(flex="0 0 auto"))
        self.controls |= beside or {}
        right = w.VBox([*(beside or {}).values(), self._drawing], layout=w.Layout(flex="1 1 560px", min_width="0"))
        self.widget = in_row([left, right])
        self._choose()

    def matching(self, word: str) -> list[str]:
        """The names that hold the word, then those of whose text it is a part."""
        word = word.lower().strip()
        by_name = [name for name in self.things if word in name.lower()]
        return by_name + [name for name in self.things if name not in by_name and word in self._texts[name].lower()]

    def _search(self, change: Any) -> None:
        """Keep what matches; the best is shown, and nothing found leaves all as it was."""
        found = self.matching(change["new"])
        if found:
            self.controls["found"].options = found

    def _choose(self, _: Any = None) -> None:
        if self.controls["found"].value is not None:
            self._drawing.value = self.picture().svg
