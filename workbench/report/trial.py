"""One trial of a case on real engines, made once for all pages: move the data, replay, verify again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache

from pydantic import ConfigDict, TypeAdapter

from workbench.engines import open_dynamodb, open_postgres
from workbench.errors import InputError
from workbench.migrate import MoveResult, Verification, rehearse, verify
from workbench.replay import ReplayResult
from workbench.replay.measure import Sizes, measure_sizes, measurement
from workbench.replay.timing import Timings, replay_timed
from workbench.report.record import record, recorded
from workbench.spec import Case
from workbench.spec.measured import Measurement, load_measurement

RECORD = "trial"
TIMED_FACTOR = 4
"""Requests timed for each that is compared: 400 bound a 99th percentile from above, 100 do not."""


@dataclass(frozen=True)
class Settings:
    """What a trial was made with.

    Args:
        case: Name of the case.
        engine: Name of the DynamoDB engine.
        users: Registered users in the generated data.
        samples: Requests measured a pattern.
        seed: Seed of every random choice.
    """

    case: str
    engine: str
    users: int
    samples: int
    seed: int


@dataclass(frozen=True)
class Trial:
    """What a trial found.

    Args:
        settings: What it was made with.
        move: The move of the data and its verification.
        sizes: Sizes of all items and index entries.
        replay: Times, units and answers of the patterns.
        after: The comparison of both sides after the replay's writes.
        timings: Times through the fast client.
    """

    __pydantic_config__ = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    settings: Settings
    move: MoveResult
    sizes: Sizes
    replay: ReplayResult
    after: Verification
    timings: Timings | None = None


def run_trial(case: Case, engine: str, users: int, samples: int, seed: int) -> Trial:
    """Returns a trial; the one that an earlier notebook of this run made, if its settings are the same.

    Args:
        case: A case with a relational source.
        engine: Name of the DynamoDB engine.
        users: Registered users in the generated data [users].
        samples: Requests measured a pattern.
        seed: Seed of every random choice.

    Raises:
        EngineError: An engine could not start or answer.
    """
    settings = Settings(case.name, engine, users, samples, seed)
    kept = recorded(RECORD)
    if kept is not None and kept["settings"] == asdict(settings):
        return _adapter().validate_python(kept)
    trial = _run(case, settings)
    record(RECORD, _adapter().dump_python(trial, mode="json"))
    return trial


def measurement_of(case: Case) -> Measurement:
    """Returns units and sizes of a case: those that lie beside its files, else those of this run's trial.

    Raises:
        InputError: The case has not been measured, or has changed since, and no trial was made in this run.
    """
    try:
        return load_measurement(case.directory)
    except InputError:
        kept = recorded(RECORD)
        if kept is None or kept["settings"]["case"] != case.name:
            raise
    trial = _adapter().validate_python(kept)
    return measurement(case, trial.sizes, trial.replay, trial.settings.users)


@cache
def _adapter() -> TypeAdapter[Trial]:
    return TypeAdapter(Trial)


def _run(case: Case, settings: Settings) -> Trial:
    with open_postgres() as postgres, open_dynamodb(settings.engine) as database:
        move = rehearse(case, postgres, database, settings.users, settings.seed)
        sizes = measure_sizes(case, postgres)
        replayed, timings = replay_timed(
            case,
            postgres,
            database,
            settings.users,
            samples=settings.samples * TIMED_FACTOR,
            compared=settings.samples,
            seed=settings.seed,
        )
        after = verify(case, postgres, database)
    return Trial(settings, move, sizes, replayed, after, timings)
