"""`workbench prices`: what is in the price snapshots, where it comes from, what changed, what is new."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.pricing.book import Price, PriceBook
    from workbench.pricing.diff import BookDiff, PriceChange

_HEAD = ("service", "region", "dimension", "usd", "unit", "source", "date", "strength")

snapshot_option = click.option(
    "--snapshot",
    "directory",
    type=click.Path(file_okay=False),
    help="Name or folder of a price snapshot; the newest one by default.",
)


@click.group()
def prices() -> None:
    """List, compare, check and update the price snapshots."""


@prices.command("list")
@snapshot_option
@click.option("--service", default="", help="Only this service, such as dynamodb or rds-postgresql.")
@click.option("--region", default="", help="Only this region, such as eu-west-1.")
@click.option("--dimension", default="", help="Only dimensions that contain this text.")
@click.option("--strength", default="", help="Only prices of this strength, such as weak.")
def list_prices(directory: str | None, service: str, region: str, dimension: str, strength: str) -> None:
    """List the prices of a snapshot."""
    book = _book(directory)
    chosen = [
        price
        for price in sorted(book, key=lambda price: price.key)
        if (not service or price.service == service)
        and (not region or price.region == region)
        and (not dimension or dimension in price.dimension)
        and (not strength or price.strength == strength)
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


@prices.command("snapshots")
def list_snapshots() -> None:
    """List the snapshots, oldest first."""
    from workbench.pricing.book import PriceBook, snapshots  # noqa: PLC0415  # the overview must start at once

    for folder in snapshots():
        click.echo(f"{folder.name}  {len(PriceBook.load(folder).prices)} prices")


@prices.command("diff")
@click.argument("before")
@click.argument("after")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def diff_prices(before: str, after: str, form: str) -> None:
    """Show which prices differ between the snapshots BEFORE and AFTER."""
    from workbench.pricing.diff import diff_books  # noqa: PLC0415  # the overview must start at once

    found = diff_books(_book(before), _book(after))
    click.echo(_diff_json(found) if form == "json" else _diff_table(found))


@prices.command("update")
@click.option("--region", "regions", multiple=True, required=True, help="Region to ask for; may be repeated.")
@click.option(
    "--service",
    "services",
    multiple=True,
    default=("AmazonDynamoDB", "AmazonDAX"),
    show_default=True,
    help="Service code of the price list; may be repeated.",
)
@click.option(
    "--out", type=click.Path(), required=True, help="Folder of the new snapshot, named by its date."
)
@click.option("--yes-real-aws", is_flag=True, help="Agree to requests to AWS with your credentials.")
@snapshot_option
def update_prices(
    directory: str | None, regions: Sequence[str], services: Sequence[str], out: str, *, yes_real_aws: bool
) -> None:
    """Write a new snapshot: prices that AWS lists now, the others as the old snapshot has them."""
    from workbench.pricing.diff import diff_books  # noqa: PLC0415  # the overview must start at once
    from workbench.pricing.snapshot import references_of, updated, write_snapshot  # noqa: PLC0415  # likewise

    base = _book(directory)
    listed, skipped = _listed(services, regions, out, yes_real_aws=yes_real_aws)
    book = write_snapshot(out, updated(base, listed), references_of(base))
    click.echo(_diff_table(diff_books(base, book)))
    click.echo(f"{len(listed)} prices from AWS, {len(skipped)} usage types without a place in the book")


def _listed(
    services: Sequence[str], regions: Sequence[str], out: str, *, yes_real_aws: bool
) -> tuple[list[Price], set[str]]:
    from workbench.engines.price_list import fetch_products  # noqa: PLC0415  # the overview must start at once
    from workbench.pricing.price_list import listed_prices  # noqa: PLC0415  # likewise

    found: list[Price] = []
    skipped: set[str] = set()
    for service, region in ((service, region) for service in services for region in regions):
        products = fetch_products(service, region, yes_real_aws=yes_real_aws)
        listed = listed_prices(products, region, Path(out).name)
        found.extend(listed.prices)
        skipped.update(listed.skipped)
    return found, skipped


def _diff_table(found: BookDiff) -> str:
    head = ("service", "region", "dimension", found.before, found.after, "change", "source")
    rows = [
        (*one.after.key, str(one.before.usd), str(one.after.usd), _percent(one), one.after.source_id)
        for one in found.changed
    ]
    counts = f"{len(rows)} changed, {len(found.added)} added, {len(found.removed)} gone"
    table = f"{_table([head, *rows])}\n" if rows else ""
    return f"{table}{counts}, {found.unchanged} the same"


def _diff_json(found: BookDiff) -> str:
    changed = [
        {
            "price": ".".join(one.after.key),
            "before": str(one.before.usd),
            "after": str(one.after.usd),
            "unit": one.after.unit,
        }
        for one in found.changed
    ]
    added, removed = ([".".join(price.key) for price in part] for part in (found.added, found.removed))
    answer = {"changed": changed, "added": added, "removed": removed, "unchanged": found.unchanged}
    return json.dumps({"before": found.before, "after": found.after, **answer}, indent=2)


def _percent(change: PriceChange) -> str:
    return "" if change.relative is None else f"{change.relative:+.1%}"


def _book(name: str | None) -> PriceBook:
    from workbench.pricing.book import SNAPSHOTS, PriceBook  # noqa: PLC0415  # the overview must start at once

    if not name:
        return PriceBook.newest()
    kept = SNAPSHOTS / name
    return PriceBook.load(kept if kept.is_dir() else name)


def _counts(book: PriceBook) -> list[tuple[str, int]]:
    from workbench.pricing.book import STATED  # noqa: PLC0415  # the overview must start at once

    return [(strength, sum(price.strength is strength for price in book)) for strength in STATED]


def _row(price: Price) -> tuple[str, ...]:
    source = (price.source_id, price.source_date, price.strength.value)
    return (*price.key, str(price.usd), price.unit, *source)


def _table(rows: Sequence[Iterable[str]]) -> str:
    cells = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in cells)
