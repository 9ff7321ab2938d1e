"""`workbench cost`: the monthly bill of every alternative, line by line, with the source of each price."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.asked import DAUS, REGION, TABLE_FORMAT, asked, positive, whole_numbers

if TYPE_CHECKING:
    import pandas as pd

    from workbench.compare.case_bills import CaseBills


@click.command()
@click.argument("case")
@DAUS
@REGION
@click.option(
    "--free-tier/--no-free-tier", default=False, show_default=True, help="Draw down the free bands."
)
@click.option("--hours", default="730", show_default=True, help="Hours of a month.")
@click.option("--gb-bytes", default=str(2**30), show_default=True, help="Bytes of a GB of DynamoDB.")
@TABLE_FORMAT
def cost(case: str, dau: str, region: str, form: str, **conventions: Any) -> None:
    """Prices every alternative of CASE from its measured units, line by line.

    DynamoDB on demand, provisioned for the peak, as designed, auto-scaled, reserved for 1 and 3 years, and
    the cheapest way for each table; RDS as the document sizes it; RDS, Aurora and Serverless v2 sized from
    the workload. A price that the region lacks leaves out the alternatives that need it and is named;
    docs/cost-output.md describes every field.
    """
    from workbench.compare.bill_lines import bill_document, bill_lines  # noqa: PLC0415  # heavy

    bills = _bills(case, dau, region, conventions)
    if form == "json":
        click.echo(json.dumps(bill_document(bills), indent=1, ensure_ascii=False))
    elif form == "csv":
        click.echo(bill_lines(bills).to_csv(index=False).rstrip("\n"))
    else:
        click.echo(_as_tables(bills))


def _bills(name: str, dau: str, region: str, switches: dict[str, Any]) -> CaseBills:
    from workbench.compare.case_bills import case_bills  # noqa: PLC0415  # heavy
    from workbench.pricing import Conventions  # noqa: PLC0415  # heavy
    from workbench.spec.sql_profile import load_sql_profile  # noqa: PLC0415  # heavy

    case, measured, book, (users, hours, gb_bytes) = asked(
        name,
        region,
        partial(whole_numbers, "--dau", dau),
        partial(positive, "--hours", switches["hours"], "730"),
        partial(positive, "--gb-bytes", switches["gb_bytes"], str(2**30)),
    )
    profile = load_sql_profile(case.directory)
    conventions = Conventions(hours, gb_bytes, switches["free_tier"])
    return case_bills(case, measured, profile, book, region, dau=users, conventions=conventions)


def _as_tables(bills: CaseBills) -> str:
    from workbench.compare.bill_lines import bill_lines, bill_totals  # noqa: PLC0415  # heavy

    lines, totals = bill_lines(bills), bill_totals(bills)
    priced = lines[lines["source_id"] != ""].drop(columns=["snapshot", "source", "remark", "weak"])
    priced = priced.astype({"dau": int, "quantity": float, "usd_per_month": float})
    told = [f"{one.dau:,} DAU, {one.alternative}: {one.remark}" for one in bills.bills if one.remark]
    left = [f"left out: {name}: no price in {bills.region} for {what}" for name, what in _gaps(bills).items()]
    parts = [_head(bills), _text(totals.drop(columns="remark")), "\n".join(told), _text(priced), *left]
    return "\n\n".join(part for part in parts if part)


def _head(bills: CaseBills) -> str:
    conventions = bills.conventions
    tier = "with" if conventions.free_tier else "without"
    return (
        f"{bills.case}, {bills.region}: prices of snapshot {bills.snapshot}, a month of "
        f"{conventions.hours_per_month:f} hours, a GB of {conventions.bytes_per_gb:,f} bytes, "
        f"{tier} the free tier"
    )


def _gaps(bills: CaseBills) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for one in bills.left_out:
        service, _, dimension = one.place
        found.setdefault(one.alternative, []).append(f"{service} {dimension}")
    return {name: ", ".join(gaps) for name, gaps in found.items()}


def _text(rows: pd.DataFrame) -> str:
    return str(rows.to_string(index=False, na_rep="", float_format="{:,.4f}".format))
