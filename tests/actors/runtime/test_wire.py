"""Envelopes: names that sort by time, chains that are carried on, counters per stream."""

from msgspec.structs import replace

from actors.runtime.retained import Retained, aged
from actors.runtime.wire import NO_CAUSE, STREAMS_MAX, Sender, topic, trail_of
from messages import codec, market
from messages.control import StatusQuery
from messages.money import Amount
from messages.orders import Side
from messages.records import RecordsAck
from tests.actors.runtime.hands import ME, HandClock
from tests.actors.runtime.players import account_state


def sealed(sender: Sender, message: object = StatusQuery(), *, stream: str = "s", trail=None):
    return codec.decode(sender.seal(message, stream=stream, trail=trail))[0]


def quote(instrument: str = "BTC_TRY", *, age_ms: int = 5) -> market.Quote:
    return market.Quote(
        instrument=instrument,
        bid=Amount(1),
        bid_quantity=Amount(1),
        ask=Amount(2),
        ask_quantity=Amount(1),
        median=None,
        channel="book",
        venue_ms=None,
        age_ms=age_ms,
        seq=1,
        problem=None,
        at_ms=1,
    )


def trade() -> market.Trade:
    return market.Trade(
        instrument="BTC_TRY",
        trade_id="t",
        side=Side.BUY,
        price=Amount(1),
        quantity=Amount(1),
        at_ms=1,
    )


def test_ids_sort_in_the_order_of_saying_even_within_one_nanosecond():
    sender = Sender(ME, clock := HandClock())
    names = [sealed(sender).id for _ in range(3)]
    clock.pass_ms(1)
    names.append(sealed(sender).id)

    assert names == sorted(set(names))
    assert {len(name) for name in names} == {16}


def test_two_processes_of_one_role_never_make_the_same_id():
    one, other = (Sender(replace(ME, incarnation=inc), HandClock()) for inc in (1, 2))

    assert sealed(one).id != sealed(other).id


def test_the_first_word_of_a_chain_is_its_own_correlation_and_has_no_cause():
    envelope = sealed(Sender(ME, HandClock()))

    assert (envelope.cor, envelope.cau) == (envelope.id, NO_CAUSE)


def test_what_follows_keeps_the_chain_and_names_its_cause():
    sender = Sender(ME, HandClock())
    first = sealed(sender)
    second = sealed(sender, trail=trail_of(first))
    third = sealed(sender, trail=trail_of(second))

    assert {second.cor, third.cor} == {first.id}
    assert [second.cau, third.cau] == [first.id, second.id]


def test_each_stream_counts_for_itself():
    sender = Sender(ME, HandClock())

    seqs = [sealed(sender, stream=name).seq for name in ("a", "b", "a", "a", "b")]

    assert seqs == [1, 1, 2, 3, 2]


def test_no_number_of_streams_makes_the_sender_grow_without_bound():
    sender = Sender(ME, HandClock())
    for number in range(STREAMS_MAX + 2):
        sender._next_seq(str(number))

    assert len(sender._seqs) == STREAMS_MAX
    assert sender._next_seq("0") == 2


def test_an_envelope_says_who_spoke_when_and_from_which_build():
    clock = HandClock()
    envelope = sealed(Sender(ME, clock))

    assert (envelope.src, envelope.inc, envelope.build, envelope.config) == (
        "executor",
        7,
        "b1",
        "c1",
    )
    assert (envelope.wall_ns, envelope.mono_ns) == (clock.now_ns, clock.now_ns)


def test_a_topic_is_the_type_and_the_instrument_where_there_is_one():
    assert topic(quote("ETH_TRY")) == "Quote/ETH_TRY"
    assert topic(account_state()) == "AccountState"


def test_a_feed_keeps_the_newest_of_each_topic_and_no_events():
    kept = Retained()
    for message in (quote("A", age_ms=1), quote("B"), quote("A", age_ms=2), trade()):
        kept.keep(topic(message), message, None, 0)

    assert [message for message, _ in kept.newest(b"", 0)] == [quote("A", age_ms=2), quote("B")]


def test_a_subscriber_gets_only_what_it_subscribed_to():
    kept = Retained()
    for message in (quote("A"), account_state()):
        kept.keep(topic(message), message, None, 0)

    assert [message for message, _ in kept.newest(b"Account", 0)] == [account_state()]


def test_a_quote_that_lay_in_the_feed_is_said_as_old_as_it_is():
    kept = Retained()
    kept.keep("Quote/A", quote("A", age_ms=5), None, 1_000)

    [(message, _)] = kept.newest(b"Quote", 1_700)

    assert message.age_ms == 705


def test_what_states_no_age_is_said_again_as_it_is():
    assert aged(RecordsAck(upto=1), 500) == RecordsAck(upto=1)
