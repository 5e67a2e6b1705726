"""Books of a stopped desk against the file that its simulated exchange kept."""

import pytest
from msgspec.structs import replace

from actors.runtime.clock import SystemClock
from actors.venues.simulated.events import Accepted, Deposited, Filled, Method
from actors.venues.simulated.journal import FILE_NAME, Journal
from messages import ids
from messages.money import amount
from messages.orders import Side
from scripts import recorded
from scripts.bench.entries import BEGAN_MS, COST, INSTRUMENT, OPENING, PRICE, QUANTITY, Ledger
from store.identity import Identity
from store.readers import Reader
from store.writer import Writer
from tests.scripts.commands import here
from tests.scripts.test_stopped_store import opened, reconciled

ACCOUNT = "an-account"
IDENTITY = Identity(
    mode="sim", base_url="http://127.0.0.1", key_hash=ids.content_hash(ACCOUNT.encode())
)
BEFORE, AFTER = BEGAN_MS - 1, BEGAN_MS + 1_000


def deposited(value=OPENING):
    return Deposited(deposit_id=1, account=ACCOUNT, asset="TRY", amount=value, at_ms=BEFORE)


def accepted(n, name):
    return Accepted(
        order_id=n,
        account=ACCOUNT,
        client_order_id=name,
        instrument=INSTRUMENT,
        side=Side.BUY,
        method=Method.LIMIT,
        quantity=QUANTITY,
        price=PRICE,
        hold=COST,
        gross_taker=amount(0),
        at_ms=BEGAN_MS + n,
    )


def filled(n, quantity=QUANTITY, at_ms=None):
    return Filled(
        trade_id=n,
        order_id=n,
        price=PRICE,
        quantity=quantity,
        fee=amount(0),
        tax=amount(0),
        maker=False,
        at_ms=BEGAN_MS + n if at_ms is None else at_ms,
    )


class Stopped:
    """A run directory with two filled orders in its books, and what the exchange says of them."""

    def __init__(self, run_dir):
        self.run_dir = run_dir
        with Writer.open(run_dir, IDENTITY, SystemClock()) as writer:
            entries = list(Ledger(writer.lineage).pairs(2))
            writer.append([opened(OPENING), *entries])
        self.names = [e.subject for e in entries if e.kind == "OrderAccepted"]
        [self.first, self.second] = self.names
        self.events = [
            deposited(),
            accepted(1, self.first),
            filled(1),
            accepted(2, self.second),
            filled(2),
        ]

    def add(self, *entries):
        with Writer.open(self.run_dir, IDENTITY, SystemClock()) as writer:
            writer.append(list(entries))

    def differences(self):
        journal = Journal(self.run_dir / FILE_NAME)
        journal.append(self.events)
        journal.close()
        with Reader.open(self.run_dir) as reader:
            return recorded.at_the_file(self.run_dir, reader, recorded.last_reconciled(reader))


@pytest.fixture
def stopped(run_dir):
    return Stopped(run_dir)


def test_books_that_follow_from_the_file_do_not_differ(stopped):
    assert stopped.differences() == []


def test_fill_that_was_not_booked_is_named_with_its_order(stopped):
    stopped.events += [accepted(3, f"{stopped.second.partition('-')[0]}-third"), filled(3)]

    told = stopped.differences()

    assert any("third: at the venue, not in the books" in line for line in told)
    assert any(line.startswith("BTC free: books 0.0002, venue 0.0003") for line in told)


def test_order_that_the_venue_filled_less_is_named_with_both_amounts(stopped):
    stopped.events[-1] = filled(2, quantity=amount("0.00005"))

    told = stopped.differences()

    assert f"order {stopped.second}: 0.0001 booked, 0.00005 filled at the venue" in told
    assert f"order {stopped.second}: FILLED in the books, Partial at the venue" in told


def test_fill_under_another_trade_id_is_missing_and_one_too_many(stopped):
    stopped.events[-1] = replace(filled(2), trade_id=77)

    told = stopped.differences()

    assert told == [
        f"order {stopped.second}: fill 77 of the venue is not booked",
        f"order {stopped.second}: fill 2 is booked, the venue does not know it",
    ]


def test_order_that_the_venue_never_had_is_named(stopped):
    del stopped.events[-2:]

    assert f"order {stopped.second}: FILLED in the books, not at the venue" in stopped.differences()


def test_money_that_the_venue_does_not_have_is_named(stopped):
    stopped.events[0] = deposited(amount(OPENING - 1))

    [line] = stopped.differences()

    assert line.startswith("TRY free: books ")


def test_order_of_somebody_else_is_no_difference_but_its_money_is(stopped):
    stopped.events += [accepted(3, "by-hand")]

    told = stopped.differences()

    assert not any("by-hand" in line for line in told)
    assert {line.split(":")[0] for line in told} == {"TRY free", "TRY held"}


def test_what_happens_after_a_stop_in_order_is_not_the_books_business_yet(stopped):
    stopped.add(replace(reconciled({}), at_ms=AFTER))
    stopped.events += [replace(accepted(3, "bench-later"), at_ms=AFTER + 1)]

    assert stopped.differences() == []


def test_what_happens_after_a_comparison_while_running_counts(stopped):
    stopped.add(replace(reconciled({}, phase="RUNNING"), at_ms=AFTER))
    stopped.events += [replace(accepted(3, "bench-later"), at_ms=AFTER + 1)]

    assert stopped.differences() != []


def test_file_of_another_account_is_no_proof(stopped):
    stopped.events = [replace(deposited(), account="somebody")]

    [line] = stopped.differences()

    assert "no account with the key of this store" in line


def test_damaged_file_fails_the_verification_and_names_the_line(stopped):
    stopped.add(replace(reconciled({}, phase="RUNNING"), at_ms=AFTER))
    (stopped.run_dir / FILE_NAME).write_text("{}\n")

    done = here("verify", "--json", run_dir=stopped.run_dir)

    assert done.code == 1
    assert any("line 1" in line for line in done.document["differences"])
