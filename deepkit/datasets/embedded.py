"""Data sets that travel with deepkit: which they are, and their small text files, read and verified."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deepkit import resources
from deepkit.datasets.contents import read_raw, sha256
from deepkit.datasets.digits28 import digits28_path, read_digits28
from deepkit.datasets.tables import decode
from deepkit.errors import DataError


@dataclass(frozen=True)
class Embedded:
    """One data set in deepkit's own folder `data`."""

    name: str
    file: str
    about: str
    sha256: str = ""  # of the text with "\\n" line ends; digits28 has a check of its own

    @property
    def path(self) -> Path:
        """Where it is; DataError if the installation lacks it."""
        if not self.sha256:
            return digits28_path()
        try:
            return resources.folder("data") / self.file
        except FileNotFoundError as error:
            raise DataError(str(error), hint="reinstall deepkit") from error

    def check(self) -> None:
        """DataError unless the file is the one deepkit was released with."""
        if self.sha256:
            self.text()
        else:
            read_digits28(self.path)

    def text(self) -> str:
        """The verified contents of a text file."""
        data = read_raw(self.path, 1 << 20).replace(b"\r\n", b"\n")  # some checkouts change line ends
        if sha256(data) != self.sha256:
            raise DataError(
                f"{self.path} is not the file deepkit was released with", rule="its SHA-256", hint="reinstall deepkit"
            )
        return decode(data, self.path)


DIGITS28 = Embedded("digits28", "digits28.npz", "1,797 handwritten digits")
AIRLINE_PASSENGERS = Embedded(
    "airline-passengers", "airline-passengers.csv", "144 months of air travel (Box, Jenkins 1976)",
    "d27dd74f3654ab4c688afccf2348870410902f480cea900d872be2ae33184411",
)
ANDROCLES = Embedded(
    "androcles", "androcles.txt", "the fable of Androcles and the lion, retold",
    "3f2490af131303d83bfacc8b4948c109073431dd5902a8dbf90a8ace465fa780",
)
NORTH_WIND = Embedded(
    "north-wind", "north-wind.txt", "the fable of the north wind and the sun, retold",
    "c439c015f6d76d25163fdb8d3008a6d359f208cf6780820b072600f975cdd0a9",
)

EMBEDDED = {one.name: one for one in (DIGITS28, AIRLINE_PASSENGERS, ANDROCLES, NORTH_WIND)}
TEXTS = {one.name: one for one in (ANDROCLES, NORTH_WIND)}
