"""A plan's run in words, for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workbench.migrate.plan.conductor import PlanState
from workbench.migrate.plan.rehearse import RehearsalResult
from workbench.migrate.plan.steps import Attempt
from workbench.migrate.plan.ways_back import WayBack
from workbench.migrate.texts import columns
from workbench.spec.migration import Plan

MARKS = {"begun": "begun", "passed": "passed", "failed": "stepped back", "undone": "undone"}


def attempt_lines(attempt: Attempt) -> Iterator[str]:
    """Yields what became of an attempt, and the gates that it did not pass."""
    yield f"{attempt.phase}.{attempt.step}: {MARKS[attempt.state]}, {attempt.seconds:.1f} s"
    if attempt.state == "failed":
        yield from (f"  {gate}" for gate in attempt.gates if not gate.passed)
        yield from (f"  {note}" for note in attempt.notes)


def status_lines(plan: Plan, attempts: Iterable[Attempt], *, paused: bool) -> Iterator[str]:
    """Yields every step of a plan with where it stands."""
    tried = list(attempts)
    latest = {attempt.step: attempt for attempt in tried}
    rows = [["phase", "step", "state", "attempts", "seconds"]]
    for phase, name, _ in plan.steps():
        last = latest.get(name)
        state = MARKS[last.state] if last else "to do"
        count = sum(attempt.step == name for attempt in tried)
        rows.append([phase, name, state, str(count), f"{last.seconds:.1f}" if last else ""])
    yield from columns(rows)
    if paused:
        yield "paused: `workbench migrate resume` goes on"


def state_line(case: str, state: PlanState) -> str:
    """Returns where a plan stands and what to do next."""
    following = f"next is {state.phase}.{state.step}"
    return {
        "done": f"{case}: all phases are done",
        "reached": f"{case}: reached; {following}",
        "paused": f"{case}: paused; {following}. `workbench migrate resume {case}` goes on.",
        "gate": f"{case}: stopped at {state.phase}.{state.step}: {'; '.join(map(str, state.failed))}. "
        "The flags are as they were before the step; run the same again when the cause is gone.",
    }[state.reason]


def way_back_lines(ways: Iterable[WayBack]) -> Iterator[str]:
    """Yields what going back from each phase costs, as a table."""
    rows = [["phase", "way back", "acknowledged", "lost", "items lost", "stale", "phantom", "twice"]]
    for way in ways:
        counts = (way.acknowledged, way.writes_lost, way.lost, way.stale, way.phantom, way.duplicated)
        rows.append([way.phase, way.way, *map(str, counts)])
    yield from columns(rows)


def rehearsal_lines(result: RehearsalResult) -> Iterator[str]:
    """Yields what a rehearsal showed, line by line."""
    yield state_line(result.case, result.state)
    counts = ", ".join(f"{count} {kind}" for kind, count in result.faults.items())
    yield f"{result.acknowledged:,} writes acknowledged, {result.refused:,} refused: {counts}"
    yield from way_back_lines(result.ways_back)
