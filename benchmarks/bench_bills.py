"""Bills of three tables in every mode, for 10,000 draws x 50 numbers of users, against two peers per point.

Ours prices the same tables with all indexes in six modes at each point. The calculator of
awslabs.dynamodb-mcp-server prices them in one mode, service-capacity-modeling's planner in another, without
indexes. Each peer is asked for a sample of points; its time a point does not depend on how many there are.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from typing import Any

import numpy as np
from bench_units_peer import HERE, PEER, mean_sizes, peer_pattern, peer_tables

from workbench.compare.case_model import case_model
from workbench.compare.draws import draw
from workbench.compare.vector_bills import VectorBills
from workbench.pricing import PriceBook
from workbench.spec.access import READ_OPERATIONS
from workbench.spec.case import Case, load_case
from workbench.spec.measured import load_measurement
from workbench.spec.sql_profile import load_sql_profile

DRAWS, POINTS, RUNS = 10_000, 50, 5
PEER_POINTS = 400
LEAST = {"awslabs": 1_000.0, "netflix": 100.0}


def peer_input(case: Case) -> dict[str, Any]:
    """Returns the tables as each peer takes them, with the requests of one user."""
    measured = load_measurement(case.directory)
    sizes = mean_sizes(case, measured.users, measured.seed)
    patterns = [peer_pattern(case, sizes, name) for name in case.design.patterns]
    tables = peer_tables(case, sizes)
    return {
        "whole": {"access_pattern_list": patterns, "table_list": tables},
        "tables": [
            {
                "item_bytes": table["item_size_bytes"],
                "gib": 1e-3,
                "reads_per_second": rate(patterns, table["name"], reads=True),
                "writes_per_second": rate(patterns, table["name"], reads=False),
            }
            for table in tables
        ],
        "points": np.geomspace(100, 1e8, PEER_POINTS).tolist(),
    }


def rate(patterns: list[dict[str, Any]], table: str, *, reads: bool) -> float:
    """Returns the requests a second of one user to a table."""
    return sum(
        one["rps"]
        for one in patterns
        if one["table"] == table and (one["operation"] in READ_OPERATIONS) == reads
    )


def peer_seconds(asked: dict[str, Any]) -> dict[str, float]:
    """Returns the seconds of each peer for a point."""
    done = subprocess.run(  # noqa: S603  the peers' interpreter, made by `make bench`
        [PEER, HERE / "peer_bills.py"], input=json.dumps(asked), stdout=subprocess.PIPE, text=True, check=True
    )
    return {peer: seconds / PEER_POINTS for peer, seconds in json.loads(done.stdout).items()}


def shown(values: list[float], digits: int = 0) -> str:
    """Returns least, median and largest."""
    parts = (min(values), statistics.median(values), max(values))
    return " / ".join(f"{value:,.{digits}f}" for value in parts)


def main() -> int:
    """Runs all sides in turn; the exit code is 1 when a ratio is missed."""
    case = load_case("algoitny")
    model = case_model(
        case.design, case.workload, load_measurement(case.directory), load_sql_profile(case.directory)
    )
    bills = VectorBills(model, PriceBook.newest(), "us-east-1")
    values, dau = draw(model.assumptions, DRAWS, 1), np.geomspace(100, 1e8, POINTS).round()
    asked = peer_input(case)
    ours: list[float] = []
    peers: dict[str, list[float]] = {peer: [] for peer in LEAST}
    for _ in range(RUNS):
        started = time.perf_counter()
        modes = bills.bills(values, dau)
        ours.append((time.perf_counter() - started) / (DRAWS * POINTS))
        for peer, seconds in peer_seconds(asked).items():
            peers[peer].append(seconds)
    print(
        f"{len(model.demands)} tables and indexes, {len(modes)} modes, {DRAWS * POINTS:,} points, {RUNS} runs"
    )
    print(f"ours, min/median/max: {shown([each * 1e6 for each in ours], 3)} microseconds a point")
    reached = True
    for peer, least in LEAST.items():
        ratios = [theirs / mine for mine, theirs in zip(ours, peers[peer], strict=True)]
        held = statistics.median(ratios) >= least
        reached &= held
        print(f"{peer}: {shown([each * 1e6 for each in peers[peer]])} microseconds a point, ", end="")
        print(f"{shown(ratios)} times ours (median of at least {least:,.0f}: {held})")
    return int(not reached)


if __name__ == "__main__":
    sys.exit(main())
