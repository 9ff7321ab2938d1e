"""The whole move in one call: load the source, make the tables, backfill, verify."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from tqdm import tqdm

from workbench.access.tables import apply_schema, describe
from workbench.engines import DynamoEngine, PostgresEngine
from workbench.errors import MigrationError
from workbench.migrate.backfill import EntityCount, Progress, backfill
from workbench.migrate.ledger import Ledger, Reject
from workbench.migrate.source import Draw, is_loaded, load_source
from workbench.migrate.verify import Verification, verify
from workbench.schema import desired_state, diff
from workbench.spec.case import Case


@dataclass(frozen=True, slots=True)
class MoveResult:
    """What a move brought from PostgreSQL to DynamoDB, and whether it arrived whole.

    Args:
        case: The case's name.
        draw: Which population was moved; None for rows that were there before.
        engine: Name and version of the DynamoDB engine.
        source: Name and version of the relational engine.
        entities: Rows, items and rejected rows of each entity.
        rejects: Every row that did not become an item, with the reason.
        resumed_chunks: Chunks that an earlier run had begun and not finished.
        verification: The comparison of both sides.
        seconds: Step (`load`, `schema`, `backfill`, `verify`) to the time that it took [s].
    """

    case: str
    draw: Draw | None
    engine: str
    source: str
    entities: tuple[EntityCount, ...]
    rejects: tuple[Reject, ...]
    resumed_chunks: int
    verification: Verification
    seconds: dict[str, float]

    @property
    def rows(self) -> int:
        """Rows of all entities."""
        return sum(entity.rows for entity in self.entities)

    @property
    def items(self) -> int:
        """Items that were made of them."""
        return sum(entity.items for entity in self.entities)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A move to be run, or to be gone on with.

    Args:
        case: A case with a relational source.
        draw: Which population is loaded; None to move the rows that the source has.
        ledger_path: File that makes the move resumable; None keeps the ledger in memory.
        progress: Whether bars are drawn on standard error, where that is a terminal.
    """

    case: Case
    draw: Draw | None
    ledger_path: Path | None = None
    progress: bool = False

    def run(self, postgres: PostgresEngine, engine: DynamoEngine) -> MoveResult:
        """Loads the source, makes the tables, moves the rows and verifies the items.

        Args:
            postgres: The source: an empty database, or one that an earlier run loaded.
            engine: The target: without the tables of the design, or with those of an earlier run.

        Raises:
            MigrationError: The ledger, the source or the tables belong to another move.
        """
        watch = _Watch()
        with Ledger(self.ledger_path) as ledger:
            with watch.step("load"):
                prepare_source(self.case, postgres, ledger, self.draw)
            with watch.step("schema"):
                ensure_schema(self.case, engine)
            with watch.step("backfill"), bars(shown=self.progress) as report:
                moved = backfill(self.case, postgres, engine, ledger, report)
            with watch.step("verify"):
                verification = verify(self.case, postgres, engine)
        return MoveResult(
            case=self.case.name,
            draw=self.draw,
            engine=f"{engine.name} {engine.version}".strip(),
            source=f"{postgres.name} {postgres.version}",
            entities=moved.entities,
            rejects=moved.rejects,
            resumed_chunks=moved.resumed_chunks,
            verification=verification,
            seconds=watch.seconds,
        )


def rehearse(  # noqa: PLR0913 - the one call that a notebook makes
    case: Case,
    postgres: PostgresEngine,
    engine: DynamoEngine,
    users: int,
    seed: int,
    *,
    hostile: bool = False,
    ledger_path: Path | None = None,
    progress: bool = False,
) -> MoveResult:
    """Moves a population and verifies it; a move that was cut off goes on with the same engines and ledger.

    Args:
        case: A case with a relational source.
        postgres: The source: an empty database, or one that an earlier call loaded.
        engine: The target: without the tables of the design, or with those of an earlier call.
        users: Size of the population [users].
        seed: Chooses the population.
        hostile: Whether rows are added that no item can hold.
        ledger_path: File that makes the move resumable; None keeps the ledger in memory.
        progress: Whether bars are drawn on standard error, where that is a terminal.

    Raises:
        MigrationError: The ledger, the source or the tables belong to another move.
    """
    return Rehearsal(case, Draw(users, seed, hostile), ledger_path, progress).run(postgres, engine)


class _Watch:
    """Times the steps of a move."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start


def prepare_source(case: Case, postgres: PostgresEngine, ledger: Ledger, draw: Draw | None) -> None:
    """Loads the population, unless none is wanted or an earlier call with this ledger loaded it.

    Raises:
        MigrationError: The source holds another population, or one that this ledger does not know.
    """
    wanted = str(draw) if draw else "the rows that the source has"
    known = ledger.facts().get("population", wanted)
    if known != wanted:
        raise MigrationError(
            f"{ledger.path}: this move began with {known}; got {wanted}. "
            "Use the same again, or another ledger."
        )
    if draw and not is_loaded(case, postgres):
        ledger.remember(population=wanted)
        load_source(case, postgres, draw.users, draw.seed, hostile=draw.hostile)
    elif "population" not in ledger.facts() and draw:
        raise MigrationError(
            f"PostgreSQL holds tables of {case.name} that this ledger does not know. "
            "Name its ledger, use an empty database, or move what is there with --no-load."
        )
    ledger.remember(population=wanted)


def ensure_schema(case: Case, engine: DynamoEngine) -> None:
    """Makes those tables of the design that do not exist.

    Raises:
        MigrationError: A table exists and is not as the design says; tells each difference.
    """
    existing = describe(case.design, engine)
    names = {state.name for state in existing}
    documented = [state for state in desired_state(case.design) if state.name in names]
    differences = diff(documented, existing)
    if differences:
        lines = "\n".join(map(str, differences))
        raise MigrationError(
            f"{lines}\nDrop the tables that are not as the design says, or change the design."
        )
    absent = {name: table for name, table in case.design.tables.items() if name not in names}
    if absent:
        apply_schema(case.design.model_copy(update={"tables": absent}), engine)


@contextlib.contextmanager
def bars(*, shown: bool) -> Iterator[Progress]:
    """Gives a progress function that draws one bar an entity on standard error.

    Args:
        shown: Whether it draws anything; without a terminal it never does.
    """
    with contextlib.ExitStack() as stack:
        drawn: dict[str, tqdm[NoReturn]] = {}

        def report(entity: str, moved: int, rows: int) -> None:
            if entity not in drawn:
                bar = tqdm(total=rows, desc=entity, unit="row", disable=not shown or not sys.stderr.isatty())
                drawn[entity] = stack.enter_context(bar)
            drawn[entity].update(moved - drawn[entity].n)

        yield report
