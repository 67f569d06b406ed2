"""`tf.app.flags`: settings of a program that its command line can change, as --name=value.

>>> from deepkit.v1 import flags
>>> flags.DEFINE_float("learning_rate_example", 0.5, "step size")
>>> flags.FLAGS.learning_rate_example
0.5
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from deepkit.errors import ArgumentError, MissingNameError

__all__ = [
    "FLAGS",
    "DEFINE_bool",
    "DEFINE_boolean",
    "DEFINE_enum",
    "DEFINE_float",
    "DEFINE_integer",
    "DEFINE_list",
    "DEFINE_multi_enum",
    "DEFINE_multi_float",
    "DEFINE_multi_integer",
    "DEFINE_multi_string",
    "DEFINE_string",
    "Flag",
    "FlagValues",
    "mark_flag_as_required",
]

_TRUE, _FALSE = ("true", "t", "1", "yes", "y"), ("false", "f", "0", "no", "n")


@dataclass(frozen=True)
class Flag:
    """One setting: how its text becomes a value, its default and what it means."""

    name: str
    read: Callable[[str], Any]
    kind: str
    default: Any
    help: str | None
    many: bool = False
    """True if each time that it is given adds a value to a list."""

    def parse(self, text: str) -> Any:
        """The value that `text` stands for; ArgumentError if it is none."""
        try:
            return self.read(text)
        except ValueError as error:
            raise ArgumentError(f"--{self.name} is {text!r}", rule=f"it takes {self.kind}") from error


class FlagValues:
    """The settings of the program; `tf.app.flags.FLAGS` is the only one.

    The command line is read when a setting is first used. Options that nobody defined are left alone.
    """

    def __init__(self) -> None:
        self.__dict__.update(_flags={}, _values={}, _given={}, _rest=None)

    def _define(self, flag: Flag) -> None:
        if isinstance(flag.default, str) and not flag.many:  # DEFINE_float("rate", "1e-3") is read as a command line is
            flag = replace(flag, default=flag.parse(flag.default))
        known = self._flags.get(flag.name)
        if known is not None and (known.kind, known.default, known.help) != (flag.kind, flag.default, flag.help):
            raise ArgumentError(
                f"the flag {flag.name!r} is defined twice: {known.kind} {known.default!r}, {flag.kind} {flag.default!r}",
                rule="one definition for each flag",
            )
        self._flags[flag.name] = flag
        self._values.setdefault(flag.name, flag.default)
        self.__dict__["_rest"] = None

    def __call__(self, argv: Sequence[str], known_only: bool = True) -> list[str]:
        """Read the command line `argv` (its first entry is the program); returns what is not a defined flag."""
        rest, words = list(argv[:1]), list(argv[1:])
        self._given.clear()
        while words:
            word = words.pop(0)
            if word == "--":
                rest += words
                break
            if not (word.startswith("-") and self._read(word, words)):
                rest.append(word)
        unknown = [word for word in rest[1:] if word.startswith("-")]
        if unknown and not known_only:
            raise ArgumentError(f"there is no flag {unknown[0]}", rule="the flags are " + ", ".join(self._flags))
        self.__dict__["_rest"] = rest
        return rest

    def _read(self, word: str, words: list[str]) -> bool:
        """Sets the flag that `word` names, if there is one; its value may be the first of the `words` after it."""
        option, equals, text = word.lstrip("-").partition("=")
        name = option.replace("-", "_")
        flag = self._flags.get(name) or self._flags.get(option)
        if flag is None:
            negated = self._flags.get(name.removeprefix("no")) if name.startswith("no") else None
            if negated is None or negated.read is not _boolean:
                return False
            self._values[negated.name] = False
        elif equals:
            self._take(flag, text)
        elif flag.read is _boolean:
            self._values[flag.name] = True
        elif not words:
            raise ArgumentError(f"--{flag.name} has no value", rule=f"it takes {flag.kind}")
        else:
            self._take(flag, words.pop(0))
        return True

    def _take(self, flag: Flag, text: str) -> None:
        value = flag.parse(text)
        if flag.many:
            self._given.setdefault(flag.name, []).append(value)
            value = list(self._given[flag.name])
        self._values[flag.name] = value

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in self._flags:
            near = difflib.get_close_matches(name, self._flags, n=1)
            raise MissingNameError(
                f"FLAGS has no {name!r}",
                rule="a flag is defined before it is used: flags.DEFINE_string(name, default, help)",
                hint=f"FLAGS.{near[0]}" if near else None,
            )
        if self._rest is None:
            self(sys.argv)
        return self._values[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self.__getattr__(name)  # defined, and the command line is read before this value replaces it
        self._values[name] = value

    def __contains__(self, name: str) -> bool:
        return name in self._flags

    def __iter__(self) -> Iterator[str]:
        return iter(self._flags)

    def __getitem__(self, name: str) -> Any:
        return self._flags[name]

    def flag_values_dict(self) -> dict[str, Any]:
        """The settings by name."""
        return {name: getattr(self, name) for name in self._flags}

    def describe(self) -> str:
        """One line for each setting, for --help."""
        lines = (f"  --{f.name}: {f.help or ''} ({f.kind}, default {f.default!r})" for f in self._flags.values())
        return "flags:\n" + "\n".join(lines)


FLAGS = FlagValues()


def _boolean(text: str) -> bool:
    if text.lower() not in (*_TRUE, *_FALSE):
        raise ValueError(text)
    return text.lower() in _TRUE


def DEFINE_string(name: str, default: str | None, help: str | None = None, **_: Any) -> None:
    """A setting that is text."""
    FLAGS._define(Flag(name, str, "text", default, help))


def DEFINE_integer(name: str, default: int | None, help: str | None = None, **_: Any) -> None:
    """A setting that is a whole number."""
    FLAGS._define(Flag(name, lambda text: int(text, 0), "a whole number", default, help))


def DEFINE_float(name: str, default: float | None, help: str | None = None, **_: Any) -> None:
    """A setting that is a number."""
    FLAGS._define(Flag(name, float, "a number", default, help))


def DEFINE_boolean(name: str, default: bool | None, help: str | None = None, **_: Any) -> None:
    """A setting that is on or off: --name, --noname, --name=true, --name=false."""
    FLAGS._define(Flag(name, _boolean, "true or false", default, help))


DEFINE_bool = DEFINE_boolean


def DEFINE_enum(name: str, default: str | None, enum_values: Sequence[str], help: str | None = None, **_: Any) -> None:
    """A setting that is one of `enum_values`."""
    FLAGS._define(Flag(name, _one_of(enum_values), "one of " + ", ".join(enum_values), default, help))


def _one_of(values: Sequence[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in values:
            raise ValueError(text)
        return text

    return read


def DEFINE_list(name: str, default: Any, help: str | None = None, **_: Any) -> None:
    """A setting that is a list, written with commas."""
    value = default.split(",") if isinstance(default, str) else default
    FLAGS._define(
        Flag(name, lambda text: [part.strip() for part in text.split(",")], "a list with commas", value, help)
    )


def _define_many(name: str, read: Callable[[str], Any], kind: str, default: Any, help: str | None) -> None:
    """A setting that may be given several times: the list of its values, which replaces the default."""
    values = default if default is None else list(default) if isinstance(default, (list, tuple)) else [default]
    FLAGS._define(Flag(name, read, f"{kind}, once or several times", values, help, many=True))


def DEFINE_multi_string(name: str, default: Any, help: str | None = None, **_: Any) -> None:
    """A setting that is a list of texts: --name=a --name=b."""
    _define_many(name, str, "text", default, help)


def DEFINE_multi_integer(name: str, default: Any, help: str | None = None, **_: Any) -> None:
    """A setting that is a list of whole numbers."""
    _define_many(name, lambda text: int(text, 0), "a whole number", default, help)


def DEFINE_multi_float(name: str, default: Any, help: str | None = None, **_: Any) -> None:
    """A setting that is a list of numbers."""
    _define_many(name, float, "a number", default, help)


def DEFINE_multi_enum(name: str, default: Any, enum_values: Sequence[str], help: str | None = None, **_: Any) -> None:
    """A setting that is a list of some of `enum_values`."""
    _define_many(name, _one_of(enum_values), "one of " + ", ".join(enum_values), default, help)


def mark_flag_as_required(flag_name: str) -> None:
    """The program needs a value for this setting; it is an error to start it without one."""
    if flag_name not in FLAGS._flags:
        raise MissingNameError(f"FLAGS has no {flag_name!r}", rule="define a flag before it is marked")
    if getattr(FLAGS, flag_name) is None:
        raise ArgumentError(f"--{flag_name} has no value", hint=f"--{flag_name}=... on the command line")
