"""`deepkit data`: which data sets there are, fetch one, verify them, say where they are."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepkit.datasets.catalog import Entry
    from deepkit.datasets.fetch import Progress

_EPILOG = """\
examples:
  deepkit data list                       the data sets, their size, and whether they are here
  deepkit data fetch mnist                download MNIST (11.6 MB), verify it, keep it
  deepkit data fetch mnist --from https://example.org/mnist
                                          take the four files from another place; a folder will do too
  deepkit data verify                     check every file on this machine against its SHA-256
  deepkit data path mnist                 print the folder MNIST is in, or would go to

digits28, 1,797 handwritten digits, travels with deepkit and needs no download. Other sets live in the folder
that the environment variable DEEPKIT_DATA names, or in your cache. A download is kept only once it is verified;
Ctrl-C leaves nothing behind.
The exit code of verify is 1 if a file is damaged, or if the set named is not complete.
"""


def register(subparsers: Any) -> None:
    """Add the parser of `data`."""
    parser = subparsers.add_parser(
        "data",
        help="list, fetch and verify data sets",
        description="List, fetch and verify data sets.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="the data sets, their size, and whether they are here")
    fetching = actions.add_parser("fetch", help="download a data set and verify it")
    fetching.add_argument("name", metavar="NAME", help="for example mnist")
    fetching.add_argument("--from", dest="base", metavar="ADDRESS", help="address or folder that holds the files")
    verifying = actions.add_parser("verify", help="check files against their SHA-256")
    verifying.add_argument("name", metavar="NAME", nargs="?", help="only this data set")
    locating = actions.add_parser("path", help="print where data is, or would go")
    locating.add_argument("name", metavar="NAME", nargs="?", help="the folder of this data set")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do what the parsed command line asks for and return the exit code."""
    if args.action == "list":
        return _list()
    if args.action == "fetch":
        return _fetch(args.name, args.base)
    if args.action == "verify":
        return _verify(args.name)
    return _path(args.name)


def _list() -> int:
    from deepkit.datasets.catalog import CATALOG
    from deepkit.datasets.digits28 import digits28_path
    from deepkit.datasets.locate import home_of, present

    embedded = digits28_path().stat().st_size
    rows = [("digits28", embedded, "1,797 handwritten digits, embedded", "here: travels with deepkit")]
    for entry in CATALOG.values():
        home = home_of(entry)
        found = len(present(home, entry))
        if found == len(entry.files):
            state = f"here: {home}"
        elif found:
            state = f"incomplete, {found} of {len(entry.files)} files: {home}"
        else:
            state = f"not here: deepkit data fetch {entry.name}"
        rows.append((entry.name, entry.size, entry.about, state))
    for name, size, about, state in rows:
        print(f"{name:<14}{size / 1e6:>6.1f} MB  {about:<52}{state}")
    return 0


def _fetch(name: str, base: str | None) -> int:
    from deepkit.datasets.catalog import lookup
    from deepkit.datasets.fetch import fetch

    if _is_embedded(name):
        print("digits28 travels with deepkit; there is nothing to fetch")
        return 0
    entry = lookup(name)
    fetched = set()
    try:
        with _progress() as show:

            def progress(file: str, done: int, total: int) -> None:
                fetched.add(file)
                show(file, done, total)

            home = fetch(name, base=base, progress=progress)
    except KeyboardInterrupt:
        print("stopped; complete files are kept, no half-written one is left", file=sys.stderr)
        raise
    done = f"{len(fetched)} files downloaded" if fetched else "nothing to download"
    print(f"{entry.title}: {done}; all {len(entry.files)} are sound, in {home}")
    return 0


def _verify(name: str | None) -> int:
    from deepkit.datasets.catalog import CATALOG, lookup

    if name is None:
        sound = [_verify_digits28(), *(_verify_entry(entry, required=False) for entry in CATALOG.values())]
        return 0 if all(sound) else 1
    sound_one = _verify_digits28() if _is_embedded(name) else _verify_entry(lookup(name), required=True)
    return 0 if sound_one else 1


def _verify_digits28() -> bool:
    from deepkit.datasets.digits28 import digits28_path, read_digits28
    from deepkit.errors import DataError

    try:
        read_digits28(digits28_path())
    except DataError as error:
        print(f"digits28\n  damaged  {error.what}")
        return False
    print("digits28\n  OK       digits28.npz")
    return True


def _verify_entry(entry: Entry, required: bool) -> bool:
    """Report each file of `entry`; True if all are sound, or none is there and none is `required`."""
    from deepkit.datasets.locate import check, home_of, present
    from deepkit.errors import DataError

    home = home_of(entry)
    found = present(home, entry)
    print(f"{entry.name}  ({home})")
    good = 0
    for file in entry.files:
        if file.role not in found:
            print(f"  missing  {file.name}")
            continue
        try:
            check(found[file.role], file)
        except DataError as error:
            print(f"  damaged  {found[file.role].name}: {error.what}" + (f", {error.where}" if error.where else ""))
        else:
            good += 1
            print(f"  OK       {found[file.role].name}")
    return good == len(entry.files) or (not found and not required)


def _path(name: str | None) -> int:
    from deepkit.datasets.catalog import lookup
    from deepkit.datasets.digits28 import digits28_path
    from deepkit.datasets.locate import data_folders, home_of

    if name is None:
        print(data_folders()[0])
    elif _is_embedded(name):
        print(digits28_path().parent)
    else:
        print(home_of(lookup(name)))
    return 0


def _is_embedded(name: str) -> bool:
    return name.lower() == "digits28"


@contextmanager
def _progress() -> Iterator[Progress]:
    """A progress callback: tqdm's bar on a terminal that has tqdm, else a line for each quarter of a file."""
    try:
        from tqdm import tqdm
    except ImportError:
        tqdm = None
    bars: dict[str, Any] = {}
    quarters: dict[str, int] = {}

    def bar(name: str, done: int, total: int) -> None:
        if name not in bars or done < bars[name].n:  # a new file, or the same one from another mirror
            close()
            bars[name] = tqdm(total=total, desc=name, unit="B", unit_scale=True)
        bars[name].update(done - bars[name].n)

    def line(name: str, done: int, total: int) -> None:
        quarter = 4 * done // total
        if quarter != quarters.get(name, 0):
            quarters[name] = quarter
            print(f"{name}: {25 * quarter} % of {total / 1e6:.2f} MB", file=sys.stderr, flush=True)

    def close() -> None:
        for open_bar in bars.values():
            open_bar.close()
        bars.clear()

    try:
        yield bar if tqdm is not None and sys.stderr.isatty() else line
    finally:
        close()
