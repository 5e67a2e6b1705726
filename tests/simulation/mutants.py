"""Which deliberate bugs there are, where each is put in, and which promise it breaks."""

from tests.simulation import bugs
from tests.simulation import bugs_in_books as books
from tests.simulation.bugs import Make
from tests.simulation.mutation import ITS_OWN, Mutant, World
from tests.simulation.plans import CutAt, KillAt, PressAt
from tests.simulation.venue import VenueFaults


def _mutant(
    name: str,
    caught_by: str,
    *patches: tuple[str, Make],
    world: World = ITS_OWN,
) -> Mutant:
    full = tuple((_NAMES.get(where.split(".")[0], "") + where, make) for where, make in patches)
    return Mutant(name=name, caught_by=tuple(caught_by.split()), patches=full, world=world)


_EXECUTOR = (
    "actor accept books clearance draft duties evidence facts fills gate hear listing pace permits"
    " positions published records resolver silence sweep venue_calls"
)
_NAMES = dict.fromkeys(_EXECUTOR.split(), "actors.executor.")
_HUNG = World(venue=VenueFaults(hang=80, hang_max_ms=2_900), faults=())
_ORDERS_STALL = World(
    faults=tuple(
        CutAt(
            at_ms=at_ms,
            lasts_ms=1_300,
            socket="executor.orders",
            sender="risk_gate",
            hearer="executor",
            how="stall",
        )
        for at_ms in (2_000, 3_600, 5_200, 6_800)
    )
)
_PERMITS_STALL = World(
    faults=(
        CutAt(
            at_ms=3_000,
            lasts_ms=3_500,
            socket="executor.permits",
            sender="supervisor",
            hearer="executor",
            how="stall",
        ),
        KillAt(at_ms=3_300, role="supervisor", stopped_ms=5_000, goes_on=True),
    )
)
_KILLED_IN_FLIGHT = World(
    venue=VenueFaults(hang=80, hang_max_ms=1_000, hidden_max_ms=550),
    faults=tuple(KillAt(at_ms=at_ms, role="executor") for at_ms in range(1_500, 8_500, 700)),
)
_DELETES_LOST = World(
    venue=VenueFaults(deletes_fail=45),
    faults=(PressAt(at_ms=5_000, lasts_ms=60_000), PressAt(at_ms=8_000, lasts_ms=60_000)),
    ending="killed",
)

_TWICE = World(twice=True)
_SILENT = World(ending="silent")
_PLANTED = World(ending="planted")

MUTANTS = (
    # an order is sent once, as it was written down, after that
    _mutant(
        "send_before_commit",
        "I1 I2",
        ("actors.runtime.actor.Actor._carry_out", bugs.calls_first),
    ),
    _mutant(
        "send_again_after_lost",
        "I1",
        ("actor.Executor._called", bugs.sends_again),
    ),
    _mutant(
        "send_again_after_start",
        "I1 I18",
        ("duties.do", bugs.sends_at_start),
    ),
    _mutant(
        "fresh_stamp",
        "I13",
        ("venue_calls.Handler._ask", bugs.fresh_stamp),
    ),
    _mutant(
        "twice_the_size",
        "I4",
        ("venue_calls.Handler._ask", bugs.twice_the_size),
    ),
    _mutant(
        "approved_more_than_allocated",
        "I4",
        ("actors.risk_gate.actor.review", bugs.larger),
    ),
    # what may pass the gate
    _mutant(
        "send_budget_ignored",
        "I13",
        ("actor.may_send", bugs.gate_with(expires_ms=True)),
        world=_HUNG,
    ),
    _mutant(
        "kill_only_answers",
        "I5",
        ("actor.Executor._kill", bugs.only_talks),
    ),
    _mutant(
        "kill_in_memory_only",
        "I5",
        ("actor.Executor._kill", bugs.in_memory_only),
    ),
    _mutant(
        "file_kill_not_read",
        "I5",
        ("actors.runtime.actor.Actor.kill_file_present", bugs.always(False)),
    ),
    _mutant(
        "permit_counts_from_arrival",
        "I5",
        ("actor.Executor._permitted", bugs.from_arrival),
        world=_PERMITS_STALL,
    ),
    _mutant(
        "one_permit_is_enough",
        "I5 I7",
        ("permits.Permits.until_ms", bugs.one_is_enough),
    ),
    _mutant(
        "permits_not_asked_for",
        "I5 I7",
        ("actor.may_send", bugs.gate_with(permit=True)),
        ("accept._batch_breach", bugs.without("NO_PERMIT")),
    ),
    _mutant(
        "level_neither_told_nor_looked_at",
        "I5 I12",
        ("gate.MAY_SEND", bugs.all_may_send),
        ("published.executor_status", bugs.told_as_active),
        ("published.instrument_state", bugs.state_as_active),
    ),
    _mutant(
        "level_not_written",
        "I5 I6 I7 I12",
        ("actor.Executor.commit", bugs.level_not_written),
    ),
    _mutant(
        "deadline_ignored",
        "I13",
        ("accept._batch_breach", bugs.without("EXPIRED")),
        world=_ORDERS_STALL,
    ),
    _mutant(
        "clear_without_looking",
        "I19",
        ("clearance.Clearance.is_clear", bugs.with_property(True)),
    ),
    _mutant(
        "silence_never_cancels",
        "I5",
        ("duties.silence.listen", bugs.always(None)),
        world=_SILENT,
    ),
    # handled twice
    _mutant(
        "batches_of_records_are_not_known",
        "I10",
        ("records.keep", books.repeats),
        ("store.writer.Writer.known_batches", bugs.always(frozenset())),
        world=_TWICE,
    ),
    _mutant(
        "intents_are_not_deduplicated",
        "I10",
        ("books.Books.intent", bugs.always(None)),
        ("store.writer.Writer.intents", books.none_known),
        ("accept._batch_breach", bugs.without("STALE_VERSION")),
        world=_TWICE,
    ),
    _mutant(
        "latch_does_not_stop_sends",
        "I5 I12",
        ("actor.may_send", bugs.gate_with(latched=True)),
        ("gate.MAY_SEND", bugs.all_may_send),
    ),
    # not knowing
    _mutant(
        "lost_is_no",
        "I4 I18",
        ("evidence.of_outcome", books.lost_is_no),
    ),
    _mutant(
        "absent_at_once",
        "I4 I18",
        ("resolver.Resolver._missed", books.absent_at_once),
    ),
    _mutant(
        "absent_too_early",
        "I4 I18",
        ("resolver.Resolver._missed", books.too_early),
        world=_KILLED_IN_FLIGHT,
    ),
    _mutant(
        "restart_forgets_what_was_sent",
        "I17 I19",
        ("duties.restarted", books.no_restart),
    ),
    _mutant(
        "unknown_is_no_exposure",
        "I4",
        ("published.instrument_state", books.unknown_is_nothing),
        ("published.executor_status", books.nothing_unknown),
        ("accept._leg_breach", books.entries_go_on),
    ),
    _mutant(
        "new_orders_are_missed",
        "I18",
        ("hear._not_found", books.missed_at_once),
    ),
    # the end of an order
    _mutant(
        "final_too_soon",
        "I11",
        ("facts._settled", books.final_too_soon),
    ),
    _mutant(
        "cancel_is_final",
        "I4 I11 I18",
        ("hear._REACTIONS", books.cancel_is_final),
    ),
    _mutant(
        "cancels_once",
        "I17 I19",
        ("pace.Backoff.is_due", books.cancels_once),
        world=_DELETES_LOST,
    ),
    _mutant(
        "version_stays_at_the_end",
        "I9",
        ("facts._ended", books.version_stays),
    ),
    _mutant(
        "version_rises_with_fills",
        "I9",
        ("fills.book", books.rises_with_fills),
    ),
    # fills and money
    _mutant(
        "fills_booked_again",
        "DIED I15",
        ("books.Books.is_booked", bugs.always(False)),
    ),
    _mutant(
        "fill_known_by_its_order",
        "DIED I15",
        ("listing.fills", books.fills_as(books.by_order)),
    ),
    _mutant(
        "fill_has_another_name",
        "I15",
        ("fills.FillRow", books.renamed),
        ("books.Books.is_booked", books.booked_as_renamed),
        ("store.writer.Writer.known_fills", books.known_as_renamed),
    ),
    _mutant(
        "rounded_quantities",
        "I16 I17 I18",
        ("listing.fills", books.fills_as(books.rounded)),
    ),
    _mutant(
        "sweep_without_overlap",
        "I15 I17 I18",
        ("sweep.begin", books.no_overlap),
    ),
    _mutant(
        "tax_forgotten",
        "I16 I18",
        ("fills._cost", books.no_charge("tax")),
    ),
    _mutant(
        "fee_forgotten",
        "I16 I18",
        ("fills._cost", books.no_charge("fee")),
    ),
    _mutant(
        "refund_forgotten",
        "I16 I18",
        ("fills.execution", books.refund_forgotten),
    ),
    _mutant(
        "hold_not_released",
        "I7 I16",
        ("draft.Draft.transfer", books.without_transfer("release")),
    ),
    _mutant(
        "one_sided_fills",
        "I3",
        ("draft.Draft.transfer", books.one_sided),
    ),
    _mutant(
        "sold_stays",
        "I9",
        ("positions._sold", books.sold_stays),
    ),
    # the store
    _mutant(
        "epoch_stays",
        "I8",
        ("store.writer.recall.meta", books.epoch_stays),
    ),
    _mutant(
        "journal_not_chained",
        "I6 I7",
        ("store.journal.sealed", books.not_chained),
    ),
    _mutant(
        "commits_not_durable",
        "I1 I2 I4 I7 I8 I9 I10 I15",
        ("store.open.WRITER", books.less_durable),
    ),
    _mutant(
        "records_kept_twice",
        "I10 DIED",
        ("records.keep", books.repeats),
    ),
    # what was changed in the store behind the desk's back
    _mutant(
        "breach_ends_no_permit",
        "I7",
        ("actors.risk_gate.permit._audit", bugs.always("")),
        world=_PLANTED,
    ),
    _mutant(
        "breach_is_not_told",
        "I7",
        ("actors.persistence.actor.audit_lag.status", books.untold),
        world=_PLANTED,
    ),
    _mutant(
        "tables_are_not_compared",
        "I7",
        ("store.audit.table_breaches", bugs.always(iter(()))),
        ("store.audit.fill_breaches", bugs.always(iter(()))),
        world=_PLANTED,
    ),
    _mutant(
        "seals_are_believed",
        "I7",
        ("store.audit.link_of", books.as_it_says),
        world=_PLANTED,
    ),
    _mutant(
        "verify_compares_no_tables",
        "I6",
        ("store.verify.table_breaches", bugs.always(iter(()))),
        ("store.verify.fill_breaches", bugs.always(iter(()))),
        world=_PLANTED,
    ),
    _mutant(
        "nobody_looks_back",
        "I7",
        ("store.follow.Follower.look_back", bugs.always(True)),
        world=_PLANTED,
    ),
)
