"""What is wrong with a configuration: every fault at once, with its place and what was wanted."""

from collections.abc import Iterable

from msgspec import Struct

NOTHING = "nothing"


class Fault(Struct, frozen=True, kw_only=True):
    """One fault. *file* names the file or the option, *key* is dotted, *found* is as it stands."""

    file: str
    key: str
    found: str
    expected: str

    def __str__(self) -> str:
        place = f"{self.file}: {self.key}" if self.key else self.file
        return f"{place}: found {self.found}, expected {self.expected}"


class ConfigError(Exception):
    """The configuration cannot be used; its text has one line per fault. Ends with 78."""

    exit_code = 78

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))
