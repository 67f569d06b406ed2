"""`tf.train.Scaffold`: what a training needs beside its training op, each part made if nobody has made it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.v1 import summary
from deepkit.v1.framework import creators
from deepkit.v1.train.saver import Saver

_PARTS = ("init_op", "init_feed_dict", "init_fn", "ready_op", "ready_for_local_init_op", "local_init_op", "summary_op",
          "saver", "local_init_feed_dict")


class Scaffold:
    """The ops that start, check, sum up and save a training. `finalize` makes those that were not given.

    init_op: sets all variables; init_fn(scaffold, session) runs after it; local_init_op: runs also after a checkpoint was
    restored; ready_op: the names of the variables without a value; summary_op: all summaries; saver.
    copy_from_scaffold: takes its parts where no others are given.
    """

    def __init__(
        self, init_op: Any = None, init_feed_dict: Any = None, init_fn: Callable[..., Any] | None = None,
        ready_op: Any = None, ready_for_local_init_op: Any = None, local_init_op: Any = None, summary_op: Any = None,
        saver: Any = None, copy_from_scaffold: Scaffold | None = None, local_init_feed_dict: Any = None,
    ):
        given = (init_op, init_feed_dict, init_fn, ready_op, ready_for_local_init_op, local_init_op, summary_op, saver,
                 local_init_feed_dict)
        self._parts = dict(zip(_PARTS, given, strict=True))
        if copy_from_scaffold is not None:
            other = copy_from_scaffold._parts
            self._parts = {name: other[name] if part is None else part for name, part in self._parts.items()}

    def finalize(self) -> Scaffold:
        """Makes the parts that are missing, each the one of its collection if that has one, and ends the graph."""
        self._default("init_op", GraphKeys.INIT_OP, lambda: creators.global_variables_initializer())
        self._default("ready_op", GraphKeys.READY_OP, lambda: creators.report_uninitialized_variables())
        self._default("local_init_op", GraphKeys.LOCAL_INIT_OP, lambda: creators.local_variables_initializer())
        self._default("summary_op", GraphKeys.SUMMARY_OP, summary.merge_all)
        self._default("saver", GraphKeys.SAVERS, lambda: Saver(allow_empty=True))
        self.saver.build()
        default_graph().finalize()
        return self

    def _default(self, name: str, collection: str, make: Callable[[], Any]) -> None:
        if self._parts[name] is not None:
            return
        known = default_graph().get_collection(collection)
        made = known[0] if known else make()
        if made is not None and not known:
            default_graph().add_to_collection(collection, made)
        self._parts[name] = made

    init_op = property(lambda self: self._parts["init_op"])
    init_feed_dict = property(lambda self: self._parts["init_feed_dict"])
    ready_op = property(lambda self: self._parts["ready_op"])
    ready_for_local_init_op = property(lambda self: self._parts["ready_for_local_init_op"])
    local_init_op = property(lambda self: self._parts["local_init_op"])
    local_init_feed_dict = property(lambda self: self._parts["local_init_feed_dict"])
    summary_op = property(lambda self: self._parts["summary_op"])
    saver = property(lambda self: self._parts["saver"])

    @property
    def init_fn(self) -> Callable[[Any], Any] | None:
        """init_fn as a function of the session alone."""
        found = self._parts["init_fn"]
        return None if found is None else lambda session: found(self, session)
