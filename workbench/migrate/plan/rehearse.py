"""The whole rehearsal in one call: all phases beside a running application, then every way back."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.engines import DynamoEngine, PostgresEngine
from workbench.engines.faults import FaultSchedule, faults
from workbench.engines.faults.injector import Event
from workbench.migrate.ledger import Ledger
from workbench.migrate.live.witness import REFUSED, UNKNOWN
from workbench.migrate.plan.conductor import Conductor, PlanState, Report
from workbench.migrate.plan.copies import copies_of
from workbench.migrate.plan.stage import Setting, Stage, fault_counts, open_stage
from workbench.migrate.plan.steps import Attempt, StepLedger
from workbench.migrate.plan.ways_back import OURS, WayBack, rehearse_ways_back
from workbench.migrate.rehearsal import prepare_source
from workbench.migrate.source import Draw
from workbench.replay.machine import describe_machine
from workbench.spec.case import Case
from workbench.spec.migration import Plan
from workbench.spec.plans import plan_of

STEPS = "plan.sqlite"
SOURCE = "source.sqlite"

WAYS_BACK_USERS = 1
"""Size of the population on which going back is rehearsed, ten times [users]."""

WAYS_BACK_SCALE = 0.15
"""Factor on the calls of the steps before a way back."""


@dataclass(frozen=True, slots=True)
class RehearsalResult:
    """What a rehearsal of a whole plan showed.

    Args:
        case: The case's name.
        plan: The plan, with the case's thresholds.
        state: Where the plan stands.
        attempts: Every attempt at every step.
        acknowledged: Writes that the application was told were done.
        refused: Writes that a rule of the application refused.
        unknown: Writes whose outcome the application never learnt.
        faults: Kind (`lost`, `phantom`, `stale`, `duplicated`) to how many the witness counts at the end.
        ways_back: Going back from each phase, each way.
        events: The faults that the application and the replication met, in order.
        users: Size of the population [users].
        seed: Chose the population and the calls.
        engine: Name and version of the DynamoDB engine.
        source: Name and version of the relational engine.
        machine: Where it ran.
        seconds: How long the rehearsal took [s].
    """

    case: str
    plan: Plan
    state: PlanState
    attempts: tuple[Attempt, ...]
    acknowledged: int
    refused: int
    unknown: int
    faults: Mapping[str, int]
    ways_back: tuple[WayBack, ...]
    events: tuple[Event, ...]
    users: int
    seed: int
    engine: str
    source: str
    machine: str
    seconds: float

    @property
    def clean(self) -> bool:
        """Whether all phases passed, the witness misses nothing, and none of our ways back loses anything."""
        back = all(way.clean for way in self.ways_back if way.way == OURS)
        return self.state.reason == "done" and not any(self.faults.values()) and back


def rehearse_plan(  # noqa: PLR0913 - the one call that a notebook makes
    case: Case,
    postgres: PostgresEngine,
    engine: DynamoEngine,
    users: int,
    seed: int,
    *,
    state: Path | None = None,
    scale: float = 1.0,
    thresholds: Mapping[str, float] | None = None,
    ways_back: bool = True,
    schedule: FaultSchedule | None = None,
    lockstep: bool = False,
    report: Report = lambda _: None,
) -> RehearsalResult:
    """Runs a case's plan from the first step to the last beside a running application, then every way back.

    Args:
        case: A case with a relational source.
        postgres: The source: an empty database, or one that an earlier call with this folder loaded.
        engine: The target: without the tables of the design, or with those of an earlier call.
        users: Size of the population [users].
        seed: Chooses the population and the application's calls.
        state: Folder that makes the rehearsal resumable; None keeps nothing.
        scale: Factor on the calls of each step.
        thresholds: Name of a threshold of the plan to another value.
        ways_back: Whether going back is rehearsed too, on databases of its own.
        schedule: Faults that the application and the replication meet; None for none.
        lockstep: Whether the application waits while rows are moved, so that a seed fixes the order.
        report: Called after each attempt at a step.

    Raises:
        MigrationError: The folder, the source or the tables belong to another move, or a step failed.
    """
    start = time.perf_counter()
    with ExitStack() as stack:
        folder = state or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        plan = rehearsed_plan(case, thresholds or {})
        setting = Setting(case, plan, folder, seed, scale=scale, lockstep=lockstep)
        ledger = stack.enter_context(opened_ledger(setting, users))
        load(setting, postgres, users)
        broken = stack.enter_context(faults(schedule)) if schedule else None
        through = (broken.postgres(postgres), broken.dynamodb(engine)) if broken else None
        stage = stack.enter_context(open_stage(setting, postgres, engine, ledger.open_session(), through))
        reached = Conductor(stage, ledger, report).run()
        gone_back = tuple(_ways_back(stage, seed)) if ways_back else ()
        events = broken.events if broken else ()
        return _result(stage, ledger, reached, gone_back, events, users, time.perf_counter() - start)


def rehearsed_plan(case: Case, thresholds: Mapping[str, float]) -> Plan:
    """Returns the plan that a case follows, with some thresholds set to other values."""
    plan = plan_of(case.name, case.migration)
    moved = {
        name: plan.thresholds[name].model_copy(update={"value": value}) for name, value in thresholds.items()
    }
    return plan.model_copy(update={"thresholds": {**plan.thresholds, **moved}})


def opened_ledger(setting: Setting, users: int) -> StepLedger:
    """Returns the ledger of a plan's steps, tied to what the plan is run with.

    Raises:
        MigrationError: The ledger belongs to another plan.
    """
    ledger = StepLedger(setting.folder / STEPS)
    ledger.bind(case=setting.case.name, users=users, seed=setting.seed)
    return ledger


def load(setting: Setting, postgres: PostgresEngine, users: int) -> None:
    """Loads the source, unless an earlier call with this folder did."""
    with Ledger(setting.folder / SOURCE) as known:
        prepare_source(setting.case, postgres, known, Draw(users, setting.seed))


def _ways_back(stage: Stage, seed: int) -> Iterator[WayBack]:
    setting = replace(stage.setting, scale=WAYS_BACK_SCALE)
    with copies_of(stage.case, stage.postgres, stage.engine, WAYS_BACK_USERS, seed) as copies:
        yield from rehearse_ways_back(setting, copies)


def _result(  # noqa: PLR0913, PLR0917 - one argument a part of the result
    stage: Stage,
    ledger: StepLedger,
    reached: PlanState,
    gone_back: tuple[WayBack, ...],
    events: tuple[Event, ...],
    users: int,
    seconds: float,
) -> RehearsalResult:
    judged = stage.judged()
    return RehearsalResult(
        case=stage.case.name,
        plan=stage.plan,
        state=reached,
        attempts=tuple(ledger.attempts()),
        acknowledged=judged.acknowledged,
        refused=judged.outcomes[REFUSED],
        unknown=judged.outcomes[UNKNOWN],
        faults=fault_counts(judged),
        ways_back=gone_back,
        events=events,
        users=users,
        seed=stage.setting.seed,
        engine=f"{stage.engine.name} {stage.engine.version}".strip(),
        source=f"{stage.postgres.name} {stage.postgres.version}",
        machine=describe_machine(),
        seconds=seconds,
    )
