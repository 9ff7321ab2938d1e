"""What the notebook of the schema shows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from workbench.access.tables import apply_schema, describe
from workbench.report.access_patterns import source_text
from workbench.report.tables import Column, Heading, Statement, Table
from workbench.schema import desired_state, diff

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.engines import DynamoEngine
    from workbench.spec import Case
    from workbench.spec.design import Design, KeyAttribute, SecondaryIndex
    from workbench.spec.design import Table as DesignTable


def heading(case: Case) -> Heading:
    """Returns the title of the page."""
    return Heading("Schema", case.design.title)


def inventory(case: Case) -> Statement:
    """Returns how many tables, indexes and entities the design has."""
    tables = case.design.tables.values()
    indexes = sum(len(table.global_secondary_indexes) for table in tables)
    modes = Counter(table.billing_mode for table in tables)
    listed = " and ".join(f"{count} {mode}" for mode, count in modes.items())
    return Statement(
        f"{len(tables)} tables ({listed}) with {indexes} global secondary indexes hold "
        f"{len(case.design.entities)} kinds of item."
    )


def table_table(case: Case) -> Table:
    """Returns the tables and indexes with their keys, projection, capacity and purpose."""
    columns = [
        Column("table", "Table", code=True),
        Column("index", "Index", code=True),
        Column("keys", "Keys", code=True),
        Column("projection", "Projection"),
        Column("rcu", "Reads", "RCU", digits=0),
        Column("wcu", "Writes", "WCU", digits=0),
        Column("purpose", "Purpose", wide=True),
        Column("source", "Source"),
    ]
    return Table(
        "Tables and indexes",
        columns,
        list(_table_rows(case.design)),
        f"No capacity: on-demand. Source: line of {case.design.document}, or why it was filled in.",
    )


def _table_rows(design: Design) -> Iterator[dict[str, Any]]:
    for name, table in design.tables.items():
        yield {"table": name, "index": None, "projection": None, "purpose": _extras(table), **_shared(table)}
        for index_name, index in {**table.global_secondary_indexes, **table.local_secondary_indexes}.items():
            yield {
                "table": name,
                "index": index_name,
                "projection": _projection(index),
                "purpose": index.purpose,
                **_shared(index),
            }


def _shared(holder: DesignTable | SecondaryIndex) -> dict[str, Any]:
    units = holder.provisioned_throughput
    return {
        "keys": _keys(holder.partition_key, holder.sort_key),
        "rcu": units.read_capacity_units if units else None,
        "wcu": units.write_capacity_units if units else None,
        "source": source_text(holder.source),
    }


def _keys(partition: KeyAttribute, sort: KeyAttribute | None) -> str:
    return " + ".join(f"{key.name} ({key.type})" for key in (partition, sort) if key)


def _projection(index: SecondaryIndex) -> str:
    count = len(index.projection.non_key_attributes)
    return f"{index.projection.type}, {count} attributes" if count else index.projection.type


def _extras(table: DesignTable) -> str:
    facts: list[str] = [table.billing_mode]
    facts += [f"TTL on {table.time_to_live}"] if table.time_to_live else []
    facts += ["point-in-time recovery"] if table.point_in_time_recovery else []
    facts += ["deletion protection"] if table.deletion_protection else []
    return ", ".join(facts)


def key_table(case: Case) -> Table:
    """Returns which key templates put which entity where."""
    columns = [
        Column("entity", "Entity"),
        Column("table", "Table", code=True),
        Column("place", "Index", code=True),
        Column("keys", "Keys", code=True, wide=True),
        Column("when", "Only while"),
    ]
    return Table(
        "Where each kind of item lives",
        columns,
        list(_key_rows(case.design)),
        "Placeholders in braces are attributes. A condition makes the index sparse.",
    )


def _key_rows(design: Design) -> Iterator[dict[str, Any]]:
    for name, entity in design.entities.items():
        shared = {"entity": name, "table": entity.table}
        yield {**shared, "place": "table", "keys": _pairs(entity.keys), "when": None}
        for index, keys in entity.index_keys.items():
            yield {**shared, "place": index, "keys": _pairs(keys.keys), "when": _pairs(keys.when) or None}


def _pairs(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {_value(value)}" for name, value in values.items())


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def decision_table(case: Case) -> Table | Statement:
    """Returns the decisions that the design documents, with what each gives up."""
    if not case.design.decisions:
        return Statement("The design states no decision.")
    columns = [
        Column("decision", "Decision", wide=True),
        Column("reason", "Reason", wide=True),
        Column("trade_off", "What it gives up", wide=True),
        Column("source", "Source"),
    ]
    rows = [
        {**decision.model_dump(exclude={"source"}), "source": source_text(decision.source)}
        for decision in case.design.decisions
    ]
    return Table("Decisions", columns, rows)


def applied_table(case: Case, engine: DynamoEngine) -> Table:
    """Makes the tables on an engine and returns what became of the requests."""
    columns = [
        Column("table", "Table", code=True),
        Column("api", "Request", code=True),
        Column("count", "Requests", digits=0),
        Column("applied", "Applied"),
        Column("reason", "Why not", wide=True),
    ]
    outcomes = Counter(
        (outcome.operation.table, outcome.operation.api, outcome.not_applied)
        for outcome in apply_schema(case.design, engine)
    )
    rows = [
        {"table": table, "api": api, "count": count, "applied": not reason, "reason": reason or None}
        for (table, api, reason), count in outcomes.items()
    ]
    return Table(f"The design made on {engine.name} {engine.version}".rstrip(), columns, rows)


def comparison(case: Case, engine: DynamoEngine) -> Statement:
    """Returns whether the tables that the engine describes are those of the design."""
    found = diff(desired_state(case.design), describe(case.design, engine))
    if found:
        lines = "; ".join(str(difference) for difference in found)
        return Statement(f"{len(found)} differences between design and engine: {lines}.", "bad")
    return Statement("Described back, the tables are those of the design: no difference.", "good")
