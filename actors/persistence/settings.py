"""With which numbers things are remembered: how much is read, kept and written at once."""

from typing import Annotated

from msgspec import Meta, Struct

Milliseconds = Annotated[int, Meta(ge=1, le=600_000)]
Bytes = Annotated[int, Meta(ge=4_096, le=1_000_000_000_000)]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the persistence actor is told. All of it has a default; none is about risk."""

    audit_every_ms: Milliseconds = 100
    audit_rows: Annotated[int, Meta(ge=1, le=500)] = 250  # entries of one read
    audit_lag_max_ms: Milliseconds = 1_000  # more, and it is not ready
    audit_resume_max: Annotated[int, Meta(ge=0, le=1_000_000)] = 2_000  # else from the tables
    back_rows: Annotated[int, Meta(ge=1, le=500)] = 50  # audited once more, of one read
    back_every_s: Annotated[int, Meta(ge=1, le=86_400)] = 600  # the rest between two rounds
    say_every_ms: Milliseconds = 1_000
    decisions: Annotated[int, Meta(ge=1, le=64)] = 8  # told to the panel
    batch_rows: Annotated[int, Meta(ge=1, le=200)] = 200
    batch_bytes: Annotated[int, Meta(ge=4_096, le=65_536)] = 64_000
    batch_again_ms: Milliseconds = 1_000
    tape_segment_bytes: Bytes = 8 * 1024 * 1024
    tape_bytes: Bytes = 1024 * 1024 * 1024  # the oldest segments go
    mid_every_ms: Milliseconds = 1_000  # one mid of an instrument is kept
    mids: Annotated[int, Meta(ge=1, le=20_000)] = 7_200  # of each instrument
    mids_save_every_ms: Milliseconds = 15_000
    page_mids: Annotated[int, Meta(ge=1, le=10_000)] = 6_000  # of one answer, all instruments

    def __post_init__(self) -> None:
        if self.tape_bytes < 2 * self.tape_segment_bytes:
            raise ValueError("tape_bytes must be at least twice tape_segment_bytes")
