"""Who only looks lets the desk go first.

A command that reads the store computes more than it waits. With eight of them on two cores a
commit of the executor waited for its turn on a core, not for a lock.
"""

import os

GIVE_WAY = 10  # niceness; the desk's own is 0 unless whoever starts it says otherwise


def give_way() -> None:
    """Let all that is not as nice as this process go first from now on; never undone."""
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, min(19, mine + GIVE_WAY))
