"""Outcomes of a long run in a file, a line each, so that a run that is ended loses nothing and the next goes on."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """kind: same, refused, explained (what: the reason) or the kind of the difference; theme: a family, or "page"."""

    seed: int
    theme: str
    kind: str
    where: str = ""
    what: str = ""

    @property
    def open(self) -> bool:
        return self.kind not in ("same", "refused", "explained")


class Records:
    """The outcomes in a file (None: in memory alone); what is added is written at once."""

    def __init__(self, path: Path | None, resume: bool = False) -> None:
        self.path, self.outcomes = path, []
        if path is not None and path.exists():
            if not resume:
                raise SystemExit(f"{path} has the outcomes of an earlier run: --resume goes on with it")
            whole = path.read_text().rpartition("\n")[0]  # a kill may have cut the last line
            path.write_text(whole + "\n" * bool(whole))
            self.outcomes = [Outcome(**json.loads(line)) for line in whole.splitlines()]
        self.seeds = {outcome.seed for outcome in self.outcomes}

    def add(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self.seeds.add(outcome.seed)
        if self.path is not None:
            with self.path.open("a") as file:
                file.write(json.dumps(asdict(outcome)) + "\n")

    def table(self) -> str:
        """Programs of each theme by kind of outcome, and how often each reason explained one."""
        themes = Counter(o.theme for o in self.outcomes)
        lines = []
        for theme, count in sorted(themes.items()):
            kinds = Counter(o.kind for o in self.outcomes if o.theme == theme)
            lines.append(f"{count:6d}  {theme}: " + ", ".join(f"{n} {kind}" for kind, n in kinds.most_common()))
        reasons = Counter(o.what for o in self.outcomes if o.kind == "explained")
        return "\n".join([*lines, *(f"{n:6d}  explained: {reason}" for reason, n in reasons.most_common())])
