"""The case algoitny says what its document says, and holds together."""

from __future__ import annotations

import datetime as dt
from typing import get_args

import pytest

from workbench.items import ItemMaker
from workbench.population import generate
from workbench.spec import load_case
from workbench.spec.access import AccessPattern

DOCUMENT_LINES = 740

# Lines 251 to 255, 274 and 292 of the document; ours differ where `decisions` says why.
DOCUMENTED_KEYS = {
    "Problem": ("PROBLEM#{platform}#{problem_id}", "METADATA"),
    "TestCase": ("PROBLEM#{platform}#{problem_id}", "TESTCASE#{created_at}#{id:010d}"),
    "SearchHistory": ("USER#{owner_id}", "HISTORY#{created_at}#{id:010d}"),
    "UsageLog": ("USER#{user_id}", "USAGE#{created_at:date}#{action}#{created_at}#{id:010d}"),
    "ScriptGenerationJob": ("JOB#{id}", "METADATA"),
    "User": ("USER#{email}", "METADATA"),
    "SubscriptionPlan": ("PLAN#{name}", "METADATA"),
}

# Lines 209 to 213 of the document [ms].
DOCUMENTED_TARGETS = {
    "get_problem": 10,
    "get_problem_with_test_cases": 50,
    "list_problems_by_platform": 100,
    "count_usage_today": 10,
    "list_user_history": 50,
}


@pytest.fixture(scope="module")
def case():
    """The case."""
    return load_case("algoitny")


def test_tables_as_documented(case):
    """Three tables, one provisioned with 50 RCU and 20 WCU for itself and each index, with TTL."""
    tables = case.design.tables
    modes = {
        name: (table.billing_mode, len(table.global_secondary_indexes)) for name, table in tables.items()
    }
    assert modes == {
        "AlgoItny-Main": ("PROVISIONED", 3),
        "AlgoItny-Users": ("PAY_PER_REQUEST", 3),
        "AlgoItny-Plans": ("PAY_PER_REQUEST", 1),
    }
    main = tables["AlgoItny-Main"]
    capacities = [main.provisioned_throughput]
    capacities += [index.provisioned_throughput for index in main.global_secondary_indexes.values()]
    assert {(c.read_capacity_units, c.write_capacity_units) for c in capacities} == {(50, 20)}
    assert main.time_to_live == "expires_at"


def test_keys_as_documented(case):
    """All seven entities have the documented key templates."""
    keys = {name: (entity.keys["PK"], entity.keys["SK"]) for name, entity in case.design.entities.items()}
    assert keys == DOCUMENTED_KEYS


def test_33_patterns_use_every_operation(case):
    """There are 33 access patterns, and each operation that can be declared is in use."""
    patterns = case.design.patterns
    kinds = get_args(get_args(AccessPattern)[0])
    declared = {get_args(kind.model_fields["operation"].annotation)[0] for kind in kinds}
    assert len(patterns) == 33
    assert {pattern.operation for pattern in patterns.values()} == declared


def test_every_index_is_queried(case):
    """No index is paid for without a pattern that reads it."""
    used = {
        (case.design.entities[p.entity].table, p.index)
        for p in case.design.patterns.values()
        if getattr(p, "index", None)
    }
    declared = {
        (name, index)
        for name, table in case.design.tables.items()
        for index in table.global_secondary_indexes
    }
    assert used == declared


def test_targets_as_documented(case):
    """The five documented latency targets stand at their patterns."""
    patterns = case.design.patterns
    assert {name: patterns[name].target_p99_ms for name in DOCUMENTED_TARGETS} == DOCUMENTED_TARGETS
    assert all((p.target_p99_ms is None) == (p.target_source is None) for p in patterns.values())


def test_sources_are_lines_of_the_document(case):
    """Every line that is named exists."""
    sources = [p.source for p in case.design.patterns.values()]
    sources += [decision.source for decision in case.design.decisions]
    assert all(source.line is None or source.line <= DOCUMENT_LINES for source in sources)


def test_usage_rates_as_documented(case):
    """A daily active user logs 50 actions a day and each was counted against the limit first."""
    assert case.workload.requests_per_dau_day("log_usage") == 50
    assert case.workload.requests_per_dau_day("count_usage_today") == 50


def test_executions_are_counted_once(case):
    """Executions that leave history and those that do not add up to all executions."""
    rates = case.workload.requests_per_dau_day
    executions = case.workload.assumptions["executions_per_dau_day"].value
    assert rates("record_history") + rates("increment_execution_count") == pytest.approx(executions)


def test_relational_steps_as_documented(case):
    """The two documented RDS sizings are there, and a last step covers more."""
    steps = [(step.instance, step.storage_gb, step.read_replicas) for step in case.workload.relational]
    assert steps[:2] == [("db.t3.medium", 20, 0), ("db.r5.2xlarge", 200, 2)]
    assert case.workload.relational[1].max_dau == 10_000
    assert case.workload.relational[-1].max_dau >= 100_000


def test_thousand_users_make_200_000_rows(case):
    """A thousand users have at least 200,000 rows, one item each."""
    lines = {d.table: sum(b.count(b"\n") for b in d.blocks) for d in generate(case.population, 1000, 1)}
    assert lines["users"] == 1000
    assert sum(lines.values()) >= 200_000


def test_counter_costs_no_index_write(case):
    """No index of users carries the counter or the time of the last change."""
    indexes = case.design.tables["AlgoItny-Users"].global_secondary_indexes.values()
    carried = {name for index in indexes for name in index.projection.non_key_attributes}
    assert not carried & {"execution_count", "updated_at"}
    assert "ALL" not in {index.projection.type for index in indexes}


def test_sparse_keys_follow_flags(case):
    """A problem is in the index of completed problems only while it is completed and not deleted."""
    maker = ItemMaker(case.design, "Problem")
    moment = dt.datetime(2045, 1, 1, tzinfo=dt.UTC)
    row = {"platform": "p", "problem_id": "1", "id": 1, "created_at": moment}
    found = {}
    for completed in (True, False):
        for deleted in (True, False):
            item = maker.item({**row, "is_completed": completed, "is_deleted": deleted})
            found[completed, deleted] = sorted(name for name in item if name.startswith("GSI"))
    assert found == {
        (True, False): ["GSI1PK", "GSI1SK", "GSI2PK", "GSI2SK"],
        (False, False): ["GSI1PK", "GSI1SK"],
        (True, True): [],
        (False, True): [],
    }
