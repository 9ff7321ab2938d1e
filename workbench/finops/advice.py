"""What each step saves, alone and after the others: always the price of the changed case, never a share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from workbench.finops.operated import Operated, Pricer
from workbench.finops.steps import RETENTION_DAYS, Kind, Step, possible_steps
from workbench.pricing.bill import Bill

MATERIAL = Decimal("0.01")
"""Share of today's bill below which a step is not worth its work, 0 to 1."""


@dataclass(frozen=True)
class PricedStep:
    """A step with its price.

    Args:
        step: The step.
        before: Cost without it [USD per month].
        after: Cost with it [USD per month]; None where a table cannot pay so, or would refuse too much.
    """

    step: Step
    before: Decimal
    after: Decimal | None

    @property
    def saving(self) -> Decimal | None:
        """What it saves; below zero where it costs more [USD per month]."""
        return None if self.after is None else self.before - self.after


@dataclass(frozen=True)
class Advice:
    """What can be saved on a case.

    Args:
        bill: The bill of today's design.
        alone: Each step by itself, the largest saving first, those that cannot be taken last.
        together: The steps to take one after another, each with the largest saving that is left: first those
            that change only the bill, then those that change what the application sees; no commitments.
        committed: Likewise with commitments, in one go.
        declined: Rule, place and the architect's reason for leaving it as it is.
    """

    bill: Bill
    alone: tuple[PricedStep, ...]
    together: tuple[PricedStep, ...]
    committed: tuple[PricedStep, ...]
    declined: tuple[tuple[str, str, str], ...]

    @property
    def best(self) -> Decimal:
        """Cost after all steps worth taking without a commitment [USD per month]."""
        return _last(self.together, self.bill.total)

    @property
    def best_committed(self) -> Decimal:
        """Cost after all steps worth taking, commitments among them [USD per month]."""
        return _last(self.committed, self.bill.total)


def advise(operated: Operated, pricer: Pricer, retention_days: int = RETENTION_DAYS) -> Advice:
    """Returns what each step would save and in which order to take them.

    Args:
        operated: The case as it is run.
        pricer: Prices and number of users.
        retention_days: Days that items would be kept where expiry is suggested [days].

    Raises:
        InputError: A price that the region lacks.
    """
    steps = possible_steps(operated, pricer, retention_days)
    bill = pricer.bill(operated)
    alone = sorted(_priced(operated, bill.total, steps.offered, pricer), key=_least_saving_last)
    kinds = [frozenset({Kind.BILLING}), frozenset({Kind.BILLING, Kind.BEHAVIOUR})]
    return Advice(
        bill,
        tuple(alone),
        _taken(operated, steps.offered, pricer, kinds),
        _taken(operated, steps.offered, pricer, [frozenset(Kind)]),
        steps.declined,
    )


def _last(taken: Sequence[PricedStep], otherwise: Decimal) -> Decimal:
    last = taken[-1].after if taken else None
    return otherwise if last is None else last


def _least_saving_last(priced: PricedStep) -> tuple[bool, Decimal]:
    return priced.saving is None, -(priced.saving or Decimal(0))


def _priced(
    operated: Operated, before: Decimal, steps: Iterable[Step], pricer: Pricer
) -> Iterator[PricedStep]:
    for step in steps:
        yield PricedStep(step, before, pricer.total(step.change(operated)))


def _taken(
    operated: Operated, steps: Iterable[Step], pricer: Pricer, stages: Sequence[frozenset[Kind]]
) -> tuple[PricedStep, ...]:
    """Returns the steps worth taking in their order; one that a later step made useless is left out again."""
    taken = tuple(_together(operated, steps, pricer, stages))
    chosen = [priced.step for priced in taken]
    useless = next((step for step in chosen if _cheaper_without(operated, chosen, step, pricer)), None)
    if useless is None:
        return taken
    return _taken(operated, [step for step in chosen if step is not useless], pricer, stages)


def _cheaper_without(operated: Operated, steps: Sequence[Step], left_out: Step, pricer: Pricer) -> bool:
    every, fewer = operated, operated
    for step in steps:
        every = step.change(every)
        fewer = fewer if step is left_out else step.change(fewer)
    totals = pricer.total(every), pricer.total(fewer)
    return totals[0] is not None and totals[1] is not None and totals[1] < totals[0]


def _together(
    operated: Operated, steps: Iterable[Step], pricer: Pricer, stages: Iterable[frozenset[Kind]]
) -> Iterator[PricedStep]:
    """Yields the step with the largest saving that is left, until none is worth it, stage after stage."""
    left, cost = list(steps), pricer.bill(operated).total
    worth = cost * MATERIAL
    for kinds in stages:
        while best := _best(operated, cost, [step for step in left if step.kind in kinds], pricer):
            if best.after is None or cost - best.after < worth:
                break
            yield best
            operated, cost = best.step.change(operated), best.after
            left = [step for step in left if step.subject != best.step.subject]


def _best(operated: Operated, cost: Decimal, steps: Iterable[Step], pricer: Pricer) -> PricedStep | None:
    return min(_priced(operated, cost, steps, pricer), key=_least_saving_last, default=None)
