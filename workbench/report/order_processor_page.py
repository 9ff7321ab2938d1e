"""What the notebook of the order processor shows: the redesign, both ways to trade, invariants, the cache."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workbench.access.tables import apply_schema
from workbench.cache.trial import PriceTrial
from workbench.compare.cache_saving import CachePlan
from workbench.engines import open_dynamodb
from workbench.engines.redis import open_redis
from workbench.orders.audit import INVARIANTS
from workbench.orders.comparison import Comparison
from workbench.orders.former import QUESTIONS
from workbench.orders.guards import CONDITIONAL_GUARDS, GUARDS
from workbench.orders.redesign import RedesignTrial
from workbench.orders.trial import summary
from workbench.pricing import book_for
from workbench.pricing.elasticache import CacheEngine, CacheNodes
from workbench.replay.machine import describe_machine
from workbench.report.tables import Column, Heading, Statement, Table
from workbench.spec.cache_policy import load_policy
from workbench.spec.measured import load_measurement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.cache.trial import HitTrial
    from workbench.compare.cache_saving import CacheSaving
    from workbench.orders.comparison import Crash, OrderUnits, Seen
    from workbench.orders.redesign import DesignTrial
    from workbench.orders.trial import TrialResult
    from workbench.spec import Case

SKEWS = (0.0, 0.8, 1.2)
NODES = CacheNodes(CacheEngine.REDIS_OSS, "cache.t4g.micro", 2)
"""The smallest nodes; two, because one alone is not available while it is replaced."""


@dataclass(frozen=True)
class OrderTrials:
    """Everything that was tried.

    Args:
        case: The order processor.
        region: AWS region code of the prices.
        snapshot: Date of the prices.
        provenance: Engine and machine.
        dau: Daily active users of the bills.
        redesign: Orders in each design.
        units: An order in each way.
        contention: Orders of clients that meet.
        seen: What readers find between the writes of an order.
        crashes: What ended clients leave.
        hits: Reads through a cache.
        plan: What a cache saves.
    """

    case: Case
    region: str
    snapshot: str
    provenance: str
    dau: int
    redesign: Sequence[DesignTrial]
    units: Sequence[OrderUnits]
    contention: Sequence[TrialResult]
    seen: Sequence[Seen]
    crashes: Sequence[Crash]
    hits: Sequence[HitTrial]
    plan: CachePlan


def run_trials(case: Case, region: str, dau: int, orders: int, requests: int, seed: int) -> OrderTrials:  # noqa: PLR0913, PLR0917  the one call that the notebook makes
    """Returns what was tried on DynamoDB Local and an embedded Redis.

    Args:
        case: The order processor.
        region: AWS region code of the prices.
        dau: Daily active users of the bills.
        orders: Orders of each trial in which clients meet.
        requests: Requests to the cache for each skew.
        seed: Seed of every random choice.
    """
    book = book_for(region)
    with open_dynamodb() as engine:
        redesign = RedesignTrial(case, dau=dau, seed=seed).run(engine, book, region)
        both = Comparison(case, _tables(case, engine, f"orders{seed}"))
        tried = (both.units(book, region), both.contention(orders, seed=seed), both.seen(), both.crashes())
        with open_redis() as redis:
            cached = replace(engine, client=_tables(case, engine, f"cache{seed}"))
            hits = PriceTrial(case, cached, redis, seed=seed).run(SKEWS, requests)
            provenance = f"{engine.name} {engine.version}, Redis {redis.version}, {describe_machine()}"
    plan = CachePlan(case, load_measurement(case.directory), load_policy(case), book, region)
    return OrderTrials(case, region, book.snapshot, provenance, dau, redesign, *tried, hits, plan)


def _tables(case: Case, engine: Any, name: str) -> Any:
    client = engine.connect(name)
    apply_schema(case.design, replace(engine, client=client))
    return client


def heading(case: Case) -> Heading:
    """Returns the title of the page."""
    return Heading("Orders, money and the cache", case.design.title)


def _usd(trials: OrderTrials, name: str) -> Decimal:
    return next(one.bill.total for one in trials.redesign if one.name == name)


def redesign_statement(trials: OrderTrials) -> Statement:
    """Returns what the redesign of the order entity is worth."""
    before, asked, own = (_usd(trials, one.name) for one in trials.redesign)
    return Statement(
        f"Orders of {trials.dau:,} daily active users cost {before:.2f} USD a month before the redesign, "
        f"{asked:.2f} USD after it as the document words it, and {own:.2f} USD as this case has it. The "
        "redesign makes lists by asset cheap and an order id unique; taken by the word, it makes lists by "
        "time read all of a user's orders, which is why this case keeps an index by time.",
        "verdict",
    )


def redesign_table(trials: OrderTrials) -> Table:
    """Returns the units of each question in each design."""
    columns = [
        Column("question", "Question", wide=True),
        *(Column(one.name, one.name.capitalize(), "units", digits=1) for one in trials.redesign),
    ]
    rows: list[dict[str, Any]] = [
        {"question": words, **{one.name: one.question(name).units for one in trials.redesign}}
        for name, (words, _) in QUESTIONS.items()
    ]
    retried = {one.name: float(one.orders_after_retry) for one in trials.redesign}
    rows.append({"question": "orders with one id after a retry with a new time [orders]", **retried})
    states = " ".join(f"{one.name.capitalize()}: {one.states}." for one in trials.redesign)
    note = (
        f"{states} One user with a year of 730 orders in 40 assets by Zipf's law; means of two samples, "
        f"observed on {trials.provenance}. The model predicts {_agreement(trials)} for AWS."
    )
    return Table("One question in three designs", columns, rows, note)


def _agreement(trials: OrderTrials) -> str:
    asked = [one for design in trials.redesign for one in design.questions]
    alike = sum(one.observed == one.predicted for one in asked)
    return f"the same units for {alike} of {len(asked)}"


def bill_table(trials: OrderTrials) -> Table:
    """Returns what orders cost in a month in each design, by what is paid for."""
    parts = ("on-demand reads", "on-demand writes", "storage")
    columns = [
        Column("name", "Design"),
        *(Column(part, part.removeprefix("on-demand ").capitalize(), "USD", digits=2) for part in parts),
        Column("total", "Together", "USD", digits=2),
        Column("bytes", "An order with its entries", "bytes", digits=0),
    ]
    rows = [
        {
            "name": one.name,
            **{part: one.bill.subtotal(component=part) for part in parts},
            "total": one.bill.total,
            "bytes": sum(one.bytes_per_order.values()),
        }
        for one in trials.redesign
    ]
    note = (
        f"Orders alone, at {trials.dau:,} DAU and the rates of workload.yaml, a year of orders stored, on "
        f"demand in {trials.region}, prices of {trials.snapshot}; each order counted as a put of its own."
    )
    return Table("What orders cost in a month", columns, rows, note)


def strategy_table(trials: OrderTrials) -> Table:
    """Returns what one order consumes and costs in each way."""
    columns = [
        Column("strategy", "Way"),
        Column("side", "Order"),
        Column("calls", "Calls", digits=0),
        Column("reads", "Read units", "AWS", digits=1),
        Column("writes", "Write units", "AWS", digits=1),
        Column("observed", "Observed", "units, DynamoDB Local", digits=1),
        Column("local", "Predicted for it", "units", digits=1),
        Column("usd", "A million orders", "USD", digits=2),
    ]
    rows = [
        {
            "strategy": one.strategy,
            "side": one.side.value.lower(),
            "calls": one.reads + one.writes,
            "reads": one.read_units,
            "writes": one.write_units,
            "observed": sum(one.observed.values()),
            "local": sum(one.predicted_local.values()),
            "usd": one.usd_per_million,
        }
        for one in trials.units
    ]
    note = (
        "An order that nobody gets in the way of. AWS doubles the units of the table in a transaction, not "
        "those of indexes; DynamoDB Local counts otherwise and is predicted by itself. On demand in "
        f"{trials.region}, prices of {trials.snapshot}."
    )
    return Table("Transactions beside conditional writes", columns, rows, note)


def contention_table(trials: OrderTrials) -> Table:
    """Returns what becomes of orders when clients meet."""
    columns = [
        Column("strategy", "Way"),
        Column("clients", "Clients", digits=0),
        Column("instructions", "Orders", digits=0),
        Column("done", "Done", digits=0),
        Column("refused", "Refused", digits=0),
        Column("retries", "Repeated steps", digits=0),
        Column("units_per_instruction", "Units an order", "DynamoDB Local", digits=1),
        Column("per_second", "Orders", "1/s", digits=0),
        Column("breaches", "Breaches", digits=0),
    ]
    note = (
        f"Orders of two users on {trials.provenance}. DynamoDB Local carries out one transaction after the "
        "other and reports no conflicts, so transactions repeat nothing here; AWS cancels those that meet. "
        "Refused are orders that a user could not pay or that came from somebody without an account."
    )
    return Table("Clients that meet", columns, summary(trials.contention), note)


def between_table(trials: OrderTrials) -> Table:
    """Returns what readers see after each write, and what becomes of an order whose client ends there."""
    columns = [
        Column("strategy", "Way"),
        Column("writes", "Writes done", digits=0),
        Column("left", "What does not agree then", wide=True),
        Column("outcome", "Asked for again"),
        Column("breaches", "Breaches afterwards", digits=0),
    ]
    rows = [
        {
            "strategy": one.strategy,
            "writes": one.writes,
            "left": "; ".join(breach.detail for breach in one.left) or "nothing",
            "outcome": one.outcome.value,
            "breaches": len(one.breaches),
        }
        for one in trials.crashes
    ]
    disagreeing = sum(bool(one.breaches) for one in trials.seen)
    note = (
        "The client is ended before its next write. A consistent reader sees the same between two writes of "
        f"one that lives: {disagreeing} of {len(trials.seen)} writes leave something that does not agree. "
        "Whoever asks again with the same id goes on where it stopped."
    )
    return Table("Between two writes", columns, rows, note)


def invariant_table(trials: OrderTrials) -> Table:
    """Returns how often each invariant was broken."""
    found = Counter(breach.invariant for one in trials.contention for breach in one.breaches)
    found.update(breach.invariant for one in trials.crashes for breach in one.breaches)
    columns = [Column("invariant", "What must hold", wide=True), Column("breaches", "Breaches", digits=0)]
    rows = [{"invariant": name, "breaches": found[name]} for name in INVARIANTS]
    orders = sum(one.instructions for one in trials.contention) + len(trials.crashes)
    note = (
        f"Judged over {orders} orders of this page by an auditor that shares no code with what carries them "
        "out. The tests do the same under throttling, lost, late and doubled requests and a killed engine."
    )
    return Table("Invariants", columns, rows, note)


def guard_table(trials: OrderTrials) -> Table:
    """Returns the conditions of transactions and conditional writes, and what happens without each."""
    columns = [
        Column("pattern", "Written", code=True),
        Column("condition", "Condition", code=True),
        Column("without", "Without it", wide=True),
        Column("invariant", "What breaks", wide=True),
    ]
    rows = [
        {
            "pattern": guard.pattern,
            "condition": _condition(trials.case, guard.pattern, guard.member),
            "without": guard.without,
            "invariant": guard.invariant or "nothing",
        }
        for guard in GUARDS
    ]
    rows += [
        {
            "pattern": f"{one.write}, conditionally",
            "condition": one.condition,
            "without": one.without,
            "invariant": one.invariant or "nothing",
        }
        for one in CONDITIONAL_GUARDS
    ]
    note = "Tests leave each out, and the auditor names the invariant; those that break nothing are spare."
    return Table("What each condition is for", columns, rows, note)


def _condition(case: Case, pattern: str, number: int) -> str:
    member = getattr(case.design.patterns[pattern], "members", ())[number]
    parts = (
        f"{one.operator}({one.attribute})"
        if one.value is None
        else f"{one.attribute} {one.operator} {one.value}"
        for one in member.condition
    )
    return f"{member.entity}: {' and '.join(parts)}"


def hit_table(trials: OrderTrials) -> Table:
    """Returns hit ratios predicted and measured."""
    columns = [
        Column("skew", "Skew of the keys", digits=1),
        Column("reads", "Reads", digits=0),
        Column("writes", "Writes", digits=0),
        Column("predicted", "Hits predicted", "%", digits=1),
        Column("measured", "Hits measured", "%", digits=1),
        Column("stale", "Stale answers", digits=0),
    ]
    rows = [
        {
            "skew": one.skew,
            "reads": one.reads,
            "writes": one.writes,
            "predicted": 100 * one.predicted,
            "measured": 100 * one.measured,
            "stale": one.stale,
        }
        for one in trials.hits
    ]
    note = (
        f"Prices of {trials.hits[0].keys} assets through the cache on {trials.provenance}; a fifth of the "
        "requests are new prices, which void the old ones. A share of so few reads varies by some points."
    )
    return Table("How often the cache answers", columns, rows, note)


def saving_table(trials: OrderTrials) -> Table:
    """Returns what a cache saves and costs, and from how many users on it pays."""
    columns = [
        Column("pattern", "Kept answer", code=True),
        Column("hits", "Hits", "%", digits=1),
        Column("units", "Read units saved", "10^6 a month", digits=2),
        Column("usd", "Saved", "USD a month", digits=2),
    ]
    saving = trials.plan.nodes(trials.dau, NODES)
    rows = [
        {"pattern": one.pattern, "hits": 100 * one.hit_ratio, "units": one.read_units / 1e6, "usd": one.usd}
        for one in saving.reads
    ]
    total = {
        "pattern": "together",
        "units": sum(one.read_units for one in saving.reads) / 1e6,
        "usd": saving.saved_usd,
    }
    return Table(
        f"What a cache saves at {trials.dau:,} DAU", columns, rows, _saving_note(trials, saving), total
    )


def _saving_note(trials: OrderTrials, saving: CacheSaving) -> str:
    pays = trials.plan.pays_from_dau(NODES)
    nodes = f"{NODES.nodes} nodes {NODES.node_type} cost {saving.bill.total:.2f} USD a month, which leaves"
    serverless = trials.plan.serverless(trials.dau, CacheEngine.VALKEY)
    return (
        f"{nodes} {saving.net_usd:.2f} USD; they pay {f'from {pays:,} DAU on' if pays else 'never'}. "
        f"Serverless Valkey costs {serverless.bill.total:.2f} USD, which leaves {serverless.net_usd:.2f} "
        f"USD. Keys are asked for evenly, so savings are bounds from below; {trials.region}, prices of "
        f"{trials.snapshot}, answers kept as cache.yaml says."
    )
