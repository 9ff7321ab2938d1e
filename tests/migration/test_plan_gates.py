"""Gates are expressions over measured values, judged without running code."""

from __future__ import annotations

import pytest

from workbench.errors import MigrationError
from workbench.migrate.plan.gates import judge
from workbench.spec.migration import Gate, Threshold
from workbench.spec.plans import load_plan

PLAN = load_plan("five-phases")


def plan_with(holds):
    """Returns a plan with one gate and one threshold."""
    source = {"line": 1}
    limit = Threshold.model_validate({"value": 100, "unit": "ms", "source": source})
    gate = Gate.model_validate({"holds": holds, "source": source})
    return PLAN.model_copy(update={"gates": {"gate": gate}, "thresholds": {"limit_ms": limit}})


@pytest.mark.parametrize(
    ("holds", "measures", "passed"),
    [
        ("p99_ms < limit_ms", {"p99_ms": 99.9}, True),
        ("p99_ms < limit_ms", {"p99_ms": 100.0}, False),
        ("p99_ms < limit_ms", {"p99_ms": float("nan")}, False),
        ("reads > 0 and errors == 0", {"reads": 0, "errors": 0}, False),
        ("items == rows", {"items": 7, "rows": 7}, True),
    ],
)
def test_a_gate_compares_measures_and_thresholds(holds, measures, passed):
    """One unit decides at the limit; a percentile of nothing passes no gate."""
    (outcome,) = judge(plan_with(holds), ("gate",), measures)
    assert outcome.passed is passed


def test_an_outcome_keeps_what_it_was_judged_by():
    """The values of the names in the expression are kept, in its order, and shown."""
    (outcome,) = judge(plan_with("p99_ms < limit_ms"), ("gate",), {"p99_ms": 250, "reads": 3})
    assert dict(outcome.values) == {"p99_ms": 250, "limit_ms": 100}
    assert str(outcome) == "gate: p99_ms < limit_ms does not hold (p99_ms = 250, limit_ms = 100)"


@pytest.mark.parametrize("holds", ["missing == 0", "__import__('os')", "().__class__", "p99_ms / 0 > 1"])
def test_what_cannot_be_judged_is_refused(holds):
    """Values that were not measured, calls, attributes and divisions by zero end the step with a message."""
    with pytest.raises(MigrationError, match="cannot be judged"):
        judge(plan_with(holds), ("gate",), {"p99_ms": 1})


def test_the_documented_limits_are_strict():
    """p99 below 100 ms and errors below 0.1 %, as lines 404 and 405 say: the limit itself fails."""
    measures = {"p99_ms": 100, "error_rate": 0.001}
    assert [gate.passed for gate in judge(PLAN, ("p99_in_bounds", "few_errors"), measures)] == [False, False]
    measures = {"p99_ms": 99.99, "error_rate": 0.00099}
    assert all(gate.passed for gate in judge(PLAN, ("p99_in_bounds", "few_errors"), measures))
