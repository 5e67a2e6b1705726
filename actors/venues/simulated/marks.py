"""Where the market was when the exchange last ran, so that prices go on and do not jump.

Written whole and renamed into place; a file that cannot be read is no mark: the market begins anew.
Nothing that belongs to an account stands here.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from actors.venues.simulated.path import Mark

FILE_NAME = "exchange-market.json"


def load_marks(run_dir: Path) -> dict[str, Mark]:
    """Return the marks by instrument, none when there are none."""
    try:
        raw = (run_dir / FILE_NAME).read_bytes()
        return msgspec.json.decode(raw, type=dict[str, Mark])
    except (OSError, ValueError):
        return {}


def save_marks(run_dir: Path, marks: Mapping[str, Mark]) -> None:
    """Write *marks* in place of the old ones."""
    target = run_dir / FILE_NAME
    fresh = target.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(marks))
    fresh.replace(target)
