"""What moves data out of and into tables: streams, Kinesis, exports and imports, and the DAX cache."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from workbench.pricing.bill import STANDARD, Charge, Conventions
from workbench.pricing.dimensions import Dimension, Service, dax_node
from workbench.pricing.quantity import Quantity

_BYTES_PER_UNIT = 1024
INCREMENTAL_LEAST_GB = Decimal(10) / 1024
"""An incremental export is billed for at least 10 MB [GB]."""


def stream_charges(table: str, get_records_calls: Decimal | int) -> tuple[Charge, ...]:
    """What reading a stream is billed for; reads of Lambda triggers and global tables are free and left out.

    Args:
        table: Name of the table.
        get_records_calls: Calls of other readers [per month].

    Source: prices-streams
    """
    return _some("stream reads", table, Dimension.STREAMS_READ, Decimal(get_records_calls))


def kinesis_charges(table: str, writes: Decimal | int, image_bytes: Decimal | int) -> tuple[Charge, ...]:
    """What change data capture to Kinesis is billed for: a unit for each begun KB of the larger image.

    Args:
        table: Name of the table.
        writes: Captured writes [per month].
        image_bytes: Larger of the images before and after a write [bytes].

    Source: prices-kinesis
    """
    kilobytes = (Decimal(image_bytes) / _BYTES_PER_UNIT).to_integral_value(rounding=ROUND_CEILING)
    units = Decimal(writes) * max(Decimal(1), kilobytes)
    return capture_charges(table, Quantity.of(units))


def export_charges(
    table: str, gigabytes: Quantity | Decimal, exports: Decimal | int = 1
) -> tuple[Charge, ...]:
    """What full exports to S3 are billed for.

    Args:
        table: Name of the table.
        gigabytes: Table with its local indexes [GB].
        exports: Exports in a month.

    Source: prices-export-import
    """
    count = Quantity.of(gigabytes).scaled(Decimal(exports))
    return _some("full export to S3", table, Dimension.EXPORT_TO_S3_FULL, count)


def incremental_export_charges(table: str, gigabytes: Decimal, exports: int = 1) -> tuple[Charge, ...]:
    """What incremental exports to S3 are billed for, each at least 10 MB.

    Args:
        table: Name of the table.
        gigabytes: Changed data of one export [GB].
        exports: Exports in a month.

    Source: prices-export-import
    """
    count = max(gigabytes, INCREMENTAL_LEAST_GB) * exports
    return _some("incremental export to S3", table, Dimension.EXPORT_TO_S3_INCREMENTAL, count)


def import_charges(table: str, gigabytes: Decimal) -> tuple[Charge, ...]:
    """What an import from S3 into a new table is billed for; its writes and its indexes are free.

    Args:
        table: Name of the table.
        gigabytes: Uncompressed size of the source, lines that fail included [GB].

    Source: prices-export-import
    """
    return _some("import from S3", table, Dimension.IMPORT_FROM_S3, gigabytes)


def dax_charges(
    cluster: str, node_type: str, nodes: int, conventions: Conventions = STANDARD
) -> tuple[Charge, ...]:
    """What a DAX cluster is billed for.

    Args:
        cluster: Name of the cluster.
        node_type: Such as `dax.r5.large`.
        nodes: Number of nodes.
        conventions: Length of the month.

    Source: prices-dax
    """
    count = Quantity.of(nodes * conventions.hours_per_month)
    if count.is_zero:
        return ()
    return (Charge(f"DAX {node_type}", cluster, None, Service.DAX, dax_node(node_type), count),)


def capture_charges(table: str, units: Quantity) -> tuple[Charge, ...]:
    """What change data capture to Kinesis is billed for, where the units are known.

    Args:
        table: Name of the table.
        units: Begun KB of the larger images of all captured writes [per month].

    Source: prices-kinesis
    """
    return _some("change data capture to Kinesis", table, Dimension.KINESIS_CDC, units)


def _some(component: str, table: str, dimension: str, count: Quantity | Decimal) -> tuple[Charge, ...]:
    quantity = Quantity.of(count)
    if quantity.is_zero:
        return ()
    return (Charge(component, table, None, Service.DYNAMODB, dimension, quantity),)
