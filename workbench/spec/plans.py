"""Plans in phases that any case can follow: the files of data/plans."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from workbench.spec.checks import check_plan
from workbench.spec.loader import load_model
from workbench.spec.migration import Migration, Plan

PLANS = Path(__file__).parents[2] / "data" / "plans"


def plan_names() -> list[str]:
    """Returns the names of the plans in data/plans."""
    return sorted(path.stem for path in PLANS.glob("*.yaml"))


@cache
def load_plan(name: str) -> Plan:
    """Returns the plan of that name in data/plans.

    Raises:
        InputError: It does not exist or is wrong; all problems at once.
    """
    return load_model(PLANS / f"{name}.yaml", Plan, check_plan)


def plan_of(case: str, migration: Migration | None) -> Plan:
    """Returns the plan that a case follows, with the case's own thresholds in it.

    Args:
        case: The case's name.
        migration: What its migration.yaml says; None follows the usual plan as it is.

    Raises:
        InputError: The plan is wrong.
    """
    stated = migration or Migration(schema_version=1, case=case)
    plan = load_plan(stated.follows)
    return plan.model_copy(update={"thresholds": {**plan.thresholds, **stated.thresholds}})
