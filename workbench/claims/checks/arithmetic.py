"""Checks that need nothing but the document's own numbers: sums, counts, and what other lines say."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce

from workbench.claims.evidence import Evidence, Number, Ours, check, exact, plain
from workbench.claims.ledger import Bounds

Term = Number | Bounds | tuple[Decimal, Decimal]


@check
def total(_: Evidence, *, parts: tuple[Term, ...]) -> Ours:
    """Returns the sum of numbers and ranges that the document lists."""
    ends = [_ends(part) for part in parts]
    low, high = sum((a for a, _ in ends), Decimal(0)), sum((b for _, b in ends), Decimal(0))
    terms = " + ".join(map(_shown, parts))
    working = f"{terms} = {_shown((low, high))}" if len(parts) > 1 else f"the only part is {terms}"
    return Ours(_range(low, high), working, internal=True)


@check
def product(_: Evidence, *, factors: tuple[Term, ...]) -> Ours:
    """Returns the product of numbers and ranges that the document states."""
    ends = [_ends(factor) for factor in factors]
    low = reduce(Decimal.__mul__, (a for a, _ in ends))
    high = reduce(Decimal.__mul__, (b for _, b in ends))
    return Ours(
        _range(low, high), f"{' x '.join(map(_shown, factors))} = {_shown((low, high))}", internal=True
    )


@check
def saved(_: Evidence, *, before: Bounds, after: Bounds) -> Ours:
    """Returns what is saved between two documented costs, least to most; equal ends are taken together."""
    low, high = (exact(b) - exact(a) for b, a in zip(before, after, strict=True))
    return Ours(
        _range(low, high), f"{_shown(before)} less {_shown(after)} is {_shown((low, high))}", internal=True
    )


@check
def saved_percent(_: Evidence, *, before: Bounds, after: Bounds) -> Ours:
    """Returns the share that is saved between two documented costs [%]."""
    low, high = (round(100 * (1 - exact(a) / exact(b)), 1) for b, a in zip(before, after, strict=True))
    working = f"{_shown(after)} in place of {_shown(before)} saves {_shown((low, high))} %"
    return Ours(_range(low, high), working, ("the end of the documented range that is taken",))


@check
def percent(_: Evidence, *, part: Number, whole: Number) -> Ours:
    """Returns a share [%] to one decimal."""
    share = round(100 * exact(part) / exact(whole), 1)
    return Ours(share, f"{plain(part)} of {plain(whole)} is {plain(share)} %")


@check
def more_indexes(_: Evidence, *, now: int, then: Bounds) -> Ours:
    """Returns by how much a table with its indexes grows dearer with more indexes [%].

    Each index is taken to have the capacity of the table, as the document's cost table does.
    """
    low, high = (round(100 * (exact(count) - now) / (1 + now), 1) for count in then)
    working = (
        f"a table and {now} indexes of equal capacity are {1 + now} shares; {_shown(then)} indexes add "
        f"{_shown((low, high))} %"
    )
    return Ours(_range(low, high), working, ("the number of indexes that is added",))


@check
def listed(_: Evidence, *, items: tuple[str, ...], unstated: int = 0) -> Ours:
    """Returns how many entries the document lists; they are named, with lines where that helps.

    Args:
        _: Not needed.
        items: The entries.
        unstated: Entries that may belong to them, as the document does not say.
    """
    least = Decimal(len(items))
    working = f"listed are {len(items)}: {', '.join(items)}"
    if not unstated:
        return Ours(least, working, internal=True)
    where = "the one belongs that states" if unstated == 1 else f"the {unstated} belong that state"
    depends = (f"where {where} it nowhere",)
    return Ours((least, least + unstated), f"{working}, and up to {unstated} more", depends, internal=True)


@check
def other_line(_: Evidence, *, line: int, says: str | Term) -> Ours:
    """Returns what another line of the same document says of the same thing."""
    value = says if isinstance(says, str) else _range(*_ends(says))
    shown = says if isinstance(says, str) else _shown(says)
    return Ours(value, f"line {line} of the same document gives {shown} for it", internal=True)


@check
def holds_throughout(_: Evidence, *, line: int, against: str) -> Ours:
    """Returns that a statement does not hold, because another line of the document says otherwise."""
    return Ours(
        value=False, working=f"line {line} of the same document says otherwise: {against}", internal=True
    )


@check
def unless(_: Evidence, *, condition: str, why: str) -> Ours:
    """Returns that a statement holds, or not, with a condition that the document leaves open."""
    return Ours("open", why, (condition,))


@check
def not_here(_: Evidence, *, needs: str) -> Ours:
    """Returns that nothing here can judge a claim, and what could."""
    return Ours(None, f"nothing here can tell; it takes {needs}")


def _ends(term: Term) -> tuple[Decimal, Decimal]:
    low, high = term if isinstance(term, tuple) else (term, term)
    return exact(low), exact(high)


def _range(low: Decimal, high: Decimal) -> Decimal | tuple[Decimal, Decimal]:
    return low if low == high else (low, high)


def _shown(term: Term) -> str:
    low, high = _ends(term)
    return plain(low) if low == high else f"({plain(low)} to {plain(high)})"
