"""The last module that the forkserver imports: what was loaded will not be looked at again.

The children also inherit what was computed or loaded here once. Freezing moves all of it out of the
collector's sight, so that the children's collections do not copy it.
"""

import codecs
import gc

from actors.runtime import preload
from actors.runtime.build import boot_id, build_hash

if preload.PID is not None:
    if not preload.FIRST:
        build_hash()
    boot_id()
    "localhost".encode("idna")  # loads what each first connection asks for
    codecs.lookup("ascii")
    gc.collect()
    gc.freeze()
