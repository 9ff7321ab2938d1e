"""Prices out of the answers of AWS's Price List API: products with their terms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from workbench.errors import InputError, Problem
from workbench.pricing.book import Price, Strength
from workbench.pricing.dimensions import Dimension, Service, count_in, dax_node, rds_instance, unit_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SOURCE_ID = "aws-price-list-api"
SOURCE_TITLE = "AWS Price List API, get_products"
SERVICE_CODES: Mapping[str, Service] = {
    "AmazonDynamoDB": Service.DYNAMODB,
    "AmazonDAX": Service.DAX,
    "AmazonRDS": Service.RDS_POSTGRESQL,
}
"""Service code of the price list to the service of the price book."""

_PREFIX = re.compile(r"^(?!IA-)[A-Z]{2,4}\d?-")
_USAGE: Mapping[str, Dimension] = {
    "WriteRequestUnits": Dimension.ON_DEMAND_WRU_STANDARD,
    "ReadRequestUnits": Dimension.ON_DEMAND_RRU_STANDARD,
    "IA-WriteRequestUnits": Dimension.ON_DEMAND_WRU_STANDARD_IA,
    "IA-ReadRequestUnits": Dimension.ON_DEMAND_RRU_STANDARD_IA,
    "WriteCapacityUnit-Hrs": Dimension.PROVISIONED_WCU_STANDARD,
    "ReadCapacityUnit-Hrs": Dimension.PROVISIONED_RCU_STANDARD,
    "IA-WriteCapacityUnit-Hrs": Dimension.PROVISIONED_WCU_STANDARD_IA,
    "IA-ReadCapacityUnit-Hrs": Dimension.PROVISIONED_RCU_STANDARD_IA,
    "ReplWriteRequestUnits": Dimension.REPLICATED_WRU_STANDARD,
    "IA-ReplWriteRequestUnits": Dimension.REPLICATED_WRU_STANDARD_IA,
    "ReplWriteCapacityUnit-Hrs": Dimension.REPLICATED_WCU_STANDARD,
    "IA-ReplWriteCapacityUnit-Hrs": Dimension.REPLICATED_WCU_STANDARD_IA,
    "TimedStorage-ByteHrs": Dimension.STORAGE_STANDARD,
    "IA-TimedStorage-ByteHrs": Dimension.STORAGE_STANDARD_IA,
    "TimedPITRStorage-ByteHrs": Dimension.PITR_STORAGE,
    "TimedBackupStorage-ByteHrs": Dimension.BACKUP_WARM,
    "RestoreDataSize-Bytes": Dimension.RESTORE_WARM,
    "Streams-Requests": Dimension.STREAMS_READ,
    "ChangeDataCaptureUnits-Kinesis": Dimension.KINESIS_CDC,
    "ExportDataSize-Bytes": Dimension.EXPORT_TO_S3_FULL,
    "IncrementalExportDataSize-Bytes": Dimension.EXPORT_TO_S3_INCREMENTAL,
    "ImportDataSize-Bytes": Dimension.IMPORT_FROM_S3,
}
_RESERVED = {"DDB-WriteUnits": "wcu", "DDB-ReadUnits": "rcu"}


@dataclass(frozen=True, slots=True)
class Listed:
    """What an answer of the price list was turned into.

    Args:
        prices: Prices of the book.
        skipped: Usage types that the book does not know, sorted.
    """

    prices: tuple[Price, ...]
    skipped: tuple[str, ...]


def listed_prices(products: Iterable[Mapping[str, Any]], region: str, snapshot: str) -> Listed:
    """The prices of one region out of products of the price list; of a banded price the last band is taken.

    Args:
        products: Parsed entries of `PriceList`.
        region: AWS region code; products of others are left out.
        snapshot: Name of the snapshot that they are meant for.

    Raises:
        InputError: Entries that lack what the format promises, or two prices of the same thing.

    Source: prices-usage-types
    """
    prices: dict[tuple[str, str, str], Price] = {}
    skipped: set[str] = set()
    problems: list[Problem] = []
    for number, product in enumerate(products, start=1):
        try:
            found = list(_product_prices(product, region, snapshot))
        except (KeyError, TypeError, AttributeError, InvalidOperation, ValueError) as error:
            problems.append(_malformed(number, error))
            continue
        if not found and _region(product) == region:
            skipped.add(product["product"]["attributes"]["usagetype"])
        problems.extend(_clashes(found, prices))
        prices.update({price.key: price for price in found})
    if problems:
        raise InputError(problems)
    return Listed(tuple(prices[key] for key in sorted(prices)), tuple(sorted(skipped)))


def _product_prices(product: Mapping[str, Any], region: str, snapshot: str) -> Iterator[Price]:
    attributes = product["product"]["attributes"]
    service = SERVICE_CODES.get(product["serviceCode"])
    if service is None or _region(product) != region:
        return
    terms = product["terms"]
    dated = str(product["publicationDate"])[:10]
    dimension = _dimension(service, attributes)
    for name, each in (*_listed(dimension, terms), *_reserved(attributes, terms)):
        unit = unit_of(service, name) or ""
        usd = each * count_in(unit)
        yield Price(
            service, region, name, usd, unit, SOURCE_ID, SOURCE_TITLE, dated, Strength.STRONG, snapshot
        )


def _dimension(service: Service, attributes: Mapping[str, str]) -> str | None:
    if service is Service.DAX:
        node = attributes.get("instanceType")
        return dax_node(f"dax.{node.removeprefix('dax.')}") if node else None
    if service is Service.RDS_POSTGRESQL:
        return _instance(attributes)
    return _USAGE.get(_PREFIX.sub("", attributes["usagetype"]))


def _instance(attributes: Mapping[str, str]) -> str | None:
    zones = {"Single-AZ": False, "Multi-AZ": True}.get(attributes.get("deploymentOption", ""))
    plain = "InstanceUsage:" in attributes["usagetype"] or "Multi-AZUsage:" in attributes["usagetype"]
    if zones is None or not plain or attributes.get("databaseEngine") != "PostgreSQL":
        return None
    return rds_instance(attributes["instanceType"], multi_az=zones)


def _listed(dimension: str | None, terms: Mapping[str, Any]) -> Iterator[tuple[str, Decimal]]:
    if dimension is None:
        return
    for offer in terms.get("OnDemand", {}).values():
        bands = sorted(offer["priceDimensions"].values(), key=lambda band: Decimal(band["beginRange"]))
        yield dimension, _usd(bands[-1])


def _reserved(attributes: Mapping[str, str], terms: Mapping[str, Any]) -> Iterator[tuple[str, Decimal]]:
    kind = _RESERVED.get(attributes.get("group", ""))
    if kind is None:
        return
    for offer in terms.get("Reserved", {}).values():
        years = offer["termAttributes"]["LeaseContractLength"]
        for band in offer["priceDimensions"].values():
            payment = "upfront" if band["unit"] == "Quantity" else "hourly"
            yield f"reserved_{kind}_{years}_{payment}", _usd(band)


def _usd(band: Mapping[str, Any]) -> Decimal:
    return Decimal(band["pricePerUnit"]["USD"])


def _region(product: Mapping[str, Any]) -> str:
    return str(product["product"]["attributes"].get("regionCode", ""))


def _clashes(found: Iterable[Price], known: Mapping[tuple[str, str, str], Price]) -> Iterator[Problem]:
    for price in found:
        other = known.get(price.key)
        if other is not None and other.usd != price.usd:
            message = (
                f"two products for the same price; got {other.usd.normalize()} and {price.usd.normalize()}"
            )
            yield Problem("Price List API", 0, ".".join(price.key), message, "Report the two usage types")


def _malformed(number: int, error: Exception) -> Problem:
    message = f"not a product of the documented format; got {type(error).__name__} at {error}"
    return Problem("Price List API", number, "PriceList", message, "Keep the answer and compare its fields")
