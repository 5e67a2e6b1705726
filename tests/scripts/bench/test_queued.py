"""The kill of a full queue: what is told of it, and what the bytes of a stand-in batch say."""

import msgspec

from scripts.bench.queued import Killed, Refused, section


def test_kills_are_told_with_the_time_of_the_last_order_and_how_much_waited():
    taken = [Killed(0.0, 0.0, 20.0, 900, 4)] * 99 + [Killed(7.5, 8.0, 30.0, 950, 6)]

    found = section(taken, unheard=1)

    told = {one.what: one.value for one in found.figures}
    assert told["kill → last pass of the gate, p99"] == 0.0
    assert told["kill → last pass of the gate, most"] == 7.5
    assert found.figures[1].reached
    assert found.notes == (
        "402 orders left in 100 rounds; in 1 one passed after the command",
        "batches behind the kill: 900 to 950",
        "1 rounds in which no order left in time",
    )


def test_without_a_kill_in_time_there_is_no_figure():
    assert section([], unheard=3).left_out


def test_refusals_of_a_kill_are_counted_across_the_change_of_a_log_file(tmp_path):
    log = tmp_path / "executor.jsonl"
    log.write_bytes(line("KILLED"))
    refused = Refused(log)

    with log.open("ab") as file:
        file.write(line("KILLED") + line("BUSY") + line("KILLED", "last"))
    assert refused.until("last") == 2

    with log.open("ab") as file:
        file.write(line("KILLED"))
    log.rename(tmp_path / "executor.jsonl.1")
    assert len(refused._more()) == 1  # the next file is not there yet
    log.write_bytes(line("KILLED") + line("BUSY", "the end"))
    assert refused.until("the end") == 1
    refused.close()


def line(code, intent="one"):
    told = {"event": "intent_refused", "refusal": code, "intent_id": intent}
    return msgspec.json.encode(told) + b"\n"
