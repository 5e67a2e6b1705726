"""How the commands that read the books open them, and how many lines they show.

They work beside a running desk and on a stopped one: the store is only looked at.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from messages.codec import Unreadable
from scripts.desk import Ended, Told
from store.failures import CONFIGURATION, StoreFailed, StoreRefused
from store.open import STORE_FILE
from store.readers import LIMIT, LIMIT_MAX, Reader

Limit = Annotated[int, typer.Option("--limit", min=1, max=LIMIT_MAX, help="How many, newest.")]
All = Annotated[bool, typer.Option("--all", help=f"All there are, at most {LIMIT_MAX:,}.")]
NEWEST = LIMIT


@contextmanager
def opened(run_dir: Path) -> Iterator[Reader]:
    """Give a reader of the store of *run_dir*. Raises Told when there is none that can be read."""
    if not (run_dir / STORE_FILE).exists():
        raise Told(Ended.UNREACHABLE, f"there is no store in {run_dir}: has a desk run here?")
    try:
        with Reader.open(run_dir) as reader:
            yield reader
    except StoreRefused as why:
        wrong = why.exit_code == CONFIGURATION
        raise Told(Ended.CONFIGURATION if wrong else Ended.UNREACHABLE, str(why)) from why
    except StoreFailed as why:
        raise Told(Ended.NO, f"the store cannot be read: {why}") from why
    except Unreadable as why:
        said = f"the journal is damaged ({why}): `btcbot verify` says where"
        raise Told(Ended.NO, said) from why


def most(limit: int, *, everything: bool) -> int:
    """Return how many lines are wanted."""
    return LIMIT_MAX if everything else limit
