"""Bills as one table: a row a line, and a row for each total."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.compare.cost_curve import CostCurve
    from workbench.pricing.bill import BillLine


def bill_lines(curves: Sequence[CostCurve], dau: Sequence[int]) -> pd.DataFrame:
    """Returns the bills of alternatives at numbers of daily active users.

    Args:
        curves: The alternatives.
        dau: Daily active users.

    Returns:
        One row a bill line and one row `total` a bill. Columns: `alternative`, `dau`, `component`, `table`,
        `index`, `quantity` [`unit`], `usd_per_unit`, `usd_per_month`, and of the price `strength`,
        `snapshot`, `source` and `source_date`. An alternative not sized for so many users has no rows.
    """
    rows = [row for users in dau for curve in curves for row in _rows(curve, users)]
    return pd.DataFrame(rows)


def _rows(curve: CostCurve, dau: int) -> Iterator[dict[str, Any]]:
    if curve.last_dau is not None and dau > curve.last_dau:
        return
    bill = curve.bill(dau)
    head = {"alternative": curve.name, "dau": dau}
    for line in bill.lines:
        yield {**head, **_line(line)}
    yield {**head, "component": "total", "usd_per_month": float(bill.total)}


def _line(line: BillLine) -> dict[str, Any]:
    return {
        "component": line.component,
        "table": line.table,
        "index": line.index or "",
        "quantity": float(line.quantity),
        "unit": line.unit,
        "usd_per_unit": float(line.price.usd),
        "usd_per_month": float(line.usd),
        "strength": str(line.price.strength),
        "snapshot": line.price.snapshot,
        "source": line.price.source,
        "source_date": line.price.source_date,
    }
