"""A child that dies with the forkserver and does nothing else, for a minute."""

import ctypes
import signal
import time
from multiprocessing.connection import Connection

PR_SET_PDEATHSIG = 1


def child(armed: Connection) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    armed.send("armed")
    time.sleep(60)
