"""Whole tables, read in parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workbench.engines.direct import caller
from workbench.items import Item

SEGMENTS = 32
"""Parts of a table, each scanned by itself; DynamoDB Local needs longer for a page the longer its part is."""

SCANS = 4
"""Parts that are scanned at a time."""


def scanned_part(client: Any, table: str, segment: int, segments: int = SEGMENTS) -> Iterator[Item]:
    """Yields the items of a part of a table, strongly consistent.

    Args:
        client: boto3 low-level client.
        table: The table's name.
        segment: Number of the part, from 0.
        segments: Parts that the table is read in.
    """
    pages = client.get_paginator("scan").paginate(
        TableName=table, ConsistentRead=True, Segment=segment, TotalSegments=segments
    )
    for page in pages:
        yield from page["Items"]


def wire_part(client: Any, table: str, segment: int, segments: int = SEGMENTS) -> Iterator[Item]:
    """Yields the items of a part of a table, for less than `scanned_part`: binary values may be base64.

    An item of a page is gone when the next one is asked for, so that never two pages are held.

    Args:
        client: boto3 low-level client.
        table: The table's name.
        segment: Number of the part, from 0.
        segments: Parts that the table is read in.
    """
    call = caller(client)
    wanted = {"TableName": table, "ConsistentRead": True, "Segment": segment, "TotalSegments": segments}
    start: Any = {}
    while start is not None:
        page = call("Scan", wanted | start)
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]} if "LastEvaluatedKey" in page else None
        items = page["Items"]
        while items:
            yield items.pop()
