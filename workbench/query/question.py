"""What a caller asks, read from the parameters of a request into one form."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.items.codec import Unrepresentable, timestamp_text
from workbench.query.settings import EqualField, FilterField, ServiceSettings
from workbench.service.refusals import Malformed
from workbench.spec.design import Design

FLAGS = ("allow_scan", "explain")
LONGEST_VALUE = 256
"""Text of a parameter at most [characters]; tokens may be longer."""
LONGEST_TOKEN = 4096

MOMENTS = "2045-01-31T00:00:00Z or 2045-01-31T09:00:00%2B09:00, where %2B is a plus"
"""Moments as an address holds them: a plus stands for a space there."""

_INTEGER = re.compile(r"-?[0-9]{1,9}", re.ASCII).fullmatch


@dataclass(frozen=True, slots=True, order=True)
class Filter:
    """A condition on an attribute that is no part of a key.

    Args:
        attribute: What is compared.
        operator: `in`, `=`, `>=`, `<=`, `contains` or `begins_with`.
        values: What with; several for `in`.
    """

    attribute: str
    operator: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, without who asks.

    Args:
        equal: Attribute and its only value.
        since: First moment; None for the beginning.
        until: Moment after the last; None for the end.
        filters: What drops records, sorted.
        sort: Attribute that orders the records; None where no order is asked for.
        descending: Whether the greatest comes first.
        fields: Attributes of the answer, sorted; empty for all that the chosen place carries.
        limit: Records of a page.
        allow_scan: Whether the whole table may be read when no key helps.
    """

    equal: tuple[tuple[str, str], ...] = ()
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    filters: tuple[Filter, ...] = ()
    sort: str | None = None
    descending: bool = True
    fields: tuple[str, ...] = ()
    limit: int = 25
    allow_scan: bool = False
    digest: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", hashlib.sha256(self._canonical().encode()).hexdigest())

    def _canonical(self) -> str:
        """Returns one text for all ways to write a question; the size of its pages is no part of it."""
        moments = [moment and timestamp_text(moment) for moment in (self.since, self.until)]
        filters = [[f.attribute, f.operator, list(f.values)] for f in self.filters]
        parts = [self.equal, moments, filters, self.sort, self.descending, self.fields, self.allow_scan]
        return json.dumps(parts, default=str)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a page.

    Args:
        question: What is asked.
        token: Continuation token of the page before; empty for the first page.
        explain: Whether the answer tells its plan.
        most: Records of an export at most.
    """

    question: Question
    token: str = ""
    explain: bool = False
    most: int = 0


class QuestionReader:
    """Reads the parameters of requests.

    Args:
        settings: What the service takes.
        design: Gives the attributes that can be projected.
    """

    def __init__(self, settings: ServiceSettings, design: Design) -> None:
        self.settings = settings
        self.attributes = tuple(design.entities[settings.entity].attributes)
        self.separators = _separators(settings, design)

    def known(self, *, export: bool) -> tuple[str, ...]:
        """Returns the names of all parameters of a page or of an export."""
        s = self.settings
        ranges = (s.range.since, s.range.until)
        own = ("most",) if export else ()
        return (*s.equal, *ranges, *s.filters, "sort", "fields", "limit", "token", *FLAGS, *own)

    def read(self, pairs: Iterable[tuple[str, str]], *, export: bool = False) -> Asked:
        """Returns what the parameters of a request ask.

        Args:
            pairs: Names and values, in the order in which they came.
            export: Whether several pages are asked for at once.

        Raises:
            Malformed: Names every parameter that is wrong.
        """
        return _Reading(self, pairs, self.known(export=export)).asked()


def _separators(settings: ServiceSettings, design: Design) -> str:
    """Returns the characters that part the values of a key, which no value may hold."""
    entity = design.entities[settings.entity]
    templates = [*entity.keys.values(), *(t for i in entity.index_keys.values() for t in i.keys.values())]
    return "".join(sorted({c for text in templates for c in re.sub(r"\{[^{}]*\}", "", text)}))


class _Reading:
    """One request's parameters, and what is wrong with them so far."""

    def __init__(
        self, reader: QuestionReader, pairs: Iterable[tuple[str, str]], known: tuple[str, ...]
    ) -> None:
        self.reader, self.settings = reader, reader.settings
        self.problems: list[str] = []
        self.given: dict[str, list[str]] = {}
        for name, value in pairs:
            self.given.setdefault(name, []).append(value)
        self._check_names(known)

    def asked(self) -> Asked:
        settings = self.settings
        equal = tuple(sorted(self._equal()))
        since, until = self._moment(settings.range.since), self._moment(settings.range.until)
        sort, descending = self._sort()
        filters = tuple(sorted(self._filters(), key=lambda f: (f.attribute, f.operator, str(f.values))))
        fields, limit = (
            self._fields(),
            self._number("limit", settings.page.records, settings.page.most_records),
        )
        most = self._number("most", settings.concatenation.most_records, settings.concatenation.most_records)
        scan, explain = (self._flag(name) for name in FLAGS)
        token = self._one("token", LONGEST_TOKEN) or ""
        if self.problems:
            raise Malformed(self.problems)
        question = Question(equal, since, until, filters, sort, descending, fields, limit, scan)
        return Asked(question, token, explain, most)

    def _check_names(self, known: tuple[str, ...]) -> None:
        unknown = [name for name in self.given if name not in known]
        if unknown:
            named = ", ".join(name[:LONGEST_VALUE] for name in sorted(unknown)[:8])
            self.problems.append(f"Unknown parameters; got {named}, allowed {', '.join(known)}.")

    def _one(self, name: str, longest: int = LONGEST_VALUE) -> str | None:
        values = self.given.get(name, [])
        if len(values) > 1:
            self.problems.append(f"{name}: it can be given once; got {len(values)}.")
        if values and (not values[0] or len(values[0]) > longest):
            self.problems.append(f"{name}: it must have 1 to {longest} characters; got {len(values[0])}.")
            return None
        return values[0] if values else None

    def _equal(self) -> Iterator[tuple[str, str]]:
        for name, spec in self.settings.equal.items():
            value = self._one(name)
            if value is not None and self._fits(name, value, spec):
                yield name, value

    def _fits(self, name: str, value: str, spec: EqualField | FilterField) -> bool:
        fits = spec.pattern is None or re.fullmatch(spec.pattern, value) is not None
        parted = isinstance(spec, EqualField) and any(c in value for c in self.reader.separators)
        if not fits or parted:
            self.problems.append(f"{name}: it must match {spec.pattern}.")
        return fits and not parted

    def _moment(self, name: str) -> dt.datetime | None:
        value = self._one(name)
        if value is None:
            return None
        try:
            moment = dt.datetime.fromisoformat(value)
            timestamp_text(moment)
        except (ValueError, Unrepresentable):
            self.problems.append(f"{name}: it must be a moment with its time zone, as in {MOMENTS}.")
            return None
        return moment.astimezone(dt.UTC)

    def _filters(self) -> Iterator[Filter]:
        for name, spec in self.settings.filters.items():
            texts = sorted(set(self.given.get(name, ()))) if spec.operator == "in" else self._single(name)
            values = [value for text in texts if (value := self._value(name, text, spec)) is not None]
            if values:
                yield Filter(spec.attribute, spec.operator, tuple(values))

    def _single(self, name: str) -> Sequence[str]:
        value = self._one(name)
        return () if value is None else (value,)

    def _value(self, name: str, text: str, spec: FilterField) -> str | int | None:
        if spec.minimum is not None and spec.maximum is not None:
            return self._bounded(name, text, spec.minimum, spec.maximum)
        if spec.values and text not in spec.values:
            self.problems.append(f"{name}: it must be one of {', '.join(spec.values)}.")
            return None
        return text if self._fits(name, text, spec) else None

    def _bounded(self, name: str, text: str, least: int, most: int) -> int | None:
        if not _INTEGER(text) or not least <= int(text) <= most:
            self.problems.append(f"{name}: it must be a whole number from {least} to {most}.")
            return None
        return int(text)

    def _number(self, name: str, default: int, most: int) -> int:
        text = self._one(name)
        return default if text is None else self._bounded(name, text, 1, most) or default

    def _flag(self, name: str) -> bool:
        text = self._one(name)
        if text not in {None, "true", "false"}:
            self.problems.append(f"{name}: it must be true or false.")
        return text == "true"

    def _sort(self) -> tuple[str | None, bool]:
        text = self._one("sort")
        if text is None:
            return None, True
        name = text.removeprefix("-")
        if name not in self.settings.sorts:
            allowed = ", ".join(f"{name}, -{name}" for name in self.settings.sorts)
            self.problems.append(f"sort: it must be one of {allowed}.")
        return name, text.startswith("-")

    def _fields(self) -> tuple[str, ...]:
        text = self._one("fields", LONGEST_TOKEN)
        names = text.split(",") if text else []
        if any(name not in self.reader.attributes for name in names):
            self.problems.append(
                f"fields: they must be of {', '.join(self.reader.attributes)}, comma between."
            )
        return tuple(sorted(set(names)))
