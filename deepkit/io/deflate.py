"""Compressed contents, zlib and gzip, read and written a piece at a time; and how one asks for them."""

from __future__ import annotations

import zlib
from typing import Any, BinaryIO

from deepkit.errors import ArgumentError

WINDOW = {"ZLIB": 0, "GZIP": 16}
"""What zlib wants to be added to the size of the window for each format."""
EXPANSION = 1032
"""Deflate cannot expand a byte into more than this."""
_PIECE = 1 << 16


class Inflater:
    """Reads the contents of a compressed stream; several compressed parts, one after the other, are one.

    After an error `stream.tell()` says how far into the compressed bytes the trouble is, at most.
    """

    def __init__(self, stream: BinaryIO, format: str):
        self.stream, self._bits = stream, WINDOW[format] + zlib.MAX_WBITS
        self._inflate = zlib.decompressobj(self._bits)
        self._waiting = b""
        self._started = False

    def read(self, count: int) -> bytes:
        """At least one and at most `count` bytes; b"" at the end.

        Raises:
            zlib.error: these are not compressed data, or damaged ones.
            EOFError: the compressed data stop in the middle.
        """
        while True:
            if self._inflate.eof:
                self._waiting = self._inflate.unused_data
                self._inflate, self._started = zlib.decompressobj(self._bits), False
            if not self._waiting:
                self._waiting = self.stream.read(_PIECE)
                if not self._waiting and not self._started:
                    return b""
                if not self._waiting:
                    rest = self._inflate.flush()
                    if self._inflate.eof or rest:
                        return rest
                    raise EOFError("the compressed data stop in the middle")
            self._started = True
            found = self._inflate.decompress(self._waiting, count)
            self._waiting = self._inflate.unconsumed_tail
            if found:
                return found


class Deflater:
    """Writes compressed contents to a stream.

    level: 0 (none) to 9 (most), -1 for the library's choice; window: 9 to 15, the logarithm of how far back repetitions
    are looked for; memory: 1 to 9; strategy: zlib's number.
    """

    def __init__(
        self, stream: BinaryIO, format: str, level: int = -1, window: int = zlib.MAX_WBITS, memory: int = 8,
        strategy: int = zlib.Z_DEFAULT_STRATEGY,
    ):
        self.stream = stream
        self._deflate = zlib.compressobj(level, zlib.DEFLATED, WINDOW[format] + window, memory, strategy)

    def write(self, data: bytes) -> None:
        """Append `data`."""
        self.stream.write(self._deflate.compress(data))

    def flush(self) -> None:
        """Hand on everything written so far, at the price of some compression."""
        self.stream.write(self._deflate.flush(zlib.Z_SYNC_FLUSH))

    def finish(self) -> None:
        """Write the end of the compressed data; nothing may be written after it."""
        self.stream.write(self._deflate.flush())


class TFRecordCompressionType:
    """How a record file is compressed."""

    NONE, ZLIB, GZIP = 0, 1, 2


class TFRecordOptions:
    """How a record file is compressed, and how hard.

    Args:
        compression_type: a TFRecordCompressionType, or "", "ZLIB", "GZIP".
        flush_mode, input_buffer_size, output_buffer_size, compression_method: taken for compatibility; one way serves all.
        window_bits: 9 to 15, the logarithm of how far back repetitions are looked for.
        compression_level: 0 (none) to 9 (most), -1 for the library's choice.
        mem_level: 1 to 9, memory for speed.
        compression_strategy: zlib's number.
    """

    compression_type_map = {0: "", 1: "ZLIB", 2: "GZIP"}  # noqa: RUF012 - a constant under TensorFlow's name

    def __init__(
        self, compression_type: Any = None, flush_mode: Any = None, input_buffer_size: Any = None,
        output_buffer_size: Any = None, window_bits: int | None = None, compression_level: int | None = None,
        compression_method: Any = None, mem_level: int | None = None, compression_strategy: int | None = None,
    ):
        self.compression_type = self.get_compression_type_string(compression_type)
        given = {
            "window": (window_bits, 9, 15), "level": (compression_level, -1, 9), "memory": (mem_level, 1, 9),
            "strategy": (compression_strategy, 0, 4),
        }
        for name, (value, least, most) in given.items():
            if value is not None and not least <= value <= most:
                raise ArgumentError(f"TFRecordOptions: {name} is {value}", rule=f"{least} to {most}")
        self.deflate = {name: value for name, (value, _, _) in given.items() if value is not None}

    @classmethod
    def get_compression_type_string(cls, options: Any) -> str:
        """ "", "ZLIB" or "GZIP", from options, from a TFRecordCompressionType, or from the name itself."""
        if isinstance(options, TFRecordOptions):
            return options.compression_type
        if options is None:
            return ""
        name: Any = cls.compression_type_map.get(options, options) if isinstance(options, int) else options
        if name not in cls.compression_type_map.values():
            raise ArgumentError(
                f"{options!r} is no compression of record files", rule='"", "ZLIB" or "GZIP"',
                hint="TFRecordOptions(TFRecordCompressionType.GZIP)",
            )
        return name
