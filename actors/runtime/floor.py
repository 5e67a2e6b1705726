"""The bare ZeroMQ chain that `btcbot bench` holds the desk against: the least that hops cost.

No actor, no inbox, no rule: each link takes a message from one PULL socket, decodes it, encodes it
again and pushes it on. `python -m actors.runtime.floor FROM TO` is one link; it ends when its
standard input closes, so that none outlives the benchmark.
"""

import sys
import threading

import zmq

from messages import codec

MARK = 8  # high-water mark, as on the sockets of intents
GONE_MS = 5_000  # how long the end of the chain waits for one message


class Ends:
    """Both ends of a chain: what is put in at *first* is awaited at *last* (ipc addresses)."""

    def __init__(self, *, first: str, last: str) -> None:
        self._context = zmq.Context()
        self._into = self._context.socket(zmq.PUSH)
        self._out = self._context.socket(zmq.PULL)
        for one in (self._into, self._out):
            one.linger = 0
            one.set_hwm(MARK)
        self._out.rcvtimeo = GONE_MS
        self._into.sndtimeo = GONE_MS
        self._out.bind(last)
        self._into.connect(first)

    def pass_through(self, raw: bytes) -> bytes:
        """Return *raw* as it came out of the chain. Raises TimeoutError when it does not."""
        try:
            self._into.send(raw)
            return bytes(self._out.recv())
        except zmq.Again as why:
            raise TimeoutError("the chain lost a message") from why

    def close(self) -> None:
        self._context.destroy(linger=0)


def link(source: str, target: str) -> None:
    """Pass on what comes from *source* to *target*, decoded and encoded, for ever."""
    context = zmq.Context()
    near, far = context.socket(zmq.PULL), context.socket(zmq.PUSH)
    for one in (near, far):
        one.linger = 0
        one.set_hwm(MARK)
    near.bind(source)
    far.connect(target)
    while True:
        envelope, _ = codec.decode(near.recv())
        far.send(codec.encode(envelope))


def main() -> None:
    """Be one link of the chain for as long as standard input is open."""
    source, target = sys.argv[1:3]
    threading.Thread(target=link, args=(source, target), daemon=True).start()
    sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
