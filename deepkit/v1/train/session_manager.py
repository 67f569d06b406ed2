"""How a session becomes ready to train: from the latest checkpoint, or from the initial values."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from deepkit.core.collections import GraphKeys
from deepkit.core.graph import Graph, default_graph
from deepkit.errors import ArgumentError, DeadlineExceededError, UninitializedError
from deepkit.runtime.session import Session
from deepkit.v1.platform import logging
from deepkit.v1.train.checkpoints import get_checkpoint_state

LOOK = 1.0  # seconds between two looks whether another process has initialized, at most


class SessionManager:
    """Makes sessions whose variables have their values.

    local_init_op runs in every session (local variables are in no checkpoint); ready_op gives the names of the variables
    that still have no value.
    """

    def __init__(
        self, local_init_op: Any = None, ready_op: Any = None, ready_for_local_init_op: Any = None,
        graph: Graph | None = None, recovery_wait_secs: float = 30, local_init_run_options: Any = None,
        local_init_feed_dict: Any = None,
    ):
        self._graph = default_graph() if graph is None else graph
        self._local_init_op, self._ready_op = local_init_op, ready_op
        self._local_init_feeds, self._wait = local_init_feed_dict, min(recovery_wait_secs, LOOK)

    def prepare_session(
        self, master: str, init_op: Any = None, saver: Any = None, checkpoint_dir: Any = None,
        checkpoint_filename_with_path: Any = None, wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200, config: Any = None, init_feed_dict: Any = None,
        init_fn: Callable[[Any], Any] | None = None,
    ) -> Session:
        """A session that is ready: variables as a checkpoint has them, else init_op and init_fn have run.

        Raises:
            ArgumentError: there is no checkpoint, and neither init_op nor init_fn.
            UninitializedError: variables are left without a value; it names them.
        """
        session, restored = self.recover_session(
            master, saver, checkpoint_dir, checkpoint_filename_with_path, config=config, check=False
        )
        try:
            if not restored:
                if init_op is None and init_fn is None and self._local_init_op is None:
                    raise ArgumentError(
                        "prepare_session has no checkpoint and nothing that initializes", hint="init_op, or init_fn"
                    )
                if init_op is not None:
                    session.run(init_op, feed_dict=init_feed_dict)
                if init_fn is not None:
                    init_fn(session)
            self._initialize_locals(session)
            self._check_ready(session, "after initialization" if not restored else "after restoring the checkpoint")
        except BaseException:
            session.close()
            raise
        return session

    def recover_session(
        self, master: str, saver: Any = None, checkpoint_dir: Any = None, checkpoint_filename_with_path: Any = None,
        wait_for_checkpoint: bool = False, max_wait_secs: float = 7200, config: Any = None, check: bool = True,
    ) -> tuple[Session, bool]:
        """(a session, whether a checkpoint was restored into it)."""
        session = Session(master, graph=self._graph, config=config)
        path = None if checkpoint_filename_with_path is None else os.fsdecode(checkpoint_filename_with_path)
        if path is None and checkpoint_dir is not None:
            state = get_checkpoint_state(checkpoint_dir)
            path = state.model_checkpoint_path if state else None
            if path is not None and saver is not None:
                saver.recover_last_checkpoints(state.all_model_checkpoint_paths)  # type: ignore[union-attr]
        if saver is None or path is None:
            return session, False
        try:
            saver.restore(session, path)
            if check:
                self._initialize_locals(session)
                self._check_ready(session, "after restoring the checkpoint")
        except BaseException:
            session.close()
            raise
        return session, True

    def wait_for_session(self, master: str, config: Any = None, max_wait_secs: float = float("inf")) -> Session:
        """A session for a process that lets another one initialize: it looks every second (or
        recovery_wait_secs) whether that is done.

        Raises:
            UninitializedError: the session has variables of its own, so nobody else can initialize them.
            DeadlineExceededError: the variables of the cluster have no values after max_wait_secs.
        """
        session = Session(master, graph=self._graph, config=config)
        begin = time.monotonic()
        try:
            while True:
                try:
                    self._initialize_locals(session)
                    self._check_ready(session, "in a session that waits for a chief")
                    return session
                except UninitializedError as error:
                    if not session.is_shared:
                        raise
                    if time.monotonic() - begin + self._wait > max_wait_secs:
                        raise DeadlineExceededError(
                            f"Session was not ready after waiting {max_wait_secs} secs.", rule="the chief initializes",
                        ) from error
                time.sleep(self._wait)
        except BaseException:
            session.close()
            raise

    def _initialize_locals(self, session: Session) -> None:
        if self._local_init_op is not None:
            logging.info("Running local_init_op.")
            session.run(self._local_init_op, feed_dict=self._local_init_feeds)
            logging.info("Done running local_init_op.")

    def _check_ready(self, session: Session, when: str) -> None:
        if self._ready_op is None:
            return
        missing = [n.decode() if isinstance(n, bytes) else str(n) for n in session.run(self._ready_op)]
        if missing:
            shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
            listed = {v.node.name for v in self._graph.get_collection(GraphKeys.GLOBAL_VARIABLES)}
            local = all(name not in listed for name in missing)
            raise UninitializedError(
                f"Variables not initialized {when}: {shown}",
                rule="a training starts when every variable has a value",
                hint="local_init_op=tf.local_variables_initializer()" if local
                else "init_op=tf.global_variables_initializer(); or a checkpoint that has all of them",
            )
