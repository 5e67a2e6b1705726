"""`btcbot backup`: a copy of the store, refolded before it counts.

The desk goes on beside it. A copy is for looking at (`--run-dir` of a directory that holds it as
`store.sqlite3`), and to know what was; it must not be traded on beside its store.
"""

from actors.runtime.clock import SystemClock
from scripts import shown
from scripts.desk import VAR, Ended, Json, RunDir, Told
from store.backup import take
from store.failures import StoreFailed, StoreRefused
from store.open import STORE_FILE


def backup(as_json: Json = False, run_dir: RunDir = VAR) -> None:
    """Copy the store to backups/ of the run directory and refold the copy."""
    if not (run_dir / STORE_FILE).exists():
        raise Told(Ended.UNREACHABLE, f"there is no store in {run_dir}: has a desk run here?")
    try:
        path = take(run_dir, f"by-hand-{SystemClock().wall_ms()}")
    except (StoreRefused, StoreFailed, OSError) as why:
        raise Told(Ended.NO, f"no backup: {why}") from why
    if as_json:
        shown.document({"path": str(path), "bytes": path.stat().st_size})
    else:
        shown.say(f"{path}: {path.stat().st_size:,} bytes, refolded without a difference")
