"""Is this machine fit to trade for real? Asked of a program of its own, before anything is started.

Who asks need not load what answers.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import orjson

SAID_MAX = 500  # characters of what a program printed that gave no answer
FAIL = "FAIL"


def failing(root: Path, arguments: Sequence[str], *, within_s: float) -> list[str]:
    """Return every FAIL among the checks that `python -m` *arguments* reports as JSON, in words.

    It runs in *root*. A program that does not answer is a FAIL as well.
    """
    command = [sys.executable, "-m", *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - our own
            command, cwd=root, capture_output=True, timeout=within_s, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as why:
        return [f"no answer of {arguments[0]}: {type(why).__name__}"]
    try:
        rows = orjson.loads(done.stdout)["checks"]
        return [f"{row['name']}: {row['found']}; {row['todo']}" for row in rows if _fails(row)]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        said = done.stderr.decode(errors="replace").strip()[-SAID_MAX:]
        return [f"no answer of {arguments[0]}: exit code {done.returncode}: {said}"]


def _fails(row: dict[str, str]) -> bool:
    return row["state"] == FAIL
