"""What must hold within a plan, and between a plan and the case that follows it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from workbench.spec.design import Design
from workbench.spec.findings import Finding, listed, nearest, shown, unknown
from workbench.spec.migration import MEASURES, Migration, Plan


def gate_is_an_expression(plan: Plan) -> Iterator[Finding]:
    """Finds gates that are no expression, or name what is neither measured nor a threshold."""
    known = sorted({*MEASURES, *plan.thresholds})
    for name, gate in plan.gates.items():
        place = ("gates", name, "holds")
        try:
            tree = ast.parse(gate.holds, mode="eval")
        except SyntaxError:
            step = "Write a comparison such as `error_rate < error_rate_limit`."
            yield Finding(place, "is no expression", step, shown(gate.holds))
            continue
        named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        for wrong in sorted(named.difference(known)):
            near = nearest(wrong, known)
            step = f"Write `{near}`." if near else "Name one of them, or declare a threshold."
            yield Finding(place, "names no measured value or threshold", step, shown(wrong), listed(known))


def step_names_gate(plan: Plan) -> Iterator[Finding]:
    """Finds steps whose gates are not declared."""
    for phase, name, step in plan.steps():
        for position, gate in enumerate(step.gates):
            if gate not in plan.gates:
                place = ("phases", phase, "steps", name, "gates", position)
                yield unknown(place, "gate", gate, plan.gates, "gates")


def task_names_step(plan: Plan) -> Iterator[Finding]:
    """Finds tasks that name a step which their phase does not have."""
    for phase, content in plan.phases.items():
        for position, task in enumerate(content.tasks):
            for number, step in enumerate(task.steps):
                if step not in content.steps:
                    place = ("phases", phase, "tasks", position, "steps", number)
                    yield unknown(place, "step of this phase", step, content.steps)


def task_is_done_by_somebody(plan: Plan) -> Iterator[Finding]:
    """Finds tasks that neither a step nor people do."""
    for phase, content in plan.phases.items():
        for position, task in enumerate(content.tasks):
            if not task.steps and not task.people:
                step = "Name the steps that do it, or say in `people` what is left to do by hand."
                yield Finding(("phases", phase, "tasks", position), "is done by nobody", step)


def rollback_names_phase(plan: Plan) -> Iterator[Finding]:
    """Finds documented ways back that end at no earlier phase."""
    earlier: list[str] = []
    for name, phase in plan.phases.items():
        target = phase.rollback.back_to
        if target is not None and target not in earlier:
            place = ("phases", name, "rollback", "back_to")
            yield unknown(place, "earlier phase", target, earlier)
        earlier.append(name)


def step_names_differ(plan: Plan) -> Iterator[Finding]:
    """Finds step names that two phases share: the ledger and the flags know a step by its name."""
    often = Counter(name for _, name, _ in plan.steps())
    for phase, name, _ in plan.steps():
        if often[name] > 1:
            step = "Rename one of them."
            yield Finding(("phases", phase, "steps", name), "is the name of a step of another phase", step)


def weeks_rise(plan: Plan) -> Iterator[Finding]:
    """Finds phases that end before they begin, or begin before the phase before them."""
    begun = 0
    for name, phase in plan.phases.items():
        place = ("phases", name, "weeks")
        if not begun <= phase.weeks.first <= phase.weeks.last:
            bounds = f"first week from {max(begun, 1)}, last week not before it"
            got = f"{phase.weeks.first} to {phase.weeks.last}"
            yield Finding(place, "are not in order", "Correct the weeks.", got, bounds)
        begun = phase.weeks.first


def threshold_is_of_the_plan(migration: Migration, plan: Plan) -> Iterator[Finding]:
    """Finds thresholds of a case that its plan does not know."""
    for name in migration.thresholds:
        if name not in plan.thresholds:
            yield unknown(("thresholds", name), "threshold", name, plan.thresholds)


def task_is_of_a_phase(migration: Migration, plan: Plan) -> Iterator[Finding]:
    """Finds tasks of a case whose phase or steps its plan does not have."""
    for name, tasks in migration.tasks.items():
        if name not in plan.phases:
            yield unknown(("tasks", name), "phase", name, plan.phases)
            continue
        for position, task in enumerate(tasks):
            for number, step in enumerate(task.steps):
                if step not in plan.phases[name].steps:
                    place = ("tasks", name, position, "steps", number)
                    yield unknown(place, "step of this phase", step, plan.phases[name].steps)


def ended_pattern_exists(migration: Migration, design: Design) -> Iterator[Finding]:
    """Finds patterns that a move ends and the design does not have."""
    for name in migration.while_source_leads:
        if name not in design.patterns:
            yield unknown(("while_source_leads", name), "access pattern", name, design.patterns)
