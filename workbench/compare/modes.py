"""Cost curves of the alternatives: DynamoDB in a commercial mode, RDS in the steps of a sizing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.compare.cost_curve import CostCurve, Segment
from workbench.compare.relational import RdsStep, check_steps
from workbench.errors import InputError
from workbench.pricing.bill import STANDARD, Conventions, price_list
from workbench.pricing.dynamodb import TableLoad, dynamodb_charges
from workbench.pricing.rds import rds_charges

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.errors import Problem
    from workbench.pricing.bill import Charge
    from workbench.pricing.book import PriceBook


def dynamodb_curve(  # noqa: PLR0913 - what is billed, its prices, and what is billed beside it
    name: str,
    loads: Iterable[TableLoad],
    book: PriceBook,
    region: str,
    conventions: Conventions = STANDARD,
    *,
    beside: Iterable[Charge] = (),
) -> CostCurve:
    """The cost of tables and indexes over daily active users.

    Args:
        name: Name of the alternative.
        loads: One entry a table and one an index, as `on_demand_load` and its siblings make them.
        book: Prices.
        region: AWS region code.
        conventions: Length of the month and size of a GB; the free tier bends curves and must be off.
        beside: What else is billed, such as backups.

    Raises:
        InputError: Every price that this region lacks.
        ValueError: The free tier is on.
    """
    if conventions.free_tier:
        raise ValueError("a cost curve leaves the free tier out; ask for single bills instead")
    charges = price_list([*dynamodb_charges(loads, conventions), *beside], book, region)
    return CostCurve(name, region, (Segment(0, name, charges),), conventions=conventions)


def rds_curve(
    name: str,
    steps: Sequence[RdsStep],
    book: PriceBook,
    region: str,
    conventions: Conventions = STANDARD,
) -> CostCurve:
    """The cost of a relational sizing over daily active users; it ends with its last step.

    Raises:
        InputError: Steps out of order, or every price that this region lacks.
    """
    check_steps(steps, name)
    starts = [0, *(step.max_dau + 1 for step in steps[:-1] if step.max_dau is not None)]
    problems: dict[Problem, None] = {}
    segments = []
    for start, step in zip(starts, steps, strict=True):
        try:
            charges = price_list(rds_charges(step.configuration, conventions), book, region)
        except InputError as error:
            problems |= dict.fromkeys(error.problems)
        else:
            segments.append(Segment(start, step.name, charges))
    if problems:
        raise InputError(problems)
    return CostCurve(name, region, tuple(segments), steps[-1].max_dau, conventions)
