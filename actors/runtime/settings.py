"""What every actor is told about its desk, and the numbers of the runtime."""

from typing import Annotated

from msgspec import Meta, Struct

Ms = Annotated[int, Meta(ge=1, le=600_000)]


class DeskSettings(Struct, frozen=True, kw_only=True):
    """The desk: its mode, the prefix of its orders, what it trades, who trades it."""

    mode: str  # sim | paper | live
    prefix: Annotated[str, Meta(pattern="^[a-z0-9]{1,8}$")]
    instruments: Annotated[tuple[str, ...], Meta(min_length=1, max_length=50)]
    strategies: tuple[str, ...]  # names, in file order
    quote: str = "TRY"


class RuntimeSettings(Struct, frozen=True, kw_only=True):
    """Heartbeats and bounds of every actor's loop."""

    heartbeat_ms: Ms = 250
    hang_s: Annotated[int, Meta(ge=2, le=120)] = 8
    drain_control: Annotated[int, Meta(ge=1, le=1024)] = 64
    drain_other: Annotated[int, Meta(ge=1, le=1024)] = 32
    inbox_max: Annotated[int, Meta(ge=16, le=65536)] = 4096
    log_level: Annotated[str, Meta(pattern="^(debug|info|warning|error)$")] = "info"
    cpus: tuple[Annotated[int, Meta(ge=0, le=4095)], ...] | None = None  # to run on, None: any


class SupervisionSettings(Struct, frozen=True, kw_only=True):
    """When a child is restarted, and when the desk is halted for restarting too often."""

    restarts_max: Annotated[int, Meta(ge=0, le=100_000)] = 5
    window_s: Annotated[int, Meta(ge=1, le=3600)] = 60
    backoff_first_ms: Annotated[int, Meta(ge=0, le=60_000)] = 100
    backoff_max_ms: Annotated[int, Meta(ge=0, le=600_000)] = 5_000
    slow_retry_ms: Ms = 30_000
    start_deadline_ms: Ms = 10_000
    silence_ms: Ms = 3_000
    healthy_s: Annotated[int, Meta(ge=1, le=3600)] = 60
    stop_deadline_ms: Ms = 25_000


class SecretFile(Struct, frozen=True):
    """Where a secret lies, and the most permission bits the file may have."""

    path: str
    most: int = 0o600
