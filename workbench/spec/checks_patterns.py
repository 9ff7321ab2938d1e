"""What must hold between access patterns, entities, tables and indexes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from workbench.spec.access import (
    AccessPattern,
    Condition,
    Query,
    ReadMany,
    SortCondition,
    TransactMember,
    TransactWriteItems,
)
from workbench.spec.base import Scalar
from workbench.spec.checks_entities import exactly, malformed, parts, unsuited
from workbench.spec.checks_tables import holders, indexes, key_names, repeated
from workbench.spec.design import Attribute, Design, Entity, SecondaryIndex, Table
from workbench.spec.findings import Finding, Path, listed, shown, unknown


class Placed(NamedTuple):
    """A pattern, or one member of a transaction, with what it is about.

    Args:
        path: Where it stands.
        operation: The pattern or the member.
        pattern: The pattern.
        entity: The entity that it reads or writes.
        table: The entity's table.
        name: The name of the table.
    """

    path: Path
    operation: AccessPattern | TransactMember
    pattern: AccessPattern
    entity: Entity
    table: Table
    name: str


def _operations(design: Design) -> Iterator[tuple[Path, AccessPattern | TransactMember, AccessPattern]]:
    for name, pattern in design.patterns.items():
        path: Path = ("patterns", name)
        yield path, pattern, pattern
        if isinstance(pattern, TransactWriteItems):
            for position, member in enumerate(pattern.members):
                yield (*path, "members", position), member, pattern


def _placed(design: Design) -> Iterator[Placed]:
    """Yields the operations whose entity and table exist."""
    for path, operation, pattern in _operations(design):
        entity = design.entities.get(operation.entity)
        if entity is not None and entity.table in design.tables and pattern.entity in design.entities:
            yield Placed(path, operation, pattern, entity, design.tables[entity.table], entity.table)


def pattern_entity_exists(design: Design) -> Iterator[Finding]:
    """Finds patterns and members of transactions about entities that do not exist."""
    for path, operation, _ in _operations(design):
        if operation.entity not in design.entities:
            yield unknown((*path, "entity"), "entity", operation.entity, design.entities, "entities")


def pattern_index_exists(design: Design) -> Iterator[Finding]:
    """Finds patterns that read an index which the entity's table does not have."""
    for placed in _placed(design):
        index = getattr(placed.operation, "index", None)
        if index is not None and index not in indexes(placed.table):
            yield unknown((*placed.path, "index"), f"index of {placed.name}", index, indexes(placed.table))


def _holder(placed: Placed) -> tuple[Table | SecondaryIndex, str] | None:
    """Returns what a pattern reads, with its name in a message; None when that does not exist."""
    index = getattr(placed.operation, "index", None)
    if index is None:
        return placed.table, f"table {placed.name}"
    found = indexes(placed.table).get(index)
    return (found, f"index {index}") if found else None


def pattern_fills_table_keys(design: Design) -> Iterator[Finding]:
    """Finds operations on one item that do not state exactly the table's keys."""
    for placed in _placed(design):
        key = getattr(placed.operation, "key", None)
        if key is not None:
            yield from exactly((*placed.path, "key"), key, key_names(placed.table), f"table {placed.name}")


def _queries(design: Design) -> Iterator[tuple[Placed, Query, Table | SecondaryIndex, str]]:
    for placed in _placed(design):
        holder = _holder(placed)
        if isinstance(placed.operation, Query) and holder:
            yield placed, placed.operation, *holder


def query_states_partition_key(design: Design) -> Iterator[Finding]:
    """Finds queries whose partition is not exactly the partition key of what they read."""
    for placed, query, holder, name in _queries(design):
        yield from exactly((*placed.path, "partition"), query.partition, [holder.partition_key.name], name)


def query_sorts_by_sort_key(design: Design) -> Iterator[Finding]:
    """Finds queries with a condition on something that is not the sort key of what they read."""
    for placed, query, holder, name in _queries(design):
        if query.sort is None:
            continue
        place = (*placed.path, "sort", "attribute")
        if holder.sort_key is None:
            yield Finding(
                place,
                f"asks for a sort key that {name} does not have",
                "Delete `sort`.",
                shown(query.sort.attribute),
            )
        elif holder.sort_key.name != query.sort.attribute:
            step = "Use the sort key, or move the condition to `filter`."
            yield Finding(
                place,
                f"is not the sort key of {name}",
                step,
                shown(query.sort.attribute),
                holder.sort_key.name,
            )


def filter_leaves_keys_out(design: Design) -> Iterator[Finding]:
    """Finds queries that filter by a key of what they read, which DynamoDB refuses.

    Source: api-query
    """
    for placed, query, holder, name in _queries(design):
        for position, condition in enumerate(query.filter):
            if condition.attribute in key_names(holder):
                place = (*placed.path, "filter", position, "attribute")
                step = "Put it into `partition` or `sort`."
                yield Finding(place, f"filters by a key of {name}", step, shown(condition.attribute))


def global_index_reads_eventually(design: Design) -> Iterator[Finding]:
    """Finds consistent reads of global indexes.

    Source: dg-gsi
    """
    for placed in _placed(design):
        operation = placed.operation
        consistent = isinstance(operation, ReadMany) and operation.consistent_read
        if consistent and _global_index(placed):
            step = "Delete it, or read the table or a local index."
            place = (*placed.path, "consistent_read")
            yield Finding(place, "is not offered by a global index", step, "true", "false")


def _global_index(placed: Placed) -> SecondaryIndex | None:
    """Returns the global index that an operation reads; None when it reads something else."""
    return placed.table.global_secondary_indexes.get(getattr(placed.operation, "index", None) or "")


def _is_partial(index: SecondaryIndex) -> bool:
    """Returns whether an index carries some attributes only, and says properly which."""
    listed_none = index.projection.type == "INCLUDE" and not index.projection.non_key_attributes
    return index.projection.type != "ALL" and not listed_none


def read_attributes_are_projected(design: Design) -> Iterator[Finding]:
    """Finds reads of a global index that ask for attributes which its entries do not carry.

    Source: dg-gsi
    """
    for placed in _placed(design):
        operation = placed.operation
        index = _global_index(placed)
        if index is None or not isinstance(operation, ReadMany) or not _is_partial(index):
            continue
        carried = {*key_names(placed.table), *key_names(index), *index.projection.non_key_attributes}
        asked: list[tuple[Path, str]] = [
            (("attributes", position), name) for position, name in enumerate(operation.attributes)
        ]
        asked += [(("filter", at, "attribute"), each.attribute) for at, each in enumerate(operation.filter)]
        for place, name in asked:
            if name not in carried:
                step = f"Add it to the projection of {operation.index}."
                yield Finding(
                    (*placed.path, *place), "is not projected", step, shown(name), listed(sorted(carried))
                )


def _conditions(placed: Placed) -> Iterator[tuple[Path, Condition | SortCondition]]:
    for field in ("filter", "condition"):
        for position, condition in enumerate(getattr(placed.operation, field, ())):
            yield (*placed.path, field, position), condition
    sort = getattr(placed.operation, "sort", None)
    if sort is not None:
        yield (*placed.path, "sort"), sort


def condition_has_its_values(design: Design) -> Iterator[Finding]:
    """Finds conditions with more or fewer values than their operator takes."""
    for placed in _placed(design):
        for path, condition in _conditions(placed):
            allowed = _wrong_arity(condition)
            if allowed:
                step = "Give the operator what it compares with."
                value = list(condition.value) if isinstance(condition.value, tuple) else condition.value
                yield Finding(
                    (*path, "value"), f"does not suit `{condition.operator}`", step, shown(value), allowed
                )


def _wrong_arity(condition: Condition | SortCondition) -> str:
    """Returns what an operator takes when the condition does not give it; empty when it does."""
    value = condition.value
    if condition.operator == "between":
        return "" if isinstance(value, tuple) and len(value) == 2 else "a list of 2"  # noqa: PLR2004 - low and high
    if condition.operator == "in":
        return "" if value not in (None, ()) else "a value or a list"
    if condition.operator in {"attribute_exists", "attribute_not_exists"}:
        return "" if value is None else "nothing"
    return "a single value" if value is None or isinstance(value, tuple) else ""


def _changes(design: Design) -> Iterator[tuple[Placed, list[tuple[Path, str]]]]:
    for placed in _placed(design):
        operation = placed.operation
        if operation.operation == "UpdateItem":
            changed: list[tuple[Path, str]] = [(("set", name), name) for name in operation.set]
            changed += [(("add", name), name) for name in operation.add]
            changed += [(("remove", position), name) for position, name in enumerate(operation.remove)]
            yield placed, changed


def update_changes_something_once(design: Design) -> Iterator[Finding]:
    """Finds updates that change nothing, or one attribute in two ways.

    Source: api-update-item
    """
    for placed, changed in _changes(design):
        if not changed:
            step = "State `set`, `add` or `remove`."
            yield Finding(placed.path, "changes nothing", step, "an UpdateItem without a change")
        twice = repeated(name for _, name in changed)
        for name in twice:
            place = next(place for place, other in changed if other == name)
            yield Finding((*placed.path, *place), "is changed twice", "Keep one of the changes.", shown(name))


def update_keeps_table_keys(design: Design) -> Iterator[Finding]:
    """Finds updates of key attributes of the table, which DynamoDB refuses.

    Source: api-update-item
    """
    for placed, changed in _changes(design):
        for place, name in changed:
            if name in key_names(placed.table):
                step = "Delete the item and put another one."
                yield Finding((*placed.path, *place), f"is a key of table {placed.name}", step, shown(name))


def parameter_names_attribute(design: Design) -> Iterator[Finding]:
    """Finds parameters with the type of an attribute that the entity does not have."""
    for placed in _placed(design):
        if placed.operation is placed.pattern:
            for name, attribute in placed.pattern.parameters.items():
                if attribute not in placed.entity.attributes:
                    place = (*placed.path, "parameters", name)
                    yield unknown(
                        place, f"attribute of {placed.pattern.entity}", attribute, placed.entity.attributes
                    )


def _texts(placed: Placed) -> Iterator[tuple[Path, Scalar, bool]]:
    """Yields place, value and whether a lone placeholder needs a type of its own."""
    for field in ("key", "partition"):
        for name, text in getattr(placed.operation, field, {}).items():
            yield (*placed.path, field, name), text, True
    keys = {name for holder in holders(placed.table) for name in key_names(holder)}
    for field in ("set", "add"):
        for name, value in getattr(placed.operation, field, {}).items():
            yield (*placed.path, field, name), value, name in keys
    for path, condition in _conditions(placed):
        strict = condition.attribute in keys
        if isinstance(condition.value, tuple):
            yield from ((((*path, "value", at)), value, strict) for at, value in enumerate(condition.value))
        else:
            yield (*path, "value"), condition.value, strict


def pattern_template_is_well_formed(design: Design) -> Iterator[Finding]:
    """Finds templates of patterns with broken placeholders."""
    for placed in _placed(design):
        for path, value, _ in _texts(placed):
            if isinstance(value, str):
                yield from malformed(path, value)


def _types(placed: Placed, design: Design) -> dict[str, Attribute]:
    """Returns the attribute that types each parameter of an operation."""
    known = design.entities[placed.pattern.entity].attributes | placed.entity.attributes
    renamed = placed.pattern.parameters.items()
    return known | {name: known[attribute] for name, attribute in renamed if attribute in known}


def pattern_placeholder_has_type(design: Design) -> Iterator[Finding]:
    """Finds placeholders in patterns that no attribute of the same name and no declared parameter types."""
    for placed in _placed(design):
        types = _types(placed, design)
        for path, value, strict in _texts(placed):
            found = parts(value)
            alone = len(found) == 1 and value == f"{{{found[0].name}}}"
            for part in found:
                if (
                    part.name not in types
                    and part.name not in placed.pattern.parameters
                    and (strict or not alone)
                ):
                    yield _untyped(path, part.name, types)


def _untyped(path: Path, name: str, types: dict[str, Attribute]) -> Finding:
    finding = unknown(path, "attribute or parameter", name, types)
    step = finding.next_step if finding.next_step.startswith("Write") else "Declare it under `parameters`."
    return Finding(path, finding.problem, step, finding.got, finding.allowed)


def pattern_placeholder_suits_type(design: Design) -> Iterator[Finding]:
    """Finds placeholders in patterns whose form the parameter's values do not have."""
    for placed in _placed(design):
        types = _types(placed, design)
        for path, value, strict in _texts(placed):
            found = parts(value)
            if strict or any(part.form for part in found):
                yield from unsuited(path, value, types)


def list_parameter_is_used(design: Design) -> Iterator[Finding]:
    """Finds `for_each` parameters that fill neither the key nor an attribute."""
    for placed in _placed(design):
        names: tuple[str, ...] = getattr(placed.operation, "for_each", ())
        used = {part.name for _, value, _ in _texts(placed) for part in parts(value)}
        known = used or {*_types(placed, design)}
        for position, name in enumerate(names):
            if name not in known:
                yield unknown((*placed.path, "for_each", position), "parameter", name, sorted(known))
