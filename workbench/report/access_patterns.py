"""What the notebook of access patterns shows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from workbench.report.tables import Column, Heading, Statement, Table

if TYPE_CHECKING:
    from workbench.spec import Case
    from workbench.spec.access import AccessPattern
    from workbench.spec.base import Source


def heading(case: Case) -> Heading:
    """Returns the title of the page."""
    return Heading(f"{case.design.title}: access patterns", case.design.summary)


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


def pattern_table(case: Case) -> Table:
    """Returns every pattern with the request that answers it."""
    columns = [
        Column("id", "Pattern", code=True),
        Column("description", "Question"),
        Column("entity", "Entity"),
        Column("operation", "Operation"),
        Column("index", "Index"),
        Column("keys", "Keys", code=True),
        Column("consistency", "Read"),
        Column("items", "Items", "a request", digits=1),
        Column("rate", "Requests", "a user a day", digits=3),
        Column("source", "Source"),
    ]
    rows = [_row(case, name, pattern) for name, pattern in case.design.patterns.items()]
    return Table(
        "Access patterns", columns, rows, f"Source: line of {case.design.document}, or why it was filled in."
    )


def _row(case: Case, name: str, pattern: AccessPattern) -> dict[str, Any]:
    return {
        "id": name,
        "description": pattern.description,
        "entity": pattern.entity,
        "operation": pattern.operation,
        "index": getattr(pattern, "index", None) or "table",
        "keys": keys_of(pattern),
        "consistency": consistency(pattern),
        "items": pattern.expected_items,
        "rate": case.workload.requests_per_dau_day(name),
        "source": source_text(pattern.source),
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


def assumption_table(case: Case) -> Table:
    """Returns the numbers that the document leaves open, each with its range and reason."""
    columns = [
        Column("name", "Assumption", code=True),
        Column("value", "Value", digits=2),
        Column("low", "Low", digits=2),
        Column("high", "High", digits=2),
        Column("unit", "Unit"),
        Column("reason", "Reason"),
    ]
    rows = [
        {"name": name, **assumption.model_dump(exclude={"source"})}
        for name, assumption in case.workload.assumptions.items()
    ]
    return Table(
        "Assumptions", columns, rows, "Every number that the document leaves open has a name and a range."
    )
