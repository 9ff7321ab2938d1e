"""Memory of moving and verifying flights, for 10,000 of them and for all 336,776.

Source and engine run beside a process that does nothing but move and verify; its peak is compared with what
it held before, and must stay within 300 MB above for either size. Arguments are numbers of users, 40 flights
each.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from workbench.engines import attach_dynamodb, open_dynamodb, open_postgres
from workbench.migrate import Ledger, backfill, ensure_schema, load_source, verify
from workbench.spec import load_case

USERS = (250, 8_420)
MOST_BYTES = 300 * 10**6
CASE = "flights"


def resident(name: str) -> int:
    """Returns a figure of this process's memory, `VmRSS` or `VmHWM` [bytes]."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def move(postgres_url: str, endpoint_url: str, database: str) -> dict[str, object]:
    """Moves and verifies what the source has, and returns items and memory [bytes]."""
    case = load_case(CASE)
    engine = attach_dynamodb(endpoint_url, database=database)
    with open_postgres(postgres_url) as postgres, tempfile.TemporaryDirectory() as folder:
        ensure_schema(case, engine)
        before = resident("VmRSS")
        with Ledger(Path(folder) / "ledger.sqlite") as ledger:
            moved = backfill(case, postgres, engine, ledger)
        after_backfill = resident("VmHWM")
        verification = verify(case, postgres, engine)
    return {
        "items": sum(entity.items for entity in moved.entities),
        "equal": verification.equal,
        "backfill_bytes": after_backfill - before,
        "peak_bytes": resident("VmHWM") - before,
    }


def measured(users: int) -> dict[str, object]:
    """Returns what a process of its own says of moving so many users' flights."""
    with open_postgres() as postgres, open_dynamodb(long_run=True) as engine:
        load_source(load_case(CASE), postgres, users, 1)
        arguments = [postgres.url, str(engine.endpoint_url), engine.database]
        command = [sys.executable, __file__, "--move", *arguments]
        ended = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - this file
    found: dict[str, object] = json.loads(ended.stdout)
    return found


def main(sizes: tuple[int, ...]) -> int:
    """Measures each size; the exit code is 1 when one needs too much memory or is not moved whole."""
    missed = False
    for users in sizes:
        found = measured(users)
        backfill_mb, peak_mb = (int(str(found[name])) / 1e6 for name in ("backfill_bytes", "peak_bytes"))
        missed |= not found["equal"] or peak_mb * 1e6 > MOST_BYTES
        print(
            f"{40 * users} flights, {found['items']} items, equal {found['equal']}: "
            f"backfill {backfill_mb:.0f} MB, with verification {peak_mb:.0f} MB above start, "
            f"aim {MOST_BYTES / 1e6:.0f}",
            flush=True,
        )
    return int(missed)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--move"]:
        print(json.dumps(move(*sys.argv[2:])))
        sys.exit(0)
    sys.exit(main(tuple(map(int, sys.argv[1:])) or USERS))
