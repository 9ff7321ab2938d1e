"""Runs the steps of a plan in order, steps back when a gate fails, and rolls phases back."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.errors import InputError, Problem
from workbench.migrate.plan.gates import GateOutcome, judge
from workbench.migrate.plan.phases import ACTIONS
from workbench.migrate.plan.stage import Stage
from workbench.migrate.plan.steps import Attempt, Outcome, StepLedger
from workbench.spec.findings import listed, nearest, shown
from workbench.spec.migration import Plan, Step

Report = Callable[[Attempt], None]
"""Told each attempt whose outcome was recorded."""


def _silent(attempt: Attempt) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True)
class PlanState:
    """How far a plan has come.

    Args:
        phase: The phase of the next step; empty when there is none.
        step: The next step; empty when all are done.
        reason: Why it stopped: `done`, `reached`, `paused` or `gate`.
        failed: The gates that stopped it.
    """

    phase: str
    step: str
    reason: str
    failed: tuple[GateOutcome, ...] = ()


class Conductor:
    """Runs a plan.

    Args:
        stage: Everything that a step may touch.
        ledger: What was done before.
        report: Called after each attempt.
        gated: Whether a failed gate stops the plan; ways back are rehearsed from the end of any phase.
        without: Actions whose steps are passed over, because another run showed them.
    """

    def __init__(
        self,
        stage: Stage,
        ledger: StepLedger,
        report: Report = _silent,
        *,
        gated: bool = True,
        without: Collection[str] = (),
    ) -> None:
        self._stage, self._ledger, self._report, self._gated = stage, ledger, report, gated
        self._without = frozenset(without)

    def run(self, to: str | None = None, *, final: bool = True) -> PlanState:
        """Runs the steps that are not done and returns where the plan stands.

        Args:
            to: The last phase to run; None for all.
            final: Whether steps are run after which there is no way back.

        Raises:
            InputError: There is no such phase.
            MigrationError: A step could not be done; what was recorded stays, the same call goes on.
        """
        last = phase_place(self._stage.plan, to)
        for phase, name, step in pending(self._stage.plan, self._ledger.latest()):
            if phase_place(self._stage.plan, phase) > last or (step.final and not final):
                return PlanState(phase, name, "reached")
            if step.does in self._without:
                continue
            if self._ledger.paused:
                return PlanState(phase, name, "paused")
            failed = self._step(phase, name, step)
            if failed:
                return PlanState(phase, name, "gate", failed)
        return PlanState("", "", "done")

    def _step(self, phase: str, name: str, step: Step) -> tuple[GateOutcome, ...]:
        """Tries a step as often as it may be tried; returns the gates that still fail."""
        failed: tuple[GateOutcome, ...] = ()
        for number in range(step.attempts):
            if number:
                self._stage.observe(step.cool_down_requests)
            outcome = self._attempt(phase, name, step)
            failed = tuple(gate for gate in outcome.gates if not gate.passed)
            if not failed or not self._gated:
                return ()
        return failed

    def _attempt(self, phase: str, name: str, step: Step) -> Attempt:
        attempt = self._ledger.begin(phase, name, self._stage.current_flags(), time.time())
        action = ACTIONS[step.does]
        if not action.sets_flags:
            self._stage.set_flags(step.flags.model_dump(exclude_none=True))
        self._stage.notes.clear()
        measures = action.run(self._stage, step)
        gates = judge(self._stage.plan, step.gates, measures)
        passed = all(gate.passed for gate in gates) or not self._gated
        if not passed:
            self._undo(step, attempt.flags)
        outcome = Outcome("passed" if passed else "failed", measures, gates, tuple(self._stage.notes))
        self._ledger.finish(attempt, outcome, time.time())
        told = self._ledger.latest()[name]
        self._report(told)
        return told

    def _undo(self, step: Step, flags: Mapping[str, Any]) -> None:
        action = ACTIONS[step.does]
        action.undo(self._stage)
        if not action.sets_flags and step.flags.model_dump(exclude_none=True):
            self._stage.set_flags(flags)

    def rollback(self, to: str | None = None) -> tuple[str, ...]:
        """Undoes steps in reverse order and returns their names.

        Args:
            to: The phase whose end is gone back to; None goes back to before the first.

        Raises:
            InputError: There is no such phase, or a step was done that cannot be undone.
        """
        wanted = self._done_after(to)
        refuse_final(wanted)
        for _, step, attempt in reversed(wanted):
            self._undo(step, attempt.flags)
            self._ledger.undo(attempt)
        return tuple(name for name, _, _ in reversed(wanted))

    def forget(self, to: str | None) -> None:
        """Takes note that the move was gone back with by other means than the plan's.

        Args:
            to: The phase at whose end it stands; None before the first.
        """
        for _, _, attempt in self._done_after(to):
            self._ledger.undo(attempt)

    def _done_after(self, to: str | None) -> list[tuple[str, Step, Attempt]]:
        """Returns the steps behind a phase that were done or begun, with their last attempt, in order."""
        plan, latest = self._stage.plan, self._ledger.latest()
        keep = phase_place(plan, to) if to else -1
        return [
            (name, step, latest[name])
            for phase, name, step in plan.steps()
            if phase_place(plan, phase) > keep
            and name in latest
            and latest[name].state in {"passed", "begun"}
        ]


def refuse_final(steps: list[tuple[str, Step, Attempt]]) -> None:
    """Checks that no step is to be undone that cannot be.

    Raises:
        InputError: One is; names it.
    """
    for name, step, _ in steps:
        if step.final:
            message = f"there is no way back behind this step; got {name}"
            advice = "Name the phase that it belongs to, or restore the archive into a new database."
            raise InputError([Problem("--to", 0, "", message, advice)])


def pending(plan: Plan, latest: Mapping[str, Attempt]) -> Iterator[tuple[str, str, Step]]:
    """Yields phase, name and step of what is not done, in order."""
    for phase, name, step in plan.steps():
        if name not in latest or latest[name].state != "passed":
            yield phase, name, step


def phase_place(plan: Plan, phase: str | None) -> int:
    """Returns a phase's place in its plan, from 0; that of the last for None.

    Raises:
        InputError: There is no such phase.
    """
    names = list(plan.phases)
    if phase is None:
        return len(names) - 1
    if phase not in names:
        near = nearest(phase, names)
        step = f"Write `{near}`." if near else "Name one of them."
        message = f"there is no such phase; got {shown(phase)}, allowed {listed(names)}"
        raise InputError([Problem("--to", 0, "", message, step)])
    return names.index(phase)
