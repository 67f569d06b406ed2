"""`deepkit data`: which data sets there are, fetch one, verify them, say where they are."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from deepkit.datasets.embedded import Embedded
    from deepkit.datasets.entry import Entry
    from deepkit.datasets.fetch import Progress

DESCRIPTION = "List, fetch and verify data sets."
EXAMPLES = {
    "deepkit data list": "the data sets, their size, and whether they are here",
    "deepkit data fetch mnist": "download MNIST (11.6 MB), verify it, keep it",
    "deepkit data fetch mnist --from https://example.org/mnist": "take the four files from another place, or a folder",
    "deepkit data verify": "check every file on this machine against its SHA-256",
    "deepkit data path mnist": "print the folder MNIST is in, or would go to",
}
NOTES = """
digits28, 1,797 handwritten digits, and some small sets travel with deepkit and need no download. Other sets live
in the folder that the environment variable DEEPKIT_DATA names, or in your cache. A download is kept only once it is
verified; Ctrl-C leaves nothing behind.

The exit code of verify is 1 if a file is damaged, or if the set named is not complete.
"""
IN_ORDER = True  # each action has arguments of its own


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions of `data` and their arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    actions.add_parser("list", help="the data sets, their size, and whether they are here")
    fetching = actions.add_parser("fetch", help="download a data set and verify it")
    fetching.add_argument("name", metavar="NAME", help="for example mnist")
    fetching.add_argument("--from", dest="base", metavar="ADDRESS", help="address or folder that holds the files")
    verifying = actions.add_parser("verify", help="check files against their SHA-256")
    verifying.add_argument("name", metavar="NAME", nargs="?", help="only this data set")
    locating = actions.add_parser("path", help="print where data is, or would go")
    locating.add_argument("name", metavar="NAME", nargs="?", help="the folder of this data set")


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
    from deepkit.datasets.embedded import EMBEDDED

    rows = [
        (one.name, one.path.stat().st_size, f"{one.about}, embedded", "here: travels with deepkit")
        for one in EMBEDDED.values()
    ]
    rows += [(entry.name, entry.size, entry.about, _state(entry)) for entry in CATALOG.values()]
    for name, size, about, state in rows:
        amount = f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
        print(f"{name:<19}{amount:>8}  {about:<60}{state}")
    return 0


def _state(entry: Entry) -> str:
    """Whether `entry` is here, in one clause."""
    from deepkit.datasets.locate import form_of, home_of, present

    home = home_of(entry)
    found = present(home, entry)
    wanted = len(form_of(found, entry))
    if len(found) == wanted:
        return f"here: {home}"
    if found:
        return f"incomplete, {len(found)} of {wanted} files: {home}"
    return f"not here: deepkit data fetch {entry.name}" + ("" if entry.can_be_fetched else " --from ADDRESS")


def _fetch(name: str, base: str | None) -> int:
    from deepkit.datasets.catalog import lookup
    from deepkit.datasets.fetch import fetch
    from deepkit.datasets.locate import form_of, present

    embedded = _embedded(name)
    if embedded:
        print(f"{embedded.name} travels with deepkit; there is nothing to fetch")
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
    done = _files(len(fetched)) + " downloaded" if fetched else "nothing to download"
    count = len(form_of(present(home, entry), entry))
    print(f"{entry.title}: {done}; {f'all {count} are' if count > 1 else 'it is'} sound, in {home}")
    return 0


def _verify(name: str | None) -> int:
    from deepkit.datasets.catalog import CATALOG, lookup
    from deepkit.datasets.embedded import EMBEDDED

    if name is None:
        sound = [_verify_embedded(one) for one in EMBEDDED.values()]
        sound += [_verify_entry(entry, required=False) for entry in CATALOG.values()]
        return 0 if all(sound) else 1
    embedded = _embedded(name)
    sound_one = _verify_embedded(embedded) if embedded else _verify_entry(lookup(name), required=True)
    return 0 if sound_one else 1


def _verify_embedded(embedded: Embedded) -> bool:
    from deepkit.errors import DataError

    print(embedded.name)
    try:
        embedded.check()
    except DataError as error:
        print(f"  damaged  {error.what}")
        return False
    print(f"  OK       {embedded.file}")
    return True


def _verify_entry(entry: Entry, required: bool) -> bool:
    """Report each file of `entry`; True if all are sound, or none is there and none is `required`."""
    from deepkit.datasets.locate import check, form_of, home_of, present
    from deepkit.errors import DataError

    home = home_of(entry)
    found = present(home, entry)
    if not found:
        print(f"{entry.name}  {_state(entry)}")
        return not required
    print(f"{entry.name}  ({home})")
    form, good = form_of(found, entry), 0
    for file in form:
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
    return good == len(form)


def _path(name: str | None) -> int:
    from deepkit.datasets.catalog import lookup
    from deepkit.datasets.locate import data_folders, home_of

    if name is None:
        print(data_folders()[0])
        return 0
    embedded = _embedded(name)
    print(embedded.path.parent if embedded else home_of(lookup(name)))
    return 0


def _embedded(name: str) -> Embedded | None:
    from deepkit.datasets.embedded import EMBEDDED

    return EMBEDDED.get(name.lower().replace("_", "-"))


def _files(count: int) -> str:
    return f"{count} file" if count == 1 else f"{count} files"


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
