"""Parameters and literals of a pattern as typed attribute values."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workbench.items.codec import AttributeValue, Unrepresentable, encoder, number_text
from workbench.items.maker import key_types, renderer
from workbench.spec.base import Scalar
from workbench.spec.design import Attribute, Design
from workbench.spec.templates import Placeholder, parse_template

Parameters = Mapping[str, Any]
"""Parameter to relational value, as a driver gives it."""

TEXT = Attribute(type="S")


def whole_parameter(value: object) -> str | None:
    """Returns the parameter that a literal consists of, such as `limit` for `"{limit}"`; None for others."""
    parts = parse_template(value) if isinstance(value, str) else ()
    if len(parts) == 1 and isinstance(parts[0], Placeholder) and not parts[0].form:
        return parts[0].name
    return None


def _literal(attribute: Attribute, value: str | float) -> AttributeValue:
    if isinstance(value, str) and attribute.type == "S":
        return {"S": value}
    if attribute.type == "N" and not isinstance(value, bool):
        return {"N": number_text(Decimal(str(value)))}
    return encoder(attribute)(value)


def _untyped(value: str | float) -> AttributeValue:
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"S": value} if isinstance(value, str) else {"N": number_text(value)}


class Values:
    """Turns the values that a pattern states for one entity into attribute values.

    Args:
        design: The design that has the pattern.
        entity: The entity whose attributes are read or written.
        declared: Parameter to the attribute whose type it has.
        pattern_entity: The pattern's own entity, which types the parameters that `entity` does not know.
    """

    def __init__(self, design: Design, entity: str, declared: Mapping[str, str], pattern_entity: str) -> None:
        self.entity = design.entities[entity]
        self.table = design.entity_table(entity)
        self.key_types = key_types(self.table)
        known = ChainMap(dict(self.entity.attributes), dict(design.entities[pattern_entity].attributes))
        renamed = {name: known[attribute] for name, attribute in declared.items() if attribute in known}
        self.parameter_attributes: Mapping[str, Attribute] = ChainMap(renamed, known)
        self._declared = declared

    def row(self, parameters: Parameters) -> dict[str, Any]:
        """Returns the parameters under the names of the entity's attributes."""
        row = {self._declared[name]: value for name, value in parameters.items() if name in self._declared}
        return row | {name: value for name, value in parameters.items() if name in self.entity.attributes}

    def render(self, template: str, key_type: str, parameters: Parameters) -> AttributeValue | None:
        """Returns a template filled with parameters; None where one of them is NULL."""
        return renderer(template, key_type, self.parameter_attributes)(parameters)

    def key(self, templates: Mapping[str, str], parameters: Parameters) -> dict[str, AttributeValue]:
        """Returns key attributes filled with parameters.

        Raises:
            Unrepresentable: A part of the key is NULL or empty.
        """
        key = {}
        for name, template in templates.items():
            value = self.render(template, self.key_types[name], parameters)
            if value is None or not next(iter(value.values())):
                raise Unrepresentable(f"{name}: a part of the key is NULL or empty")
            key[name] = value
        return key

    def value(self, attribute: str, value: Scalar, parameters: Parameters) -> AttributeValue | None:
        """Returns what a pattern states for an attribute, in the attribute's type; None for NULL.

        A value that is one parameter keeps the parameter's type; a template becomes text.
        """
        if value is None:
            return None
        known = self.entity.attributes.get(attribute)
        if attribute in self.key_types:
            return self.render(str(value), self.key_types[attribute], parameters)
        parameter = whole_parameter(value)
        if parameter is not None:
            return self._parameter(known, parameter, parameters)
        return self._template(known, value, parameters)

    def _parameter(self, known: Attribute | None, name: str, parameters: Parameters) -> AttributeValue | None:
        given = parameters[name]
        if given is None:
            return None
        return encoder(known or self.parameter_attributes.get(name, TEXT))(given)

    def _template(
        self, known: Attribute | None, value: str | float, parameters: Parameters
    ) -> AttributeValue | None:
        if isinstance(value, str):
            rendered = self.render(value, "S", parameters)
            if rendered is None:
                return None
            value = str(rendered["S"])
        return _literal(known, value) if known else _untyped(value)

    def member(self, attribute: str, value: Scalar, parameters: Parameters) -> AttributeValue | None:
        """Returns a value as it stands inside a set or list attribute; of other attributes, the value."""
        known = self.entity.attributes.get(attribute)
        if known is None or known.type not in {"SS", "NS", "BS", "L"}:
            return self.value(attribute, value, parameters)
        parameter = whole_parameter(value)
        given = value if parameter is None else parameters[parameter]
        ((kind, members),) = encoder(known)([given]).items()
        return members[0] if kind == "L" else {kind[0]: members[0]}
