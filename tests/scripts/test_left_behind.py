"""What a supervisor that was killed leaves in the temporary directory goes with the next start."""

import pytest

from tests.scripts.desks import RunningDesk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]


def test_the_next_start_on_the_run_directory_leaves_nothing_of_either(run_dir, tmp_path):
    where = {"TMPDIR": str(tmp_path)}
    killed = RunningDesk(run_dir, environ=where)
    try:
        killed.wait_ready()
    finally:
        killed.process.kill()
        killed.process.wait()
    left = list(tmp_path.iterdir())

    following = RunningDesk(run_dir, environ=where)
    try:
        following.wait_ready()
    finally:
        code = following.stop()

    assert left
    assert code == 0
    assert list(tmp_path.iterdir()) == []
