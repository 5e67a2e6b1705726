"""What may leave of a batch? The gate says yes or no to each intent; it never makes one smaller.

Intents are taken in order and each approved one counts for the next; one refused does not refuse
the others. Cancels always leave: taking an order back only makes the house safer.
"""

from msgspec import Struct
from msgspec.structs import replace

from actors.risk_gate.approvals import Approval, approval, coming
from actors.risk_gate.ask import Ask
from actors.risk_gate.checks import evaluate, first_broken
from actors.risk_gate.facts import Facts
from actors.risk_gate.settings import Settings
from messages.orders import ApprovedBatch, IntentBatch, RefusedIntent, Verdict


class Review(Struct, frozen=True, kw_only=True):
    """The verdict on a batch. *approved* None: nothing of it leaves."""

    approved: ApprovedBatch | None
    refused: tuple[RefusedIntent, ...]
    added: tuple[Approval, ...]  # to be remembered of what leaves


def review(
    batch: IntentBatch, facts: Facts, limits: Settings, *, before: tuple[Approval, ...]
) -> Review:
    """Return the verdict on *batch*; *before* is what was approved lately, oldest first."""
    leaves = []
    verdicts = []
    refused = []
    added: list[Approval] = []
    on_way = coming(before, facts.now_ns)
    for number, intent in enumerate(batch.intents):
        ask = Ask(
            intent=intent,
            batch=batch,
            facts=facts,
            limits=limits,
            approved=(*before, *added),
            coming=(*on_way, *added),
        )
        checks = evaluate(ask)
        broken = first_broken(checks)
        if broken is None:
            leaves.append(intent)
            verdicts.append(Verdict(intent_id=intent.intent_id, checks=checks))
            added.append(approval(batch, number, facts.now_ms))
            continue
        refused.append(
            RefusedIntent(
                decision_id=batch.decision_id,
                instrument=batch.instrument,
                intent=intent,
                broken=broken,
                checks=checks,
            )
        )
    approved = ApprovedBatch(batch=replace(batch, intents=tuple(leaves)), verdicts=tuple(verdicts))
    return Review(
        approved=approved if leaves or batch.cancels else None,
        refused=tuple(refused),
        added=tuple(added),
    )
