"""The student's side: a process that runs one answer and replies to the grader's requests with plain data.

Requests and replies are lines of JSON on two pipes of their own; what the answer prints goes nowhere. Each request
carries a fresh token and a reply without it is void, so nothing written beforehand can pass for an answer.
Everything here is at the student's mercy, and that is the design: this side computes values, and never judges one.
"""

from __future__ import annotations

import base64
import builtins
import contextlib
import json
import linecache
import marshal
import os
import traceback
from collections.abc import Callable
from typing import Any

from deepkit.grade import wire


def serve(requests: int, replies: int, walls: dict[str, Any]) -> None:
    """Answer requests from the file descriptor `requests` until it closes; the first is told which `walls` stand."""
    names: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins, "display": _display}
    with os.fdopen(requests, "rb") as incoming, os.fdopen(replies, "wb") as outgoing:
        for request in map(json.loads, incoming):  # its text has no name here: an answer that is called sees our frames
            token = {"token": request["token"]}
            try:
                value = walls if request["do"] == "walls" else perform(request, names)
                reply = json.dumps({**token, "value": wire.encode(value)})
            except BaseException as error:  # SystemExit and KeyboardInterrupt of an answer are its errors too
                reply = json.dumps({**token, "error": _describe(error)})
            outgoing.write(reply.encode("ascii") + b"\n")
            outgoing.flush()


def perform(request: dict[str, Any], names: dict[str, Any]) -> Any:
    """Do what a request asks for, among the `names` of an answer, and return the value, whatever it is."""
    what = request["do"]
    if what == "run":
        _execute(request["source"], request["filename"], names)
        return None
    if what == "helpers":
        for source in request["sources"]:
            with contextlib.suppress(Exception):
                _execute(source, "<helpers>", names)
        return None
    if what in ("probe", "graph", "runs", "rebuilt"):
        private: dict[str, Any] = {}
        exec(marshal.loads(base64.b64decode(request.pop("code"))), private)
        return _probe(what, private[request["name"]], names, *wire.decode(request["args"]))
    if request["name"] not in names:
        raise NameError(f"the answer defines no {request['name']!r}")
    value = names[request["name"]]
    if what == "value":
        return value
    return value(*wire.decode(request["args"]), **wire.decode(request["kwargs"]))


def _probe(what: str, function: Callable, names: dict[str, Any], *args: Any) -> Any:
    """What a function of ours finds: among the answer's names, or in a graph that was built again from data."""
    if what == "probe":
        return function(names, *args)
    from deepkit.grade import blueprint, recording

    if what == "graph":
        return blueprint.written(function(names, *args))
    if what == "runs":
        return blueprint.written(recording.recorded(lambda: function(names, *args)))
    return function(*blueprint.built(args[0]), *args[1:])


def _display(*objects: Any, **options: Any) -> None:
    """What a notebook shows; here nobody looks."""


def _execute(source: str, filename: str, names: dict[str, Any]) -> None:
    if filename == "<answer>":  # so that inspect.getsource works on it; our own code stays unknown
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), names)


def _describe(error: BaseException) -> dict[str, Any]:
    try:
        message = str(error)
    except BaseException:  # an answer's own exception class may fail to print
        message = "(its message cannot be printed)"
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<answer>"]
    if isinstance(error, SyntaxError):
        message, lines = error.msg, [error.lineno]
    return {"type": type(error).__name__, "message": message[:500], "line": lines[-1] if lines else None}
