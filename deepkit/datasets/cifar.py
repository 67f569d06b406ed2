"""CIFAR-10 and CIFAR-100 in their binary version, which needs no unpickling.

A record is one label byte (CIFAR-100: two, coarse before fine) and 3,072 bytes of a 32x32 picture: its red plane,
its green, its blue, each row by row.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from deepkit.datasets.archive import read_members
from deepkit.datasets.catalog import CIFAR10, CIFAR10_SUBSET, CIFAR100
from deepkit.datasets.contents import AGAIN, read_contents
from deepkit.datasets.dataset import Dataset
from deepkit.datasets.locate import absent, contents_of, locate, require
from deepkit.errors import ArgumentError, DataError

SIZE = 32
PIXELS = 3 * SIZE * SIZE
_MOST = 1 << 30  # no file of these sets comes near


def load_cifar10(*, verbose: bool = True) -> Dataset:
    """Load CIFAR-10: 50,000 training and 10,000 test pictures (n, 32, 32, 3), uint8, with int64 labels of 10 classes.

    `cifar-10-binary.tar.gz` is looked for in `cifar10` in `$DEEPKIT_DATA`, then in the user's cache. Where only
    the folder `cifar10-subset` is there, its 4,000 and 1,000 pictures are loaded; a warning and `.name` say so.

    Raises:
        DataError: absent, damaged, or not CIFAR-10; it says what to do.

    Source: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
    """
    paths = locate(CIFAR10)
    if paths:
        data = contents_of(paths, CIFAR10, "archive")
        names = [f"data_batch_{i}.bin" for i in range(1, 6)]
        members = read_members(paths["archive"], data, [*names, "test_batch.bin"])
        train, test = b"".join(members[name] for name in names), members["test_batch.bin"]
        entry, where = CIFAR10, paths["archive"]
    else:
        paths = locate(CIFAR10_SUBSET)
        if not paths:
            raise absent(CIFAR10, "the Python version does not serve, because unpickling a file can run code in it")
        train, test = (contents_of(paths, CIFAR10_SUBSET, role) for role in ("train", "test"))
        entry, where = CIFAR10_SUBSET, paths["train"]
        warnings.warn(
            "CIFAR-10 is not on this machine, only its first 4,000 training and 1,000 test pictures; "
            "`deepkit data fetch cifar10` gets all",
            stacklevel=2,
        )
    x_train, y_train = parse_cifar(train, [len(entry.classes)], where)
    x_test, y_test = parse_cifar(test, [len(entry.classes)], where)
    found = Dataset(
        entry.title, x_train, y_train[0], x_test, y_test[0], source=str(where.parent), classes=entry.classes
    )
    if verbose:
        print(found.describe())
    return found


def load_cifar100(labels: str = "fine", *, verbose: bool = True) -> Dataset:
    """Load CIFAR-100: as CIFAR-10, in 100 classes ("fine") or in the 20 that they are grouped into ("coarse").

    Raises:
        ArgumentError: other `labels`.
        DataError: `cifar-100-binary.tar.gz` is absent, damaged, or something else; it says what to do.
    """
    if labels not in ("fine", "coarse"):
        raise ArgumentError(f"load_cifar100: labels is {labels!r}", rule='"fine" (100 classes) or "coarse" (20)')
    paths = require(CIFAR100)
    path = paths["archive"]
    listing = f"{labels}_label_names.txt"
    members = read_members(path, contents_of(paths, CIFAR100, "archive"), ["train.bin", "test.bin", listing])
    kind = ("coarse", "fine").index(labels)
    x_train, y_train = parse_cifar(members["train.bin"], [20, 100], path)
    x_test, y_test = parse_cifar(members["test.bin"], [20, 100], path)
    classes = tuple(members[listing].decode("ascii").split())
    title = CIFAR100.title if labels == "fine" else f"{CIFAR100.title} (coarse)"
    found = Dataset(title, x_train, y_train[kind], x_test, y_test[kind], source=str(path.parent), classes=classes)
    if verbose:
        print(found.describe())
    return found


def read_cifar(path: str | Path, classes: Sequence[int] = (10,)) -> tuple[np.ndarray, list[np.ndarray]]:
    """Read one binary file, raw or gzip-compressed: pictures (n, 32, 32, 3), uint8, and one label array for each label.

    Args:
        path: such as `data_batch_1.bin`.
        classes: how many classes each label byte of a record tells apart; (20, 100) for CIFAR-100.

    Raises:
        DataError: the file is absent, is no whole number of records, or has labels that are too great.
    """
    return parse_cifar(read_contents(path, _MOST), classes, Path(path))


def parse_cifar(data: bytes, classes: Sequence[int], path: Path) -> tuple[np.ndarray, list[np.ndarray]]:
    """The pictures and labels in `data`, which came from `path` (named in errors only)."""
    record = len(classes) + PIXELS
    if not data or len(data) % record:
        raise DataError(
            f"{path} holds {len(data):,} bytes of pictures",
            rule=f"whole records of {record:,} bytes: {len(classes)} of labels and {PIXELS:,} of pixels", hint=AGAIN,
        )
    records = np.frombuffer(data, np.uint8).reshape(-1, record)
    labels = [records[:, i].astype(np.int64) for i in range(len(classes))]
    for i, (found, count) in enumerate(zip(labels, classes, strict=True)):
        if found.max() >= count:
            worst = int(np.argmax(found >= count))
            raise DataError(
                f"{path}: a label of picture {worst:,} is {found[worst]}",
                where=f"at byte {worst * record + i:,} of the contents", rule=f"labels are 0 to {count - 1}",
            )
    planes = records[:, len(classes) :].reshape(-1, 3, SIZE, SIZE)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels
