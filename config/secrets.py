"""The keys of the venue's account, and whether trading for real is armed.

Each key is a variable of the environment, a file that a variable names, or a credential of systemd.
Variables are taken out of the environment before any process is started, so that no child inherits
them; the executor gets them in its start arguments. A file is read by the executor alone. Nothing
here shows a secret.
"""

import base64
import binascii
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from msgspec import Struct

from actors.runtime.settings import SecretFile
from config.faults import NOTHING, ConfigError, Fault

KEY = "BTCTURK_API_KEY"
SECRET = "BTCTURK_API_SECRET"  # noqa: S105 - the name of a variable
NAMES = (KEY, SECRET)
FILE = "_FILE"  # after either: a file that holds it, mode 0600
CREDENTIALS = "CREDENTIALS_DIRECTORY"  # of systemd: there each lies under its name in small letters
CREDENTIAL_MODE = 0o640  # systemd opens it by an access list, which shows as the group's bits
ARMING = {"LIVE_TRADING": "true", "LIVE_TRADING_ACK": "I_UNDERSTAND"}
ENVIRONMENT = "environment"


class Keys(Struct, frozen=True):
    """One account's keys as they were given. *private_key* is base64."""

    public_key: str | SecretFile
    private_key: str | SecretFile

    def __repr__(self) -> str:
        return "Keys(…)"


def take(environ: MutableMapping[str, str]) -> Keys | None:
    """Take the keys out of *environ* and return them, None when there are none.

    Raises ConfigError when one of the two is missing or said twice, or the private one is not
    base64; they are gone from *environ* then, too.
    """
    said = {name: environ.pop(name, "").strip() for name in (KEY, SECRET)}
    found = {name: _places(name, value, environ) for name, value in said.items()}
    if not any(found.values()):
        return None
    faults = [_missing(name) for name, places in found.items() if not places]
    faults += [_twice(name) for name, places in found.items() if len(places) > 1]
    if said[SECRET] and not _is_base64(said[SECRET]):
        faults.append(
            _fault(SECRET, "text that is not base64", "the private key as the venue shows it")
        )
    if faults:
        raise ConfigError(faults)
    return Keys(found[KEY][0], found[SECRET][0])


def _places(name: str, value: str, environ: Mapping[str, str]) -> list[str | SecretFile]:
    """Return the key *name* wherever it was given; a credential counts where nothing else does."""
    places: list[str | SecretFile] = [value] if value else []
    if file := environ.get(f"{name}{FILE}", "").strip():
        places.append(SecretFile(file))
    folder = environ.get(CREDENTIALS, "")
    credential = Path(folder) / name.lower()
    if not places and folder and credential.exists():
        places.append(SecretFile(str(credential), CREDENTIAL_MODE))
    return places


def no_keys() -> ConfigError:
    """Return what to raise where keys are needed and there are none."""
    return ConfigError([_missing(KEY), _missing(SECRET)])


def shut_gate(environ: Mapping[str, str], *, mode: str) -> str | None:
    """Return the first arming gate of the environment that is shut, None when all are open."""
    return next(iter(shut_gates(environ, mode=mode)), None)


def shut_gates(environ: Mapping[str, str], *, mode: str) -> list[str]:
    """Return every arming gate of the environment that is shut.

    Only `live` has gates; each wants one exact word.
    """
    if mode != "live":
        return []
    return [gate for gate, word in ARMING.items() if environ.get(gate) != word]


def _missing(name: str) -> Fault:
    expected = f"a key of the account, for live: here, in the file that {name}{FILE} names, or as"
    return _fault(name, NOTHING, f"{expected} the credential {name.lower()}")


def _twice(name: str) -> Fault:
    return _fault(name, f"it and {name}{FILE}", "one of the two")


def _fault(name: str, found: str, expected: str) -> Fault:
    return Fault(file=ENVIRONMENT, key=name, found=found, expected=expected)


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return False
