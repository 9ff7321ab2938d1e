"""Plans as data: the ones that are there are right, and each mistake has its own message."""

from __future__ import annotations

import pytest

from workbench.errors import InputError
from workbench.migrate.plan.phases import ACTIONS
from workbench.migrate.plan.remedies import REMEDIES
from workbench.spec import load_case
from workbench.spec.case import case_names
from workbench.spec.checks import MIGRATION_CHECKS, PLAN_CHECKS, check_migration, check_plan
from workbench.spec.loader import load_model
from workbench.spec.migration import Migration, Plan
from workbench.spec.plans import PLANS, load_plan, plan_of

FIVE = (PLANS / "five-phases.yaml").read_text(encoding="utf-8")

BROKEN = {
    "gate_is_an_expression": (
        "holds: error_rate < error_rate_limit, source: {line: 405}",
        "holds: error_rate <, source: {line: 405}",
        (
            'gates.few_errors.holds: is no expression; got "error_rate <". '
            "Write a comparison such as `error_rate < error_rate_limit`."
        ),
    ),
    "gate_names_a_value": (
        "holds: error_rate < error_rate_limit, source: {line: 405}",
        "holds: eror_rate < 0.1, source: {line: 405}",
        'gates.few_errors.holds: names no measured value or threshold; got "eror_rate", allowed ',
    ),
    "step_names_gate": (
        "gates: [source_is_read_only]",
        "gates: [source_is_readonly]",
        'phases.writes.steps.cutover.gates[0]: no gate has this name; got "source_is_readonly", allowed ',
    ),
    "rollback_names_phase": (
        "back_to: backfill",
        "back_to: writes",
        'phases.reads.rollback.back_to: no earlier phase has this name; got "writes", allowed dual',
    ),
    "step_names_differ": (
        "      restore:\n",
        "      copy:\n",
        "phases.backfill.steps.copy: is the name of a step of another phase. Rename one of them.",
    ),
    "task_names_step": (
        "Export all PostgreSQL data, steps: [copy]",
        "Export all PostgreSQL data, steps: [export]",
        'phases.backfill.tasks[0].steps[0]: no step of this phase has this name; got "export", allowed copy,',
    ),
    "task_is_done_by_somebody": (
        "Export all PostgreSQL data, steps: [copy], source",
        "Export all PostgreSQL data, source",
        (
            "phases.backfill.tasks[0]: is done by nobody. Name the steps that do it, or say in `people` "
            "what is left to do by hand."
        ),
    ),
    "weeks_rise": (
        "weeks: {first: 8, last: 9,",
        "weeks: {first: 4, last: 9,",
        (
            "phases.writes.weeks: are not in order; got 4 to 9, allowed first week from 5, last week not "
            "before it. Correct the weeks."
        ),
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_mistake_in_a_plan_is_told_with_its_line(name, tmp_path):
    """The message names file, line, path, what was found and what to do."""
    old, new, expected = BROKEN[name]
    assert old in FIVE
    path = tmp_path / "broken.yaml"
    path.write_text(FIVE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_model(path, Plan, check_plan)
    lines = str(error.value).splitlines()
    assert any(line.partition(": ")[2].startswith(expected) for line in lines), lines
    assert all(line.partition(":")[2].partition(":")[0].isdigit() for line in lines)


def test_every_check_of_a_plan_has_a_mistake():
    """A check without a broken plan above fails here by its name."""
    assert {check.__name__ for check in PLAN_CHECKS} <= set(BROKEN)
    assert {check.__name__ for check in MIGRATION_CHECKS} == {
        "threshold_is_of_the_plan",
        "task_is_of_a_phase",
    }


def test_a_case_states_only_what_its_plan_knows():
    """Thresholds, phases and steps that the plan does not have are told with those that it has."""
    stated = Migration.model_validate(
        {
            "schema_version": 1,
            "case": "any",
            "thresholds": {"p98_limit_ms": {"value": 1, "unit": "ms", "source": {"line": 1}}},
            "tasks": {
                "write": [],
                "writes": [{"says": "Do it well", "steps": ["cut"], "source": {"line": 1}}],
            },
        }
    )
    found = {(finding.path, finding.got) for finding in check_migration(stated, load_plan("five-phases"))}
    assert found == {
        (("thresholds", "p98_limit_ms"), '"p98_limit_ms"'),
        (("tasks", "write"), '"write"'),
        (("tasks", "writes", 0, "steps", 0), '"cut"'),
    }


def test_every_action_and_remedy_of_the_files_exists():
    """What a plan may name and what is implemented are the same."""
    assert set(ACTIONS) == set(Plan.model_json_schema()["$defs"]["Step"]["properties"]["does"]["enum"])
    documented = Plan.model_json_schema()["$defs"]["DocumentedRollback"]["properties"]["does"]
    assert set(REMEDIES) == set(documented["items"]["enum"])


@pytest.mark.parametrize("name", case_names())
def test_every_case_has_a_plan_of_five_phases(name):
    """Cases without a migration.yaml follow the same plan; the document's limits are in it."""
    case = load_case(name)
    plan = plan_of(case.name, case.migration)
    assert list(plan.phases) == ["dual_write", "backfill", "reads", "writes", "decommission"]
    assert (plan.thresholds["p99_limit_ms"].value, plan.thresholds["error_rate_limit"].value) == (100, 0.001)
    assert [(p.weeks.first, p.weeks.last) for p in plan.phases.values()] == [
        (1, 2),
        (3, 4),
        (5, 7),
        (8, 9),
        (10, 12),
    ]


def test_the_reads_move_in_the_documented_steps():
    """10 % before the ramp, then 25, 50, 75 and 100 %."""
    steps = {name: step for _, name, step in load_plan("five-phases").steps()}
    shares = [step.flags.read_percent for step in steps.values() if step.flags.read_percent is not None]
    assert shares == [10, 25, 50, 75, 100]
