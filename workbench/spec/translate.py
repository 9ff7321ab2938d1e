"""Says in the words of a design what a model refused: where, what was found, what is allowed, what to do."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from workbench.spec.document import Document
from workbench.spec.findings import Finding, Path, listed, nearest, shown

MOST_TRANSLATED = 300

KEY = "[key]"
"""Part of a location that says that the key of a mapping is meant, not its value."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an error is, once the names that a union adds are taken out.

    Args:
        path: The path in the file.
        owner: The model whose field the last part of the path is.
        in_union: Whether several types were tried.
    """

    path: Path
    owner: type[BaseModel] | None
    in_union: bool


def _bare(annotation: Any) -> Any:
    """Returns a type without Annotated and without `| None`."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in {Union, types.UnionType}:
        members = [member for member in get_args(annotation) if member is not types.NoneType]
        return _bare(members[0]) if len(members) == 1 else Union[tuple(members)]  # noqa: UP007 - built at run time
    return annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _tags(model: type[BaseModel]) -> set[str]:
    """Returns the literals by which a model is told from others of its union."""
    fields = model.model_fields.values()
    return {
        tag
        for field in fields
        if get_origin(field.annotation) is Literal
        for tag in get_args(field.annotation)
    }


def _member(union: Any, label: str | int) -> Any:
    for member in map(_bare, get_args(union)):
        if _is_model(member) and (label in _tags(member) or label == member.__name__):
            return member
        if get_origin(member) is tuple and str(label).startswith("tuple["):
            return member
    return None


def _child(annotation: Any, part: str | int) -> Any:
    if _is_model(annotation):
        field = annotation.model_fields.get(part)
        return field.annotation if field else None
    arguments = get_args(annotation)
    return arguments[1 if get_origin(annotation) is dict else 0] if arguments else None


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in {Union, types.UnionType}


def place(model: type[BaseModel], loc: Iterable[str | int]) -> Place:
    """Returns the place that an error's location means.

    Args:
        model: The model of the whole file.
        loc: The location as pydantic gives it, with union members among the fields.
    """
    path: Path = ()
    here: Any = model
    owner: type[BaseModel] | None = None
    tried = False
    for part in loc:
        if part == KEY:
            break
        here = _bare(here)
        if _is_union(here):
            here = _member(here, part)
            tried = tried or not _is_model(here)
        elif here is not None or isinstance(part, int):
            owner = here if _is_model(here) else owner
            path = (*path, part)
            here = _child(here, part)
    return Place(path, owner, tried)


Telling = tuple[str, str, str]
"""Problem, what is allowed, next step."""

WRONG_TYPES: dict[str, tuple[str, str]] = {
    "string_type": ("text", "Put it in quotes if it is text."),
    "int_type": ("a whole number", "Write digits only, without quotes."),
    "float_type": ("a number", "Write a number without quotes."),
    "bool_type": ("true, false", "Write one of the two, without quotes."),
    "dict_type": ("a mapping", "Write `name: value` lines below it."),
    "tuple_type": ("a list", "Write `- value` lines below it, or [a, b]."),
    "datetime_type": ("a moment", "Write it as 2026-01-31T00:00:00Z."),
    "datetime_parsing": ("a moment", "Write it as 2026-01-31T00:00:00Z."),
    "timezone_aware": ("a moment with a time zone", "End it with Z for UTC."),
    "model_type": ("a mapping", "Write `name: value` lines below it."),
}
"""Error of a wrong type to what is allowed and what to do."""

PATTERNS = {
    "^[A-Za-z_][A-Za-z0-9_]*$": "letters, digits and _, no digit first",
    "^[A-Za-z0-9_.-]{3,255}$": "3 to 255 of letters, digits, _ . and -",
    "^[a-z][a-z0-9-]*$": "lower-case letters, digits and -, a letter first",
}
"""Regular expression of a model to words."""


def _bound(words: str, name: str) -> Callable[[dict[str, Any]], Telling]:
    step = "Choose a number within the bounds."
    return lambda context: ("is out of bounds", f"{words} {context[name]:g}", step)


def _length(words: str, name: str, unit: str) -> Callable[[dict[str, Any]], Telling]:
    problem = "is too short" if words == "at least" else "is too long"
    step = "Add what is missing." if words == "at least" else "Shorten it."
    return lambda context: (problem, f"{words} {counted(context[name], unit)}", step)


def _text_pattern(context: dict[str, Any]) -> Telling:
    allowed = PATTERNS.get(context["pattern"], f"text like {context['pattern']}")
    return ("is not a valid name", allowed, "Rename it.")


CHOICES = {"literal_error": "expected", "union_tag_invalid": "expected_tags", "union_tag_not_found": ""}
"""Error of a value outside a list to the part of its context that holds the list."""

SENTENCES = "value_error"
"""Error of a model's own check, which says in words what is wrong."""

TELLINGS: dict[str, Callable[[dict[str, Any]], Telling]] = {
    "string_pattern_mismatch": _text_pattern,
    "string_too_short": _length("at least", "min_length", "character"),
    "string_too_long": _length("at most", "max_length", "character"),
    "too_short": _length("at least", "min_length", "element"),
    "too_long": _length("at most", "max_length", "element"),
    "greater_than": _bound("above", "gt"),
    "greater_than_equal": _bound("at least", "ge"),
    "less_than_equal": _bound("at most", "le"),
}
"""Error of a wrong value to what to say about it."""


def translate(
    errors: Iterable[ErrorDetails], model: type[BaseModel], document: Document
) -> Iterator[Finding]:
    """Yields a finding for each value that a model refused; the tried members of a union give one.

    Args:
        errors: The errors as pydantic lists them.
        model: The model of the whole file.
        document: The file's content.
    """
    groups: dict[Path, list[tuple[ErrorDetails, Place]]] = {}
    for error in errors:
        where = place(model, error["loc"])
        if _only_follows(error, document.value(where.path)):
            continue
        groups.setdefault(where.path, []).append((error, where))
    for path, group in groups.items():
        error, where = group[0]
        if where.in_union and any(path[:length] in groups for length in range(len(path))):
            continue
        tried = [WRONG_TYPES[kind][0] for each, _ in group if (kind := each["type"]) in WRONG_TYPES]
        if where.in_union and tried:
            step = "Write a single value of one of these types."
            yield Finding(path, "has the wrong type", step, shown(document.value(path)), listed(tried))
        elif error["type"] == SENTENCES:
            yield from _sentences(str(error["ctx"]["error"]), path, document)
        else:
            yield _finding(error, where, document)


def _sentences(text: str, path: Path, document: Document) -> Iterator[Finding]:
    """Yields a finding for each of the sentences in which a model's own check says what is wrong.

    Args:
        text: Problems separated by semicolons, each with a next step after a full stop; a problem may
            begin with the place that it is about, such as `orders.paid`.
        path: Where the model stands.
        document: The file's content.
    """
    for sentence in text.split("; "):
        problem, _, step = sentence.partition(". ")
        first, _, rest = problem.partition(" ")
        named = _named(first, document) if not path else None
        place_, problem = (named, rest) if named else (path, problem)
        yield Finding(place_, problem, step or "Correct it.", shown(document.value(place_)))


def _named(word: str, document: Document) -> Path | None:
    """Returns the path of the table, or of the column in it, that a word such as `orders.paid` names."""
    table, _, column = word.partition(".")
    if table == "hostile" and column.isdigit():
        return ("hostile", int(column))
    path: Path = ("tables", table, "columns", column) if column else ("tables", table)
    return None if document.value(path) is None else path


def _only_follows(error: ErrorDetails, value: object) -> bool:
    """Returns whether a list is only too short because wrong elements of it were left out."""
    if error["type"] != "too_short" or not isinstance(value, dict | list):
        return False
    return len(value) >= int(error["ctx"]["min_length"])


def _finding(error: ErrorDetails, where: Place, document: Document) -> Finding:
    kind, path = error["type"], where.path
    value = shown(path[-1] if KEY in error["loc"] else document.value(path))
    if kind == "missing":
        return _missing(where)
    if kind == "extra_forbidden":
        return _extra(where)
    if kind in CHOICES:
        return _choice(kind, error.get("ctx", {}), path, document)
    if kind in WRONG_TYPES:
        allowed, step = WRONG_TYPES[kind]
        return Finding(path, "has the wrong type", step, value, allowed)
    if kind in TELLINGS:
        problem, allowed, step = TELLINGS[kind](error.get("ctx", {}))
        return Finding(path, problem, step, value, allowed)
    return Finding(path, f"is refused ({error['msg']})", "Correct it.", value)


def counted(number: int, unit: str) -> str:
    """Returns a number with its unit.

    >>> counted(1, "element"), counted(24, "element")
    ('1 element', '24 elements')
    """
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _choice(kind: str, context: dict[str, Any], path: Path, document: Document) -> Finding:
    """Returns the finding that a value is none of those that are allowed, or not there."""
    if "discriminator" in context:
        path = (*path, context["discriminator"].strip("'"))
    value = document.value(path)
    if kind == "union_tag_not_found":
        return Finding(path, "is missing", f"Add `{path[-1]}`.", shown(value))
    names = context[CHOICES[kind]].replace("'", "").replace(" or ", ", ")
    near = nearest(value, names.split(", ")) if isinstance(value, str) else ""
    step = f"Write `{near}` if that is meant." if near else "Choose one of them."
    return Finding(path, "is none of the choices", step, shown(value), names)


def _called(owner: type[BaseModel] | None) -> str:
    """Returns what a model is called in a message, such as `a Query`."""
    name = owner.__name__ if owner else "model"
    return f"{'an' if name[0] in 'AEIO' else 'a'} {name}"


def _missing(where: Place) -> Finding:
    field = str(where.path[-1])
    told = where.owner.model_fields[field].description if where.owner else None
    meaning = f": {told.rstrip('.')}" if told else ""
    return Finding(
        where.path, f"is missing in {_called(where.owner)}", f"Add `{field}`{meaning}.", shown(None)
    )


def _extra(where: Place) -> Finding:
    name = str(where.path[-1])
    fields = list(where.owner.model_fields) if where.owner else []
    near = nearest(name, fields)
    step = f"Rename it to `{near}`." if near else "Delete it."
    return Finding(where.path, f"is no field of {_called(where.owner)}", step, shown(name), listed(fields))
