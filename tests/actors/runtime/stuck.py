"""A module whose import waits for something that never comes."""

import threading

LONG_S = 60.0

threading.Event().wait(LONG_S)
