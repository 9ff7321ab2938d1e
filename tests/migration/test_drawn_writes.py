"""Writes that an application draws again and again, as PostgreSQL takes them."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing

import pytest

from workbench.migrate import load_source
from workbench.migrate.live import source_state
from workbench.migrate.live.relational_side import PostgresRepository
from workbench.spec import load_case
from workbench.spec.access import READ_OPERATIONS

CASES = ("algoitny", "dealership", "flights", "inavor-shuttle", "order-processor", "query-processor")
ROUNDS, EACH = 3, 12
"""Times that parameters are drawn, and the parameter sets of each."""


def ordered_indexes(case):
    """Yields table, partition key and sort key of each index that a pattern reads in order."""
    patterns = case.design.patterns.values()
    read = {p.index for p in patterns if p.operation == "Query" and p.index and p.ordered}
    for name, table in case.design.tables.items():
        indexes = {**table.global_secondary_indexes, **table.local_secondary_indexes}
        for index in (indexes[one] for one in sorted(read & indexes.keys()) if indexes[one].sort_key):
            yield name, getattr(index, "partition_key", table.partition_key).name, index.sort_key.name


@pytest.mark.parametrize("name", CASES)
def test_writes_drawn_again_leave_no_two_items_of_one_key_in_an_index(source, name):
    """An index has no order for items of equal keys, so answers in order could not be compared."""
    case = load_case(name)
    load_source(case, source, 3, 1)
    with closing(PostgresRepository(case, source)) as rows:
        for seed in range(ROUNDS):
            for pattern, question in rows.questions.items():
                if question.pattern.operation not in READ_OPERATIONS:
                    for parameters in question.draw(rows.connections.get(), seed, EACH):
                        rows.call(pattern, parameters)
    items = source_state(case, source)
    for table, partition, sort in ordered_indexes(case):
        keys = Counter(
            json.dumps([item[partition], item[sort]])
            for (place, _), item in items.items()
            if place == table and {partition, sort} <= item.keys()
        )
        assert [key for key, count in keys.items() if count > 1] == []


def test_an_import_does_not_end_on_counters_that_a_worker_has_counted_past(source):
    """Its history would say fewer products than its job, on the side that keeps both."""
    case = load_case("inavor-shuttle")
    load_source(case, source, 3, 1)
    with closing(PostgresRepository(case, source)) as rows:
        connection = rows.connections.get()
        progress = {g["jobId"]: g for g in rows.questions["report_progress"].draw(connection, 1, 1000)}
        ends = [
            e for e in rows.questions["finish_import"].draw(connection, 1, 1000) if e["jobId"] in progress
        ]
        counted = next(e for e in ends if rows.call("report_progress", progress[e["jobId"]]).accepted)
        assert not rows.call("finish_import", counted).accepted
        (read_again,) = (
            e
            for e in rows.questions["finish_import"].draw(connection, 2, 1000)
            if e["jobId"] == counted["jobId"]
        )
        assert rows.call("finish_import", read_again).accepted


@pytest.mark.parametrize(
    ("name", "pattern"), [("order-processor", "save_snapshots"), ("query-processor", "put_records")]
)
def test_a_batch_replaces_what_is_there_as_its_items_do(source, name, pattern):
    """DynamoDB's puts have no condition; refused here, they could not be carried back after the cutover."""
    case = load_case(name)
    load_source(case, source, 3, 1)
    with closing(PostgresRepository(case, source)) as rows:
        for seed in range(ROUNDS):
            drawn = rows.questions[pattern].draw(rows.connections.get(), seed, EACH)
            assert all(rows.call(pattern, parameters).accepted for parameters in drawn)
