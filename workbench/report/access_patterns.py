"""What the notebook of access patterns shows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from workbench.report.figures import Figure, stacked_bars
from workbench.report.tables import Column, Heading, Statement, Table

if TYPE_CHECKING:
    from workbench.spec import Case
    from workbench.spec.access import AccessPattern
    from workbench.spec.base import Source


def heading(case: Case) -> Heading:
    """Returns the title of the page."""
    return Heading("Access patterns", case.design.title, case.design.summary)


def coverage(case: Case) -> Statement:
    """Returns how many patterns there are, and how many the document names."""
    patterns = case.design.patterns.values()
    documented = sum(pattern.source.line is not None for pattern in patterns)
    operations = Counter(pattern.operation for pattern in patterns)
    listed = ", ".join(f"{count} {name}" for name, count in operations.most_common())
    return Statement(
        f"{len(patterns)} access patterns, {documented} named by {case.design.document} and "
        f"{len(patterns) - documented} reconstructed: {listed}."
    )


def question_table(case: Case) -> Table:
    """Returns what every pattern asks, and how often."""
    columns = [
        Column("id", "Pattern", code=True),
        Column("description", "Question", wide=True),
        Column("entity", "Entity"),
        Column("rate", "Requests", "a DAU a day", digits=3),
        Column("source", "Source"),
    ]
    rows = [
        {
            "id": name,
            "description": pattern.description,
            "entity": pattern.entity,
            "rate": case.workload.requests_per_dau_day(name),
            "source": source_text(pattern.source),
        }
        for name, pattern in case.design.patterns.items()
    ]
    note = f"DAU: daily active user. Source: line of {case.design.document}, or why it was filled in."
    return Table("What is asked", columns, rows, note)


def request_table(case: Case) -> Table:
    """Returns the request by which the design answers each pattern."""
    columns = [
        Column("id", "Pattern", code=True),
        Column("operation", "Operation"),
        Column("index", "Index"),
        Column("keys", "Keys", code=True, wide=True),
        Column("consistency", "Read"),
        Column("items", "Items", "a request", digits=1),
        Column("target", "Target p99", "ms", digits=0),
    ]
    rows = [_request_row(name, pattern) for name, pattern in case.design.patterns.items()]
    return Table("Requests", columns, rows, "Targets are the document's; no target, none stated.")


def _request_row(name: str, pattern: AccessPattern) -> dict[str, Any]:
    return {
        "id": name,
        "operation": pattern.operation,
        "index": getattr(pattern, "index", None) or "table",
        "keys": keys_of(pattern) or None,
        "consistency": consistency(pattern),
        "items": pattern.expected_items,
        "target": pattern.target_p99_ms,
    }


def keys_of(pattern: AccessPattern) -> str:
    """Returns the key condition of a pattern in one line."""
    parts = [f"{name} = {value}" for name, value in (_equalities(pattern)).items()]
    sort = getattr(pattern, "sort", None)
    if sort is not None:
        parts.append(f"{sort.attribute} {sort.operator} {_values(sort.value)}")
    return ", ".join(parts)


def _equalities(pattern: AccessPattern) -> dict[str, str]:
    found: dict[str, str] = getattr(pattern, "key", None) or getattr(pattern, "partition", None) or {}
    return found


def _values(value: object) -> str:
    return " and ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def consistency(pattern: AccessPattern) -> str | None:
    """Returns how a read is consistent; None for a write."""
    if not hasattr(pattern, "consistent_read"):
        return None
    return "strong" if pattern.consistent_read else "eventual"


def source_text(source: Source | None) -> str:
    """Returns where a statement comes from."""
    if source is None:
        return "not stated"
    return f"line {source.line}" if source.line else f"reconstructed: {source.reconstructed}"


def demand_figure(case: Case, dau: int) -> Figure:
    """Returns the requests a day of every pattern, by operation, at a number of daily active users."""
    patterns = case.design.patterns
    rates = {name: case.workload.requests_per_dau_day(name) * dau for name in patterns}
    busiest = sorted(rates, key=lambda name: -rates[name])
    parts: dict[str, dict[str, float]] = {name: {patterns[name].operation: rates[name]} for name in busiest}
    share = rates[busiest[0]] / sum(rates.values())
    caption = (
        f"{dau:,} daily active users send {sum(rates.values()):,.0f} requests a day; "
        f"{busiest[0]} alone is {share:.0%} of them."
    )
    return stacked_bars("Requests a day by pattern", caption, parts, "requests a day")


def assumption_table(case: Case) -> Table:
    """Returns the numbers that the document leaves open, each with its range and reason."""
    columns = [
        Column("name", "Assumption", code=True),
        Column("value", "Value", digits=2),
        Column("low", "Low", digits=2),
        Column("high", "High", digits=2),
        Column("unit", "Unit"),
        Column("reason", "Reason", wide=True),
    ]
    rows = [
        {"name": name, **assumption.model_dump(exclude={"source"})}
        for name, assumption in case.workload.assumptions.items()
    ]
    return Table(
        "Assumptions", columns, rows, "Every number that the document leaves open has a name and a range."
    )
