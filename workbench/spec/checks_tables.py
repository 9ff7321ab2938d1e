"""What must hold within each table of a design, so that CreateTable takes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from workbench.spec.design import Design, KeyAttribute, ProvisionedThroughput, SecondaryIndex, Table
from workbench.spec.findings import Finding, Path, listed, shown

MOST_GLOBAL_INDEXES = 20
MOST_LOCAL_INDEXES = 5
MOST_INCLUDED_ATTRIBUTES = 100

KINDS = ("global_secondary_indexes", "local_secondary_indexes")


def indexes(table: Table) -> dict[str, SecondaryIndex]:
    """Returns the indexes of a table by name."""
    return table.local_secondary_indexes | table.global_secondary_indexes


def holders(table: Table) -> list[Table | SecondaryIndex]:
    """Returns a table and its indexes, everything that has keys."""
    return [table, *indexes(table).values()]


def key_names(holder: Table | SecondaryIndex) -> list[str]:
    """Returns the names of the key attributes of a table or index, partition key first."""
    return [key.name for key in (holder.partition_key, holder.sort_key) if key]


def _tables(design: Design) -> Iterator[tuple[Path, Table]]:
    return ((("tables", name), table) for name, table in design.tables.items())


def _indexes(design: Design) -> Iterator[tuple[Path, Table, SecondaryIndex]]:
    for path, table in _tables(design):
        for kind in KINDS:
            for name, index in getattr(table, kind).items():
                yield (*path, kind, name), table, index


def _holders(design: Design) -> Iterator[tuple[Path, Table | SecondaryIndex]]:
    yield from _tables(design)
    yield from ((path, index) for path, _, index in _indexes(design))


def _is_local(path: Path) -> bool:
    return "local_secondary_indexes" in path


def projection_names_attributes(design: Design) -> Iterator[Finding]:
    """Finds INCLUDE projections without attributes, and others with some.

    Source: api-projection
    """
    for path, _, index in _indexes(design):
        names = index.projection.non_key_attributes
        place = (*path, "projection", "non_key_attributes")
        if index.projection.type == "INCLUDE" and not names:
            step = "List the attributes to copy, or use KEYS_ONLY."
            yield Finding(place, "is missing for an INCLUDE projection", step, shown(None))
        if index.projection.type != "INCLUDE" and names:
            step = "Delete the list, or set the type to INCLUDE."
            yield Finding(
                place, f"is not taken by a projection of {index.projection.type}", step, listed(names)
            )


def projection_leaves_keys_out(design: Design) -> Iterator[Finding]:
    """Finds projected attributes that are listed twice or are keys, which every entry has anyway.

    Source: api-projection
    """
    for path, table, index in _indexes(design):
        keys = {*key_names(table), *key_names(index)}
        seen: set[str] = set()
        for position, name in enumerate(index.projection.non_key_attributes):
            place = (*path, "projection", "non_key_attributes", position)
            if name in keys:
                yield Finding(place, "is a key, which every entry has", "Delete it.", shown(name))
            elif name in seen:
                yield Finding(place, "is listed twice", "Delete it.", shown(name))
            seen.add(name)


def throughput_fits_billing_mode(design: Design) -> Iterator[Finding]:
    """Finds provisioned resources without capacity, and others with some.

    Source: api-create-table
    """
    for path, table in _tables(design):
        yield from _throughput(path, table.provisioned_throughput, table)
        for name, index in table.global_secondary_indexes.items():
            place = (*path, "global_secondary_indexes", name)
            yield from _throughput(place, index.provisioned_throughput, table)


def _throughput(path: Path, throughput: ProvisionedThroughput | None, table: Table) -> Iterator[Finding]:
    place = (*path, "provisioned_throughput")
    if table.billing_mode == "PROVISIONED" and throughput is None:
        step = "Add read_capacity_units and write_capacity_units."
        yield Finding(place, "is missing for a PROVISIONED table", step, shown(None))
    if table.billing_mode != "PROVISIONED" and throughput is not None:
        step = "Delete it, or set the table's billing_mode to PROVISIONED."
        yield Finding(
            place, f"is not taken by a table of {table.billing_mode}", step, shown(throughput.model_dump())
        )


def auto_scaling_surrounds_throughput(design: Design) -> Iterator[Finding]:
    """Finds auto scaling without a provisioned start, or with a maximum below it.

    Source: dg-autoscaling
    """
    for path, holder in _holders(design):
        scaling, start = holder.auto_scaling, holder.provisioned_throughput
        if scaling is None or _is_local(path):
            continue
        if start is None:
            step = "Delete it, or add provisioned_throughput."
            found = shown(scaling.model_dump())
            yield Finding((*path, "auto_scaling"), "scales a capacity that is not provisioned", step, found)
            continue
        for unit in ("read_capacity_units", "write_capacity_units"):
            most, least = getattr(scaling, f"max_{unit}"), getattr(start, unit)
            if most < least:
                place = (*path, "auto_scaling", f"max_{unit}")
                yield Finding(place, "is below the start", "Raise it.", str(most), f"at least {least}")


def local_index_follows_table(design: Design) -> Iterator[Finding]:
    """Finds local indexes with another partition key, without a sort key, or with a capacity of their own.

    Source: dg-lsi
    """
    for path, table, index in _indexes(design):
        if not _is_local(path):
            continue
        own, wanted = index.partition_key.name, table.partition_key.name
        if own != wanted:
            step = "Use the table's partition key, or a global index."
            yield Finding(
                (*path, "partition_key", "name"), "differs from its table's", step, shown(own), wanted
            )
        if index.sort_key is None:
            step = "Add the sort key that the index is for."
            yield Finding((*path, "sort_key"), "is missing in a local index", step, shown(None))
        for field in ("provisioned_throughput", "auto_scaling"):
            given = getattr(index, field)
            if given is not None:
                step = "Delete it; the index uses the table's capacity."
                found = shown(given.model_dump())
                yield Finding((*path, field), "is not taken by a local index", step, found)


def local_index_needs_sorted_table(design: Design) -> Iterator[Finding]:
    """Finds local indexes of tables without a sort key.

    Source: dg-lsi
    """
    for path, table in _tables(design):
        if table.local_secondary_indexes and table.sort_key is None:
            step = "Give the table a sort key, or use global indexes."
            names = listed(table.local_secondary_indexes)
            yield Finding((*path, "local_secondary_indexes"), "needs a table with a sort key", step, names)


def key_attributes_differ(design: Design) -> Iterator[Finding]:
    """Finds keys whose partition and sort attribute are the same.

    Source: api-create-table
    """
    for path, holder in _holders(design):
        names = key_names(holder)
        if len(names) > len(set(names)):
            place = (*path, "sort_key", "name")
            yield Finding(place, "is the partition key too", "Use another attribute.", shown(names[0]))


def key_attribute_has_one_type(design: Design) -> Iterator[Finding]:
    """Finds key attributes that have different types in a table and its indexes.

    Source: api-create-table
    """
    for path, table in _tables(design):
        types: dict[str, str] = {}
        for place, key in _keys(path, table):
            first = types.setdefault(key.name, key.type)
            if key.type != first:
                step = "An attribute has one type in a table and its indexes; choose one."
                found = f"{key.name} as {key.type}"
                yield Finding((*place, "type"), "differs from an earlier key", step, found, first)


def _keys(path: Path, table: Table) -> Iterator[tuple[Path, KeyAttribute]]:
    holders: list[tuple[Path, Table | SecondaryIndex]] = [(path, table)]
    holders += [
        ((*path, kind, name), index) for kind in KINDS for name, index in getattr(table, kind).items()
    ]
    for place, holder in holders:
        for field in ("partition_key", "sort_key"):
            key = getattr(holder, field)
            if key is not None:
                yield (*place, field), key


def index_names_differ(design: Design) -> Iterator[Finding]:
    """Finds local indexes that are called like a global index of the table.

    Source: api-create-table
    """
    for path, table in _tables(design):
        for name in table.local_secondary_indexes:
            if name in table.global_secondary_indexes:
                place = (*path, "local_secondary_indexes", name)
                yield Finding(place, "is the name of a global index too", "Rename one of them.", shown(name))


def index_limits_hold(design: Design) -> Iterator[Finding]:
    """Finds tables with more indexes or included attributes than DynamoDB takes.

    Source: dg-constraints
    """
    for path, table in _tables(design):
        for kind, most in zip(KINDS, (MOST_GLOBAL_INDEXES, MOST_LOCAL_INDEXES), strict=True):
            yield from _most((*path, kind), len(getattr(table, kind)), most, "indexes")
        included = sum(len(index.projection.non_key_attributes) for index in indexes(table).values())
        yield from _most(path, included, MOST_INCLUDED_ATTRIBUTES, "included attributes in all indexes")


def _most(path: Path, count: int, most: int, what: str) -> Iterator[Finding]:
    if count > most:
        yield Finding(
            path, f"has too many {what}", "Leave some out, or split the table.", str(count), f"at most {most}"
        )


def time_to_live_is_no_key(design: Design) -> Iterator[Finding]:
    """Finds tables whose items expire by a key attribute.

    Source: dg-ttl
    """
    for path, table in _tables(design):
        if table.time_to_live in key_names(table):
            step = "Use an attribute of its own for the expiry."
            yield Finding((*path, "time_to_live"), "is a key of the table", step, shown(table.time_to_live))


def repeated(names: Iterable[str]) -> list[str]:
    """Returns the names that occur more than once."""
    return [name for name, count in Counter(names).items() if count > 1]
