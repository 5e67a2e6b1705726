"""Does docs/strategies.md tell the truth? Its code is run, and each of its promises is tried."""

import re
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import Struct

from actors.strategy.interface import Run, Target
from actors.strategy.strategies import registry
from config.convert import Reader
from config.layers import Layers
from messages.money import amount
from messages.records import Mid, WarmUp
from tests.actors.strategy.sights import BTC, ETH
from tests.actors.strategy.stage import Stage, queries, targets
from tests.builders import alive, holding, quote, rules, state

PAGE = Path(__file__).parents[3] / "docs" / "strategies.md"
LINES_MAX = 20


def blocks(language):
    text = PAGE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def table(heading):
    """Return the rows of the table below *heading*, as lists of cells."""
    section = PAGE.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@pytest.fixture(scope="module")
def page():
    """The names that the page's own code defines."""
    names = dict(vars(registry))
    strategy_file, registry_lines, slow = blocks("python")
    for code in (strategy_file, registry_lines, slow):
        exec(code, names)
    return names


def runs_of(page, kind):
    """Return the settings of a desk that knows what the page's registry lists."""
    any_run = page["AnyRun"]

    class Known(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        run: tuple[any_run, ...]

    layers = Layers("my.toml")
    layers.lay(kind, said_by="my.toml")
    reader = Reader(layers)
    found = reader.struct(layers.table["strategy"], Known, "strategy")
    return found, [str(fault) for fault in reader.faults]


def configured(page):
    found, faults = runs_of(page, tomllib.loads(blocks("toml")[0]))
    assert faults == []
    return found.run[0]


def begun(page, **own):
    """The page's strategy at work, with its run from the page's configuration."""
    run = configured(page)
    here = Stage(run, strategies={run.name: page["STRATEGIES"][type(run)](run)}, **own)
    return here.informed()


def held(position="1", cost="2000000", **given):
    return state(by_strategy={"profits": holding(position, cost=cost, **given)})


def test_it_is_no_longer_than_promised():
    lines = [line for line in blocks("python")[0].splitlines() if line.strip()]

    assert len(lines) <= LINES_MAX


def test_the_registry_on_the_page_is_the_real_one_and_one_more(page):
    more = {page["TakeProfitRun"]: page["TakeProfit"]}

    assert page["STRATEGIES"] == registry.STRATEGIES | more


def test_the_configuration_on_the_page_switches_it_on(page):
    run = configured(page)

    assert (run.name, run.instruments, run.profit_bps) == ("profits", (BTC, ETH), 40)


def test_mistakes_in_the_table_are_all_named(page):
    wrong = {
        "kind": "take_profit",
        "instruments": [BTC],
        "profit_bps": "many",
        "profits_bps": 1,
    }

    _, faults = runs_of(page, {"strategy": {"run": [wrong]}})

    told = "\n".join(faults)
    assert all(f"run[0].{key}" in told for key in ("name", "profit_bps", "profits_bps"))


def test_the_example_does_what_it_says(page):
    here = begun(page)
    here.hear(held())

    said = here.asked(bid="2008000", ask="2010000")["profits"]

    expected = Target(quantity=amount("0.75"), price=amount(2008000), reason="TAKE_PROFIT")
    assert said.targets == {BTC: expected}


def test_the_example_waits_for_its_profit(page):
    here = begun(page)
    here.hear(held())

    assert here.asked(bid="2007999", ask="2010000") == {}


def test_it_is_asked_at_most_every_so_often(page):
    here = begun(page, decide_every_ms=700)
    here.hear(held())
    here.asked(bid="2000000")
    here.clock.pass_ms(699)
    assert here.asked(bid="2008000", ask="2010000") == {}
    here.clock.pass_ms(1)

    assert list(here.asked(bid="2008000", ask="2010000")) == ["profits"]


def test_what_is_not_fresh_is_left_out_and_the_rest_is_not(page):
    here = begun(page)
    here.hear(held())
    here.hear(quote(ETH, problem="STALE"))

    assert list(here.asked(bid="2008000")["profits"].targets) == [BTC]


def test_quantities_are_rounded_down_to_the_grid(page):
    here = begun(page)
    here.hear(rules(quantity_step="0.01"))
    here.hear(held("0.33"))

    assert here.asked(bid="2008000")["profits"].targets[BTC].quantity == amount("0.24")


def test_the_last_targets_are_repeated(page):
    here = begun(page)
    here.hear(held())
    said = here.asked(bid="2008000")["profits"]

    assert targets(here.tick("repeat"))["profits"] == said


def test_while_an_order_is_alive_the_last_target_stays(page):
    here = begun(page)
    here.hear(held())
    said = here.asked(bid="2008000")["profits"]
    selling = {"profits": holding("1", cost="2000000", selling="0.25")}
    here.hear(state(by_strategy=selling, orders=[alive(strategy="profits")]))
    here.clock.pass_ms(1_000)

    assert here.asked(bid="2000000") == {}
    assert targets(here.tick("repeat"))["profits"].targets == said.targets


class Wanting:
    """Wants *answer*, and remembers what it was asked."""

    def __init__(self, answer=None):
        self.answer, self.asked = answer or {}, []

    def decide(self, now_ms, cash, seen):
        self.asked.append((now_ms, cash, seen))
        return self.answer(seen) if callable(self.answer) else self.answer


def test_what_the_table_no_longer_lists_can_only_become_less():
    class Plain(Run, frozen=True, kw_only=True, tag="plain"):
        """No numbers of its own."""

    one = Wanting({ETH: Target(quantity=Decimal(50), reason="MORE")})
    here = Stage(Plain(name="one", instruments=(BTC,)), strategies={"one": one}).informed()
    here.hear(state(ETH, by_strategy={"one": holding(3)}))

    assert here.asked(ETH)["one"].targets[ETH].quantity == 3


def test_a_past_is_asked_for_and_lived_through(page):
    run = page["SlowRun"](name="slow", instruments=(BTC,))
    one = Wanting()
    here = Stage(run, strategies={"slow": one}).informed()

    query = queries(here.tick("warm_up"))[0]
    assert here.asked() == {}
    assert one.asked == []
    assert (here.clock.wall - query.since_ms, query.step_ms) == (3_600_000, 10_000)
    here.hear(WarmUp(mids={BTC: (Mid(at_ms=query.since_ms, mid=amount(7)),)}))

    (at_ms, cash, seen), *_ = one.asked
    assert (at_ms, cash, seen[BTC].bid, seen[BTC].ask) == (query.since_ms, 0, 7, 7)
    assert seen[BTC].position == 0


def test_the_columns_of_what_it_is_asked_are_what_seen_has():
    one = Wanting()

    class Plain(Run, frozen=True, kw_only=True, tag="plain"):
        """No numbers of its own."""

    here = Stage(Plain(name="one", instruments=(BTC,)), strategies={"one": one}).informed()
    here.asked()
    seen = one.asked[0][2][BTC]

    cells = " ".join(row[0] for row in table("What it is asked"))
    named = re.findall(r"`(?:seen\[…\])?\.(\w+)`", cells)
    assert set(named) == {
        "bid", "ask", "mark", "position", "cost", "buying", "selling", "flat", "rules",
    }  # fmt: skip
    assert all(hasattr(seen, name) for name in named)


def failures():
    """One way to fail for each code of the page."""

    def raises(_seen):
        raise ValueError("no")

    return {
        "STRATEGY_RAISED": raises,
        "NOT_A_TARGET": {BTC: Target(quantity=0.5, reason="HALF")},
        "UNKNOWN_INSTRUMENT": {"DOGE_TRY": Target(quantity=Decimal(1), reason="WOW")},
    }


def test_the_page_lists_every_way_to_fail():
    codes = {row[0].strip("`") for row in table("When it fails")}

    assert codes == {*failures(), "STRATEGY_TOO_SLOW"}


@pytest.mark.parametrize("code", sorted(failures()))
def test_a_run_that_fails_is_stopped_with_its_code_and_the_others_go_on(page, code):
    well = Wanting({BTC: Target(quantity=Decimal(1), reason="WELL")})

    class Plain(Run, frozen=True, kw_only=True, tag="plain"):
        """No numbers of its own."""

    names = ("bad", "well")
    here = Stage(
        *(Plain(name=name, instruments=(BTC,)) for name in names),
        strategies={"bad": Wanting(failures()[code]), "well": well},
    ).informed()

    said = here.asked()

    assert (said["bad"].contained, said["bad"].targets) == (code, {})
    assert list(said["well"].targets) == [BTC]
