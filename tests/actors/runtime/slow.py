"""A module that takes long to import, and works all the time."""

import time

WORK_S = 4.0

while time.process_time() < WORK_S:
    pass
