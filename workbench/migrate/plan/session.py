"""A plan that commands run, pause and go back from, kept in a folder between them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import platformdirs

from workbench.engines.jars import APPLICATION
from workbench.errors import InputError, MigrationError, Problem
from workbench.migrate.holding import held_alone
from workbench.migrate.places import Places
from workbench.migrate.plan.conductor import Conductor, Report, phase_place
from workbench.migrate.plan.rehearse import STEPS, load, opened_ledger
from workbench.migrate.plan.stage import Setting, open_stage
from workbench.migrate.plan.steps import StepLedger
from workbench.migrate.source import Draw
from workbench.spec.case import Case, named
from workbench.spec.migration import Plan
from workbench.spec.plans import plan_of

LOCK = "plan.lock"

USERS, SEED = 1000, 1
"""Population of a plan that is begun without naming one."""


def kept_folder(case: str) -> Path:
    """Returns the folder of the user's state that keeps the move of a case.

    Args:
        case: The case's name, or its folder, of which two may have one name.
    """
    moves = Path(platformdirs.user_state_dir(APPLICATION, appauthor=False)) / "migrations"
    folder = Path(case).resolve()
    if not Path(case).is_dir() or named(folder) == folder.name:
        return moves / folder.name
    return moves / f"{folder.name}-{blake2b(bytes(folder), digest_size=4).hexdigest()}"


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """The plan of a case and where its run is kept.

    Args:
        case: The case.
        folder: Ledgers, flags, witness, archives and the data of embedded engines.
    """

    case: Case
    folder: Path

    @property
    def plan(self) -> Plan:
        """The plan that the case follows."""
        return plan_of(self.case.name, self.case.migration)

    @contextlib.contextmanager
    def conducted(self, places: Places, draw: Draw, report: Report) -> Iterator[Conductor]:
        """Opens engines, application and ledger for a block of code.

        Args:
            places: The engines.
            draw: Population of the source, where the folder has none yet.
            report: Called after each attempt at a step.

        Raises:
            MigrationError: The folder belongs to another move, or another process runs this one.
        """
        setting = Setting(self.case, self.plan, self.folder, draw.seed)
        with (
            self.alone(),
            opened_ledger(setting, draw.users) as ledger,
            places.open() as (postgres, engine),
        ):
            load(setting, postgres, draw.users)
            with open_stage(setting, postgres, engine, ledger.open_session()) as stage:
                yield Conductor(stage, ledger, report)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps other processes from running the same plan; the lock ends with this one, however that ends.

        Raises:
            MigrationError: Another process runs it.
        """
        lock = held_alone(self.folder / LOCK)
        if lock is None:
            raise MigrationError(
                f"{self.folder}: another process runs this plan. Wait for its end, or let it stop with "
                f"`workbench migrate pause {named(self.case.directory)}`."
            )
        with lock:
            yield

    def draw(self, users: int | None, seed: int | None) -> Draw:
        """Returns the population that is named; what is not named is as the plan was begun with.

        Args:
            users: Size of the population [users].
            seed: Chooses its rows.
        """
        known = {}
        if (self.folder / STEPS).exists():
            with self.ledger() as ledger:
                known = ledger.facts()
        return Draw(
            int(known.get("users", USERS)) if users is None else users,
            int(known.get("seed", SEED)) if seed is None else seed,
        )

    def check_phase(self, phase: str | None) -> None:
        """Checks that the plan has a phase, before anything is opened.

        Raises:
            InputError: It has not.
        """
        phase_place(self.plan, phase)

    def ledger(self) -> StepLedger:
        """Returns the ledger of a plan that was begun.

        Raises:
            InputError: None was begun in this folder.
            MigrationError: It is the plan of another case.
        """
        path = self.folder / STEPS
        if not path.exists():
            message = f"no plan was begun here; got {self.folder}"
            begin = f"workbench migrate run {named(self.case.directory)}"
            step = f"Begin one with `{begin}`, or name its folder with --state."
            raise InputError([Problem("--state", 0, "", message, step)])
        ledger = StepLedger(path)
        ledger.bind(case=self.case.name)
        return ledger
