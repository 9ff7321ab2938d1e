"""Pages put together are the answer that reading everything and filtering it gives."""

from __future__ import annotations

import datetime as dt
import json
import os
import threading

import pytest

from .conftest import seeded

QUERIES = int(os.environ.get("WORKBENCH_SOAK_QUERIES", "150"))
FIRST = dt.datetime(2045, 1, 8, tzinfo=dt.UTC)
HOURS = 8 * 24
CARRIED = {
    "systemId": ("recordId", "userId", "systemId", "recordType", "status", "priority", "title", "createdAt"),
    "priority": ("recordId", "userId", "systemId", "recordType", "status", "priority", "title", "createdAt"),
}
"""Attributes that the index of systems and that of priorities carry, as the design states them."""


def moment(hours):
    """A moment of the population as the interface takes it."""
    return (FIRST + dt.timedelta(hours=hours)).isoformat().replace("+00:00", "Z")


def drawn(rng, rows):
    """A random question that a key answers, as parameters, and the same as a function over rows."""
    row = rng.choice(rows)
    pairs, tests = [], []
    equal = rng.choice([["userId"], ["userId"], ["userId", "systemId"], ["userId", "systemId"], ["systemId"]])
    for name in equal:
        pairs.append((name, row[name]))
        tests.append(lambda r, name=name: r[name] == row[name])
    if rng.random() < 0.5:
        low, high = sorted(rng.sample(range(HOURS), 2))
        if rng.random() < 0.8:
            pairs.append(("from", moment(low)))
            tests.append(lambda r: r["createdAt"] >= iso(low))
        if rng.random() < 0.8:
            pairs.append(("to", moment(high)))
            tests.append(lambda r: r["createdAt"] < iso(high))
    priority = "userId" in equal and rng.random() < 0.25
    descending = rng.random() < 0.5
    if priority or not descending or rng.random() < 0.5:
        pairs.append(("sort", ("-" if descending else "") + ("priority" if priority else "createdAt")))
    filters(rng, pairs, tests, tagged="userId" in equal and not priority)
    pairs.append(("limit", str(rng.randint(1, 100))))
    shown = CARRIED["priority"] if priority else CARRIED["systemId"] if equal == ["systemId"] else None
    if rng.random() < 0.3:
        shown = ["recordId", *rng.sample(["title", "status", "priority", "createdAt"], 2)]
        pairs.append(("fields", ",".join(shown)))
    return pairs, expected(rows, tests, shown, priority=priority, descending=descending)


def iso(hours):
    """A moment as records hold it."""
    return (FIRST + dt.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.000000Z")


def filters(rng, pairs, tests, *, tagged):
    """Adds some of the filters."""
    if rng.random() < 0.3:
        states = rng.sample(["OPEN", "DONE", "FAILED"], rng.randint(1, 2))
        pairs += [("status", state) for state in states]
        tests.append(lambda r: r["status"] in states)
    if rng.random() < 0.2:
        least = rng.randint(0, 6)
        pairs.append(("minPriority", str(least)))
        tests.append(lambda r: r["priority"] >= least)
    if tagged and rng.random() < 0.2:
        pairs.append(("tag", "audit"))
        tests.append(lambda r: "audit" in r["tags"])


def expected(rows, tests, shown, *, priority, descending):
    """The answer by reading everything."""
    found = [row for row in rows if all(test(row) for test in tests)]
    found.sort(
        key=lambda r: (r["priority"] if priority else 0, r["createdAt"], r["recordId"]), reverse=descending
    )
    return [{name: value for name, value in row.items() if shown is None or name in shown} for row in found]


def test_pages_are_the_brute_force_answer(service, rows):
    """Random questions over keys, ranges, filters, sorts, fields and page sizes: no record more or less."""
    rng = seeded(2045)
    sizes = []
    for _ in range(QUERIES):
        pairs, answer = drawn(rng, rows)
        assert service.everything(pairs) == answer, pairs
        sizes.append(len(answer))
    assert sum(size > 0 for size in sizes) > QUERIES * 0.6


@pytest.mark.usefixtures("restored")
def test_pages_hold_while_writes_go_on(make_service, rows):
    """While records arrive, each that was there before comes once, in order, and none that never existed."""
    service, writer, stop, written = make_service(), make_service(), threading.Event(), []

    def write():
        rng = seeded(1)
        while not stop.is_set():
            row = dict(
                rng.choice(rows), recordId=f"new-{len(written):06d}", createdAt=moment(rng.random() * HOURS)
            )
            written.append(
                (
                    row["recordId"],
                    writer.request("POST", "/v1/records", content=json.dumps(row, default=float)),
                )
            )

    thread = threading.Thread(target=write)
    thread.start()
    try:
        rng = seeded(7)
        for _ in range(max(20, QUERIES // 8)):
            pairs, before = drawn(rng, rows)
            _check_stable(service.everything(pairs), before, pairs)
    finally:
        stop.set()
        thread.join()
    assert {answer.status_code for _, answer in written} == {201}


def _check_stable(found, before, pairs):
    """Whether an answer holds what was there, once and in order, and otherwise only what was written."""
    names = [record["recordId"] for record in found] if found and "recordId" in found[0] else []
    assert len(set(names)) == len(names), pairs
    assert [record for record in found if not record["recordId"].startswith("new-")] == before, pairs


def test_a_filtered_page_ends_early_and_goes_on(service, rows):
    """A page whose budget of reads is used up is handed out with a token, and the rest follows."""
    system = max({row["systemId"] for row in rows}, key=lambda s: sum(r["systemId"] == s for r in rows))
    found = service.everything([("systemId", system), ("status", "FAILED"), ("limit", "1")])
    assert [r["recordId"] for r in found] == [
        r["recordId"]
        for r in expected(
            rows,
            [lambda r: r["systemId"] == system, lambda r: r["status"] == "FAILED"],
            None,
            priority=False,
            descending=True,
        )
    ]


def test_a_scan_is_paged_through_on_request(service, rows):
    """With allow_scan, every record that the filter lets through comes exactly once."""
    found = service.everything([("status", "FAILED"), ("allow_scan", "true"), ("limit", "100")])
    names = sorted(record["recordId"] for record in found)
    assert names == sorted(row["recordId"] for row in rows if row["status"] == "FAILED")


def test_an_export_puts_pages_together_and_tells_its_progress(service, rows):
    """Each line has records and how far it is; the last says whether that was all."""
    user = rows[0]["userId"]
    answer = service.request("GET", "/v1/records/export", [("userId", user), ("limit", "7")])
    lines = [json.loads(line) for line in answer.text.splitlines()]
    names = [record["recordId"] for line in lines[:-1] for record in line["items"]]
    wanted = expected(rows, [lambda r: r["userId"] == user], None, priority=False, descending=True)
    assert names == [row["recordId"] for row in wanted]
    assert [line["progress"]["records"] for line in lines[:-2]] == [7 * n for n in range(1, len(lines) - 1)]
    assert (lines[-1]["complete"], lines[-1]["records"]) == (True, len(wanted))


def test_an_export_stops_at_its_cap_and_can_go_on(service, rows):
    """With a cap, the last line says that there is more and hands out the token to go on with."""
    user = max({row["userId"] for row in rows}, key=lambda u: sum(r["userId"] == u for r in rows))
    pairs = [("userId", user), ("limit", "8")]
    answer = service.request("GET", "/v1/records/export", [*pairs, ("most", "12")])
    *lines, last = [json.loads(line) for line in answer.text.splitlines()]
    names = [record["recordId"] for line in lines for record in line["items"]]
    assert (len(names), last["complete"]) == (12, False)
    rest = service.page([*pairs, ("token", last["next"])]).json()
    wanted = expected(rows, [lambda r: r["userId"] == user], None, priority=False, descending=True)
    assert names + [record["recordId"] for record in rest["items"]] == [r["recordId"] for r in wanted[:20]]
