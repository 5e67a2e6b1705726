"""`btcbot exchange`: the simulated exchange as a process of its own, for any BtcTurk client.

`run` is what the supervisor starts; it returns an exit code. A wrong configuration or market file
is 78, a run directory in use 75, a journal that cannot be read or written 71.
"""

import os
import signal
import sys
import tomllib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from actors.runtime.clock import SystemClock
from actors.runtime.contain import attempt
from actors.runtime.death import Orphaned, follow
from actors.runtime.effects import Raised
from actors.runtime.failures import (
    CONFIGURATION,
    SAID_MAX,
    STOPPED,
    STORE,
    UNEXPECTED,
    end,
    exit_code,
)
from actors.runtime.logs import LogFile, open_log
from actors.venues.settings import ExchangeSettings
from actors.venues.simulated import server
from messages.money import Amount, NumberUnreadable, amount

VAR = Path("var")


class SettingsWrong(Exception):
    """The configuration cannot be used: every fault, one a line."""

    exit_code = CONFIGURATION


def run(
    settings: ExchangeSettings,
    run_dir: Path,
    *,
    parent_pid: int | None = None,
    control: bool = False,
    started: Callable[[int], None] = lambda _port: None,
    run_id: str = "",
) -> int:
    """Serve until ordered to stop and return the exit code; what went wrong stands on stderr.

    With *parent_pid* the exchange ends when that process is gone, as if it had been ordered to.
    *started* is told the port once requests are answered. *run_id* is the desk's, in each line of
    the log: so the supervisor finds our last words of this run.
    """
    try:
        if parent_pid is not None:
            follow(parent_pid, signal.SIGTERM)
    except Orphaned:
        return STOPPED
    clock = SystemClock()
    logs = run_dir / "logs"
    try:
        logs.mkdir(parents=True, exist_ok=True)
    except OSError as why:
        sys.stderr.write(f"exchange: {logs} cannot be made ({why.strerror})\n")
        return STORE
    log = open_log(
        LogFile(logs / "exchange.jsonl"),
        level="info",
        clock=clock,
        role="exchange",
        pid=os.getpid(),
        run_id=run_id,
    )
    around = server.Surroundings(
        run_dir=run_dir,
        clock=clock,
        log=log,
        failed=partial(end, log),
        contain=attempt,
        started=started,
        parent_pid=parent_pid,
        control=control or settings.control,
    )
    ended = attempt(partial(server.run, settings, around))
    if not isinstance(ended, Raised):
        return ended
    code = exit_code(ended.error)
    unexpected = code == UNEXPECTED
    said = f"{type(ended.error).__name__}: {ended.error}" if unexpected else str(ended.error)
    where = ended.error if unexpected else None  # what a person has done wrong is no traceback
    log.critical("exchange_failed", exit_code=code, error=said[:SAID_MAX], exc_info=where)
    sys.stderr.write(f"exchange: {said}\n")
    return code


def settings_of(table: Mapping[str, object]) -> ExchangeSettings:
    """Return the settings that a table `[exchange]` states. Raises SettingsWrong, all faults."""
    faults = [f"[exchange] {key}: {why}" for key in table if (why := _fault({key: table[key]}))]
    whole = None if faults else _fault(table)
    if whole is not None:
        faults.append(f"[exchange]: {whole}")
    if faults:
        raise SettingsWrong("\n".join(faults))
    return _convert(table)


def exchange(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0: any free one.")] = 0,
    run_dir: Annotated[Path, typer.Option("--run-dir", envvar="BTCBOT_RUN_DIR")] = VAR,
    config: Annotated[Path | None, typer.Option(help="TOML with a table [exchange].")] = None,
    market: Annotated[Path | None, typer.Option(help="CSV of bars or trades, may be .gz.")] = None,
    instrument: Annotated[str | None, typer.Option(help="The one that follows the file.")] = None,
    rate: Annotated[str | None, typer.Option(help="Multiplies the file's prices.")] = None,
    speed: Annotated[str | None, typer.Option(help="Market seconds in a second.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of the walks.")] = None,
    account: Annotated[str | None, typer.Option(help="PUBLIC_KEY:SECRET, base64.")] = None,
    faults: Annotated[
        Path | None, typer.Option(help="TOML or JSON of faults to begin with.")
    ] = None,
    parent: Annotated[int | None, typer.Option(help="End when this process does.")] = None,
    control: Annotated[
        bool, typer.Option(help="Open /_truth, /_faults, /_deposit and /_withdraw.")
    ] = False,
) -> None:
    """Run the simulated exchange: BtcTurk's REST and WebSocket on one local port."""
    wanted = {
        "port": port or None,
        "market": None if market is None else str(market),
        "instrument": instrument,
        "faults": None if faults is None else str(faults),
        "rate": rate,
        "speed": speed,
        "seed": seed,
        "account": None if account is None else _account(account),
    }
    given = {key: value for key, value in wanted.items() if value is not None}
    found = attempt(lambda: settings_of({**_table(config), **given}))
    if isinstance(found, Raised):
        if not isinstance(found.error, SettingsWrong):
            raise found.error
        typer.echo(f"exchange: {found.error}", err=True)
        raise typer.Exit(CONFIGURATION)
    code = run(found, run_dir, parent_pid=parent, control=control, started=_say(found))
    raise typer.Exit(code)


def _say(settings: ExchangeSettings) -> Callable[[int], None]:
    host, account = settings.host, settings.account

    def say(port: int) -> None:
        typer.echo(f"exchange on http://{host}:{port} and ws://{host}:{port}/")
        # No secret: it opens nothing but this exchange.
        typer.echo(f"account {account.public_key} with private key {account.secret}")

    return say


def _account(said: str) -> dict[str, object]:
    public_key, colon, secret = said.partition(":")
    if not (public_key and colon and secret):
        raise typer.BadParameter("expected PUBLIC_KEY:SECRET")
    return {"public_key": public_key, "secret": secret}


def _table(config: Path | None) -> dict[str, object]:
    """Return the table [exchange] of a file, empty without a file. Raises SettingsWrong."""
    if config is None:
        return {}
    try:
        table = tomllib.loads(config.read_text()).get("exchange", {})
    except OSError as why:
        raise SettingsWrong(f"{config}: cannot be read ({why.strerror})") from why
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
        raise SettingsWrong(f"{config}: not TOML: {why}") from why
    if not isinstance(table, dict):
        raise SettingsWrong(f"{config}: exchange is not a table")
    return table


def _fault(table: Mapping[str, object]) -> str | None:
    try:
        _convert(table)
    except (msgspec.ValidationError, NumberUnreadable, TypeError) as why:
        return str(why)
    return None


def _convert(table: Mapping[str, object]) -> ExchangeSettings:
    return msgspec.convert(table, ExchangeSettings, builtin_types=(bytes,), dec_hook=_amount)


def _amount(kind: type, raw: object) -> Any:
    if kind is Amount:
        return amount(raw)
    raise TypeError(f"no way to read a {kind.__name__}")


if __name__ == "__main__":
    typer.run(exchange)
