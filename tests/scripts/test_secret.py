"""A marked secret is followed through a desk's life: it is found nowhere but where it belongs."""

import base64
import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from config import secrets
from store.readers import Reader
from tests.actors.venues.served import serving
from tests.scripts import live
from tests.scripts.commands import btcbot
from tests.scripts.desks import RunningDesk

pytestmark = pytest.mark.timeout(200)
MARK = b"a-marked-secret-that-is-to-be-found-nowhere"
PRIVATE = base64.b64encode(MARK).decode()
PUBLIC = "marked-account"
FORMS = {
    "as given": PRIVATE.encode(),
    "decoded": MARK,
    "encoded again": base64.b64encode(PRIVATE.encode()).rstrip(b"="),
    "hexadecimal": MARK.hex().encode(),
}


def by_environment(_):
    return {secrets.KEY: PUBLIC, secrets.SECRET: PRIVATE}


def by_file(folder):
    return {secrets.KEY: PUBLIC, f"{secrets.SECRET}_FILE": str(written(folder / "secret", PRIVATE))}


def by_credential(folder):
    for name, value in ((secrets.KEY, PUBLIC), (secrets.SECRET, PRIVATE)):
        written(folder / name.lower(), value)
    return {"CREDENTIALS_DIRECTORY": str(folder)}


def written(path, value, mode=0o600):
    path.write_text(f"{value}\n")
    path.chmod(mode)
    return path


@pytest.fixture
def place():
    """Where the desk writes, and a folder beside it for what is given to it."""
    above = Path(tempfile.mkdtemp(prefix="btcbot-"))
    (above / "desk").mkdir(mode=0o700)
    (above / "given").mkdir(mode=0o700)
    yield above
    shutil.rmtree(above, ignore_errors=True)


@pytest.fixture
def venue(place):
    (place / "venue").mkdir()
    with serving(place / "venue", "--account", f"{PUBLIC}:{PRIVATE}") as exchange:
        yield exchange


def family(pid):
    """Return *pid* and every process that descends from it."""
    parents = {}
    for one in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(one.parent.name)] = int(one.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def shown_by_the_system(pids):
    """Return what `ps` can show of each process: its command line and its environment."""
    shown = {}
    for pid in pids:
        for name in ("cmdline", "environ"):
            shown[f"/proc/{pid}/{name}"] = Path(f"/proc/{pid}/{name}").read_bytes()
    return shown


def files_of(folder):
    return {str(one): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def leaks(texts):
    return [
        f"{where}: {form}"
        for where, text in texts.items()
        for form, mark in FORMS.items()
        if mark in text
    ]


@pytest.mark.parametrize("give", [by_environment, by_file, by_credential])
def test_the_secret_of_a_desk_that_trades_crashes_and_stops_is_nowhere(place, venue, give):
    run_dir, environ = place / "desk", live.ARMED | give(place / "given")
    config = live.config(run_dir, venue.url)
    desk = RunningDesk(run_dir, "--config", config, environ=environ)
    try:
        desk.wait_ready(live.READY_WITHIN_S)
        desk.wait_until(lambda: traded(run_dir), "fills")
        desk.kill("executor")
        desk.kill("risk_gate")
        os.kill(desk.actors()["executor"]["pid"], signal.SIGUSR1)  # its stacks
        pids = family(desk.process.pid)
        seen = shown_by_the_system(pids) | files_of(run_dir)
        for command in (("status",), ("explain", "last"), ("orders",), ("verify",)):
            done = btcbot(*command, "--json", run_dir=run_dir)
            seen[" ".join(command)] = (done.out + done.err).encode()
        checked = btcbot("doctor", "--json", "--config", config, run_dir=run_dir, environ=environ)
        seen["doctor"] = (checked.out + checked.err).encode()
        assert desk.stop() == 0
        seen |= {f"{name}, stopped": text for name, text in files_of(run_dir).items()}
    finally:
        if desk.process.poll() is None:
            desk.process.kill()
            desk.process.wait()

    assert len(pids) >= 8  # supervisor, forkserver, six actors
    assert any(name.endswith("executor.jsonl") and text for name, text in seen.items())
    assert any(name.endswith("store.sqlite3") and text for name, text in seen.items())
    assert leaks(seen) == []


def traded(run_dir):
    with Reader.open(run_dir) as reader:
        return len(reader.fills(10)) > 3


@pytest.mark.parametrize(
    ("mode", "content", "words"),
    [
        (0o640, PRIVATE, "has mode 0640"),
        (0o604, PRIVATE, "has mode 0604"),
        (0o600, "no*base64*of*mine", "not base64"),
        (0o600, "", "holds no key"),
    ],
)
def test_a_secret_file_that_will_not_do_ends_the_start_and_is_not_shown(
    place, mode, content, words
):
    file = written(place / "given" / "secret", content, mode)
    environ = {secrets.KEY: PUBLIC, f"{secrets.SECRET}_FILE": str(file)} | live.ARMED
    config = live.config(place / "desk", "http://127.0.0.1:9")
    desk = RunningDesk(place / "desk", "--config", config, environ=environ)
    try:
        assert desk.process.wait(live.READY_WITHIN_S) == 78
    finally:
        desk.process.kill()
        desk.process.wait()

    said = desk.out.read_text()
    assert words in said
    assert "Traceback" not in said
    assert not content or content not in said
    assert leaks(files_of(place / "desk")) == []
