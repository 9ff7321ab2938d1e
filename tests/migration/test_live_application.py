"""An application that goes on while its data moves, and a witness of its writes."""

from __future__ import annotations

import threading
from contextlib import ExitStack, closing
from dataclasses import replace

import pytest

from workbench.errors import EngineError
from workbench.migrate import Ledger, ensure_schema, load_source, verify
from workbench.migrate.live import (
    FlagStore,
    LiveApplication,
    Router,
    Witness,
    begin_dual_write,
    cut_over,
    engine_state,
    go_back,
    judge,
    replicating,
    replication,
    source_state,
)
from workbench.migrate.live.answers import NoLongerAskedError
from workbench.migrate.live.application import shares
from workbench.migrate.live.tally import Tally
from workbench.spec import load_case
from workbench.spec.access import READ_OPERATIONS

ENDING = "dual_write_dealership"
"""The pattern by which the document itself writes twice; the application calls it while PostgreSQL leads."""


class Move:
    """A case whose application runs while it moves."""

    def __init__(self, source, target, strategy, stack, **options):
        self.case, self.source, self.target = load_case("dealership"), source, target
        load_source(self.case, source, 2, 1)
        with source.connect() as connection:
            connection.execute("DELETE FROM review_votes WHERE review_id > 60")
            connection.execute("DELETE FROM reviews WHERE id > 60")
        ensure_schema(self.case, target)
        self.flags = FlagStore()
        self.replication = stack.enter_context(closing(replication(strategy, self.case, source, target)))
        router = Router(self.case, source, target, self.flags, self.replication)
        self.router = stack.enter_context(closing(router))
        self.witness = stack.enter_context(closing(Witness()))
        self.witness.open_with(source_state(self.case, source))
        app = LiveApplication(router, self.witness, self.case, source, **options)
        self.application = stack.enter_context(closing(app))

    def backfill(self):
        """Copies the rows that exist."""
        with Ledger() as ledger:
            self.replication.backfill(ledger)

    def judged(self, state):
        """Returns what became of the writes by a state."""
        return judge(self.witness, self.case, state)


def test_an_application_meets_every_phase_and_nothing_is_lost(source, target):
    """All writes that were acknowledged in three modes and two ways back are there, on both sides, once."""
    with ExitStack() as stack:
        move = Move(source, target, "guaranteed", stack, writes_share=0.7, drawn=6)
        run = move.application.run
        run(20)
        begin_dual_write(move.flags, move.replication)
        run(25)
        move.backfill()
        move.flags.change(read_percent=50, shadow_read_percent=100)
        run(25)
        for _ in range(2):
            cut_over(move.flags, move.replication, source)
            calls = move.application.stop().patterns.get(ENDING, 0)
            with pytest.raises(NoLongerAskedError, match="only while PostgreSQL leads"):
                move.router.call(ENDING, {})
            for _ in range(3):
                run(10)
                move.replication.drain_back()
            assert move.application.stop().patterns.get(ENDING, 0) == calls
            go_back(move.flags, move.replication, source)
            run(10)
        result = move.application.stop()
        assert result.errors == {}
        assert result.accepted > 50
        assert result.patterns[ENDING] > 0
        assert move.router.shadow.mismatches == ()
        for state in (engine_state(move.case, target), source_state(move.case, source)):
            judgement = move.judged(state)
            assert judgement.faults == ()
            assert judgement.outcomes == {
                "acknowledged": result.accepted,
                "refused": result.refused,
                "unknown": 0,
            }
        assert verify(move.case, source, target).equal


def test_the_documented_way_back_loses_what_was_acknowledged(source, target):
    """Both sides agree after it, so that only the witness knows what was lost: all that DynamoDB led."""
    with ExitStack() as stack:
        move = Move(source, target, "documented", stack, writes_share=0.9, drawn=30)
        move.backfill()
        begin_dual_write(move.flags, move.replication)
        move.application.run(20)
        cut_over(move.flags, move.replication, source)
        move.application.mark()
        move.application.run(40)
        acknowledged = move.application.snapshot().accepted
        go_back(move.flags, move.replication, source)
        judgement = move.judged(engine_state(move.case, target))
        assert verify(move.case, source, target).equal
        assert acknowledged > 5
        assert 0 < judgement.lost_writes <= acknowledged
        assert judgement.duplicated == ()


def test_threads_write_while_leaders_change(source, target):
    """Threads go on through the change of leaders, with replication in the background."""
    with ExitStack() as stack:
        move = Move(source, target, "guaranteed", stack, writes_share=0.6, threads=3, drawn=10)
        begin_dual_write(move.flags, move.replication)
        move.backfill()
        with replicating(move.flags, move.replication) as background:
            move.application.start()
            for step in (
                lambda: move.flags.change(read_percent=100),
                lambda: cut_over(move.flags, move.replication, source),
                lambda: go_back(move.flags, move.replication, source),
            ):
                _meanwhile(move.application, 25)
                step()
            _meanwhile(move.application, 25)
            result = move.application.stop()
        move.replication.drain()
        assert (background.failures, result.errors) == (0, {})
        for state in (engine_state(move.case, target), source_state(move.case, source)):
            assert move.judged(state).faults == ()
        assert verify(move.case, source, target).equal


def _meanwhile(application, calls):
    """Waits until an application made some more calls."""
    before = application.snapshot().requests
    wait = threading.Event()
    while application.snapshot().requests < before + calls:
        wait.wait(0.01)


def test_calls_are_drawn_by_the_rates_of_the_workload():
    """A pattern that is twice as frequent is drawn twice as often; the rarest have a share of their own."""
    case = load_case("algoitny")
    reads = {name for name, p in case.design.patterns.items() if p.operation in READ_OPERATIONS}
    plain = shares(case, reads, None)
    assert plain["get_problem_with_test_cases"] == 4 * plain["get_problem"]
    assert min(plain.values()) == 0.01 * sum(
        case.workload.requests_per_dau_day(name) for name in case.workload.rates
    )
    halved = shares(case, reads, 0.5)
    assert sum(halved[name] for name in halved if name in reads) == pytest.approx(0.5)
    assert sum(halved.values()) == pytest.approx(1)


def test_the_same_seed_makes_the_same_calls(source, target):
    """Two applications with one seed ask the same of the same data."""
    with ExitStack() as stack:
        move = Move(source, target, "guaranteed", stack, drawn=3)
        one, other = (
            LiveApplication(_Deaf(), Witness(), move.case, source, seed=5, drawn=3, writes_share=0.5)
            for _ in range(2)
        )
        for application in (stack.enter_context(closing(app)) for app in (one, other)):
            application.run(40)
        assert one._router.calls == other._router.calls
        assert len(one._router.calls) == 40
        one._witness.close()
        other._witness.close()


class _Deaf:
    """A router that only remembers what it was asked, and refuses every second call."""

    def __init__(self):
        self.calls = []

    def is_open(self, pattern):
        """Lets every pattern be called."""
        del pattern
        return True

    def drawable(self):
        """Lets parameters be drawn."""
        return True

    def call(self, pattern, parameters, change_id):
        """Remembers a call."""
        self.calls.append((pattern, parameters, change_id))
        raise EngineError("not heard")


def test_errors_and_refusals_are_counted_apart():
    """The rate of errors counts calls that failed, not writes that a condition refused."""
    tally = Tally()
    tally.add("reads", "a", "accepted", "postgres", 2_000_000)
    tally.add("writes", "b", "refused", "dynamodb", 4_000_000)
    tally.add("writes", "b", "accepted", "dynamodb", 4_000_000)
    tally.add("writes", "b", "EngineError", "", 1)
    result = tally.result()
    assert (result.requests, result.accepted, result.refused) == (4, 1, 1)
    assert (result.error_rate, result.errors, result.failed_writes) == (0.25, {"EngineError": 1}, 1)
    assert result.latency["postgres"]["p50"] == pytest.approx(2, rel=0.01)
    assert result.latency["all"]["p999"] == pytest.approx(4, rel=0.01)
    assert replace(result, reads=0, writes=0).error_rate == 0


def test_where_hardly_anything_is_written_three_calls_in_ten_write():
    """A short step meets writes although the workload has a hundred reads for each."""
    case = load_case("query-processor")
    reads = {name for name, p in case.design.patterns.items() if p.operation in READ_OPERATIONS}
    found = shares(case, reads, None)
    writes = sum(share for name, share in found.items() if name not in reads)
    assert writes / sum(found.values()) == pytest.approx(0.3)


def test_gates_are_given_what_a_percentile_surely_is():
    """Two slow reads of forty may be chance at 99 %, three are not; a median lies below nobody's doubt."""
    for slow, expected in ((0, 1), (2, 1), (3, 200)):
        tally = Tally()
        for number in range(40):
            tally.add("reads", "p", "accepted", "dynamodb", (200 if number < slow else 1) * 1_000_000)
        least = tally.result().least_read_latency["dynamodb"]
        assert least["p99"] == pytest.approx(expected, rel=0.02)
        assert least["p50"] == pytest.approx(1, rel=0.02)
