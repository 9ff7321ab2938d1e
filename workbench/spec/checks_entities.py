"""What must hold between entities and the tables they live in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from workbench.spec.checks_tables import holders, indexes, key_names
from workbench.spec.design import Attribute, Design, Entity, Table
from workbench.spec.findings import Finding, Path, listed, shown, unknown
from workbench.spec.templates import Placeholder, parse_template

FORMATS = {
    "S": ("text", "timestamp", "date"),
    "N": ("integer", "decimal", "epoch_seconds"),
    "B": ("bytes",),
    "BOOL": ("boolean",),
    "M": ("json",),
    "L": ("json",),
    "SS": ("set",),
    "NS": ("set",),
    "BS": ("set",),
}
"""Attribute type to the formats that give it."""


def _entities(design: Design) -> Iterator[tuple[Path, Entity, Table | None]]:
    for name, entity in design.entities.items():
        yield ("entities", name), entity, design.tables.get(entity.table)


def entity_table_exists(design: Design) -> Iterator[Finding]:
    """Finds entities in tables that do not exist."""
    for path, entity, table in _entities(design):
        if table is None:
            yield unknown((*path, "table"), "table", entity.table, design.tables, "tables")


def entity_fills_table_keys(design: Design) -> Iterator[Finding]:
    """Finds entities whose key templates are not exactly those of the table's keys."""
    for path, entity, table in _entities(design):
        if table is not None:
            yield from exactly((*path, "keys"), entity.keys, key_names(table), f"table {entity.table}")


def exactly(path: Path, given: Iterable[str], wanted: Iterable[str], holder: str) -> Iterator[Finding]:
    """Yields a finding for each key attribute that is missing or is none.

    Args:
        path: Where the keys stand.
        given: The key attributes that are stated.
        wanted: The key attributes that should be.
        holder: What has these keys, such as `table Orders`.
    """
    stated, keys = list(given), list(wanted)
    for name in stated:
        if name not in keys:
            yield Finding((*path, name), f"is no key of {holder}", "Delete it.", shown(name), listed(keys))
    for name in keys:
        if name not in stated:
            yield Finding((*path, name), f"is missing, a key of {holder}", f"Add `{name}`.", shown(None))


def entity_index_exists(design: Design) -> Iterator[Finding]:
    """Finds entities with keys for an index that their table does not have."""
    for path, entity, table in _entities(design):
        known = indexes(table) if table else entity.index_keys
        for name in entity.index_keys:
            if name not in known:
                yield unknown((*path, "index_keys", name), f"index of {entity.table}", name, known)


def entity_fills_index_keys(design: Design) -> Iterator[Finding]:
    """Finds entities that give an index keys which are none, or leave one out that no attribute gives."""
    for path, entity, table in _entities(design):
        for name, index_keys in entity.index_keys.items():
            if table is None or name not in indexes(table):
                continue
            place = (*path, "index_keys", name, "keys")
            there = {*key_names(table), *_stored(entity), *entity.constants}
            keys = key_names(indexes(table)[name])
            wanted = [key for key in keys if key in index_keys.keys or key not in there]
            yield from exactly(place, index_keys.keys, wanted, f"index {name}")


def _stored(entity: Entity) -> list[str]:
    return [name for name, attribute in entity.attributes.items() if attribute.stored]


def _templates(entity: Entity) -> Iterator[tuple[Path, str]]:
    yield from ((("keys", name), text) for name, text in entity.keys.items())
    for index, index_keys in entity.index_keys.items():
        yield from ((("index_keys", index, "keys", name), text) for name, text in index_keys.keys.items())


def entity_template_is_well_formed(design: Design) -> Iterator[Finding]:
    """Finds key templates of entities with broken placeholders."""
    for path, entity, _ in _entities(design):
        for place, text in _templates(entity):
            yield from malformed((*path, *place), text)


def malformed(path: Path, text: str) -> Iterator[Finding]:
    """Yields a finding when a template's syntax is wrong."""
    try:
        parse_template(text)
    except ValueError as error:
        step = "Write {name}, {name:date} or {name:010d}."
        yield Finding(path, f"is no template ({error})", step, shown(text))


def parts(text: object) -> list[Placeholder]:
    """Returns the placeholders of a template; none for one with broken syntax or a value that is no text."""
    try:
        every = parse_template(text) if isinstance(text, str) else ()
    except ValueError:
        return []
    return [part for part in every if isinstance(part, Placeholder)]


def entity_placeholder_is_attribute(design: Design) -> Iterator[Finding]:
    """Finds placeholders in an entity's key templates that are no attributes of it."""
    for path, entity, _ in _entities(design):
        for place, text in _templates(entity):
            for part in parts(text):
                if part.name not in entity.attributes:
                    yield unknown((*path, *place), "attribute", part.name, entity.attributes)


def entity_placeholder_suits_attribute(design: Design) -> Iterator[Finding]:
    """Finds placeholders whose form the attribute's values do not have."""
    for path, entity, _ in _entities(design):
        for place, text in _templates(entity):
            yield from unsuited((*path, *place), text, entity.attributes)


def unsuited(path: Path, text: object, attributes: dict[str, Attribute]) -> Iterator[Finding]:
    """Yields a finding for each placeholder whose form does not suit its attribute.

    Args:
        path: Where the template stands.
        text: The template.
        attributes: Name of a placeholder to the attribute that types it.
    """
    for part in parts(text):
        attribute = attributes.get(part.name)
        if attribute is None:
            continue
        form = attribute.format or FORMATS[attribute.type][0]
        whole = f"{part.name}:{part.form}" if part.form else part.name
        if part.form == "date" and form not in {"timestamp", "date"}:
            step = "Use the attribute's own text, or set its format."
            yield Finding(path, f"asks for the day in {{{whole}}}", step, f"format {form}", "timestamp, date")
        if part.width and not (attribute.type == "N" and form in {"integer", "epoch_seconds", "decimal"}):
            step = "Use {" + part.name + "} alone, or set the attribute's format."
            yield Finding(path, f"pads digits in {{{whole}}}", step, f"format {form}", "integer")
        if attribute.type in {"M", "L", "SS", "NS", "BS", "B"}:
            step = "Build keys from text, numbers and moments."
            yield Finding(path, f"puts a value without text in {{{whole}}}", step, f"type {attribute.type}")


def entity_condition_is_attribute(design: Design) -> Iterator[Finding]:
    """Finds sparse indexes that depend on attributes which the entity does not have."""
    for path, entity, _ in _entities(design):
        for index, index_keys in entity.index_keys.items():
            for name in index_keys.when:
                if name not in entity.attributes:
                    place = (*path, "index_keys", index, "when", name)
                    yield unknown(place, "attribute", name, entity.attributes)


def attribute_format_suits_type(design: Design) -> Iterator[Finding]:
    """Finds attributes whose format does not give their type."""
    for path, entity, _ in _entities(design):
        for name, attribute in entity.attributes.items():
            allowed = FORMATS[attribute.type]
            if attribute.format and attribute.format not in allowed:
                place = (*path, "attributes", name, "format")
                step = f"Choose a format of type {attribute.type}, or another type."
                yield Finding(place, f"gives no {attribute.type}", step, attribute.format, listed(allowed))


def key_attribute_keeps_type(design: Design) -> Iterator[Finding]:
    """Finds stored attributes that are keys of a table or index but have another type there."""
    for path, entity, table in _entities(design):
        for holder in holders(table) if table else ():
            for key in (holder.partition_key, holder.sort_key):
                attribute = entity.attributes.get(key.name) if key else None
                if key and attribute and attribute.stored and attribute.type != key.type:
                    place = (*path, "attributes", key.name, "type")
                    step = "DynamoDB refuses such an item; make the types equal."
                    yield Finding(place, "differs from the key's type", step, attribute.type, key.type)


def constant_is_no_attribute(design: Design) -> Iterator[Finding]:
    """Finds constants that would overwrite a key or an attribute."""
    for path, entity, _ in _entities(design):
        taken = {
            **dict.fromkeys(entity.keys, "a key"),
            **dict.fromkeys(entity.attributes, "an attribute"),
        }
        for name in entity.constants:
            if name in taken:
                place = (*path, "constants", name)
                yield Finding(place, f"is {taken[name]} too", "Rename one of them.", shown(name))


def time_to_live_is_number(design: Design) -> Iterator[Finding]:
    """Finds expiry attributes that are no numbers, and tables none of whose entities has the attribute.

    Source: dg-ttl
    """
    for name, table in design.tables.items():
        expiry = table.time_to_live
        inside = {key: entity for key, entity in design.entities.items() if entity.table == name}
        found = {
            key: entity.attributes[expiry] for key, entity in inside.items() if expiry in entity.attributes
        }
        if expiry and inside and not found and expiry not in key_names(table):
            step = "Add the attribute to an entity, as N with format epoch_seconds."
            known = {attribute for entity in inside.values() for attribute in entity.attributes}
            yield Finding(
                ("tables", name, "time_to_live"),
                "is no attribute of an entity",
                step,
                shown(expiry),
                listed(sorted(known)),
            )
        for key, attribute in found.items():
            if attribute.type != "N":
                place = ("entities", key, "attributes", str(expiry), "type")
                step = "Store the expiry as a number of seconds (format epoch_seconds)."
                yield Finding(place, "cannot expire items", step, attribute.type, "N")
