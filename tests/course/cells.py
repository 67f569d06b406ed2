"""Cells run as a notebook runs them, in a process that has the libraries already: no kernel has to start."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from typing import Any

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["IPython.core.interactiveshell", "deepkit.v1", "deepkit.keras", "deepkit.viz"])


def run_cells(sources: Sequence[str]) -> list[dict[str, Any]]:
    """What each cell came to, one after another: what it `printed`, the type of its `error`, and kinds of `other` output."""
    pipe, theirs = _SERVER.Pipe(duplex=False)
    process = _SERVER.Process(target=_run, args=(list(sources), theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        assert pipe.poll(300), "the cells take too long"
        return pipe.recv()
    finally:
        process.kill()
        process.join()


def _run(sources: list[str], pipe: Any) -> None:
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    outcomes = []
    for source in sources:
        with capture_output() as said:
            result = shell.run_cell(source, store_history=True)
        error = result.error_before_exec or result.error_in_exec
        kinds = [list(output.data) for output in said.outputs] + ([said.stderr] if said.stderr else [])
        printed = said.stdout if error is None else ""  # there stands the traceback, too
        outcomes.append({"printed": printed, "error": "" if error is None else type(error).__name__, "other": kinds})
    pipe.send(outcomes)
