"""The table of the order processor's page that shows what went wrong on purpose, and what came of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.orders.faulted import CLIENTS, WAYS, faulted_trial
from workbench.replay.machine import describe_machine
from workbench.report.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.orders.faulted import FaultedTrial, Way
    from workbench.spec import Case


def tried(case: Case, instructions: int, seed: int) -> tuple[FaultedTrial, ...]:
    """Returns a trial of each way to trade in which requests go wrong and the engine is killed once.

    Args:
        case: The order processor.
        instructions: Instructions of all clients of a trial [instructions].
        seed: Seed of every random choice.
    """
    return tuple(_tried(case, way, instructions, seed) for way in WAYS)


def _tried(case: Case, way: Way, instructions: int, seed: int) -> FaultedTrial:
    with tempfile.TemporaryDirectory() as folder:
        return faulted_trial(case, way, Path(folder), instructions, restarts=1, seed=seed)


def fault_table(trials: Sequence[FaultedTrial]) -> Table:
    """Returns operations, faults by kind and breaches of trials."""
    columns = [
        Column("what", "What happened", wide=True),
        *(Column(one.result.strategy, one.result.strategy.capitalize(), digits=0) for one in trials),
    ]
    counted = {one.result.strategy: _counted(one) for one in trials}
    rows: list[dict[str, Any]] = [
        {"what": what, **{name: counts[what] for name, counts in counted.items()}}
        for what in next(iter(counted.values()))
    ]
    note = (
        f"{CLIENTS} clients at once, DynamoDB Local with its data on disk, {describe_machine()}. Every tenth "
        "request is made to go wrong below the driver, whose own repeats are off; the engine is killed and "
        "comes back with its data. An answer that is lost leaves open whether the write took place: clients "
        "ask again with the same id. `make soak` does the same with 20,000 instructions."
    )
    return Table("What went wrong on purpose", columns, rows, note)


def _counted(trial: FaultedTrial) -> dict[str, int]:
    result = trial.result
    return {
        "Instructions": result.instructions,
        "done": result.outcomes["done"],
        "refused": result.outcomes["refused"],
        "left without an answer": result.outcomes["unknown"],
        "Requests repeated": result.retries.total(),
        "Instructions asked for again by their clients": result.resent,
        "Requests that went wrong": trial.faults.total(),
        **trial.named,
        "Breaches of an invariant": len(result.breaches),
    }
