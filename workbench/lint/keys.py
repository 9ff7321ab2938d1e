"""Key templates: how many values they have, who fills them, and what they can be mistaken for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from workbench.lint.subject import Holder, Operation, Subject
from workbench.spec.design import Entity
from workbench.spec.findings import Path
from workbench.spec.population import BooleanColumn, ChoiceColumn, CopyColumn, ListedColumn
from workbench.spec.templates import Placeholder, parse_template

if TYPE_CHECKING:
    from workbench.spec.population import Column, Population, ReferenceColumn, TablePopulation


FEW_ROWS = 100
"""Fixed rows up to which each row counts as a value of its own."""


@dataclass(frozen=True)
class Domain:
    """The values that an attribute or a key can have.

    Args:
        count: How many values.
        top_share: Share of the items that have the most frequent one, at least.
        texts: The values, where they are known one by one.
        per_day: The values change each day, so that all of today's traffic has the same ones.
    """

    count: int
    top_share: float
    texts: tuple[str, ...] = ()
    per_day: bool = False


def attribute_domain(subject: Subject, entity: Entity, name: str) -> Domain | None:
    """Returns the few values of an attribute; None when they are many or not known.

    Args:
        subject: The design, perhaps with a population.
        entity: The entity.
        name: Name of the attribute.
    """
    known = _drawn_domain(subject.population, entity, name) if subject.population else None
    attribute = entity.attributes.get(name)
    if known is None and attribute is not None and attribute.type == "BOOL":
        return Domain(2, 0.5, ("true", "false"))
    return known


def _drawn_domain(population: Population, entity: Entity, name: str) -> Domain | None:
    """Returns the values that a population draws: from the entity's own table, else from all of that name."""
    home = _home(population, entity)
    if home is not None and name in home.columns:
        return _column_domain(population, home, home.columns[name])
    columns = [table.columns[name] for table in population.tables.values() if name in table.columns]
    listed = [_column_shares(column) for column in columns if not isinstance(column, CopyColumn)]
    every = [shares for shares in listed if shares]
    if not every or len(every) < len(listed):
        return None
    texts = dict.fromkeys(text for shares in every for text in shares)
    return Domain(len(texts), max(max(shares.values()) for shares in every), tuple(texts))


def _home(population: Population, entity: Entity) -> TablePopulation | None:
    """Returns the table that gives most of an entity's attributes; None when none gives half of them."""
    wanted = set(entity.attributes)
    best = max(population.tables.values(), key=lambda table: len(wanted & set(table.columns)))
    return best if 2 * len(wanted & set(best.columns)) >= len(wanted) else None


def _column_domain(population: Population, table: TablePopulation, column: Column) -> Domain | None:
    if isinstance(column, CopyColumn):
        source = cast("ReferenceColumn", table.columns[column.reference])
        target = population.tables[source.table]
        return _column_domain(population, target, target.columns[column.column])
    shares = _column_shares(column)
    if shares:
        return Domain(len(shares), max(shares.values()), tuple(shares))
    few = table.rows.fixed is not None and table.rows.fixed <= FEW_ROWS
    return Domain(table.rows.fixed or 1, 1 / (table.rows.fixed or 1)) if few else None


def _column_shares(column: Column) -> Mapping[str, float] | None:
    """Returns each value of a column with its share; None when the column does not list them."""
    if isinstance(column, ChoiceColumn):
        total = sum(column.weights.values())
        return {text: weight / total for text, weight in column.weights.items()}
    if isinstance(column, BooleanColumn):
        return {"true": column.probability, "false": 1 - column.probability}
    if isinstance(column, ListedColumn):
        texts = [str(value) for value in column.values]
        return {text: texts.count(text) / len(texts) for text in texts}
    return None


def template_domain(subject: Subject, template: str, entity: Entity) -> Domain | None:
    """Returns the few values that a key template can have; None when they are many or not known.

    Args:
        subject: The design, perhaps with a population.
        template: The template, over attributes of the entity.
        entity: The entity.
    """
    parts = [part for part in parse_template(template) if isinstance(part, Placeholder)]
    found = [_placeholder_domain(subject, part, entity) for part in parts]
    domains = [domain for domain in found if domain]
    if len(domains) < len(found):
        return None
    return Domain(
        count=math.prod(domain.count for domain in domains),
        top_share=math.prod(domain.top_share for domain in domains),
        per_day=any(domain.per_day for domain in domains),
    )


def _placeholder_domain(subject: Subject, part: Placeholder, entity: Entity) -> Domain | None:
    attribute = entity.attributes.get(part.name)
    if part.form == "date" or (attribute is not None and attribute.format == "date"):
        return Domain(1, 1.0, per_day=True)
    return attribute_domain(subject, entity, part.name)


def key_template(holder: Holder, entity: Entity, key: str) -> str | None:
    """Returns how an entity fills a key attribute of a table or index; None when it does not."""
    index_keys = entity.index_keys.get(holder.index_name or "")
    given = {**entity.constants, **entity.keys, **(index_keys.keys if index_keys else {})}
    if key in given:
        return given[key]
    attribute = entity.attributes.get(key)
    return f"{{{key}}}" if attribute is not None and attribute.stored else None


def key_path(holder: Holder, entity_name: str, entity: Entity, key: str) -> Path:
    """Returns where an entity fills a key attribute."""
    index_keys = entity.index_keys.get(holder.index_name or "")
    if index_keys and key in index_keys.keys:
        return ("entities", entity_name, "index_keys", str(holder.index_name), "keys", key)
    if key in entity.keys:
        return ("entities", entity_name, "keys", key)
    return ("entities", entity_name, "attributes", key)


def entity_keys(subject: Subject, name: str, entity: Entity) -> Iterator[tuple[Path, str, str]]:
    """Yields place, table or index, and template of each key that tells an entity's items apart.

    Those are the keys of its table and the partition keys of its indexes.
    """
    for holder in subject.holders:
        keys = holder.key_names if holder.index_name is None else holder.key_names[:1]
        for key in keys if holder.table_name == entity.table else ():
            template = key_template(holder, entity, key)
            if template is not None and not (holder.index_name and key in entity.keys):
                yield key_path(holder, name, entity, key), holder.label, template


def members(subject: Subject, holder: Holder) -> Iterator[tuple[str, Entity]]:
    """Yields the entities whose items can be in a table or index."""
    for name, entity in subject.entities_of(holder.table_name).items():
        if all(key_template(holder, entity, key) is not None for key in holder.key_names):
            yield name, entity


def asked_partition(operation: Operation, key: str) -> str | None:
    """Returns the partition key that a read or change of one item asks for, over attribute names."""
    action = operation.action
    stated: Mapping[str, str] = getattr(action, "partition", None) or getattr(action, "key", None) or {}
    return over_attributes(stated[key], operation) if key in stated else None


def over_attributes(template: str, operation: Operation) -> str:
    """Returns a template of a pattern with the attributes in place of its own parameter names."""
    renamed = operation.pattern.parameters
    return "".join(_written(part, renamed) for part in parse_template(template))


def _written(part: str | Placeholder, renamed: Mapping[str, str]) -> str:
    if isinstance(part, str):
        return part
    form = f":{part.form}" if part.form else ""
    return f"{{{renamed.get(part.name, part.name)}{form}}}"


def leading_text(template: str) -> str:
    """Returns the literal text before the first placeholder.

    >>> leading_text("USER#{id}")
    'USER#'
    """
    first = next(iter(parse_template(template)), "")
    return first if isinstance(first, str) else ""


def may_be_equal(first: str, second: str) -> bool:
    """Returns whether two templates can give the same text, judged by the text that they begin with.

    >>> may_be_equal("USER#{id}", "USER#{email}"), may_be_equal("USER#{id}", "ORDER#{id}")
    (True, False)
    """
    heads = [leading_text(template) for template in (first, second)]
    fixed = ["{" not in template for template in (first, second)]
    if all(fixed):
        return first == second
    if any(fixed):
        return heads[fixed.index(True)].startswith(heads[fixed.index(False)])
    return heads[0].startswith(heads[1]) or heads[1].startswith(heads[0])
