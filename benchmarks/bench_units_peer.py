"""Units of a whole design at 10,000 numbers of users, against the calculator of awslabs.dynamodb-mcp-server.

The peer gets what its input can hold: a mean size for each pattern and index, a number of items, one table.
Both results stand side by side; each difference has the name of the rule that the peer's input leaves out.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from workbench.engines import open_postgres
from workbench.engines.arrow import arrow_batches
from workbench.items.column_sizes import ColumnSizer
from workbench.migrate.rehearsal import load_source
from workbench.model.demand import SECONDS_PER_DAY, Demand, demand
from workbench.spec.access import READ_OPERATIONS
from workbench.spec.case import Case, load_case
from workbench.spec.measured import Measurement, load_measurement

POINTS = 10_000
RUNS = 5
LEAST = 1_000.0
HERE = Path(__file__).parent
PEER = HERE.parent / ".venv-bench" / "bin" / "python"

Sizes = dict[str, dict[str, int]]
"""Entity to its mean size by place, `table` or `table/index` [bytes]."""

Units = dict[str, dict[str, float]]
"""Pattern to units of one request by place."""


def mean_sizes(case: Case, users: int, seed: int) -> Sizes:
    """Returns the mean sizes of items and of the index entries that exist, rounded up [bytes]."""
    found: Sizes = {}
    with open_postgres() as postgres:
        load_source(case, postgres, users, seed)
        for entity, mapping in case.mapping.entities.items():
            sizer = ColumnSizer(case.design, entity, omit_empty=mapping.empty_strings == "omit")
            with arrow_batches(postgres, mapping.query) as batches:
                sized = list(sizer.each(batches))
            table = case.design.entities[entity].table
            columns = {table: [one.item_bytes for one in sized]}
            for index in sized[0].entry_bytes:
                columns[f"{table}/{index}"] = [one.entry_bytes[index] for one in sized]
            joined = {place: np.concatenate(parts) for place, parts in columns.items()}
            found[entity] = {p: int(np.ceil(c[c > 0].mean())) for p, c in joined.items() if c.any()}
    return found


def peer_tables(case: Case, sizes: Sizes) -> list[dict[str, Any]]:
    """Returns the tables as the peer takes them, each place with one size: the largest mean of an entity.

    The peer refuses an index whose entries are larger than the table's items on average, which those of a
    sparse index can be; so a table gets the largest mean of all its places.
    """

    def largest(*places: str) -> int:
        return max(means.get(place, 1) for means in sizes.values() for place in places)

    return [
        {
            "name": name,
            "item_size_bytes": largest(
                name, *(f"{name}/{index}" for index in table.global_secondary_indexes)
            ),
            "item_count": 1,
            "gsi_list": [
                {"name": index, "item_size_bytes": largest(f"{name}/{index}"), "item_count": 1}
                for index in table.global_secondary_indexes
            ],
        }
        for name, table in case.design.tables.items()
    ]


def peer_pattern(case: Case, sizes: Sizes, name: str) -> dict[str, Any]:
    """Returns a pattern as the peer takes it, with the requests a second of one user."""
    pattern = case.design.patterns[name]
    entity = case.design.entities[pattern.entity]
    index = getattr(pattern, "index", None)
    place = f"{entity.table}/{index}" if index else entity.table
    asked: dict[str, Any] = {
        "operation": pattern.operation,
        "pattern": name,
        "description": name,
        "table": entity.table,
        "rps": case.workload.requests_per_dau_day(name) / SECONDS_PER_DAY,
        "item_size_bytes": sizes[pattern.entity][place],
    }
    if pattern.operation in READ_OPERATIONS:
        asked["strongly_consistent"] = getattr(pattern, "consistent_read", False)
        asked |= {"gsi": index} if index else {}
    else:
        asked["gsi_list"] = list(entity.index_keys)
    members = getattr(pattern, "members", None)
    if pattern.operation in {"Query", "Scan", "BatchGetItem", "BatchWriteItem", "TransactWriteItems"}:
        asked["item_count"] = len(members) if members else max(1, round(pattern.expected_items))
    return asked


def peer_units(case: Case, answered: list[dict[str, Any]]) -> Units:
    """Returns the peer's units by pattern and place."""
    found: Units = {}
    for answer in answered:
        pattern = case.design.patterns[answer["pattern"]]
        table, index = case.design.entities[pattern.entity].table, getattr(pattern, "index", None)
        place = f"{table}/{index}" if index else table
        found[answer["pattern"]] = {place: answer["rcus"] + answer["wcus"]} | {
            f"{table}/{gsi['gsi_name']}": gsi["wcus"] for gsi in answer["gsi_write_amplification"]
        }
    return found


RULES = {
    "one-table": "the peer's pattern writes one table, this transaction two",
    "member-size": "each member of a transaction counts its own size, in its own table and indexes",
    "entry-change": "an unchanged entry costs nothing, one changed in place its size, a moved one both",
    "sparse-index": "only an item that has all keys of the index has an entry",
    "filter-after-read": "what the filter drops was read and is paid",
    "count-reads-all": "a COUNT returns one number and pays for every item that it counts",
    "measured-page": "the items of a page differ in number and size; they are added, then rounded once",
    "written-image": "a write costs the larger image it finds or leaves, which is no mean of stored items",
    "mean-of-ceil": "each size is rounded up by itself, the mean size is not",
}
"""Rules that the peer's input leaves out, by name."""


def rule(case: Case, name: str, place: str) -> str:
    """Returns the name of the rule behind a difference of a pattern's units at a place."""
    pattern = case.design.patterns[name]
    table, _, index = place.partition("/")
    writes_index = bool(index) and pattern.operation not in READ_OPERATIONS
    tests = {
        "one-table": table != case.design.entities[pattern.entity].table,
        "member-size": pattern.operation == "TransactWriteItems",
        "entry-change": writes_index and pattern.operation == "UpdateItem",
        "sparse-index": writes_index,
        "filter-after-read": bool(getattr(pattern, "filter", ())),
        "count-reads-all": getattr(pattern, "count_only", False),
        "measured-page": pattern.operation in {"Query", "Scan"},
        "written-image": pattern.operation not in READ_OPERATIONS,
        "mean-of-ceil": True,
    }
    return next(named for named, holds in tests.items() if holds)


def side_by_side(case: Case, ours: Units, theirs: Units) -> tuple[int, int]:
    """Prints both results and the rule of each difference; returns how many places agree and differ."""
    same = differ = 0
    print(f"{'pattern':30} {'place':22} {'ours':>8} {'peer':>8}  rule of the difference")
    for name in case.design.patterns:
        for place in sorted({*ours[name], *theirs[name]}):
            mine, other = ours[name].get(place, 0.0), theirs[name].get(place, 0.0)
            equal = abs(mine - other) < 1e-9
            same, differ = same + equal, differ + (not equal)
            reason = "" if equal else rule(case, name, place)
            print(f"{name:30} {place:22} {mine:8.3f} {other:8.3f}  {reason}")
    for named, text in RULES.items():
        print(f"  {named}: {text}")
    return same, differ


def totals(case: Case, asked: Demand, theirs: Units) -> None:
    """Prints the units a second of the largest number of users, place by place."""
    both = asked.read_units_per_second[-1] + asked.write_units_per_second[-1]
    rates = dict(zip(asked.patterns, asked.requests_per_second[-1], strict=True))
    print(f"{asked.dau[-1]:,.0f} daily active users, mean units a second (reads and writes): ours, peer")
    for place, units in zip(asked.places, both, strict=True):
        other = sum(rates[name] * found.get(place, 0.0) for name, found in theirs.items())
        print(f"  {place:22} {units:12.1f} {other:12.1f}")
    assert set(rates) == set(case.design.patterns)


def _ask_peer(model: dict[str, Any], dau: list[int]) -> dict[str, Any]:
    answer = subprocess.run(  # noqa: S603  the peer's interpreter, made by `make bench`
        [PEER, HERE / "peer_units.py"],
        input=json.dumps({"model": model, "dau": dau}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def _ours(case: Case, measured: Measurement, dau: list[int]) -> tuple[Demand, float]:
    started = time.perf_counter()
    asked = demand(case.design, case.workload, measured.units, dau)
    _ = asked.read_units_per_second, asked.write_units_per_second, asked.requests_per_second
    _ = asked.peak_read_units_per_second, asked.peak_write_units_per_second
    return asked, time.perf_counter() - started


def _shown(values: list[float], scale: float = 1, digits: int = 2) -> str:
    middle = statistics.median(values)
    return " / ".join(f"{value * scale:,.{digits}f}" for value in (min(values), middle, max(values)))


def main() -> int:
    """Runs both sides in turn; the exit code is 1 when the ratio is missed."""
    if not PEER.exists():
        print("The peer is not installed. Run `make bench`.")
        return 1
    case = load_case("algoitny")
    measured = load_measurement(case.directory)
    sizes = mean_sizes(case, measured.users, measured.seed)
    patterns = [peer_pattern(case, sizes, name) for name in case.design.patterns]
    model = {"access_pattern_list": patterns, "table_list": peer_tables(case, sizes)}
    dau = [100 * step for step in range(1, POINTS + 1)]
    mine, calculated, whole = [], [], []
    for _ in range(RUNS):
        asked, seconds = _ours(case, measured, dau)
        found = _ask_peer(model, dau)
        mine.append(seconds)
        calculated.append(found["calculated"])
        whole.append(found["with_input"])
    theirs = peer_units(case, found["patterns"])
    same, differ = side_by_side(case, measured.units, theirs)
    totals(case, asked, theirs)
    print(f"{same} units equal, {differ} differ, each by a named rule")
    print(f"{POINTS:,} points, {RUNS} runs, min/median/max: ours {_shown(mine, 1000)} ms,")
    print(f"  peer {_shown(calculated)} s, with the checks of its input {_shown(whole)} s")
    ratios = [other / one for one, other in zip(mine, calculated, strict=True)]
    reached = statistics.median(ratios) >= LEAST
    print(f"ours over the peer without its checks: {_shown(ratios, digits=0)} times", end=" ")
    print(f"(median of at least {LEAST:g}: {reached})")
    return int(not reached)


if __name__ == "__main__":
    sys.exit(main())
