"""Units and sizes of the model against DynamoDB Local, on thousands of random requests and items.

Prints how many requests of each kind ran, how many differed (none may), and how fast engine and model are.
"""

from __future__ import annotations

import sys
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from workbench.engines import open_dynamodb
from workbench.model import DYNAMODB_LOCAL, predict
from workbench.model.trial_tables import create_table, trial_tables
from workbench.model.trials import Trials

EACH = 1_200
"""Requests on each of the five tables."""

SEEDS = (1, 2)

ITEMS = 5_000
"""Random items that are padded to each side of the edges."""


def _runner() -> ModuleType:
    place = Path(__file__).parents[1] / "tests" / "conformance" / "trial_runner.py"
    specification = spec_from_file_location("trial_runner", place)
    assert specification
    assert specification.loader
    module = module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def _predictions_per_second() -> float:
    """Returns how many requests a second the model predicts [1/s]."""
    trials = Trials(trial_tables()[-1], seed=1)
    made = [trials.trial(kind) for _ in range(200) for kind in ("put", "update", "transact-write", "get")]
    ready = [(trial.api, trial.actions({})) for trial in made]
    started = time.perf_counter()
    for api, actions in ready:
        predict(trials.table, api, actions, DYNAMODB_LOCAL)
    return len(ready) / (time.perf_counter() - started)


def _edges(client: Any, runner: ModuleType) -> int:
    """Returns 1 where random items do not change units between a size and the next byte."""
    client.create_table(**create_table("sizes", ("pk",)))
    units = runner.edge_units(client, "sizes", items=ITEMS, seed=3)
    expected = {size: (-(-size // 1024) * ITEMS, -(-size // 4096) * ITEMS) for size in units}
    print(f"{ITEMS} random items at each of {', '.join(map(str, units))} bytes: as sized {units == expected}")
    return int(units != expected)


def main() -> int:
    """Runs the comparison; the exit code is 1 when anything differs."""
    runner = _runner()
    differences = 0
    with open_dynamodb("dynamodb-local") as engine:
        for seed in SEEDS:
            started = time.perf_counter()
            outcome = runner.run_trials(engine.client, DYNAMODB_LOCAL, each=EACH, seed=seed)
            seconds = time.perf_counter() - started
            total = sum(outcome.ran.values())
            differences += len(outcome.differences)
            print(
                f"seed {seed}: {total} requests, {len(outcome.differences)} differ, {total / seconds:.0f}/s"
            )
            print("  " + ", ".join(f"{kind} {count}" for kind, count in sorted(outcome.ran.items())))
            for difference in outcome.differences[:10]:
                print("  differs:", *difference[:4])
        differences += _edges(engine.client, runner)
    print(f"the model alone: {_predictions_per_second():.0f} requests a second")
    return int(differences > 0)


if __name__ == "__main__":
    sys.exit(main())
