"""A room that one thread is importing is waited for by another one, not handed out half-made."""

from __future__ import annotations

import importlib
import sys
import threading
import time

import deepkit

ROOM = """
import threading
import sys

sys.slowroom_begun.set()
sys.slowroom_may_end.wait(10)
READY = True
"""


def test_a_half_imported_room_is_waited_for(tmp_path, monkeypatch):
    begun, may_end = threading.Event(), threading.Event()
    monkeypatch.setattr(sys, "slowroom_begun", begun, raising=False)
    monkeypatch.setattr(sys, "slowroom_may_end", may_end, raising=False)
    monkeypatch.setattr(deepkit, "__path__", [*deepkit.__path__, str(tmp_path)])
    (tmp_path / "slowroom.py").write_text(ROOM, encoding="utf-8")
    importer = threading.Thread(target=importlib.import_module, args=["deepkit.slowroom"])
    found = []
    user = threading.Thread(target=lambda: found.append(getattr(deepkit.slowroom, "READY", "half-made")))
    try:
        importer.start()
        assert begun.wait(10)
        user.start()
        time.sleep(0.05)
    finally:
        may_end.set()
        importer.join(10)
        user.join(10)
        sys.modules.pop("deepkit.slowroom", None)
        vars(deepkit).pop("slowroom", None)
    assert found == [True]
