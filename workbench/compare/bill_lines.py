"""Bills as rows and as a document: a row a line, and a row for each total; the schema of `workbench cost`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.pricing.book import UNSURE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from workbench.compare.case_bills import CaseBill, CaseBills, LeftOut
    from workbench.pricing.bill import BillLine

SCHEMA_VERSION = 1
"""Version of the JSON document; a field that is renamed, removed or changes its meaning raises it."""
COLUMNS = (
    "alternative",
    "dau",
    "component",
    "table",
    "index",
    "quantity",
    "unit",
    "usd_per_unit",
    "usd_per_month",
    "strength",
    "weak",
    "snapshot",
    "source_id",
    "source",
    "source_date",
    "remark",
)


def bill_lines(bills: CaseBills) -> pd.DataFrame:
    """Returns all bills as one table of exact numbers as text.

    Returns:
        One row a bill line, then one row `total` a bill, or one row `not sized` where an alternative has no
        bill for so many users; then one row `left out` for every price that the region lacks. Columns:
        `COLUMNS`; `quantity` in `unit`, amounts in USD.
    """
    rows = [row for bill in bills.bills for row in _rows(bill)]
    rows += [_left_out_row(one) for one in bills.left_out]
    return pd.DataFrame(
        [["" if row.get(name) is None else row[name] for name in COLUMNS] for row in rows],
        columns=list(COLUMNS),
    )


def bill_totals(bills: CaseBills) -> pd.DataFrame:
    """Returns the totals.

    Returns:
        One row a bill: `dau`, `alternative`, `usd_per_month` (None where not sized), `weak_usd` (what rests
        on weak prices), `remark`.
    """
    rows = [
        {
            "dau": one.dau,
            "alternative": one.alternative,
            "usd_per_month": None if one.bill is None else float(one.bill.total),
            "weak_usd": float(_weak_usd(one)),
            "remark": one.remark,
        }
        for one in bills.bills
    ]
    return pd.DataFrame(rows)


def bill_document(bills: CaseBills) -> dict[str, Any]:
    """Returns all bills as plain data for JSON; amounts and quantities are exact decimals as text."""
    conventions = bills.conventions
    return {
        "schema_version": SCHEMA_VERSION,
        "case": bills.case,
        "region": bills.region,
        "snapshot": bills.snapshot,
        "hours_per_month": plain(conventions.hours_per_month),
        "bytes_per_gb": plain(conventions.bytes_per_gb),
        "free_tier": conventions.free_tier,
        "bills": [_document(one) for one in bills.bills],
        "left_out": [_left_out(one) for one in bills.left_out],
    }


def plain(amount: Decimal) -> str:
    """Returns an exact decimal without an exponent and without trailing zeros."""
    return f"{amount.normalize():f}"


def _rows(found: CaseBill) -> Iterator[dict[str, Any]]:
    head = {"alternative": found.alternative, "dau": found.dau}
    if found.bill is None:
        yield {**head, "component": "not sized", "remark": found.remark}
        return
    for line in found.bill.lines:
        yield {**head, **_line(line)}
    yield {**head, "component": "total", "usd_per_month": plain(found.bill.total), "remark": found.remark}


def _line(line: BillLine) -> dict[str, Any]:
    return {
        "component": line.component,
        "table": line.table,
        "index": line.index,
        "quantity": plain(line.quantity),
        "unit": line.unit,
        "usd_per_unit": plain(line.price.usd),
        "usd_per_month": plain(line.usd),
        "strength": str(line.price.strength),
        "weak": line.price.strength in UNSURE,
        "snapshot": line.price.snapshot,
        "source_id": line.price.source_id,
        "source": line.price.source,
        "source_date": line.price.source_date,
    }


def _document(found: CaseBill) -> dict[str, Any]:
    return {
        "alternative": found.alternative,
        "kind": found.kind,
        "dau": found.dau,
        "usd_per_month": None if found.bill is None else plain(found.bill.total),
        "remark": found.remark,
        "lines": [] if found.bill is None else [_line(line) for line in found.bill.lines],
    }


def _left_out(one: LeftOut) -> dict[str, str]:
    service, region, dimension = one.place
    return {
        "alternative": one.alternative,
        "service": service,
        "region": region,
        "dimension": dimension,
        "problem": one.problem.message,
    }


def _left_out_row(one: LeftOut) -> dict[str, Any]:
    service, region, dimension = one.place
    remark = f"no price for {service} {dimension} in {region}"
    return {"alternative": one.alternative, "component": "left out", "remark": remark}


def _weak_usd(found: CaseBill) -> Decimal | int:
    lines = found.bill.lines if found.bill else ()
    return sum(line.usd for line in lines if line.price.strength in UNSURE)
