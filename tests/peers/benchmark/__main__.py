"""Times each row by each library in a process of its own, in turns, and prints the medians and their ratios.

    cd tests/peers
    DEEPKIT_PEERS=/path/to/python python -m benchmark               # all rows, beside what that Python has
    ... python -m benchmark mlp cnn --peers tensorflow torch --rounds 3 --json table.json

Every library starts from the same weights and sees the same batch; where the losses after two steps differ by more than
a thousandth there is no number (later ones do: PyTorch's Adam puts its epsilon elsewhere). With --json the rows of an
earlier run stay in the file, but those measured now.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmark.peers import PEERS, serve
from benchmark.report import ROWS, head, line, measure


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="benchmark", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=PEERS, help="beside whom")
    parser.add_argument("--rounds", type=int, default=7, help="blocks of steps for each")
    parser.add_argument("--json", type=Path, help="the table as a file, to which later runs add")
    parser.add_argument("--serve", choices=PEERS, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    names = chosen.rows or list(ROWS)
    if unknown := [name for name in names if name not in ROWS]:
        parser.error(f"no row is called {unknown[0]!r}; there are {', '.join(ROWS)}")
    if chosen.serve:
        serve(chosen.serve, {name: ROWS[name] for name in names})
        return
    table = json.loads(chosen.json.read_text()) if chosen.json and chosen.json.exists() else {}
    for name, row in measure(names, ["deepkit", *[p for p in chosen.peers if p != "deepkit"]], max(1, chosen.rounds)):
        if name == names[0]:
            print(head(list(row)))
        print(line(name, row), flush=True)
        table[name] = row
        if chosen.json:
            chosen.json.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
