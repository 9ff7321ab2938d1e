"""`workbench prices`: what is in a price snapshot, where it comes from, and whether it holds together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.pricing.book import Price, PriceBook

_HEAD = ("service", "region", "dimension", "usd", "unit", "source", "date", "strength")

snapshot_option = click.option(
    "--snapshot",
    "directory",
    type=click.Path(file_okay=False),
    help="Folder of a price snapshot; the newest one by default.",
)


@click.group()
def prices() -> None:
    """List and check the price snapshots."""


@prices.command("list")
@snapshot_option
@click.option("--service", default="", help="Only this service, such as dynamodb or rds-postgresql.")
@click.option("--region", default="", help="Only this region, such as eu-west-1.")
@click.option("--dimension", default="", help="Only dimensions that contain this text.")
def list_prices(
    directory: str | None, service: str | None, region: str | None, dimension: str | None
) -> None:
    """List the prices of a snapshot."""
    book = _book(directory)
    chosen = [
        price
        for price in sorted(book, key=lambda price: price.key)
        if (not service or price.service == service)
        and (not region or price.region == region)
        and (not dimension or dimension in price.dimension)
    ]
    click.echo(_table([_HEAD, *map(_row, chosen)]))
    click.echo(f"{len(chosen)} of {len(book.prices)} prices, snapshot {book.snapshot}")


@prices.command("show")
@snapshot_option
@click.argument("service")
@click.argument("region")
@click.argument("dimension")
def show_price(directory: str | None, service: str, region: str, dimension: str) -> None:
    """Show one price, where it comes from and what other sources say."""
    book = _book(directory)
    price = book.price(service=service, region=region, dimension=dimension)
    click.echo(f"{price.usd} USD per {price.unit}")
    click.echo(f"strength  {price.strength}")
    for one in (price, *(check for check in book.cross_checks if check.key == price.key)):
        click.echo(f"source    {one.usd} USD, {one.source} ({one.source_id}, {one.source_date})")
    click.echo(f"snapshot  {price.snapshot}")


@prices.command("check")
@snapshot_option
def check_prices(directory: str | None) -> None:
    """Check a snapshot against its second sources and its own patterns."""
    from workbench.errors import InputError  # noqa: PLC0415  # the overview must start at once
    from workbench.pricing.check import check_book  # noqa: PLC0415  # likewise

    book = _book(directory)
    problems = check_book(book)
    if problems:
        raise InputError(problems)
    for strength, count in _counts(book):
        click.echo(f"{count:5}  {strength}")
    click.echo(
        f"{len(book.prices)} prices hold together; {len(book.cross_checks)} confirmed by a second source"
    )


def _book(directory: str | None) -> PriceBook:
    from workbench.pricing.book import PriceBook  # noqa: PLC0415  # the overview must start at once

    return PriceBook.load(directory) if directory else PriceBook.newest()


def _counts(book: PriceBook) -> list[tuple[str, int]]:
    from workbench.pricing.book import Strength  # noqa: PLC0415  # the overview must start at once

    return [(strength, sum(price.strength is strength for price in book)) for strength in Strength]


def _row(price: Price) -> tuple[str, ...]:
    source = (price.source_id, price.source_date, price.strength.value)
    return (*price.key, str(price.usd), price.unit, *source)


def _table(rows: Sequence[Iterable[str]]) -> str:
    cells = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in cells)
