"""`tf.train.SyncReplicasOptimizer`: one step for the gradients of several replicas, in one process or on a cluster."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from deepkit import ops
from deepkit.core.apply import convert
from deepkit.core.collections import GraphKeys
from deepkit.core.graph import default_graph
from deepkit.core.node import Node
from deepkit.core.variable import Variable
from deepkit.errors import ArgumentError
from deepkit.runtime import targets
from deepkit.train.optimizer import Optimizer
from deepkit.v1.framework.control_flow import cond, py_func, while_loop
from deepkit.v1.framework.creators import group, no_op, report_uninitialized_variables
from deepkit.v1.train.hooks import SessionRunHook


class SyncReplicasOptimizer(Optimizer):
    """Another optimizer, which takes a step with the mean of replicas_to_aggregate gradients, one from each run.

    global_step counts the steps. In one process each run of the training op stands for one replica. On a cluster
    (`tf.train.Server`) each worker is one; its run ends when the step is taken, so no gradient is of older weights. (J. Chen et
    al., "Revisiting Distributed Synchronous SGD", 2016, without its backup workers.)
    """

    def __init__(
        self, opt: Optimizer, replicas_to_aggregate: int, total_num_replicas: int | None = None,
        variable_averages: Any = None, variables_to_average: Any = None, use_locking: bool = False,
        name: str = "sync_replicas",
    ):
        super().__init__(use_locking, name, opt.learning_rate)
        if replicas_to_aggregate < 1:
            raise ArgumentError(f"replicas_to_aggregate={replicas_to_aggregate}", rule="1 or more")
        total = replicas_to_aggregate if total_num_replicas is None else total_num_replicas
        if targets.cluster() is not None and total != replicas_to_aggregate:
            raise ArgumentError(
                f"replicas_to_aggregate={replicas_to_aggregate}, total_num_replicas={total}",
                rule="on a cluster each worker hands in one gradient for each step", hint=f"replicas_to_aggregate={total}",
            )
        self._opt, self._replicas = opt, int(replicas_to_aggregate)
        self._averages, self._averaged = variable_averages, variables_to_average
        self._tokens: Node | None = None

    def compute_gradients(self, *args: Any, **kwargs: Any) -> list[tuple[Any, Any]]:
        """As those of the other optimizer."""
        return self._opt.compute_gradients(*args, **kwargs)

    def apply_gradients(self, grads_and_vars: Iterable[Any], global_step: Any = None, name: str | None = None) -> Any:
        """The operation that hands in one replica's gradients; the run that hands in the last ones takes the step.

        ArgumentError: no global_step, which counts the steps.
        """
        if global_step is None:
            raise ArgumentError("SyncReplicasOptimizer needs a global_step", rule="it counts the steps of all replicas")
        pairs = [(grad, var) for grad, var in grads_and_vars if grad is not None]
        if self._replicas == 1:
            return self._stepped(pairs, global_step, name)
        with default_graph().name_scope(name or self.name):
            return self._aggregated(pairs, global_step)

    def _aggregated(self, pairs: list[tuple[Any, Any]], global_step: Any) -> Any:
        """Adds this replica's gradients to those of the others; the last one takes the step."""
        graph = default_graph()
        held = [self._held(f"accumulator_{i}", ops.zeros(var.shape.as_list(), var.dtype)) for i, (_, var) in enumerate(pairs)]
        count = self._held("count", ops.zeros([], "int64"))
        seen = global_step.read_value()
        with graph.control_dependencies([seen]):
            handed = [held_.assign_add(convert(grad)) for held_, (grad, _) in zip(held, pairs, strict=True)]
        with graph.control_dependencies(handed):
            arrived = count.assign_add(1)

        def step() -> Any:
            means = [held_.read_value() / self._replicas for held_ in held]
            with default_graph().control_dependencies(means):
                emptied = [count.assign(0), *[h.assign(ops.zeros_like(h.read_value())) for h in held]]
            with default_graph().control_dependencies(emptied):  # before the step is counted: then the others go on
                return self._stepped(list(zip(means, [var for _, var in pairs], strict=True)), global_step, None)

        done = group(cond(ops.greater_equal(arrived, self._replicas), step, no_op))
        return done if targets.cluster() is None else self._waited(done, global_step, seen)

    @staticmethod
    def _waited(done: Any, global_step: Any, seen: Any) -> Any:
        """The operation, which ends when the other replicas have done theirs, so that the step is counted."""
        pause = targets.cluster().pause

        def wait(rounds: Any) -> Any:
            with default_graph().control_dependencies([py_func(pause, [], [])]):
                return rounds + 1

        with default_graph().control_dependencies([done]):
            return group(while_loop(lambda _: ops.equal(global_step.read_value(), seen), wait, [0]))

    def _stepped(self, pairs: list[tuple[Any, Any]], global_step: Any, name: str | None) -> Any:
        done = self._opt.apply_gradients(pairs, global_step, name)
        if self._averages is None:
            return done
        with default_graph().control_dependencies([done]):
            return self._averages.apply(self._averaged)

    @staticmethod
    def _held(name: str, start: Any) -> Variable:
        return Variable(start, trainable=False, collections=[GraphKeys.GLOBAL_VARIABLES], name=name)

    def get_slot(self, var: Any, name: str) -> Any:
        """The slot of the other optimizer."""
        return self._opt.get_slot(var, name)

    def get_slot_names(self) -> list[str]:
        """The slots of the other optimizer."""
        return self._opt.get_slot_names()

    def variables(self) -> list[Any]:
        """The variables of the other optimizer."""
        return self._opt.variables()

    def get_init_tokens_op(self, num_tokens: int = -1) -> Node:
        """Nothing: a replica waits in its training op, until the step is counted."""
        return no_op(name="init_tokens")

    def make_session_run_hook(self, is_chief: bool, num_tokens: int = -1) -> SessionRunHook:
        """A hook for a monitored session, which has nothing to start here."""
        return SessionRunHook()

    @property
    def local_step_init_op(self) -> Node:
        """Nothing: there is no local step."""
        return no_op(name="local_step_init")

    chief_init_op = local_step_init_op

    @property
    def ready_for_local_init_op(self) -> Any:
        """The names of variables without a value."""
        return report_uninitialized_variables()
