"""From a documented value and ours to a verdict, with a sentence that says why."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from workbench.claims.evidence import Ours, exact, plain
from workbench.claims.ledger import Claim


class Verdict(StrEnum):
    """What can be said of a claim."""

    CONFIRMED = "confirmed"
    CONTRADICTED = "contradicted"
    DEPENDS_ON = "depends on"
    NOT_CHECKABLE = "not checkable here"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reason.

    Args:
        verdict: The verdict.
        why: The computation, the comparison and what else the author should know.
        within_document: The document contradicts itself.
    """

    verdict: Verdict
    why: str
    within_document: bool = False


def judge(claim: Claim, ours: Ours) -> Judgement:
    """Returns the verdict on a claim, given our value."""
    verdict = _verdict(claim, ours)
    contradicted = verdict is Verdict.CONTRADICTED
    compared = _compared(claim, ours) if contradicted else ""
    split = "so the document disagrees with itself" if contradicted and ours.internal else ""
    open_questions = " and ".join(ours.depends_on) or "the end of the range that is taken"
    hinges = f"it depends on {open_questions}" if verdict is Verdict.DEPENDS_ON else ""
    sentence = "; ".join(part for part in (ours.working, compared, split, hinges) if part)
    why = " ".join(part for part in (f"{sentence[0].upper()}{sentence[1:]}.", claim.note) if part)
    return Judgement(verdict, why, contradicted and ours.internal)


def value_text(value: object, unit: str = "", relation: str = "equals") -> str:
    """Returns a documented value or ours as people write it.

    >>> value_text((50.0, 70.0), "USD a month"), value_text(True), value_text(10.0, "ms", "at most")
    ('50 to 70 USD a month', 'yes', 'at most 10 ms')
    """
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return f"{'yes' if value else 'no'} {unit}".rstrip()
    prefix = "" if relation == "equals" else f"{relation} "
    return f"{prefix}{_amount(value)} {unit}".rstrip()


def _amount(value: object) -> str:
    if isinstance(value, tuple):
        low, high = value
        return plain(low) if low == high else f"{plain(low)} to {plain(high)}"
    return plain(value) if isinstance(value, int | float | Decimal) else str(value)


def _verdict(claim: Claim, ours: Ours) -> Verdict:
    if ours.value is None:
        return Verdict.NOT_CHECKABLE
    if isinstance(claim.documented, bool | str) or isinstance(ours.value, bool | str):
        same = claim.documented == ours.value
        clear = Verdict.CONFIRMED if same else Verdict.CONTRADICTED
        return Verdict.DEPENDS_ON if ours.depends_on else clear
    return _of_numbers(_stated(claim, exact(claim.tolerance)), _ends(ours.value))


def _stated(claim: Claim, tolerance: Decimal) -> tuple[Decimal, Decimal]:
    """Returns the values that the claim allows."""
    low, high = _ends(claim.documented)
    unbounded = Decimal("Infinity")
    return (
        -unbounded if claim.relation == "at most" else low - tolerance,
        unbounded if claim.relation == "at least" else high + tolerance,
    )


def _of_numbers(stated: tuple[Decimal, Decimal], ours: tuple[Decimal, Decimal]) -> Verdict:
    if stated[0] <= ours[0] and ours[1] <= stated[1]:
        return Verdict.CONFIRMED
    apart = ours[1] < stated[0] or stated[1] < ours[0]
    return Verdict.CONTRADICTED if apart else Verdict.DEPENDS_ON


def _ends(value: object) -> tuple[Decimal, Decimal]:
    if isinstance(value, tuple):
        return exact(value[0]), exact(value[1])
    if not isinstance(value, int | float | Decimal):
        raise TypeError(f"{value!r} is neither a number nor a range")
    return exact(value), exact(value)


def _compared(claim: Claim, ours: Ours) -> str:
    documented = value_text(claim.documented, claim.unit, claim.relation)
    if isinstance(claim.documented, bool | str) or isinstance(ours.value, bool | str):
        return "" if isinstance(claim.documented, bool) else f"the document says {documented}"
    return f"the document says {documented}{_factor(claim, ours)}"


def _factor(claim: Claim, ours: Ours) -> str:
    """Returns how far apart two numbers are, where that takes one word."""
    stated, found = _ends(claim.documented), _ends(ours.value)
    if stated[0] != stated[1] or found[0] != found[1] or min(stated[0], found[0]) <= 0:
        return ""
    ratio = stated[0] / found[0]
    return f", {ratio:.2f} times ours"
