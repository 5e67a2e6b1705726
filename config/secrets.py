"""The keys of the venue's account, and whether trading for real is armed.

Keys come from the environment alone and are taken out of it before any process is started, so that
no child inherits them; the executor gets them in its start arguments. Nothing here shows a secret.
"""

import base64
import binascii
from collections.abc import Mapping, MutableMapping

from msgspec import Struct

from config.faults import NOTHING, ConfigError, Fault

KEY = "BTCTURK_API_KEY"
SECRET = "BTCTURK_API_SECRET"  # noqa: S105 - the name of a variable
ARMING = {"LIVE_TRADING": "true", "LIVE_TRADING_ACK": "I_UNDERSTAND"}
ENVIRONMENT = "environment"


class Keys(Struct, frozen=True):
    """One account's keys as they were given. *private_key* is base64."""

    public_key: str
    private_key: str

    def __repr__(self) -> str:
        return "Keys(…)"


def take(environ: MutableMapping[str, str]) -> Keys | None:
    """Take the keys out of *environ* and return them, None when there are none.

    Raises ConfigError when one of the two is missing or the private one is not base64; they are
    gone from *environ* then, too.
    """
    public, private = environ.pop(KEY, "").strip(), environ.pop(SECRET, "").strip()
    if not public and not private:
        return None
    faults = [_missing(name) for name, value in ((KEY, public), (SECRET, private)) if not value]
    if private and not _is_base64(private):
        faults.append(
            _fault(SECRET, "text that is not base64", "the private key as the venue shows it")
        )
    if faults:
        raise ConfigError(faults)
    return Keys(public, private)


def no_keys() -> ConfigError:
    """Return what to raise where keys are needed and there are none."""
    return ConfigError([_missing(KEY), _missing(SECRET)])


def shut_gate(environ: Mapping[str, str], *, mode: str) -> str | None:
    """Return the first arming gate of the environment that is shut, None when all are open.

    Only `live` has gates; each wants one exact word.
    """
    if mode != "live":
        return None
    return next((gate for gate, word in ARMING.items() if environ.get(gate) != word), None)


def _missing(name: str) -> Fault:
    return _fault(name, NOTHING, "a key of the account, for live")


def _fault(name: str, found: str, expected: str) -> Fault:
    return Fault(file=ENVIRONMENT, key=name, found=found, expected=expected)


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False
