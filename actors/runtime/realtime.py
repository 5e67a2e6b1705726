"""Real-time priority for the threads that a kill passes through, where the system allows it.

On a machine with more to do than processors, a thread that wakes up waits until others have used
up their turn: several ms. A real-time thread runs at once. Linux gives that to root, to a process
with CAP_SYS_NICE, and to whom RLIMIT_RTPRIO allows it (`LimitRTPRIO=1` in a unit of systemd); see
sched(7). Without permission everything works as before, only later.
"""

import os
import threading

import zmq

PRIORITY = 1  # above all that is not real time; no higher than that needs


def take() -> bool:
    """Let the calling thread run before all that is not real time; False: not allowed."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    except OSError:
        return False
    return True


def allowed() -> bool:
    """Return whether a thread of this process may take it; the caller's own stays as it is."""
    taken: list[bool] = []
    asking = threading.Thread(target=lambda: taken.append(take()), name="realtime")
    asking.start()
    asking.join()
    return taken == [True]


def of_sockets(context: "zmq.Context[zmq.Socket[bytes]]") -> bool:
    """Let the threads that carry the bytes of *context* take it, if allowed; return whether.

    To be called before the first socket is made. It is asked first, because ZeroMQ ends the
    process when it may not.
    """
    if not allowed():
        return False
    context.set(zmq.THREAD_SCHED_POLICY, os.SCHED_FIFO)
    context.set(zmq.THREAD_PRIORITY, PRIORITY)
    return True
