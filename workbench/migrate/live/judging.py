"""Judges the final items by what the application was told: nothing lost, made up, doubled or out of date.

Two writes are in order only if one was answered before the other was sent. A write without an answer may have
happened at any moment since, or not at all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from workbench.items import AttributeValue, Item
from workbench.migrate.live.effects import ABSENT, DELETE, PUT, UPDATE, Effect, Effects
from workbench.migrate.live.state import Place, State
from workbench.migrate.live.witness import ACKNOWLEDGED, REFUSED, UNKNOWN, Attempt, Witness
from workbench.spec.case import Case

SHOWN_CHARACTERS = 200

LOST, PHANTOM, DUPLICATED, STALE = "lost", "phantom", "duplicated", "stale"


@dataclass(frozen=True, slots=True)
class Fault:
    """A place where the items are not what the application was told.

    Args:
        kind: `lost`, `phantom`, `duplicated` or `stale`.
        table: The table.
        key: The item's primary key.
        attribute: The attribute; empty for the whole item.
        detail: What should be there and what is.
        patterns: The writes that touched it.
        missing: How much a counter lacks; 0 for other faults.
    """

    kind: str
    table: str
    key: str
    attribute: str
    detail: str
    patterns: tuple[str, ...]
    missing: Decimal = Decimal(0)

    def __str__(self) -> str:
        where = f"{self.table} {self.key}" + (f" {self.attribute}" if self.attribute else "")
        return f"{self.kind}: {where}: {self.detail} (writes: {', '.join(self.patterns) or 'none'})"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of the writes of an application.

    Args:
        faults: Everything that is not as it was told.
        outcomes: `acknowledged`, `refused` and `unknown` to the number of writes.
        lost_writes: Acknowledged writes of which something is not to be seen, deletions included.
    """

    faults: tuple[Fault, ...]
    outcomes: Mapping[str, int]
    lost_writes: int

    def of(self, kind: str) -> tuple[Fault, ...]:
        """Returns the faults of one kind."""
        return tuple(fault for fault in self.faults if fault.kind == kind)

    @property
    def lost(self) -> tuple[Fault, ...]:
        """Acknowledged, and not there."""
        return self.of(LOST)

    @property
    def phantom(self) -> tuple[Fault, ...]:
        """There, and never written, or refused, or deleted since."""
        return self.of(PHANTOM)

    @property
    def duplicated(self) -> tuple[Fault, ...]:
        """Counted more often than it was written."""
        return self.of(DUPLICATED)

    @property
    def stale(self) -> tuple[Fault, ...]:
        """Still as before a write that was acknowledged."""
        return self.of(STALE)

    @property
    def clean(self) -> bool:
        """Whether everything is as the application was told."""
        return not self.faults

    @property
    def acknowledged(self) -> int:
        """Writes that the application was told took place."""
        return self.outcomes[ACKNOWLEDGED]


@dataclass(frozen=True, slots=True)
class Deed:
    """One effect of one attempt."""

    attempt: Attempt
    effect: Effect

    @property
    def certain(self) -> bool:
        """Whether it is known to have happened."""
        return self.attempt.outcome == ACKNOWLEDGED

    def precedes(self, other: Deed) -> bool:
        """Returns whether it was over before another one began."""
        return self.attempt.ended is not None and self.attempt.ended < other.attempt.begun


def judge(witness: Witness, case: Case, state: State) -> Judgement:
    """Returns what became of the writes that a witness knows, by the items that are there now.

    Args:
        witness: Knows the writes and the items that were there before them.
        case: The case.
        state: The items that are there now.
    """
    attempts, effects = witness.attempts(), Effects(case)
    deeds: dict[Place, list[Deed]] = defaultdict(list)
    for attempt in attempts:
        if attempt.outcome != REFUSED:
            for effect in effects.of(attempt.pattern, attempt.parameters):
                deeds[effect.place].append(Deed(attempt, effect))
    opening = witness.opening()
    places = opening.keys() | state.keys() | deeds.keys()
    found = [
        (fault, deeds.get(place, ()))
        for place in sorted(places)
        for fault in _faults(place, opening.get(place), state.get(place), deeds.get(place, ()))
    ]
    counts = Counter(attempt.outcome for attempt in attempts)
    outcomes = {name: counts[name] for name in (ACKNOWLEDGED, REFUSED, UNKNOWN)}
    losing = {d.attempt.number for f, ds in found if f.kind != DUPLICATED for d in _blamed(f, ds)}
    return Judgement(tuple(fault for fault, _ in found), outcomes, len(losing))


def _blamed(fault: Fault, deeds: Sequence[Deed]) -> Iterator[Deed]:
    """Yields the acknowledged writes that a fault takes something from: the latest, of a counter."""
    missing = fault.missing
    for deed in sorted(deeds, key=lambda deed: -deed.attempt.begun):
        if not deed.certain:
            continue
        if fault.missing:
            if missing * fault.missing > 0 and fault.attribute in deed.effect.adds:
                missing -= deed.effect.adds[fault.attribute]
                yield deed
        elif not fault.attribute:
            if (deed.effect.kind == DELETE) == (fault.kind == PHANTOM):
                yield deed
        elif fault.attribute in deed.effect.sets and _visible(deed, deeds, fault):
            yield deed


def _visible(deed: Deed, deeds: Sequence[Deed], fault: Fault) -> bool:
    """Returns whether no later write set the same attribute again."""
    later = (other for other in deeds if other.certain and fault.attribute in other.effect.sets)
    return not any(deed.precedes(other) for other in later)


def _faults(place: Place, before: Item | None, after: Item | None, deeds: Sequence[Deed]) -> Iterator[Fault]:
    patterns = tuple(dict.fromkeys(deed.attempt.pattern for deed in deeds))

    def fault(kind: str, attribute: str, detail: str, missing: Decimal = Decimal(0)) -> Fault:
        return Fault(kind, *place, attribute, detail, patterns, missing)

    if not deeds:
        yield from (fault(*told) for told in _untouched(before, after))
        return
    kind = _presence(before, after, deeds)
    if kind:
        yield fault(kind, "", "it is not there" if after is None else "it should not be there")
    elif after is not None:
        yield from (fault(*told) for told in _values(before, after, deeds))
        yield from (fault(*told) for told in _sums(before, after, deeds))


Told = tuple[str, str, str]
"""Kind, attribute and detail of a fault."""

Counted = tuple[str, str, str, Decimal]
"""Kind, attribute and detail of a fault, and how much a counter lacks."""


def _untouched(before: Item | None, after: Item | None) -> Iterator[Told]:
    if before is None:
        yield PHANTOM, "", "nobody wrote it"
    elif after is None:
        yield LOST, "", "it was there and nobody deleted it"
    else:
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                yield STALE, name, f"nobody wrote it; was {before.get(name)}, is {after.get(name)}"


def _last(deeds: Sequence[Deed]) -> list[Deed]:
    """Returns those that may be the last to have happened."""
    certain = [deed for deed in deeds if deed.certain]
    return [d for d in deeds if not d.certain or not any(d.precedes(other) for other in certain)]


def _presence(before: Item | None, after: Item | None, deeds: Sequence[Deed]) -> str:
    """Returns the kind of fault in whether the item is there; empty where there is none."""
    deciding = [deed for deed in deeds if deed.effect.makes or deed.effect.kind == DELETE]
    last = _last(deciding)
    unchanged = not any(deed.certain for deed in deciding)
    may_be = any(deed.effect.makes for deed in last) or (unchanged and before is not None)
    may_not_be = any(deed.effect.kind == DELETE for deed in last) or (unchanged and before is None)
    if after is None:
        return "" if may_not_be else LOST
    return "" if may_be else PHANTOM


def _values(before: Item | None, after: Item, deeds: Sequence[Deed]) -> Iterator[Told]:
    free = {name for deed in deeds for name in (*deed.effect.derived, *deed.effect.adds)}
    for name in sorted({name for deed in deeds for name in deed.effect.sets} - free):
        setters = [deed for deed in deeds if name in deed.effect.sets]
        allowed = [deed.effect.sets[name] for deed in _last(setters)]
        earlier = [deed.effect.sets[name] for deed in setters]
        first = (before or {}).get(name, ABSENT)
        (earlier if any(deed.certain for deed in setters) else allowed).append(first)
        value = after.get(name, ABSENT)
        if value not in allowed:
            kind = STALE if value in earlier else PHANTOM
            yield kind, name, f"{_shown(allowed)} was written last, is {_shown([value])}"


def _shown(values: Sequence[AttributeValue]) -> str:
    texts = ("nothing" if value == ABSENT else str(next(iter(value.values()))) for value in values)
    return " or ".join(dict.fromkeys(texts))[:SHOWN_CHARACTERS]


def _sums(before: Item | None, after: Item, deeds: Sequence[Deed]) -> Iterator[Counted]:
    if any(deed.effect.kind == DELETE for deed in deeds):
        return
    puts = [deed for deed in deeds if deed.effect.kind == PUT]
    if len(puts) > (before is None):
        return
    base = puts[0].effect.begins if puts else before or {}
    set_too = {
        name
        for deed in deeds
        if deed.effect.kind == UPDATE
        for name in (*deed.effect.sets, *deed.effect.derived)
    }
    for name in sorted({name for deed in deeds for name in deed.effect.adds} - set_too):
        start = Decimal(base.get(name, {}).get("N", 0))
        sure = start + sum(d.effect.adds.get(name, Decimal(0)) for d in deeds if d.certain)
        unsure = [d.effect.adds[name] for d in deeds if not d.certain and name in d.effect.adds]
        low = sure + sum(delta for delta in unsure if delta < 0)
        high = sure + sum(delta for delta in unsure if delta > 0)
        value = Decimal(after.get(name, {}).get("N", 0))
        if not low <= value <= high:
            rising = sure >= start
            kind = LOST if (value < low) == rising else DUPLICATED
            lacking = (low if value < low else high) - value
            told = f"{low} to {high} by what was written, is {value}"
            yield kind, name, told, lacking if kind == LOST else Decimal(0)
