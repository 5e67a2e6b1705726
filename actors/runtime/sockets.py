"""How a ZeroMQ socket is made here: every option of every socket, in one place."""

from typing import Any

import zmq

from actors.runtime.plumbing import COMMAND, FEED, SOFT, Socket
from messages.codec import BYTES_MAX

HEARTBEAT_IVL_MS = 1_000
HEARTBEAT_TIMEOUT_MS = 3_000
RECONNECT_MS = 50
RECONNECT_MAX_MS = 2_000
KEEPALIVE_IDLE_S = 10
# Longer frames are cut off by ZeroMQ itself. What is only a little too long for the codec still
# arrives where commands are taken, so that it can be answered.
FRAME_MAX = BYTES_MAX
COMMAND_FRAME_MAX = 4 * BYTES_MAX

_KINDS = {  # the binder's end, the connector's
    FEED: (zmq.XPUB, zmq.SUB),
    SOFT: (zmq.PULL, zmq.PUSH),
    COMMAND: (zmq.ROUTER, zmq.DEALER),
}


def bind(context: "zmq.Context[Any]", socket: Socket, address: str) -> "zmq.Socket[Any]":
    """Return *socket* bound to *address*."""
    made: zmq.Socket[Any] = context.socket(_KINDS[socket.pattern][0])
    _set_options(made, socket, address)
    if socket.pattern == COMMAND:
        made.set(zmq.ROUTER_MANDATORY, 1)
        made.set(zmq.ROUTER_HANDOVER, 1)
        made.set(zmq.MAXMSGSIZE, COMMAND_FRAME_MAX)
    if socket.pattern == FEED:
        made.set(zmq.XPUB_VERBOSE, 1)
    made.bind(address)
    return made


def connect(
    context: "zmq.Context[Any]", socket: Socket, address: str, *, name: bytes
) -> "zmq.Socket[Any]":
    """Return a socket connected to *socket* at *address*; a command's peer is called *name*."""
    made: zmq.Socket[Any] = context.socket(_KINDS[socket.pattern][1])
    _set_options(made, socket, address)
    if socket.pattern != FEED:  # a SUB with IMMEDIATE never sends its subscriptions
        made.set(zmq.IMMEDIATE, 1)  # nothing waits for a peer that is not there, to arrive stale
    if socket.pattern == COMMAND:
        made.set(zmq.ROUTING_ID, name)
    made.connect(address)
    return made


def _set_options(made: "zmq.Socket[Any]", socket: Socket, address: str) -> None:
    made.set(zmq.LINGER, 0)
    made.set(zmq.SNDHWM, socket.mark)
    made.set(zmq.RCVHWM, socket.mark)
    made.set(zmq.MAXMSGSIZE, FRAME_MAX)
    made.set(zmq.HEARTBEAT_IVL, HEARTBEAT_IVL_MS)
    made.set(zmq.HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS)
    made.set(zmq.RECONNECT_IVL, RECONNECT_MS)
    made.set(zmq.RECONNECT_IVL_MAX, RECONNECT_MAX_MS)
    if address.startswith("tcp://"):
        made.set(zmq.TCP_KEEPALIVE, 1)
        made.set(zmq.TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S)
