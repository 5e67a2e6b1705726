"""The tape keeps whole frames in order, within its bounds, through crashes and full disks."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.tape import Bounds, Mark, Tape, framed, frames, segments

WIDE = Bounds(segment=1_000_000, tape=10_000_000)


def taped(run_dir, payloads, *, bounds=WIDE, day="2026-03-23"):
    tape, _ = Tape.open(run_dir, bounds)
    for payload in payloads:
        tape.append(day, payload)
    tape.close()
    return tape


def read(run_dir):
    folder = run_dir / "tape"
    return {
        (day, number): [raw for raw, _ in frames(folder / day / f"{number}.msgpack")]
        for day, number in sorted(segments(folder))
    }


def test_frames_come_back_in_order(run_dir):
    taped(run_dir, [b"one", b"", b"three" * 100])

    assert read(run_dir) == {("2026-03-23", 1): [b"one", b"", b"three" * 100]}


def test_tape_goes_on_where_it_ended(run_dir):
    taped(run_dir, [b"one"])

    tape, found = Tape.open(run_dir, WIDE)
    tape.append("2026-03-23", b"two")
    tape.close()

    assert found == [b"one"]
    assert read(run_dir) == {("2026-03-23", 1): [b"one", b"two"]}


def test_only_what_came_after_a_mark_is_given_back(run_dir):
    tape, _ = Tape.open(run_dir, WIDE)
    tape.append("2026-03-23", b"one")
    mark = tape.mark
    tape.append("2026-03-23", b"two")
    tape.close()

    _, found = opened_and_closed(run_dir, mark)

    assert found == [b"two"]


@pytest.mark.parametrize(
    "mark",
    [
        Mark(day="2026-03-22", number=1, offset=11),
        Mark(day="2026-03-23", number=7, offset=11),
        Mark(day="2026-03-23", number=1, offset=1_000),
    ],
)
def test_mark_that_does_not_fit_is_no_mark(run_dir, mark):
    taped(run_dir, [b"one", b"two"])

    _, found = opened_and_closed(run_dir, mark)

    assert found == [b"one", b"two"]


def opened_and_closed(run_dir, mark=None):
    tape, found = Tape.open(run_dir, WIDE, mark)
    tape.close()
    return tape, found


@given(st.integers(0, 40))
@settings(max_examples=41, deadline=None)
def test_torn_end_is_cut_off_and_the_next_frame_is_whole(tmp_path_factory, kept):
    run_dir = tmp_path_factory.mktemp("torn")
    taped(run_dir, [b"first", b"second", b"third"])
    path = run_dir / "tape" / "2026-03-23" / "1.msgpack"
    path.write_bytes(path.read_bytes()[:kept])

    tape, found = Tape.open(run_dir, WIDE)
    tape.append("2026-03-23", b"next")
    tape.close()

    whole = [
        raw
        for raw, end in zip([b"first", b"second", b"third"], [13, 27, 40], strict=True)
        if end <= kept
    ]
    assert found == whole
    assert read(run_dir) == {("2026-03-23", 1): [*whole, b"next"]}


@pytest.mark.parametrize("place", range(13, 27))
def test_flipped_bit_ends_what_is_read(run_dir, place):
    taped(run_dir, [b"first", b"second", b"third"])
    path = run_dir / "tape" / "2026-03-23" / "1.msgpack"
    raw = bytearray(path.read_bytes())
    raw[place] ^= 0x10
    path.write_bytes(raw)

    assert [frame for frame, _ in frames(path)] == [b"first"]


@pytest.mark.parametrize(("size", "fits"), [(91, True), (92, True), (93, False)])
def test_segment_is_bounded(run_dir, size, fits):
    bounds = Bounds(segment=200, tape=10_000)

    taped(run_dir, [b"x" * 92, b"y" * size], bounds=bounds)

    assert len(read(run_dir)) == (1 if fits else 2)


def test_oldest_segments_go_when_the_tape_is_too_long(run_dir):
    bounds = Bounds(segment=200, tape=600)

    for day in ("2026-03-22", "2026-03-23", "2026-03-24"):
        taped(run_dir, [b"x" * 150] * 2, bounds=bounds, day=day)

    kept = read(run_dir)
    assert list(kept) == [("2026-03-23", 2), ("2026-03-24", 1), ("2026-03-24", 2)]
    assert not (run_dir / "tape" / "2026-03-22").exists()
    assert sum(path.stat().st_size for path in (run_dir / "tape").glob("*/*")) <= 600


def test_new_day_begins_a_new_segment(run_dir):
    tape, _ = Tape.open(run_dir, WIDE)
    tape.append("2026-03-23", b"late")
    tape.append("2026-03-24", b"early")
    tape.close()

    assert read(run_dir) == {("2026-03-23", 1): [b"late"], ("2026-03-24", 1): [b"early"]}


def test_full_disk_costs_the_frame_and_nothing_else(run_dir):
    tape, _ = Tape.open(run_dir, WIDE)
    tape.append("2026-03-23", b"one")
    real = tape._fd
    tape._fd = os.open("/dev/full", os.O_WRONLY)

    taken = tape.append("2026-03-23", b"two")
    os.close(tape._fd)
    tape._fd = real
    again = tape.append("2026-03-23", b"three")
    tape.close()

    assert (taken, again, tape.lost) == (False, True, 1)
    assert b"three" in [raw for some in read(run_dir).values() for raw in some]


def test_frame_of_any_length_is_read_as_one():
    assert len(framed(b"")) == 8
    with pytest.raises(ValueError, match="at most 2000000"):
        framed(b"x" * 2_000_001)


def test_what_is_no_segment_is_left_alone(run_dir):
    taped(run_dir, [b"one"])
    (run_dir / "tape" / "2026-03-23" / "notes.msgpack").write_bytes(b"mine")

    assert list(read(run_dir)) == [("2026-03-23", 1)]
