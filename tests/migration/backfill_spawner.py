"""Runs backfills in processes that a test may kill.

Reads one JSON line a job and forks for each; prints the fork's process id and, at its end, its exit status.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

from workbench.engines import attach_dynamodb, open_postgres
from workbench.migrate import Ledger, backfill
from workbench.spec import load_case


def move(job):
    """Runs the backfill of a job to its end."""
    engine = attach_dynamodb(job["endpoint_url"], database=job["database"])
    with open_postgres(job["postgres_url"]) as postgres, Ledger(Path(job["ledger"])) as ledger:
        backfill(load_case(job["case"]), postgres, engine, ledger)


def forked(job):
    """Returns the process id of a fork that runs a job."""
    child = os.fork()
    if not child:
        try:
            move(job)
        except BaseException:  # noqa: BLE001 - whatever it is, the fork must not go on as its parent
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child


for line in sys.stdin:
    child = forked(json.loads(line))
    print(child, flush=True)  # noqa: T201 - the answer to the test
    print(os.waitpid(child, 0)[1], flush=True)  # noqa: T201 - the answer to the test
