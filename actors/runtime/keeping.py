"""How a keeper comes to life: the one process that nobody here looks after.

Nothing returns from here but the end of the process.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from actors.runtime import birth, failures, process
from actors.runtime.body import Body
from actors.runtime.endpoints import Endpoints
from actors.runtime.keeper import Interrupted, Keeper
from actors.runtime.parts import Parts
from actors.runtime.plumbing import Plumbing
from actors.runtime.settings import RuntimeSettings
from actors.runtime.signals import Signals

INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def keep(
    build: Callable[[Parts], Keeper],
    *,
    role: str,
    run_dir: Path,
    endpoints: Endpoints,
    plumbing: Plumbing,
    runtime: RuntimeSettings,
    echo: Callable[[bytes], None],
) -> NoReturn:
    """Be the keeper that *build* makes until it is stopped; *echo* gets each line of its log."""
    # Ctrl-Z would stop the permits, and the watchdog would end the desk when it goes on.
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    os.umask(0o077)  # what is written from here on is its owner's alone
    trace = process.trace_file(str(run_dir), role)
    around = birth.surroundings(role, run_dir, endpoints, runtime, trace=trace, echo=echo)
    process.no_core_files()
    try:
        keeper = build(birth.parts(around))
        watchdog = birth.watchdog(around)
        keeper.outlet = Body(
            keeper,
            birth.links(around, plumbing),
            settings=runtime,
            log=around.log,
            sources=[Signals(dict.fromkeys(INTERRUPTS, Interrupted))],
            rhythms=[watchdog],
        )
        keeper.waits_with(watchdog.again)
        watchdog.ring()  # starting children may hang, before the first turn of the loop
        keeper.live()
    except BaseException as error:  # noqa: BLE001 - it ends the process
        failures.end(around.log, error)
    failures.end(around.log, RuntimeError("the loop ended and nobody asked it to"))
