"""Bugs that no world of this kind can show, and the test that finds each."""

ELSEWHERE = (  # the bug, and the test that finds it
    (
        "a batch of an old version is taken",
        "tests/actors/executor/test_accept.py",
        "test_only_the_newest_version_is_obeyed",
    ),
    (
        "intent ids are drawn anew",
        "tests/actors/executor/test_accept.py",
        "test_ids_that_are_not_derived_are_refused",
    ),
    (
        "intents are not deduplicated",
        "tests/actors/executor/test_accept.py",
        "test_a_repeat_of_an_accepted_intent_gets_the_answer_again_and_no_second_order",
    ),
    (
        "a refused leg takes the others with it",
        "tests/actors/executor/test_accept.py",
        "test_a_refused_leg_writes_nothing_and_disturbs_no_other",
    ),
    (
        "an acknowledgement before the commit",
        "tests/actors/executor/test_actor.py",
        "test_writes_come_first_then_what_is_said_then_orders_then_the_rest",
    ),
    (
        "a scan reads all orders before the open ones",
        "tests/actors/executor/test_resolver.py",
        "test_a_scan_asks_for_open_orders_first_then_pages_then_fills",
    ),
    (
        "a scan stops at its first page",
        "tests/actors/executor/test_resolver.py",
        "test_a_full_page_is_not_the_last",
    ),
    (
        "absence by a clock believed to be exact",
        "tests/actors/executor/test_resolver.py",
        "test_an_unsure_clock_makes_it_wait_longer",
    ),
    (
        "a permit of a nonce that is not ours",
        "tests/actors/executor/test_permits.py",
        "test_a_permit_that_echoes_nothing_of_ours_counts_for_nothing",
    ),
    (
        "a permit from before a kill",
        "tests/actors/executor/test_permits.py",
        "test_after_a_resume_old_permits_are_worthless",
    ),
    (
        "a permit with silent strategies",
        "tests/actors/risk_gate/test_permit.py",
        "test_every_configured_strategy_has_to_speak",
    ),
    (
        "silence never cancels",
        "tests/actors/executor/test_duties.py",
        "test_silence_takes_back_what_rests",
    ),
    (
        "a late fill is ignored",
        "tests/actors/executor/test_facts.py",
        "test_a_fill_after_the_end_is_booked_from_free_money_and_halts_the_instrument",
    ),
    (
        "a ghost is revived and left alone",
        "tests/actors/executor/test_facts.py",
        "test_a_ghost_is_held_again_cancelled_and_halts_the_desk",
    ),
    (
        "an old epoch writes",
        "tests/store/test_writer.py",
        "test_writer_of_an_old_epoch_writes_nothing",
    ),
    (
        "the journal is replaced",
        "tests/store/test_writer.py",
        "test_replace_does_not_walk_past_the_triggers",
    ),
    (
        "the auditor follows what is wrong",
        "tests/store/test_audit.py",
        "test_planted_fault_is_found",
    ),
    (
        "redirects are followed",
        "tests/actors/venues/btcturk/test_rest.py",
        "test_httpx_follows_no_redirect_unless_told_and_its_errors_carry_the_request",
    ),
    (
        "orders go before control",
        "tests/actors/runtime/test_actor.py",
        "test_control_that_arrives_in_a_turn_goes_before_what_waits",
    ),
)
