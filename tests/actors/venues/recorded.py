"""Bodies and frames as documented or seen at the venue; their values are invented."""

import json
from decimal import Decimal
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "fixtures"
NAMES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.*") if path.is_file())
SYMBOLS = {
    f"{base}_{quote}": f"{base}{quote}"
    for base, quote in (
        ("BTC", "TRY"),
        ("ETH", "TRY"),
        ("SOL", "TRY"),
        ("USDT", "TRY"),
        ("DOGE", "TRY"),
    )
}
RETRY_AFTER = {
    "errors/429_ip.json": 55,
    "errors/429_account.json": 42,
    "errors/429_legacy.json": 49,
}


def raw(name):
    return (FOLDER / name).read_bytes()


def exact(name):
    """Return a fixture with every number as the text it is written in: (kind, text)."""
    return exactly(raw(name))


def exactly(body):
    return json.loads(
        body, parse_float=lambda text: ("float", text), parse_int=lambda text: ("int", text)
    )


def decoded(name):
    return json.loads(raw(name), parse_float=Decimal)


def status(name):
    """Return the HTTP status of a fixture: those of errors begin with it."""
    return int(name.split("/")[1][:3]) if name.startswith("errors/") else 200
