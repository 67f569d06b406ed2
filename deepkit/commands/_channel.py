"""A client of a kernel that hears every reply, also one that comes while it is sending.

ZeroMQ tells a program that a message has come by one edge on a file descriptor, and whichever call comes next takes
the edge away. jupyter_client waits for a reply on an asyncio socket and sends on a plain one that shares the
descriptor; nbclient sends in the middle of a cell when a widget prints. A reply that arrives in that moment is there
and nobody is told: the kernel is idle, the client waits until its cell's time is over. Looking again finds it.
"""

from __future__ import annotations

from queue import Empty
from time import monotonic
from typing import Any

LOOKS_AGAIN = 0.5  # seconds; what a reply whose edge was lost costs at most


def patient_client() -> type:
    """The class of such a client: its wait for a reply is a row of short ones, each begins by looking at the socket."""
    from jupyter_client.asynchronous import AsyncKernelClient
    from jupyter_client.channels import AsyncZMQSocketChannel
    from traitlets import Type

    class PatientChannel(AsyncZMQSocketChannel):
        async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
            """The next message; queue.Empty if none comes within `timeout` seconds (None: wait for ever)."""
            end = float("inf") if timeout is None else monotonic() + timeout
            while True:
                try:
                    return await super().get_msg(timeout=max(min(end - monotonic(), LOOKS_AGAIN), 0.0))
                except Empty:
                    if monotonic() >= end:
                        raise

    class PatientClient(AsyncKernelClient):
        shell_channel_class = Type(PatientChannel)
        control_channel_class = Type(PatientChannel)

    return PatientClient
