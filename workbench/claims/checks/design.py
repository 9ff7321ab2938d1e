"""Checks that look into the design: what the document promises, and where it is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from workbench.claims.evidence import Evidence, Ours, check, plain
from workbench.spec.design import SecondaryIndex, Table

_CREATE_TABLE = re.compile(r"^\s*CREATE TABLE\s+(?:IF NOT EXISTS\s+)?\"?(\w+)", re.IGNORECASE | re.MULTILINE)


@check
def tables_designed(evidence: Evidence) -> Ours:
    """Returns the number of tables of the design."""
    return _counted("tables", evidence.case.design.tables)


@check
def indexes_designed(evidence: Evidence, *, table: str = "") -> Ours:
    """Returns the number of indexes of one table, or of all."""
    names = [
        f"{name}/{index}"
        for name, each in evidence.case.design.tables.items()
        for index in _indexes(each)
        if table in {"", name}
    ]
    return _counted("indexes", names)


@check
def patterns_designed(evidence: Evidence) -> Ours:
    """Returns the number of access patterns of the design."""
    number = len(evidence.case.design.patterns)
    return Ours(Decimal(number), f"the design declares {number} access patterns, each run on the engines")


@check
def entities_of(evidence: Evidence, *, table: str) -> Ours:
    """Returns the entities of a table, in alphabetical order."""
    names = sorted(name for name, entity in evidence.case.design.entities.items() if entity.table == table)
    return Ours(", ".join(names), f"in the design {table} holds {', '.join(names)}")


@check
def billing_mode(evidence: Evidence, *, tables: tuple[str, ...]) -> Ours:
    """Returns how tables of the design are paid; several words where they differ."""
    modes = {evidence.case.design.tables[name].billing_mode for name in tables}
    words = {"PAY_PER_REQUEST": "on-demand", "PROVISIONED": "provisioned"}
    found = " and ".join(sorted(words[mode] for mode in modes))
    return Ours(found, f"the design has {', '.join(tables)} {found}")


@check
def key_template(evidence: Evidence, *, entity: str, key: str) -> Ours:
    """Returns whether an entity's key has the shape stated: the design's template, parameters left open."""
    template = evidence.case.design.entities[entity].keys[key]
    return Ours(re.sub(r"\{[^}]*\}", "{}", template), f"in the design {entity} has {key} = {template}")


@check
def primary_key(evidence: Evidence, *, table: str) -> Ours:
    """Returns the primary key of a table: partition key, and sort key where there is one."""
    keys = _keys(evidence.case.design.tables[table])
    return Ours(keys, f"the design of {table} has the key {keys}")


@check
def index_key(evidence: Evidence, *, table: str, index: str) -> Ours:
    """Returns the keys of an index: partition key, and sort key where there is one."""
    keys = _keys(_indexes(evidence.case.design.tables[table])[index])
    return Ours(keys, f"the design of {table}/{index} has the key {keys}")


@check
def index_is_sparse(evidence: Evidence, *, table: str, index: str) -> Ours:
    """Returns whether some items of the table stay out of an index."""
    entities = [e for e in evidence.case.design.entities.values() if e.table == table]
    absent = any(index not in entity.index_keys or entity.index_keys[index].when for entity in entities)
    some = "some" if absent else "no"
    return Ours(absent, f"in the design {some} items of {table} stay out of {index}")


@check
def recovery_enabled(evidence: Evidence, *, tables: tuple[str, ...]) -> Ours:
    """Returns whether tables can be restored to a point in time."""
    missing = [name for name in tables if not evidence.case.design.tables[name].point_in_time_recovery]
    found = f"missing on {', '.join(missing)}" if missing else f"on for {', '.join(tables)}"
    return Ours(not missing, f"point-in-time recovery is {found} in the design")


@check
def expiry_attribute(evidence: Evidence, *, table: str) -> Ours:
    """Returns the attribute that expires the items of a table."""
    name = evidence.case.design.tables[table].time_to_live
    return Ours(name or "none", f"the design of {table} has {name or 'no attribute'} for time to live")


@check
def scaled_tables(evidence: Evidence, *, tables: tuple[str, ...]) -> Ours:
    """Returns whether the capacity of tables follows the load: auto scaling, or on-demand."""
    fixed = [
        name
        for name in tables
        if evidence.case.design.tables[name].billing_mode == "PROVISIONED"
        and evidence.case.design.tables[name].auto_scaling is None
    ]
    found = f"{', '.join(fixed)} has a fixed capacity" if fixed else "every capacity follows the load"
    return Ours(not fixed, f"in the design {found}")


@check
def pattern_served(evidence: Evidence, *, patterns: tuple[str, ...]) -> Ours:
    """Returns that the design serves a feature, and by which operations."""
    design = evidence.case.design
    missing = [name for name in patterns if name not in design.patterns]
    if missing:
        return Ours(value=False, working=f"the design has no pattern {', '.join(missing)}")
    served = [f"{name} ({design.patterns[name].operation}{_through(evidence, name)})" for name in patterns]
    return Ours(value=True, working=f"the design serves it by {', '.join(served)}")


@check
def attributes_kept(evidence: Evidence, *, entity: str, attributes: tuple[str, ...]) -> Ours:
    """Returns whether an entity keeps the attributes that the document names."""
    known = evidence.case.design.entities[entity]
    names = {*known.keys, *known.constants, *(name for name, a in known.attributes.items() if a.stored)}
    missing = [name for name in attributes if name not in names]
    found = f"lacks {', '.join(missing)}" if missing else f"has {', '.join(attributes)}"
    return Ours(not missing, f"in the design {entity} {found}")


@check
def without_scan(evidence: Evidence) -> Ours:
    """Returns the share of access patterns that need no Scan [%]."""
    patterns = evidence.case.design.patterns
    scans = [name for name, pattern in patterns.items() if pattern.operation == "Scan"]
    share = round(100 * Decimal(len(patterns) - len(scans)) / len(patterns), 1)
    named = f" ({', '.join(scans)})" if scans else ""
    working = (
        f"{len(scans)} of {len(patterns)} declared patterns need a Scan{named}, so {plain(share)} % do not"
    )
    return Ours(share, working)


@check
def relational_tables(evidence: Evidence) -> Ours:
    """Returns the tables of the relational source, in alphabetical order."""
    names = sorted(_CREATE_TABLE.findall(evidence.case.source_sql or ""))
    return Ours(", ".join(names), f"the relational schema creates {', '.join(names)}")


@check
def kept_days(evidence: Evidence, *, entity: str) -> Ours:
    """Returns for how many days of items of an entity the workload counts storage [days]."""
    rate = evidence.case.workload.stored_items[entity]
    days = Decimal(str(rate.factor))
    return Ours(days, f"the workload keeps {plain(days)} days of {entity}")


def _counted(what: str, names: Iterable[str]) -> Ours:
    listed = list(names)
    return Ours(Decimal(len(listed)), f"{what} in the design: {len(listed)} ({', '.join(listed) or 'none'})")


def _indexes(table: Table) -> dict[str, SecondaryIndex]:
    return {**table.global_secondary_indexes, **table.local_secondary_indexes}


def _keys(holder: Table | SecondaryIndex) -> str:
    sort = f" + {holder.sort_key.name}" if holder.sort_key else ""
    return f"{holder.partition_key.name}{sort}"


def _through(evidence: Evidence, pattern: str) -> str:
    index = getattr(evidence.case.design.patterns[pattern], "index", None)
    return f" of {index}" if index else ""
