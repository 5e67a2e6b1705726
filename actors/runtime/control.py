"""How a script talks to a running desk: one command, repeated until it is answered.

Repeating is safe: every command of `messages/control.py` does nothing more the second time.
"""

import os
from pathlib import Path
from typing import Any

import zmq

from actors.runtime import endpoints, sockets
from actors.runtime.clock import SystemClock
from actors.runtime.endpoints import Endpoints, EndpointsUnusable
from actors.runtime.plumbing import COMMAND
from actors.runtime.wire import Identity, Sender
from messages import codec
from messages.control import Refusal, Reply

REPEAT_MS = 500
MARK = 4  # commands under way at once: one, and its repeats
NOBODY = "btcbot"  # the role of whoever is no actor


class Unreachable(Exception):
    """No desk of that run directory answered in time."""


def ask(run_dir: Path, socket: str, message: object, timeout_s: float) -> Reply:
    """Return what the binder of *socket* answers to *message* within *timeout_s* seconds.

    A refusal is a Reply that is not ok. Raises Unreachable when nobody answers, ValueError for a
    message that is too long to be taken.
    """
    try:
        where = endpoints.read(run_dir)
    except EndpointsUnusable as why:
        raise Unreachable(str(why)) from why
    address = where.sockets.get(socket)
    if address is None:
        raise Unreachable(f"{run_dir} has no socket {socket}")
    context = zmq.Context(io_threads=1)
    try:
        made = sockets.connect(context, _Line(), address, name=os.urandom(8).hex().encode())
        return _ask(made, socket, _seal(where, socket, message), timeout_s)
    finally:
        context.destroy(linger=0)


class _Line:
    """The connector's end of a control socket."""

    name = "control"
    pattern = COMMAND
    rank = 0
    mark = MARK
    binder = ""


def _seal(where: Endpoints, socket: str, message: object) -> bytes:
    incarnation = int.from_bytes(os.urandom(8), "big")
    me = Identity(
        role=NOBODY, incarnation=incarnation, boot="", build=where.build, config=where.config
    )
    raw = Sender(me, SystemClock()).seal(message, stream=socket, trail=None)
    if len(raw) > codec.BYTES_MAX:
        raise ValueError(f"the command has {len(raw)} bytes, at most {codec.BYTES_MAX}")
    return raw


def _ask(line: "zmq.Socket[Any]", name: str, raw: bytes, timeout_s: float) -> Reply:
    clock = SystemClock()
    end_ms = clock.mono_ms() + int(timeout_s * 1000)
    say_ms = clock.mono_ms()
    said = False
    while (now := clock.mono_ms()) < end_ms:
        due = now >= say_ms
        if line.poll(min(end_ms, end_ms if due else say_ms) - now, _waits_for(due=due)) == 0:
            continue
        if reply := _heard(line):
            return reply
        if due and line.poll(0, zmq.POLLOUT):
            line.send_multipart([b"", raw], zmq.NOBLOCK)
            said, say_ms = True, clock.mono_ms() + REPEAT_MS
    how = "did not answer" if said else "is not there"
    raise Unreachable(f"{name} {how} within {timeout_s:g} s")


def _waits_for(*, due: bool) -> int:
    return zmq.POLLIN | zmq.POLLOUT if due else zmq.POLLIN


def _heard(line: "zmq.Socket[Any]") -> Reply | None:
    if not line.poll(0, zmq.POLLIN):
        return None
    try:
        _, message = codec.decode(line.recv_multipart(zmq.NOBLOCK)[-1])
    except codec.Unreadable as why:
        return Reply(ok=False, code=why.code, message=f"the answer cannot be read: {why}")
    if isinstance(message, Refusal):
        return Reply(ok=False, code=message.code, message=message.message)
    return message if isinstance(message, Reply) else None
