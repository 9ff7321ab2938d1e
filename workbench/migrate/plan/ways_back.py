"""Going back from every phase, as the document describes it and as the plan undoes it, counting losses."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.engines.postgres_dump import restored
from workbench.migrate.live.cutover import go_back
from workbench.migrate.live.judging import Judgement, judge
from workbench.migrate.live.replication import replication
from workbench.migrate.live.state import source_state
from workbench.migrate.plan.conductor import Conductor, phase_place
from workbench.migrate.plan.copies import Copies
from workbench.migrate.plan.phases.decommission import ARCHIVE
from workbench.migrate.plan.remedies import REMEDIES
from workbench.migrate.plan.stage import FAULTS, Setting, Stage, fault_counts, open_stage
from workbench.migrate.plan.steps import StepLedger
from workbench.spec.migration import Plan

DOCUMENTED, OURS = "documented", "ours"
STRATEGIES = {DOCUMENTED: "documented", OURS: "guaranteed"}
SHOWN_ELSEWHERE = ("verify", "compare_answers", "test_restore")
"""Actions that change nothing and were part of the rehearsal of the plan."""

WRITES_SHARE = 0.5
"""Share of the application's calls that write: what is lost are writes, reads only take time."""

CALLS = 20
"""Calls of the application between the end of a phase and the way back."""


@dataclass(frozen=True, slots=True)
class WayBack:
    """What going back from the end of a phase cost.

    Args:
        phase: The phase.
        way: `documented` or `ours`.
        says: The way back in a few words.
        acknowledged: Writes that the application was told were done, from the first phase on.
        writes_lost: Of them, those of which PostgreSQL afterwards shows nothing, or something older.
        lost: Items that were written and are not there.
        phantom: Items that nobody wrote, that were refused, or that were deleted.
        stale: Items that show an older acknowledged write than the last.
        duplicated: Items that show a write twice.
        seconds: How long going back took [s].
    """

    phase: str
    way: str
    says: str
    acknowledged: int
    writes_lost: int
    lost: int
    phantom: int
    stale: int
    duplicated: int
    seconds: float

    @property
    def clean(self) -> bool:
        """Whether PostgreSQL shows exactly what was acknowledged."""
        return not any(getattr(self, kind) for kind in FAULTS)


def rehearse_ways_back(setting: Setting, copies: Copies) -> Iterator[WayBack]:
    """Yields what going back from each phase costs, each way on databases of its own.

    A move goes back from a phase, then forward again to the end of the next; where writes were lost, the next
    phase is reached on fresh databases, so that no loss is counted twice.

    Args:
        setting: What the plan is run with; its folder is not used.
        copies: Makes loaded sources and empty targets.
    """
    for way in STRATEGIES:
        left = list(setting.plan.phases)
        while left:
            for found in _voyage(setting, copies, way, tuple(left)):
                left.remove(found.phase)
                yield found
                if not found.clean:
                    break


def _voyage(setting: Setting, copies: Copies, way: str, phases: tuple[str, ...]) -> Iterator[WayBack]:
    """Yields the ways back from phases, one after the other in one move."""
    with tempfile.TemporaryDirectory() as folder, copies.pair() as (postgres, engine), StepLedger() as ledger:
        own = replace(setting, folder=Path(folder), strategy=STRATEGIES[way], writes_share=WRITES_SHARE)
        with open_stage(own, postgres, engine) as stage:
            conductor = Conductor(stage, ledger, gated=False, without=SHOWN_ELSEWHERE)
            for phase in phases:
                conductor.run(phase, final=False)
                stage.observe(CALLS)
                start = time.perf_counter()
                judged = _gone_back(stage, conductor, phase, way)
                yield _way_back(setting.plan, phase, way, judged, time.perf_counter() - start)


def _gone_back(stage: Stage, conductor: Conductor, phase: str, way: str) -> Judgement:
    """Goes back and returns what the witness says of PostgreSQL."""
    stated = stage.plan.phases[phase].rollback
    if way == DOCUMENTED:
        for remedy in stated.does:
            REMEDIES[remedy](stage)
        conductor.forget(stated.back_to)
    if (stage.folder / ARCHIVE).exists():
        return _from_archive(stage, way)
    if way == OURS:
        place = phase_place(stage.plan, phase)
        conductor.rollback(list(stage.plan.phases)[place - 1] if place else None)
    return judge(stage.witness, stage.case, source_state(stage.case, stage.postgres))


def _from_archive(stage: Stage, way: str) -> Judgement:
    """Reads the archive back into a new database; our way also applies the changes that were kept since."""
    case, engine = stage.case, stage.engine
    with restored(stage.postgres, stage.folder / ARCHIVE, f"{engine.database}_back") as copy:
        if way == OURS:
            with closing(replication(stage.setting.strategy, case, copy, engine)) as moving:
                go_back(stage.flags, moving, copy)
        return judge(stage.witness, case, source_state(case, copy))


def _way_back(plan: Plan, phase: str, way: str, judged: Judgement, seconds: float) -> WayBack:
    stated = plan.phases[phase]
    says = stated.way_back if way == OURS else stated.rollback.says
    counts = {"acknowledged": judged.acknowledged, "writes_lost": judged.lost_writes, **fault_counts(judged)}
    return WayBack(phase, way, says, **counts, seconds=seconds)
