"""Everything that the steps of a plan touch: both databases, the flags, the application and its witness."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from math import ceil, nan
from pathlib import Path
from typing import Any

from workbench.engines import DynamoEngine, PostgresEngine
from workbench.migrate.ledger import Ledger
from workbench.migrate.live.application import LiveApplication
from workbench.migrate.live.flags import FlagStore
from workbench.migrate.live.judging import Judgement, judge
from workbench.migrate.live.replication import Replication, replication
from workbench.migrate.live.router import Router, ShadowReport
from workbench.migrate.live.state import engine_state, source_state
from workbench.migrate.live.tally import ApplicationResult
from workbench.migrate.live.witness import Witness
from workbench.spec.case import Case
from workbench.spec.migration import Plan

FLAGS = "flags.sqlite"
WITNESS = "witness.sqlite"
BACKFILL = "ledger.sqlite"
FAULTS = ("lost", "phantom", "stale", "duplicated")
WITNESSED = tuple(f"{kind}_writes" for kind in FAULTS)
"""Measured values that the witness knows."""
PERCENTILES = ("p50", "p99", "p999")
NOTED = 5
LOCKSTEP_CALLS = 20
SESSION_STRIDE = 1000
"""Distance of the seeds of two sessions of the same plan, so that the second draws other calls."""


@dataclass(frozen=True)
class Setting:
    """What a plan is run with.

    Args:
        case: The case.
        plan: The plan that it follows.
        folder: Where flags, witness, ledgers and archives are kept.
        seed: Chooses the calls of the application.
        strategy: `guaranteed`, or `documented` for what the document describes.
        scale: Factor on the calls of each step, for short rehearsals.
        lockstep: Whether the application waits while rows are moved, so that a seed fixes the order.
        writes_share: Share of the application's calls that write; None for what the workload says.
    """

    case: Case
    plan: Plan
    folder: Path
    seed: int = 1
    strategy: str = "guaranteed"
    scale: float = 1.0
    lockstep: bool = False
    writes_share: float | None = None


@dataclass
class Stage:
    """The open objects of a plan that runs.

    Args:
        setting: What it is run with.
        postgres: The source.
        engine: The target.
        flags: The switches that steer the application.
        replication: Keeps the other side up to date.
        router: Sends the calls of the application where the flags say.
        witness: Remembers every acknowledged write.
        application: Reads and writes throughout.
        results: What the application did, step by step.
        notes: What the step that runs has to tell, besides what it measured.
    """

    setting: Setting
    postgres: PostgresEngine
    engine: DynamoEngine
    flags: FlagStore
    replication: Replication
    router: Router
    witness: Witness
    application: LiveApplication
    results: list[ApplicationResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def case(self) -> Case:
        """The case."""
        return self.setting.case

    @property
    def plan(self) -> Plan:
        """The plan."""
        return self.setting.plan

    @property
    def folder(self) -> Path:
        """Where everything is kept."""
        return self.setting.folder

    def current_flags(self) -> dict[str, Any]:
        """Returns the flags as they are, without their version."""
        flags = asdict(self.flags.read())
        del flags["version"]
        return flags

    def set_flags(self, values: Mapping[str, Any]) -> None:
        """Sets flags, if any are given."""
        if values:
            self.flags.change(**values)

    def observe(self, requests: int) -> dict[str, float]:
        """Lets the application make calls and returns what was measured of them.

        Args:
            requests: How many, before the setting's scale.
        """
        self.router.reset_shadow()
        self.application.mark()
        self.application.run(ceil(requests * self.setting.scale))
        self.results.append(self.application.snapshot())
        shadow = self.router.shadow
        self.note(shadow.mismatches)
        self.note(f"{count} calls ended with {kind}" for kind, count in self.results[-1].errors.items())
        return measures_of(self.results[-1], shadow)

    def note(self, told: Iterable[object]) -> None:
        """Keeps the first few things that a step has to tell."""
        self.notes += [str(one) for one in islice(told, NOTED)]

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        """Keeps the application calling while a block runs; in lockstep it calls before and after it."""
        if self.setting.lockstep:
            self.observe(LOCKSTEP_CALLS)
            yield
            self.observe(LOCKSTEP_CALLS)
            return
        self.application.mark()
        self.application.start()
        try:
            yield
        finally:
            self.application.stop()
            self.results.append(self.application.snapshot())

    def open_backfill_ledger(self) -> Ledger:
        """Returns the ledger of the backfill, to be closed by the caller."""
        return Ledger(self.folder / BACKFILL)

    def catch_up(self) -> None:
        """Lets the side that follows have every change, if one follows."""
        flags = self.flags.read()
        if flags.reverse_replication:
            self.replication.drain_back()
        elif flags.write_mode == "dual":
            self.replication.drain()

    def pending(self) -> int:
        """Returns the number of changes that the side that follows does not have yet."""
        flags = self.flags.read()
        return self.replication.lag() if flags.capture or flags.reverse_replication else 0

    def judged(self) -> Judgement:
        """Returns what the witness says of the side that takes the writes."""
        leads = self.flags.read().write_mode == "dynamodb"
        state = engine_state(self.case, self.engine) if leads else source_state(self.case, self.postgres)
        return judge(self.witness, self.case, state)

    def faults(self) -> dict[str, float]:
        """Returns how many writes the witness misses or did not expect, and what waits for the other side."""
        judged = self.judged()
        self.note(judged.faults)
        counts = fault_counts(judged)
        return {**{f"{kind}_writes": n for kind, n in counts.items()}, "pending": self.pending()}


def fault_counts(judged: Judgement) -> dict[str, int]:
    """Returns how many writes are lost, phantom, stale and duplicated."""
    return {kind: len(getattr(judged, kind)) for kind in FAULTS}


def measures_of(result: ApplicationResult, shadow: ShadowReport) -> dict[str, float]:
    """Returns the measured values of some calls by the names that gates use; percentiles as they surely are.

    Args:
        result: What the application did.
        shadow: What comparing showed meanwhile.
    """
    reads = result.least_read_latency.get("dynamodb", {})
    answered = result.side_reads.get("dynamodb", 0)
    return {
        "requests": result.requests,
        "reads": result.reads,
        "writes": result.writes,
        "errors": sum(result.errors.values()),
        "error_rate": result.error_rate,
        "failed_writes": result.failed_writes,
        "dynamodb_reads": answered,
        "dynamodb_read_share": answered / result.reads if result.reads else 0.0,
        "shadow_reads": shadow.compared,
        "mismatches": len(shadow.mismatches),
        **{f"{name}_ms": reads.get(name, nan) for name in PERCENTILES},
    }


Engines = tuple[PostgresEngine, DynamoEngine]


@contextlib.contextmanager
def open_stage(
    setting: Setting,
    postgres: PostgresEngine,
    engine: DynamoEngine,
    session: int = 1,
    through: Engines | None = None,
) -> Iterator[Stage]:
    """Opens everything that a plan needs for a block of code.

    Args:
        setting: What the plan is run with.
        postgres: The source, loaded.
        engine: The target.
        session: How often this plan was opened, this time included.
        through: The same engines as the application and the replication reach them, faults included.
    """
    case, seed = setting.case, setting.seed + SESSION_STRIDE * (session - 1)
    reached = through or (postgres, engine)
    flags = FlagStore(setting.folder / FLAGS)
    moving = replication(setting.strategy, case, *reached)
    with contextlib.ExitStack() as stack:
        router = Router(case, *reached, flags, moving, seed)
        stack.callback(router.close)
        stack.callback(moving.close)
        witness = Witness(setting.folder / WITNESS)
        stack.callback(witness.close)
        witness.open_with(source_state(case, postgres))
        application = LiveApplication(
            router, witness, case, postgres, seed, writes_share=setting.writes_share
        )
        stack.callback(application.close)
        yield Stage(setting, postgres, engine, flags, moving, router, witness, application)
