"""How actors show that they live, and how they are told to stop."""

from msgspec import Struct


class Hello(Struct, frozen=True, kw_only=True):
    """The first word of a new process."""

    role: str
    pid: int
    parent_pid: int


class Heartbeat(Struct, frozen=True, kw_only=True):
    """From the actor's own loop, every 250 ms. *waiting_for* is empty when it is ready."""

    role: str
    pid: int
    waiting_for: str
    turns: int
    loop_lag_ms: int
    longest_turn_ms: int
    queued: int
    refused: int
    dropped: int


class Stop(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """End in order. Repeated until the process is gone."""

    reason: str


class Permit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Short leave to trade: counts while the nonce it echoes is younger than two seconds."""

    nonce: str
    issuer: str
    kill_epoch: int
