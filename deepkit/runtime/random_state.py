"""Where a session stands in its random streams: what a training must remember to go on as if it had never stopped.

A stream of random numbers is a key, the upper half of a counter, and a position (see device/philox.py). TensorFlow
forgets the positions when a program ends; deepkit's checkpoints keep them, so that dropout and its kin draw, after a
restart, the numbers they would have drawn without it. Also ops without a seed do: their two random seeds are kept.
"""

from __future__ import annotations

import json
from typing import Any

from deepkit.core.description import nodes_of
from deepkit.device.philox import Stream
from deepkit.errors import DataError
from deepkit.runtime.session import Session

_LIMIT = 1 << 64


def random_state(session: Session) -> str:
    """The streams that the session has used: JSON, {"name of the op": [key, counter, position]}."""
    streams = session._streams
    used = [(name, streams[node]) for name, node in nodes_of(session.graph) if node in streams]
    return json.dumps({name: [s.key, s.high, s.position] for name, s in used}, separators=(",", ":"))


def set_random_state(session: Session, state: str) -> None:
    """Puts the session's streams to where `random_state` found them.

    Ops are known by their names. One that has other seeds now begins with these, as does one that is new.

    Raises:
        DataError: the state is damaged; nothing was changed then.
    """
    try:
        said = json.loads(state)
    except (ValueError, RecursionError) as error:
        raise _damaged(error) from error
    if not isinstance(said, dict) or not all(_is_place(place) for place in said.values()):
        raise _damaged("it is no table of streams")
    for name, node in nodes_of(session.graph):
        if name not in said or not node.op.random:
            continue
        key, high, position = said[name]
        chosen = Stream(*node.seeds) if node.seeds else None
        if chosen is None or (chosen.key, chosen.high) == (key, high):
            stream = session._stream_of(node)  # plans hold this very object
            stream.key, stream.high, stream.position = key, high, position


def _is_place(place: Any) -> bool:
    return isinstance(place, list) and len(place) == 3 and all(type(n) is int and 0 <= n < _LIMIT for n in place)


def _damaged(why: object) -> DataError:
    return DataError(f"the places in the random streams cannot be read: {why}", rule="as a checkpoint keeps them")
