"""The client of a kernel hears a reply that comes in the moment in which it sends."""

from __future__ import annotations

import asyncio
import time
from queue import Empty

import pytest

zmq = pytest.importorskip("zmq", reason="speaks with a kernel")
pytest.importorskip("jupyter_client", reason="speaks with a kernel")

from deepkit.commands._channel import patient_client  # noqa: E402


async def _reply_while_sending(kind: type) -> str:
    """A kernel's reply arrives, and before the event loop looks the client sends a message of its own."""
    import zmq.asyncio
    from jupyter_client.session import Session

    session, context, kernel = Session(), zmq.asyncio.Context(), zmq.Context()
    router, dealer = kernel.socket(zmq.ROUTER), context.socket(zmq.DEALER)
    router.linger = dealer.linger = 0
    dealer.connect(f"tcp://127.0.0.1:{router.bind_to_random_port('tcp://127.0.0.1')}")
    try:
        channel = kind(dealer, session, asyncio.get_running_loop())
        channel.send(session.msg("execute_request"))
        sender = router.recv_multipart()[0]
        waiting = asyncio.create_task(channel.get_msg(timeout=3))
        await asyncio.sleep(0.1)
        session.send(router, session.msg("execute_reply"), ident=sender)
        time.sleep(0.2)  # the reply is there; the event loop has not looked yet
        channel.send(session.msg("comm_msg"))
        return (await waiting)["msg_type"]
    finally:
        dealer.close()
        router.close()


def test_a_reply_that_comes_while_sending_is_heard():
    assert asyncio.run(_reply_while_sending(patient_client().shell_channel_class.default_value)) == "execute_reply"


def test_a_wait_without_a_reply_ends():
    import zmq.asyncio
    from jupyter_client.session import Session

    async def wait() -> float:
        socket = zmq.asyncio.Context().socket(zmq.DEALER)
        socket.linger, began = 0, time.monotonic()
        with pytest.raises(Empty):
            await patient_client().shell_channel_class.default_value(socket, Session()).get_msg(timeout=0.7)
        socket.close()
        return time.monotonic() - began

    assert 0.6 < asyncio.run(wait()) < 5
