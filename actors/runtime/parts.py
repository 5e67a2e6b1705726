"""What is handed to an actor: everything that is not its own decision."""

import random
from pathlib import Path

import structlog
from msgspec import Struct

from actors.runtime.clock import Clock

Log = structlog.typing.FilteringBoundLogger


class Parts(Struct, kw_only=True):
    """One actor's clock, log and dice, and what it is called. Nothing here is shared."""

    role: str
    run_id: str
    run_dir: Path
    clock: Clock
    log: Log
    rng: random.Random
