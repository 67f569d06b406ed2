"""Where load_data takes its data from: this machine, or a checked download; and a .npz file of Keras' own."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deepkit.errors import ArgumentError, DataError

if TYPE_CHECKING:
    from deepkit.datasets.entry import Entry

Pair = tuple[Any, Any]


def obtain(entry: Entry, *instead: Entry) -> None:
    """Make sure that `entry`, or one of `instead`, is on this machine: fetch and verify it if need be.

    Raises:
        DownloadError: no mirror gave a good file; it says what each answered and what to do.
        DataError: the set is incomplete, or the folder for it cannot be written.
    """
    from deepkit.datasets.fetch import fetch
    from deepkit.datasets.locate import locate

    if not any(locate(one) for one in (entry, *instead)):
        print(f"Downloading {entry.title}, {entry.size / 1e6:.1f} MB")
        fetch(entry.name)


_told: set[str] = set()


def tell_the_difference(name: str, text: str) -> None:
    """Warns, once in a process, that a set is not number for number the one that Keras downloads."""
    if name not in _told:
        _told.add(name)
        warnings.warn(f"{name}.load_data: {text}", UserWarning, stacklevel=3)


def on_this_machine(entry: Entry) -> bool:
    """Whether a complete set is here; DataError for half a set."""
    from deepkit.datasets.locate import locate

    return locate(entry) is not None


def find_npz(path: Any, usual: str, entry: Entry, cache_dir: Any = None) -> Path | None:
    """The .npz file that `path` means: itself, or of that name in the folders where data is looked for.

    None if `path` is the usual name and there is no such file; DataError if it is another that does not exist.
    """
    from deepkit.datasets.locate import data_folders

    homes = [Path(cache_dir).expanduser() / "datasets"] if cache_dir else []
    for folder in data_folders():
        homes += [folder / entry.name, folder]
    homes.append(Path.home() / ".keras" / "datasets")
    asked = Path(path).expanduser()
    for place in [asked, *(home / asked for home in homes)]:
        if place.is_file():
            return place
    if str(path) != usual:
        raise DataError(f"{path} does not exist", where="looked in " + ", ".join(map(str, [Path.cwd(), *homes])))
    return None


def refuse_pickle(path: Path, entry: Entry) -> DataError:
    """The error for Keras' own file of a set of sequences, which is a pickle inside."""
    return DataError(
        f"{path} is not read: its sequences are Python objects",
        rule="such a file is a pickle, and unpickling a file can run any code in it; deepkit never does",
        hint=f"deepkit data fetch {entry.name} gets the texts, from which load_data makes the sequences",
    )


def split(x: np.ndarray, y: np.ndarray, test_split: float, seed: int) -> tuple[Pair, Pair]:
    """Shuffled by `seed` and cut in two: Keras' (x_train, y_train), (x_test, y_test)."""
    if not 0 <= test_split < 1:
        raise ArgumentError(f"test_split={test_split}", rule="a part, 0 or more and below 1")
    order = shuffled(len(x), np.random.RandomState(seed))
    count = int(len(x) * (1 - test_split))
    x, y = x[order], y[order]
    return (x[:count], y[:count]), (x[count:], y[count:])


def shuffled(count: int, stream: np.random.RandomState) -> np.ndarray:
    """The numbers 0 to count - 1 in the order that Keras draws."""
    order = np.arange(count)
    stream.shuffle(order)
    return order


def images(data: Any, dtype: Any = np.uint8, channels: bool = False) -> tuple[Pair, Pair]:
    """A Dataset of pictures as Keras has it: labels of type `dtype`; with `channels`, axes in Keras' order."""
    from deepkit.keras.backend.config import image_data_format

    pairs = []
    for x, y in data:
        if channels:  # then labels stand in a column, too
            x = x if image_data_format() == "channels_last" else np.ascontiguousarray(x.transpose(0, 3, 1, 2))
            y = y.reshape(-1, 1)
        pairs.append((x, y.astype(dtype)))
    return pairs[0], pairs[1]


def object_array(rows: Sequence[list[int]]) -> np.ndarray:
    """(n,), of type object, that holds the lists `rows`, whatever their lengths."""
    array = np.empty(len(rows), dtype=object)
    array[:] = rows
    return array


def check_no_pickle(path: Any, usual: str, entry: Entry, cache_dir: Any) -> None:
    """DataError if the set is asked for by a file that is Keras' own pickle, or is there as that alone."""
    if path != usual or not on_this_machine(entry):
        file = find_npz(path, usual, entry, cache_dir)
        if file is not None:
            raise refuse_pickle(file, entry)
