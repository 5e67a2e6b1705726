"""Which text applies: a file over the one it extends, options over both. Remembers who said what.

A table is merged key by key; anything else, arrays included, replaces what stood below it.
"""

import tomllib
from pathlib import Path
from typing import Any

from msgspec import Struct

from config.faults import NOTHING, ConfigError, Fault

SHIPPED = Path(__file__).resolve().parent  # where sim.toml and the others lie
DEPTH_MAX = 4  # a file that extends a file that extends ...

Table = dict[str, Any]


class Layers:
    """Merged tables and, for each dotted key, the file or option that said it last."""

    def __init__(self, name: str) -> None:
        self.name = name  # of the file the user named; what is missing is missing there
        self.table: Table = {}
        self._said_by: dict[str, str] = {}

    def lay(self, table: Table, *, said_by: str, under: str = "") -> None:
        """Lay *table* over what is there, at the dotted key *under*."""
        self._merge(self._at(under), table, said_by, under, over=True)

    def fill(self, table: Table, *, said_by: str, under: str = "") -> None:
        """Take from *table* what is not there yet, at the dotted key *under*."""
        self._merge(self._at(under), table, said_by, under, over=False)

    def said_by(self, key: str) -> str:
        """Return the file or option to name for *key*, present or missing."""
        while key:
            if key in self._said_by:
                return self._said_by[key]
            key = key[: key.rindex("[")] if key.endswith("]") else key.rpartition(".")[0]
        return self.name

    def _at(self, under: str) -> Table:
        target = self.table
        for part in filter(None, under.split(".")):
            below = target.setdefault(part, {})
            if not isinstance(below, dict):
                return {}  # no table: found when it is read
            target = below
        return target

    def _merge(self, target: Table, table: Table, said_by: str, under: str, *, over: bool) -> None:
        for name, value in table.items():
            key = f"{under}.{name}" if under else name
            if isinstance(value, dict) and (name not in target or isinstance(target[name], dict)):
                self._merge(target.setdefault(name, {}), value, said_by, key, over=over)
            elif over or name not in target:
                target[name] = value
                self._said_by[key] = said_by


class _File(Struct, frozen=True):
    path: Path
    table: Table


def read(path: Path) -> Layers:
    """Return *path* over the files it extends. Raises ConfigError.

    A name in `extends` is looked for beside the file, then among the files shipped here.
    """
    layers = Layers(str(shown(path)))
    for file in reversed(_chain(path)):
        layers.lay(file.table, said_by=str(shown(file.path)))
    return layers


def parse(path: Path) -> Table:
    """Return what *path* holds. Raises ConfigError with what cannot be read and where."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as why:
        raise _unreadable(path, why.strerror or str(why), "a file that can be read") from None
    except UnicodeDecodeError as why:
        raise _unreadable(path, f"bytes that are no text at {why.start}", "UTF-8") from None
    except tomllib.TOMLDecodeError as why:
        raise _unreadable(path, str(why), "TOML") from None


def beside(path: Path, name: str) -> Path:
    """Return the file called *name* next to *path*, else the shipped one of that name."""
    near = path.parent / name
    return near if near.exists() else SHIPPED / name


def _chain(path: Path) -> list[_File]:
    """Return *path* and what it extends, the nearest first."""
    files: list[_File] = []
    while True:
        table = parse(path)
        extends = table.pop("extends", None)
        files.append(_File(path, table))
        if extends is None:
            return files
        if not isinstance(extends, str) or not extends:
            raise _extends(path, repr(extends), "the name of a file")
        if len(files) == DEPTH_MAX:
            raise _extends(path, repr(extends), f"at most {DEPTH_MAX} files over one another")
        path = beside(path, extends)


def _extends(path: Path, found: str, expected: str) -> ConfigError:
    fault = Fault(file=str(shown(path)), key="extends", found=found, expected=expected)
    return ConfigError([fault])


def _unreadable(path: Path, found: str, expected: str) -> ConfigError:
    found = NOTHING if found == "No such file or directory" else found
    return ConfigError([Fault(file=str(shown(path)), key="", found=found, expected=expected)])


def shown(path: Path) -> Path:
    """Return *path* as a person would write it: relative to here where it lies below."""
    here = Path.cwd()
    absolute = path if path.is_absolute() else here / path
    return absolute.relative_to(here) if absolute.is_relative_to(here) else path
