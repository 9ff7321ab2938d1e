"""A case as its prices see it: what was designed, measured and is paid in one region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.pricing.book import PriceBook
    from workbench.spec.case import Case
    from workbench.spec.design import Design
    from workbench.spec.measured import Measurement
    from workbench.spec.workload import Workload


@dataclass(frozen=True, slots=True)
class PricedCase:
    """What every cost of a case depends on, except its users.

    Args:
        design: Tables, indexes, entities and patterns.
        workload: Rates, stored items and the relational side.
        measured: Units of the patterns and sizes of the items.
        book: Prices.
        region: AWS region code.
    """

    design: Design
    workload: Workload
    measured: Measurement
    book: PriceBook
    region: str

    @classmethod
    def of(cls, case: Case, measured: Measurement, book: PriceBook, region: str) -> PricedCase:
        """Returns a case with its measurement and the prices of a region."""
        return cls(case.design, case.workload, measured, book, region)
