"""What the notebook of the five phases shows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from workbench.engines import open_dynamodb, open_postgres
from workbench.engines.faults import FaultSchedule
from workbench.migrate.plan.gates import named
from workbench.migrate.plan.rehearse import RehearsalResult, rehearse_plan
from workbench.migrate.plan.runbook import cited, own_tasks
from workbench.migrate.plan.stage import FAULTS
from workbench.migrate.plan.ways_back import DOCUMENTED, OURS, WayBack
from workbench.report.figures import Figure, Span, timeline
from workbench.report.tables import Column, Heading, Statement, Table

if TYPE_CHECKING:
    from workbench.migrate.plan.steps import Attempt
    from workbench.spec import Case
    from workbench.spec.base import Source
    from workbench.spec.migration import Task

PASSED = {"passed": "passed", "failed": "stepped back", "undone": "undone", "begun": "cut off"}
LONGEST_NOTE = 240
"""Characters of a finding that are shown."""

WATCHED = (
    ("requests", "Calls", "", 0),
    ("dynamodb_reads", "Read from DynamoDB", "", 0),
    ("shadow_reads", "Compared", "", 0),
    ("mismatches", "Different", "", 0),
    ("errors", "Errors", "", 0),
    ("p50_ms", "p50, at least", "ms", 1),
    ("p99_ms", "p99, at least", "ms", 1),
    ("p999_ms", "p999, at least", "ms", 1),
)
"""Measured value, heading, unit and decimals of what is watched while the application runs."""


def heading(case: Case) -> Heading:
    """Returns the title of the page."""
    return Heading("Migration in five phases", case.design.title)


def run(case: Case, engine: str, users: int, seed: int, faults: int) -> RehearsalResult:
    """Returns a rehearsal of all phases and all ways back, on engines of its own.

    Args:
        case: A case with a relational source.
        engine: Name of the DynamoDB engine.
        users: Users in the source [users].
        seed: Chooses population, calls and faults.
        faults: Requests that are broken on purpose while the phases run [faults].
    """
    schedule = FaultSchedule.drawn(seed, faults) if faults else None
    with open_postgres() as postgres, open_dynamodb(engine) as database:
        return rehearse_plan(case, postgres, database, users, seed, schedule=schedule)


def verdict(result: RehearsalResult) -> Statement:
    """Returns whether the move came to its end and what the witness misses."""
    counts = ", ".join(f"{count} {kind}" for kind, count in result.faults.items())
    heard = f"{result.acknowledged:,} writes were acknowledged while the data moved: {counts}."
    if result.state.reason == "done":
        text = f"All phases passed. {heard} {_gone_back(result)}"
        return Statement(text, "good" if result.clean else "bad")
    place = f"{result.state.phase}, step {result.state.step}"
    gates = "; ".join(map(str, result.state.failed))
    return Statement(f"Stopped in {place}: {gates}. {heard}", "bad")


def provenance(result: RehearsalResult) -> str:
    """Returns what a reader must know to repeat the rehearsal."""
    return (
        f"{result.users:,} generated users, seed {result.seed}; {result.source} and {result.engine} on "
        f"{result.machine}, {result.seconds:.0f} s in all."
    )


def steps_figure(result: RehearsalResult) -> Figure:
    """Returns the timeline of all attempts at all steps."""
    start = min(attempt.began for attempt in result.attempts)
    spans = [
        Span(attempt.step, attempt.began - start, (attempt.ended or attempt.began) - start, _kind(attempt))
        for attempt in result.attempts
    ]
    again = sum(attempt.state == "failed" for attempt in result.attempts)
    caption = (
        f"{len(spans)} attempts at {len({span.row for span in spans})} steps; {again} stepped back. "
        f"{provenance(result)}"
    )
    return timeline("Steps as they were rehearsed", caption, spans, "time [s]")


def _kind(attempt: Attempt) -> str:
    return attempt.phase if attempt.state == "passed" else PASSED[attempt.state]


def gate_table(result: RehearsalResult) -> Table:
    """Returns every gate with the range of the values that it was judged by, and how often it held."""
    columns = [
        Column("gate", "Gate", wide=True),
        Column("holds", "Must hold", code=True, wide=True),
        Column("values", "Measured", wide=True),
        Column("steps", "Steps", wide=True),
        Column("passed", "Passed"),
        Column("source", "Where"),
    ]
    limits = ", ".join(
        f"{name} = {limit.value:g} {limit.unit}" for name, limit in result.plan.thresholds.items()
    )
    note = f"{limits}. Lines are those of {result.plan.document}. {provenance(result)}"
    rows = [_gate(result, name) for name in result.plan.gates]
    return Table("Gates", columns, [row for row in rows if row["steps"]], note)


def _gate(result: RehearsalResult, name: str) -> dict[str, Any]:
    judged = [(a.step, gate) for a in result.attempts for gate in a.gates if gate.gate == name]
    held = sum(gate.passed for _, gate in judged)
    measured = [value for value in named(result.plan, (name,)) if value not in result.plan.thresholds]
    return {
        "gate": name.replace("_", " "),
        "holds": result.plan.gates[name].holds,
        "values": ", ".join(
            _range(value, [gate.values[value] for _, gate in judged]) for value in sorted(measured)
        ),
        "steps": ", ".join(dict.fromkeys(step for step, _ in judged)),
        "passed": f"{held} of {len(judged)}",
        "source": _line(result.plan.gates[name].source),
    }


def _range(name: str, values: list[float]) -> str:
    low, high = min(values, default=0), max(values, default=0)
    return f"{name} {low:.4g}" if low == high else f"{name} {low:.4g} to {high:.4g}"


def _line(source: Source) -> str:
    return f"line {source.line}" if source.line else "ours"


def watched_table(result: RehearsalResult) -> Table:
    """Returns what was measured while the application ran, step by step."""
    columns = [Column("step", "Step"), Column("outcome", "Outcome")]
    columns += [Column(key, label, unit, digits=digits) for key, label, unit, digits in WATCHED]
    rows = [
        {"step": attempt.step, "outcome": PASSED[attempt.state], **attempt.measures}
        for attempt in result.attempts
        if "reads" in attempt.measures
    ]
    note = (
        f"Latency of reads on {result.engine}, not on AWS, while other pages were made on the same machine; "
        "each percentile is the low end of its 95 % interval, so that a gate fails only when a limit was "
        "surely exceeded, not by one slow read of few. "
        "Before the backfill DynamoDB lacks the older items: reads that are compared then must differ."
    )
    return Table("The application meanwhile", columns, rows, note)


def findings_table(result: RehearsalResult) -> Table | Statement:
    """Returns the gates that did not hold, and differing answers, items and writes by name."""
    rows = [
        {
            "step": attempt.step,
            "attempt": attempt.attempt,
            "outcome": PASSED[attempt.state],
            "note": _short(note),
        }
        for attempt in result.attempts
        for note in (*(str(gate) for gate in attempt.gates if not gate.passed), *attempt.notes)
    ]
    if not rows:
        return Statement("No gate failed, and no answer, item or write differed on the way.", "good")
    columns = [
        Column("step", "Step"),
        Column("attempt", "Attempt", digits=0),
        Column("outcome", "Outcome"),
        Column("note", "Found", wide=True),
    ]
    note = (
        "The first of each kind. A step that was taken back was tried again after a pause. Answers that "
        "differ before the backfill are repaired by it: afterwards every row is compared with every item, "
        "and each pattern's answers are compared again."
    )
    return Table("Found on the way, and repaired", columns, rows, note)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_NOTE else f"{text[:LONGEST_NOTE]}..."


def _gone_back(result: RehearsalResult) -> str:
    """Returns what the documented ways back lose, and what ours do, in a sentence."""
    lost = ", ".join(
        f"{way.writes_lost} of {way.acknowledged} after {result.plan.phases[way.phase].title.lower()}"
        for way in result.ways_back
        if way.way == DOCUMENTED and way.writes_lost
    )
    ours = sum(way.writes_lost for way in result.ways_back if way.way == OURS)
    return (
        f"Acknowledged writes lost by going back as documented: {lost or 'none'}; our way: {ours or 'none'}."
    )


def fault_table(result: RehearsalResult) -> Table | Statement:
    """Returns the requests that were broken on purpose, by kind; a statement when there was none."""
    met = Counter((event.target, str(event.kind), event.operation) for event in result.events)
    if not met:
        return Statement("No request was broken on purpose.")
    columns = [
        Column("target", "Database"),
        Column("kind", "What happened to the request"),
        Column("operation", "Request", code=True),
        Column("count", "Times", digits=0),
    ]
    rows = [
        {"target": target, "kind": kind.replace("-", " "), "operation": operation, "count": count}
        for (target, kind, operation), count in sorted(met.items())
    ]
    errors = sum(attempt.measures.get("errors", 0) for attempt in result.attempts)
    note = (
        f"Drawn from seed {result.seed}; the application saw {errors:g} errors. A request that is late, or "
        "whose response is lost, takes effect although its sender hears nothing."
    )
    return Table("Faults on the way, and survived", columns, rows, note)


def ways_back_table(result: RehearsalResult) -> Table:
    """Returns what going back from the end of each phase loses, each way."""
    columns = [
        Column("phase", "Phase"),
        Column("way", "Way back"),
        Column("says", "In words", wide=True),
        Column("acknowledged", "Writes acknowledged", digits=0),
        Column("writes_lost", "Writes lost", digits=0),
        Column("items", "Items that are wrong"),
        Column("why", "Why", wide=True),
    ]
    rows = [
        {
            "phase": result.plan.phases[way.phase].title,
            "way": way.way,
            "says": way.says,
            "acknowledged": way.acknowledged,
            "writes_lost": way.writes_lost,
            "items": ", ".join(f"{getattr(way, kind)} {kind}" for kind in FAULTS if getattr(way, kind))
            or "none",
            "why": why(way),
        }
        for way in result.ways_back
    ]
    note = (
        "Each way back is rehearsed on databases of its own; afterwards PostgreSQL is compared with what an "
        "independent witness was told. Stale: an item shows an older acknowledged value. Phantom: an item "
        "that nobody wrote, or that was deleted."
    )
    return Table("Ways back", columns, rows, note)


def why(way: WayBack) -> str:
    """Returns the reason for what a way back loses, or for its losing nothing."""
    if way.clean:
        led = way.phase in {"dual_write", "backfill", "reads"}
        reason = "PostgreSQL took every write first, so it has all of them."
        return reason if led else "Every change of DynamoDB is kept until PostgreSQL has made it too."
    return (
        "After the cutover DynamoDB alone took the writes; what PostgreSQL is restored from ends there, and "
        "nothing carries the later writes back."
    )


def checklist(case: Case, result: RehearsalResult) -> Table:
    """Returns every task of the documents, who does it, and whether it is done."""
    columns = [
        Column("phase", "Phase"),
        Column("task", "Task", wide=True),
        Column("source", "Where"),
        Column("steps", "Steps", code=True),
        Column("done", "Rehearsed"),
        Column("people", "Left for people", wide=True),
    ]
    passed = {attempt.step for attempt in result.attempts if attempt.state == "passed"}
    rows = [
        _task(phase.title, task, document, passed)
        for name, phase in result.plan.phases.items()
        for document, tasks in (
            (result.plan.document, phase.tasks),
            (case.design.document, own_tasks(case.migration, name)),
        )
        for task in tasks
    ]
    return Table("Checklist", columns, rows, "Tasks as the documents state them.")


def _task(phase: str, task: Task, document: str, passed: set[str]) -> dict[str, Any]:
    done = bool(task.steps) and passed.issuperset(task.steps)
    return {
        "phase": phase,
        "task": task.says,
        "source": f"{document.partition('_')[0]} {cited(task.source)}",
        "steps": ", ".join(task.steps),
        "done": "yes" if done else ("no" if task.steps else "by people"),
        "people": task.people,
    }
