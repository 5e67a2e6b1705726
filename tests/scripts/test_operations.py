"""The runbook holds: each command in it is run as it stands, each code the desk shows is in it."""

import ast
import os
import re
import shlex
import subprocess
import sys

import pytest

from store.failures import StoreRefused
from store.readers import Reader
from tests.scripts.commands import CHECKOUT, here
from tests.scripts.desks import RunningDesk

PAGE = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")
START = "python supervisor.py"
STOP = "kill -TERM"
LINE_S = 60
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")

# Where codes come from that a person may read; the simulated exchange speaks the venue's own.
PLACES = (
    "actors/allocator",
    "actors/risk_gate",
    "actors/market_data",
    "actors/strategy",
    "actors/executor",
    "actors/persistence",
    "actors/runtime/hearing.py",
    "actors/runtime/supervision.py",
    "messages/codec.py",
    "messages/instrument.py",
    "store/audit.py",
    "store/failures.py",
)
# Words in capitals that are no codes: states, levels, SQL, names in the configuration.
NO_CODES = {
    "BOOK_LIVE",
    "BTC_TRY",
    "DONE_",
    "PARENT_GONE",
    "REDUCE_ONLY",
    "SQLITE_BUSY",
    "SQLITE_CANTOPEN",
    "SQLITE_CORRUPT",
    "SQLITE_FULL",
    "SQLITE_LOCKED",
    "SQLITE_NOTADB",
    "SQLITE_PERM",
    "SQLITE_READONLY",
}


def lines():
    """Every command of the page with the exit code it promises."""
    for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            command, _, said = line.partition("  #")
            promised = re.fullmatch(r" exit (\d+)", said.rstrip())
            yield command.strip(), int(promised.group(1)) if promised else 0


def codes():
    for place in PLACES:
        path = CHECKOUT / place
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            yield from codes_of(file.read_text(encoding="utf-8"))


def codes_of(text):
    for node in ast.walk(ast.parse(text)):
        value = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
        if isinstance(value, str) and CODE.fullmatch(value):
            yield value


@pytest.mark.parametrize("code", sorted(set(codes()) - NO_CODES))
def test_code_that_the_desk_shows_has_a_line_in_the_runbook(code):
    assert f"`{code}`" in PAGE


def test_links_of_the_page_lead_to_headings():
    headings = {
        re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    }

    assert set(re.findall(r"\]\(#([^)]*)\)", PAGE)) <= headings


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_every_command_of_the_page_does_what_it_says(run_dir):
    bin_dir = run_dir / "bin"
    bin_dir.mkdir()
    for name, arguments in (("btcbot", "-m scripts"), ("python", "")):
        tool = bin_dir / name
        tool.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {arguments} "$@"\n')
        tool.chmod(0o755)
    var = run_dir / "var"
    var.mkdir(mode=0o700)
    desk, ran = None, []
    try:
        for command, promised in lines():
            if command.startswith(START):
                desk = RunningDesk(var).wait_ready()
                desk.wait_until(lambda: _has_an_order(var), "a first order")
                continue
            if not command.startswith(STOP):
                ran.append((command, promised, run(command, bin_dir, var)))
                continue
            assert run(command, bin_dir, var)[0] == 0
            assert desk.process.wait(40) == 0
    finally:
        if desk is not None and desk.process.poll() is None:
            desk.process.kill()
            desk.process.wait()

    wrong = [
        f"{command}: exit {code}, promised {promised}\n{said}"
        for command, promised, (code, said) in ran
        if code != promised
    ]
    assert not wrong, "\n".join(wrong)
    assert len(ran) > 25


def run(command, bin_dir, var):
    """Return exit code and output of one line of the page, with its `var/` being *var*."""
    words = shlex.split(command)
    if words[0] == "btcbot" and not set(command) & set("|<>$"):
        done = here(*words[1:], run_dir=var)  # the same, without starting an interpreter
        return done.code, done.out + done.err
    done = subprocess.run(
        ["bash", "-c", command.replace("var/", f"{var}/")],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "PATH": f"{bin_dir}:{os.environ['PATH']}",
            "BTCBOT_RUN_DIR": str(var),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LINE_S,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def _has_an_order(var):
    try:
        with Reader.open(var) as reader:
            return reader.orders(1)
    except StoreRefused:
        return []
