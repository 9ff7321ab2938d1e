"""Makes the measurement that lies beside a case, from one trial on the real engines."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from workbench.errors import MigrationError
from workbench.replay.measure import measurement
from workbench.report.trial import run_trial
from workbench.spec.case import named
from workbench.spec.measured import MEASURED, load_measurement

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.report.trial import Trial
    from workbench.spec import Case
from workbench.spec.measured import Measurement


def measure_case(case: Case, *, users: int, samples: int, seed: int) -> Measurement:
    """Returns the units and sizes of a case, measured on DynamoDB Local and PostgreSQL.

    Args:
        case: A case with a relational source.
        users: Registered users in the generated data [users].
        samples: Requests measured a pattern.
        seed: Seed of every random choice.

    Raises:
        MigrationError: A pattern's answer or units differ, so that the numbers could not be defended.
    """
    trial = run_trial(case, "dynamodb-local", users, samples, seed)
    wrong = _differences(trial)
    if wrong:
        raise MigrationError(
            "\n".join([*wrong, "Mend the design, the mapping or the SQL, then measure again."])
        )
    return measurement(case, trial.sizes, trial.replay, users)


def keep_measurement(case: Case, measured: Measurement, *, check: bool = False) -> str:
    """Returns what was done with a measurement, in a sentence.

    Args:
        case: The case.
        measured: Its new measurement.
        check: Compare with the kept one instead of replacing it.

    Raises:
        MigrationError: `check`, and the kept measurement says something else.
    """
    path = case.directory / MEASURED
    if not check:
        _write(path, measured.model_dump_json(indent=1) + "\n")
        return f"{path} written."
    if load_measurement(case.directory) != measured:
        raise MigrationError(
            f"{path}: differs from what was measured now. Run `workbench measure {named(case.directory)}`."
        )
    return f"{path} holds."


def _differences(trial: Trial) -> list[str]:
    rows = trial.replay.rows
    unequal = [f"{row.pattern}: {text}" for row in rows for text in (*row.differences, *row.unit_differences)]
    failed = [f"{row.pattern}: {error}, {count} times" for row in rows for error, count in row.errors.items()]
    return unequal + failed


def _write(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
