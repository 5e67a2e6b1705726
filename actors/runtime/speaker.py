"""Says commands to a running desk without waiting in between, for who measures.

Unlike `control.ask` it repeats nothing: what is handed to ZeroMQ here leaves once. It belongs to
the thread that opened it.
"""

import os
from pathlib import Path
from typing import Any

import zmq

from actors.runtime import endpoints, sockets
from actors.runtime.build import boot_id
from actors.runtime.clock import SystemClock
from actors.runtime.control import Unreachable
from actors.runtime.plumbing import COMMAND
from actors.runtime.wire import Identity, Sender
from messages import codec
from messages.control import Refusal, Reply
from messages.envelope import ENVELOPE_VERSION, Envelope


class Speaker:
    """One connection to the command socket *name* of the desk of *run_dir*, speaking as *role*.

    At most *mark* messages wait in it. Raises EndpointsUnusable, KeyError for no such socket.
    """

    def __init__(self, run_dir: Path, name: str, *, role: str, mark: int) -> None:
        where = endpoints.read(run_dir)
        self._name = name
        self._me = Identity(
            role=role,
            incarnation=int.from_bytes(os.urandom(8), "big"),
            boot=boot_id(),
            build=where.build,
            config=where.config,
        )
        self._clock = SystemClock()
        self._sender = Sender(self._me, self._clock)
        self._context = zmq.Context()
        mine = os.urandom(8).hex().encode()
        line = _Line(name, mark)
        self._socket = sockets.connect(self._context, line, where.sockets[name], name=mine)

    def sealed(self, message: object) -> bytes:
        """Return the bytes of *message*."""
        return self._sender.seal(message, stream=self._name, trail=None)

    def stand_in(self, kind: type, body: dict[str, Any]) -> bytes:
        """Return the bytes that a message of *kind* with *body* has; none of that kind is made."""
        me, name = self._me, os.urandom(16)
        return codec.encode(
            Envelope(
                v=ENVELOPE_VERSION,
                type=kind.__name__,
                schema=codec.SCHEMAS[kind],
                id=name,
                cor=name,
                cau=bytes(16),
                src=me.role,
                inc=me.incarnation,
                seq=1,
                wall_ns=self._clock.wall_ns(),
                mono_ns=self._clock.mono_ns(),
                boot=me.boot,
                build=me.build,
                config=me.config,
                body=body,
            )
        )

    def say(self, raw: bytes) -> None:
        """Hand *raw* to ZeroMQ. Raises Unreachable when it has no room for it."""
        try:
            self._socket.send_multipart([b"", raw], zmq.NOBLOCK)
        except zmq.Again as why:
            raise Unreachable(f"{self._name} takes no more") from why

    def answer(self, within_ms: int) -> tuple[int, Reply]:
        """Return the next answer and when it came, monotonic ns. Raises Unreachable."""
        while self._socket.poll(within_ms):
            at_ns = self._clock.mono_ns()
            _, answer = codec.decode(self._socket.recv_multipart()[-1])
            if isinstance(answer, Refusal):
                raise Unreachable(f"{answer.code}: {answer.message}")
            if isinstance(answer, Reply):
                return at_ns, answer
        raise Unreachable(f"{self._name} did not answer within {within_ms} ms")

    def close(self) -> None:
        self._context.destroy(linger=0)


class _Line:
    """The connector's end of a command socket."""

    pattern = COMMAND
    rank = 0
    binder = ""

    def __init__(self, name: str, mark: int) -> None:
        self.name, self.mark = name, mark
