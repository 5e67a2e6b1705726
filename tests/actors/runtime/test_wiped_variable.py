"""What a process was started with is not shown by the system once it is wiped."""

import subprocess
import sys

from tests.scripts.commands import CHECKOUT

PROGRAM = """
import os, pathlib
from actors.runtime.process import wipe_variable
wipe_variable("MARKED")
wipe_variable("NOT_THERE")
print(os.environ["MARKED"], os.environ["BESIDE"])
os.environ.pop("MARKED")
print(pathlib.Path("/proc/self/environ").read_bytes())
"""


def test_a_wiped_variable_is_known_to_the_process_and_shown_to_nobody():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"MARKED": "a-secret-value", "BESIDE": "untouched"},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    known, shown = done.stdout.splitlines()

    assert known == "a-secret-value untouched"
    assert "secret" not in shown
    assert "BESIDE=untouched" in shown
