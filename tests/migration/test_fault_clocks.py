"""No decision of a migration depends on a clock."""

from __future__ import annotations

import ast
import re
import time
from pathlib import Path

import pytest

from workbench.engines.faults.outages import wrong_clock
from workbench.migrate import live

MODULES = sorted(Path(live.__file__).parent.glob("*.py"))
CLOCKS = {"time", "time_ns", "monotonic", "monotonic_ns", "now", "utcnow", "today", "sleep"}
"""Calls that read or wait for a clock; a stopwatch (`perf_counter`) only tells how long something took."""
SQL_CLOCKS = re.compile(
    r"\b(now\(\)|current_timestamp|clock_timestamp|localtimestamp|current_date)", re.IGNORECASE
)


def test_a_wrong_clock_is_wrong_within_its_block_only():
    """It differs by up to a day, each time by another amount, and is right again afterwards."""
    before = time.time()
    with wrong_clock(1):
        seen = [time.time() - before for _ in range(20)]

    assert min(seen) < -3600 < 3600 < max(seen)
    assert len(set(seen)) == 20
    assert abs(time.time() - before) < 60


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_nothing_that_replicates_or_judges_looks_at_a_clock(module):
    """Modules of the live side call no clock, and their SQL asks the server for none."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    called = {
        getattr(node.func, "attr", getattr(node.func, "id", ""))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]

    assert called & CLOCKS == set()
    assert [text for text in texts if SQL_CLOCKS.search(text)] == []
