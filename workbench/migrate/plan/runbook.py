"""A plan as a runbook in Markdown: what to do, what must hold, and how to go back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workbench.migrate.plan.gates import named
from workbench.migrate.plan.steps import Attempt
from workbench.spec.base import Source
from workbench.spec.case import Case
from workbench.spec.case import named as called_by
from workbench.spec.migration import MEASURES, FlagChange, Migration, Phase, Plan, Step, Task
from workbench.spec.plans import plan_of


def runbook(case: Case, latest: Mapping[str, Attempt] | None = None) -> str:
    """Returns the runbook of a case's move.

    Args:
        case: The case.
        latest: The last attempt at each step; None prints the plan without a state.
    """
    plan = plan_of(case.name, case.migration)
    return "\n".join([*_head(case, plan), *_phases(case, plan, latest or {})]).rstrip() + "\n"


def _head(case: Case, plan: Plan) -> Iterator[str]:
    yield f"# Runbook: {case.design.title}"
    yield ""
    yield f"{plan.title}. Lines are those of {plan.document}."
    effort = case.migration.effort if case.migration else None
    if effort:
        weeks = f"{effort.low:g} to {effort.high:g} weeks ({cited(effort.source)})"
        yield f"The case's document {case.design.document} expects {weeks}."
    yield ""
    yield "| threshold | value | unit | source |"
    yield "|---|---|---|---|"
    for name, limit in plan.thresholds.items():
        yield f"| `{name}` | {limit.value:g} | {limit.unit} | {cited(limit.source)} |"
    yield ""
    yield "| gate | holds when | source |"
    yield "|---|---|---|"
    for name, gate in plan.gates.items():
        yield f"| `{name}` | `{gate.holds}` | {cited(gate.source)} |"
    yield ""
    yield "| measured value | means |"
    yield "|---|---|"
    values = named(plan, tuple(plan.gates))
    yield from (f"| `{name}` | {meaning} |" for name, meaning in MEASURES.items() if name in values)
    yield ""
    yield from _ended(case.migration)


def _ended(migration: Migration | None) -> Iterator[str]:
    """Yields the patterns that callers must end with the dual write."""
    patterns = migration.while_source_leads if migration else {}
    if patterns:
        yield "Callers must end these patterns when DynamoDB takes the writes; a later call is refused:"
        yield ""
        yield from (f"- `{name}`: {reason}" for name, reason in patterns.items())
        yield ""


def _phases(case: Case, plan: Plan, latest: Mapping[str, Attempt]) -> Iterator[str]:
    before, called = "", called_by(case.directory)
    for number, (name, phase) in enumerate(plan.phases.items(), start=1):
        weeks = phase.weeks
        yield f"## {number}. {phase.title} (`{name}`), weeks {weeks.first} to {weeks.last}"
        yield ""
        yield f"{phase.goal} ({cited(weeks.source)})"
        yield ""
        yield f"Run it, or go on with it: `workbench migrate run {called} --to {name}`"
        yield ""
        for step_name, step in phase.steps.items():
            yield from _step(step_name, step, latest.get(step_name))
        yield ""
        yield from _checklist([*phase.tasks, *own_tasks(case.migration, name)])
        yield from _ways_back(phase, f"workbench migrate rollback {called}{before}")
        before = f" --to {name}"


def _step(name: str, step: Step, attempt: Attempt | None) -> Iterator[str]:
    done = "x" if attempt is not None and attempt.state == "passed" else " "
    yield f"- [{done}] **{name}**: {step.title} ({cited(step.source)})"
    if flags(step.flags):
        yield f"  - set {flags(step.flags)}"
    if step.requests:
        yield f"  - watch {step.requests} calls of the application"
    if step.gates:
        yield f"  - must hold: {', '.join(f'`{gate}`' for gate in step.gates)}"
        pause = f"{step.cool_down_requests} calls of pause"
        yield f"  - else: step back, {pause}, try again; {step.attempts} attempts at most"
    if step.final:
        yield "  - **there is no way back behind this step**"


def _checklist(tasks: list[Task]) -> Iterator[str]:
    yield "Tasks of the documents:"
    yield ""
    for task in tasks:
        doers = ", ".join(f"`{step}`" for step in task.steps)
        people = f" By people: {task.people}" if task.people else ""
        yield f"- {task.says} ({cited(task.source)}){': ' + doers if doers else ''}.{people}"
    yield ""


def _ways_back(phase: Phase, command: str) -> Iterator[str]:
    yield f"Way back: {phase.way_back} `{command}`"
    yield ""
    yield f"The document says: {phase.rollback.says} ({cited(phase.rollback.source)})."
    yield ""


def own_tasks(migration: Migration | None, phase: str) -> tuple[Task, ...]:
    """Returns the tasks of a phase that the case's own document states."""
    return migration.tasks.get(phase, ()) if migration else ()


def cited(source: Source) -> str:
    """Returns where a statement comes from, in a few words."""
    return f"line {source.line}" if source.line else f"not documented: {source.reconstructed}"


def flags(change: FlagChange) -> str:
    """Returns a change of flags in words; empty without one."""
    return ", ".join(f"{name} = {value}" for name, value in change.model_dump(exclude_none=True).items())
