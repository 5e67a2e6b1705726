"""How a process begins: what it is told, and the first function that it runs.

Nothing is imported here that a child is made of, so that who starts children need not load it. A
child's own module is named in its spec; the forkserver has imported it already. Here stands the one
import by name.
"""

import importlib
import os
import sys
from types import ModuleType
from typing import Any, NoReturn

from msgspec import Struct

from actors.runtime import preload, process
from actors.runtime.endpoints import Endpoints
from actors.runtime.settings import RuntimeSettings


class ProgramSpec(Struct, frozen=True, kw_only=True):
    """A program of its own that serves the desk: its module has `run(**given) -> exit code`."""

    role: str
    module: str
    run_dir: str
    given: dict[str, Any]


class ChildSpec(Struct, frozen=True, kw_only=True):
    """One child, as plain values: who it is, where its code is, what it is given.

    *module* has `build(parts, **given) -> Actor`; *topology* names the plumbing. A child with
    *outlives_s* is asked to end when its parent dies, and may take that long; others are killed.
    """

    role: str
    module: str
    topology: str
    run_dir: str
    endpoints: Endpoints
    runtime: RuntimeSettings
    given: dict[str, Any]
    outlives_s: int = 0


def live(spec: ChildSpec) -> NoReturn:
    """Be the actor of *spec* until the process ends."""
    from actors.runtime import birth

    birth.live(spec)


def serve(spec: ProgramSpec) -> NoReturn:
    """Be the program of *spec* until it returns. Its own group: Ctrl-C is not meant for it."""
    os.setpgid(0, 0)
    process.call_it(spec.role)
    trace = process.trace_file(spec.run_dir, spec.role)
    for fd in (1, 2):  # a full pipe would block it, a terminal shows the panel
        os.dup2(trace.fileno(), fd)
    preload.leave_out("rich")  # it has no terminal
    code = load(spec.module).run(**spec.given)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def load(name: str) -> ModuleType:
    """Return the module called *name*."""
    return importlib.import_module(name)


def is_loaded(name: str) -> bool:
    """Return whether the module called *name* was imported before."""
    return name in sys.modules
