"""Checks of a price snapshot against its second sources and against its own patterns."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from workbench.errors import Problem
from workbench.pricing.book import Strength
from workbench.pricing.dimensions import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.pricing.book import Price, PriceBook

_IA_RATIO = (Decimal("1.20"), Decimal("1.28"))
_IA_KINDS = ("on_demand_wru", "on_demand_rru", "provisioned_wcu", "provisioned_rcu")
_MULTI_AZ_RATIO = (Decimal("1.9"), Decimal("2.1"))


def check_book(book: PriceBook) -> list[Problem]:
    """Every disagreement in a snapshot that is not already marked as suspect.

    A second source must give the same price in the same unit; Standard-IA requests cost 1.20 to 1.28 times
    Standard ones; a Multi-AZ instance costs about twice a Single-AZ one.

    Source: prices-ia-pattern, prices-rds
    """
    return [*_second_sources(book), *_standard_ia(book), *_multi_az(book)]


def _second_sources(book: PriceBook) -> Iterator[Problem]:
    for second in book.cross_checks:
        first = book.prices.get(second.key)
        if first is None:
            yield _problem(book, second, "a second source for a price that is absent; got no first source")
        elif (first.usd, first.unit) != (second.usd, second.unit):
            message = f"two sources disagree; got {first.usd} per {first.unit} from {first.source_id}"
            yield _problem(
                book, first, f"{message} and {second.usd} per {second.unit} from {second.source_id}"
            )


def _standard_ia(book: PriceBook) -> Iterator[Problem]:
    for price in book:
        kind = price.dimension.removesuffix("_standard_ia")
        if price.service == Service.DYNAMODB and kind in _IA_KINDS and kind != price.dimension:
            base = book.prices.get((price.service, price.region, f"{kind}_standard"))
            yield from _ratio(book, price, base, _IA_RATIO)


def _multi_az(book: PriceBook) -> Iterator[Problem]:
    for price in book:
        family, _, instance = price.dimension.partition(":")
        if family == "instance_multi_az":
            base = book.prices.get((price.service, price.region, f"instance_single_az:{instance}"))
            yield from _ratio(book, price, base, _MULTI_AZ_RATIO)


def _ratio(
    book: PriceBook,
    price: Price,
    base: Price | None,
    allowed: tuple[Decimal, Decimal],
) -> Iterator[Problem]:
    if base is None or not base.usd or price.strength is Strength.SUSPECT:
        return
    ratio = price.usd / base.usd
    if not allowed[0] <= ratio <= allowed[1]:
        message = f"breaks the pattern; got {ratio:.2f} times {base.dimension}"
        yield _problem(book, price, f"{message}, allowed {allowed[0]} to {allowed[1]}")


def _problem(book: PriceBook, price: Price, message: str) -> Problem:
    step = "Look it up again, or mark it suspect and say so in the README"
    return Problem(str(book.directory / "prices.csv"), 0, ".".join(price.key), message, step)
