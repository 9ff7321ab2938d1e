"""Chooses the table or index that answers a question, and says why, or why none does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from workbench.items.codec import Unrepresentable, key_text, timestamp_text
from workbench.query.places import Place, places
from workbench.query.question import Filter, Question
from workbench.query.refusals import EmptyRange, Unanswerable
from workbench.query.settings import ServiceSettings
from workbench.service.refusals import Malformed
from workbench.spec.design import Design
from workbench.spec.templates import Part, Placeholder

GREATEST = "\U0010ffff"
"""Sorts behind every other character in UTF-8."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a question is answered.

    Args:
        place: Where it is read.
        partition: Value of the partition key; empty for a scan.
        low: Least sort key; empty for the beginning.
        high: Greatest sort key; empty for the end.
        exact: Whether `low` is the only sort key.
        keyed: Parameters that narrow what is read.
        filters: Conditions on what was read.
        sort: Attribute that orders the answer; None for a scan, which has no order.
        because: Why this place.
        rejected: Every other place and why it was not taken.
    """

    place: Place
    partition: str = ""
    low: str = ""
    high: str = ""
    exact: bool = False
    keyed: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    sort: str | None = None
    because: str = ""
    rejected: tuple[tuple[str, str], ...] = ()

    @property
    def scans(self) -> bool:
        """Whether the whole table is read."""
        return not self.partition

    def explained(self) -> dict[str, Any]:
        """Returns the plan as a caller reads it."""
        return {
            "operation": "Scan" if self.scans else "Query",
            "place": self.place.name,
            "keyed": list(self.keyed),
            "sortKeyFrom": self.low,
            "sortKeyTo": self.high,
            "filteredAfterReading": sorted({f.attribute for f in self.filters}),
            "sortedBy": self.sort,
            "because": self.because,
            "rejected": dict(self.rejected),
        }


@dataclass(frozen=True, slots=True)
class _Bound:
    """The sort keys that a question leaves: a prefix, bounds behind it, and what was used for them."""

    prefix: str
    low: str
    high: str
    used: tuple[str, ...]
    order: str
    whole: bool


class Planner:
    """Plans questions for one entity of a design.

    Args:
        design: The design.
        settings: What the service takes.
    """

    def __init__(self, design: Design, settings: ServiceSettings) -> None:
        self.places = places(design, settings.entity)
        self._attributes = design.entities[settings.entity].attributes
        self._settings = settings

    def plan(self, question: Question) -> Plan:
        """Returns the plan that reads least.

        Args:
            question: What is asked.

        Raises:
            Unanswerable: Only a scan would answer it, and none was asked for; tells why each place does not.
            EmptyRange: No moment lies between those that are given.
            Malformed: A value cannot stand in a key.
        """
        if question.since and question.until and question.since >= question.until:
            since, until = self._settings.range.since, self._settings.range.until
            raise EmptyRange([f"{since}: it must be before {until}."])
        try:
            tried = [(place, self._try(place, question)) for place in self.places]
        except Unrepresentable as reason:
            raise Malformed([str(reason)]) from reason
        plans = [plan for _, plan in tried if isinstance(plan, Plan)]
        if not plans:
            return self._scan(question, [(p.name, why) for p, why in tried if isinstance(why, str)])
        best = max(plans, key=lambda plan: (len(plan.keyed), plan.place.carries is not None))
        return _told(best, tried)

    def _try(self, place: Place, question: Question) -> Plan | str:
        """Returns the plan on one place, or why there is none."""
        equal = dict(question.equal)
        partition = self._filled(place.partition_parts, equal)
        if partition is None:
            needed = ", ".join(p.name for p in place.partition_parts if isinstance(p, Placeholder))
            return f"its records are grouped by {needed}, which the question does not state"
        bound = self._bound(place, question, equal)
        wanted = question.sort or self._settings.sorts[0]
        if bound.order != wanted and not bound.whole:
            return f"with these values it is sorted by {bound.order or 'nothing'}, not by {wanted}"
        keyed = (*(p.name for p in place.partition_parts if isinstance(p, Placeholder)), *bound.used)
        filters = tuple(self._rest(question, keyed))
        return self._lacking(place, question, filters) or Plan(
            place,
            partition,
            bound.prefix + bound.low,
            _upper(bound),
            bound.whole,
            keyed,
            filters,
            wanted,
        )

    def _filled(self, parts: Iterable[Part], equal: dict[str, str]) -> str | None:
        texts = []
        for part in parts:
            if isinstance(part, Placeholder):
                if part.name not in equal:
                    return None
                texts.append(self._text(part, equal[part.name]))
            else:
                texts.append(part)
        return "".join(texts)

    def _text(self, part: Placeholder, value: Any) -> str:
        return key_text(self._attributes[part.name], value, part.form)

    def _bound(self, place: Place, question: Question, equal: dict[str, str]) -> _Bound:
        """Returns how far the question fixes the sort key of a place, from its left."""
        prefix, used = "", []
        for position, part in enumerate(place.sort_parts):
            if not isinstance(part, Placeholder):
                prefix += part
            elif part.name in equal:
                prefix += self._text(part, equal[part.name])
                used.append(part.name)
            else:
                ends = position + 1 == len(place.sort_parts)
                low, high, ranged = ("", "", ()) if ends else self._range(part, question)
                return _Bound(prefix, low, high, (*used, *ranged), part.name, whole=False)
        return _Bound(prefix, "", "", tuple(used), "", whole=True)

    def _range(self, part: Placeholder, question: Question) -> tuple[str, str, tuple[str, ...]]:
        """Returns the texts between which a moment lies; more text follows it, so the last is exclusive."""
        if part.name != self._settings.range.attribute or part.form:
            return "", "", ()
        low, high = (m and timestamp_text(m) for m in (question.since, question.until))
        names = (self._settings.range.since, self._settings.range.until)
        used = tuple(name for name, text in zip(names, (low, high), strict=True) if text)
        return low or "", high or "", used

    def _rest(self, question: Question, keyed: tuple[str, ...]) -> Iterator[Filter]:
        """Yields what no key narrows."""
        spec = self._settings.range
        yield from (Filter(name, "=", (value,)) for name, value in question.equal if name not in keyed)
        if question.since and spec.since not in keyed:
            yield Filter(spec.attribute, ">=", (timestamp_text(question.since),))
        if question.until and spec.until not in keyed:
            yield Filter(spec.attribute, "<", (timestamp_text(question.until),))
        yield from question.filters

    def _lacking(self, place: Place, question: Question, filters: tuple[Filter, ...]) -> str:
        """Returns which attributes a place does not carry; a local index fetches those of the answer."""
        needed = {*self._settings.granted, *(f.attribute for f in filters)}
        needed |= set() if place.kind == "local" else set(question.fields)
        lacking = sorted(name for name in needed if not place.holds(name))
        return f"it does not carry {', '.join(lacking)}" if lacking else ""

    def _scan(self, question: Question, rejected: list[tuple[str, str]]) -> Plan:
        reasons = [f"{name}: {why}." for name, why in rejected]
        if not question.allow_scan:
            step = "State more values, or allow_scan=true to read the whole table page by page."
            raise Unanswerable([*reasons, step])
        if question.sort:
            raise Unanswerable([*reasons, "A scan has no order: leave out sort."])
        because = "no key narrows the question, and a scan was allowed"
        filters = tuple(self._rest(question, ()))
        return Plan(self.places[0], filters=filters, because=because, rejected=tuple(rejected))


def _upper(bound: _Bound) -> str:
    if bound.high:
        return bound.prefix + bound.high
    return bound.prefix + GREATEST if bound.prefix and not bound.whole else ""


def _told(best: Plan, tried: list[tuple[Place, Plan | str]]) -> Plan:
    """Returns the plan with its reason and those of the others."""
    others = [
        (place.name, plan if isinstance(plan, str) else "it is narrowed by fewer values")
        for place, plan in tried
        if place is not best.place
    ]
    because = f"it is narrowed by {', '.join(best.keyed)} and sorted by {best.sort}"
    return replace(best, because=because, rejected=tuple(others))
