"""What checks are computed from, and what they answer; checks are found by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from inspect import signature
from typing import TypeVar

from workbench.compare.case_costs import CaseCosts, case_costs, case_demands
from workbench.compare.relational_case import case_needs
from workbench.pricing.book import PriceBook
from workbench.pricing.relational_sizing import Needs
from workbench.spec.case import Case
from workbench.spec.measured import Measurement, load_measurement
from workbench.spec.sql_profile import load_sql_profile

Number = int | float | Decimal
_LARGE = 100


@dataclass(frozen=True, slots=True)
class Ours:
    """Our value of what a document states, and how it came about.

    Args:
        value: A number, a range from low to high, a word, or whether it holds; None where nothing here tells.
        working: The computation in a sentence without its full stop.
        depends_on: The open questions that span a range.
        internal: It comes from other lines of the same document.
    """

    value: bool | Decimal | tuple[Decimal, Decimal] | str | None
    working: str
    depends_on: tuple[str, ...] = ()
    internal: bool = False


@dataclass(frozen=True)
class Evidence:
    """The case, the prices and the measurement that checks compute from.

    Args:
        case: Design and workload.
        book: Prices.
        region: AWS region code.
    """

    case: Case
    book: PriceBook
    region: str = "us-east-1"

    @cached_property
    def measured(self) -> Measurement:
        """Units and sizes measured on the engines.

        Raises:
            InputError: The case has not been measured since its files changed.
        """
        return load_measurement(self.case.directory)

    @cached_property
    def costs(self) -> CaseCosts:
        """The cost curves at the assumed values."""
        case = self.case
        demands = case_demands(case.design, case.workload, self.measured)
        return case_costs(case.design, case.workload, demands, self.book, self.region)

    @cached_property
    def needs(self) -> Needs[Decimal]:
        """What each user needs of a relational server, at the assumed values."""
        profile = load_sql_profile(self.case.directory)
        return case_needs(self.case.design, self.case.workload, self.measured, profile)

    def usd(self, service: str, dimension: str) -> Decimal:
        """Returns a price [USD per unit].

        Raises:
            InputError: The region lacks it.
        """
        return self.book.price(service=service, region=self.region, dimension=dimension).usd


Check = Callable[..., Ours]
_Registered = TypeVar("_Registered", bound=Check)
_CHECKS: dict[str, Check] = {}


def check(function: _Registered) -> _Registered:
    """Registers a check under its name; it takes the evidence and the claim's arguments by keyword."""
    _CHECKS[function.__name__] = function
    return function


def registered() -> Mapping[str, Check]:
    """Returns the checks by name."""
    return dict(sorted(_CHECKS.items()))


def misfit(function: Check, given: Mapping[str, object]) -> str | None:
    """Returns why the arguments do not fit a check, None where they do."""
    try:
        signature(function).bind(None, **given)
    except TypeError as error:
        return str(error)
    return None


def exact(value: Number) -> Decimal:
    """Returns a number as written, without the binary remainder of a float."""
    return Decimal(str(value))


def money(usd: Decimal) -> str:
    """Returns an amount in cents, halves rounded up [USD].

    >>> money(Decimal("4.745"))
    '4.75'
    """
    return f"{usd.quantize(Decimal('0.01'), ROUND_HALF_UP):,}"


def plain(value: Number) -> str:
    """Returns a number as people write it.

    >>> plain(2278), plain(Decimal("4.7450")), plain(Decimal("0.00013")), plain(1234567)
    ('2,278', '4.745', '0.00013', '1,234,567')
    """
    number = exact(value)
    places = 2 if abs(number) >= _LARGE else 5
    text = f"{number:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
