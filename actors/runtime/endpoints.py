"""Where the desk of a run directory is reached: `endpoints.json`, written before anything starts.

Within a host every socket is a file in `<run-dir>/sock/`. A path that ZeroMQ would refuse as too
long is moved to a directory of our own under the system's temporary one.
"""

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct, field

from actors.runtime.atomic import atomic_write

FILE = "endpoints.json"
PATH_BYTES_MAX = 107  # of an ipc address; ZeroMQ refuses a longer one
SIZE_MAX = 100_000
DETOURS = "BTCBOT_DETOURS"  # a JSON file, for proofs: who reaches which socket by another address


class EndpointsUnusable(Exception):
    """There is no `endpoints.json`, it cannot be read, or sockets have no place to be."""

    exit_code = 78


class Endpoints(Struct, frozen=True, kw_only=True):
    """One run of a desk: who it is, and the address of each of its sockets.

    *detours* sends one connector elsewhere: `<role>><socket>` -> address. *venue* holds URLs.
    """

    run_id: str
    pid: int
    mode: str
    host: str
    build: str
    config: str
    sockets: dict[str, str]
    venue: dict[str, str] = field(default_factory=dict)
    detours: dict[str, str] = field(default_factory=dict)

    def seen_by(self, role: str) -> dict[str, str]:
        """Return the address of each socket as *role* reaches it."""
        return {
            name: self.detours.get(f"{role}>{name}", address)
            for name, address in self.sockets.items()
        }


def write(run_dir: Path, endpoints: Endpoints) -> None:
    """Write `endpoints.json` of *run_dir*. Raises OSError."""
    atomic_write(run_dir / FILE, msgspec.json.format(msgspec.json.encode(endpoints), indent=2))


def read(run_dir: Path) -> Endpoints:
    """Return what the newest desk of *run_dir* wrote. Raises EndpointsUnusable."""
    path = run_dir / FILE
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(SIZE_MAX), type=Endpoints)
    except FileNotFoundError as why:
        raise EndpointsUnusable(f"no desk was started on {run_dir}: {FILE} is missing") from why
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as why:
        raise EndpointsUnusable(f"{path} cannot be read: {why}") from why


def detours(environ: Mapping[str, str], *, mode: str) -> dict[str, str]:
    """Return the detours that the environment names, `<role>><socket>` -> address.

    They let a proof cut a link. Raises EndpointsUnusable: not in `live`, not when unreadable.
    """
    said = environ.get(DETOURS)
    if not said:
        return {}
    if mode == "live":
        raise EndpointsUnusable(f"{DETOURS} is set: no link takes a detour in mode live")
    try:
        with Path(said).open("rb") as file:
            return msgspec.json.decode(file.read(SIZE_MAX), type=dict[str, str])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as why:
        raise EndpointsUnusable(f"{DETOURS}: {said} cannot be read: {why}") from why


def addresses(run_dir: Path, names: Iterable[str]) -> dict[str, str]:
    """Return an ipc address for each of the sockets *names*, their directory made.

    Raises EndpointsUnusable when there is no safe place short enough.
    """
    wanted = list(names)
    place = run_dir.absolute() / "sock"
    if _too_long(place, wanted):
        place = _short_place(run_dir)
    _make_private(place)
    if _too_long(place, wanted):
        raise EndpointsUnusable(
            f"socket paths in {place} are longer than {PATH_BYTES_MAX} bytes; "
            "set TMPDIR or --run-dir to a shorter directory"
        )
    return {name: f"ipc://{place / name}" for name in wanted}


def _too_long(place: Path, names: list[str]) -> bool:
    return any(len(os.fsencode(place / name)) > PATH_BYTES_MAX for name in names)


def _short_place(run_dir: Path) -> Path:
    mark = hashlib.blake2b(os.fsencode(run_dir.resolve()), digest_size=8).hexdigest()
    return Path(tempfile.gettempdir()) / f"btcbot-{os.getuid()}-{mark}"


def _make_private(place: Path) -> None:
    try:
        place.mkdir(mode=0o700, parents=False, exist_ok=True)
        found = place.lstat()
    except OSError as why:
        raise EndpointsUnusable(f"no directory for sockets: {why}") from why
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise EndpointsUnusable(f"{place} is not a directory of our own; remove it")
    if found.st_mode & 0o077:
        place.chmod(0o700)
