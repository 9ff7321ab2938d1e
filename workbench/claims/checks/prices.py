"""Checks that need the price book: what the documented capacity, instance or storage costs."""

from __future__ import annotations

from decimal import Decimal

from workbench.claims.evidence import Evidence, Number, Ours, check, exact, money, plain
from workbench.pricing.bill import STANDARD
from workbench.pricing.dimensions import Dimension, Service, rds_instance

_DYNAMODB, _RDS = Service.DYNAMODB, Service.RDS_POSTGRESQL


@check
def capacity_month(evidence: Evidence, *, rcu: Number = 0, wcu: Number = 0) -> Ours:
    """Returns the cost of provisioned capacity [USD per month]; for reads, also at the price of writes.

    Source: prices-dynamodb, prices-month
    """
    reads, writes = _hourly(evidence)
    hours = STANDARD.hours_per_month
    usd = hours * (exact(rcu) * reads + exact(wcu) * writes)
    parts = [f"{plain(n)} {unit} x {plain(price)}"
             for n, unit, price in ((rcu, "RCU", reads), (wcu, "WCU", writes)) if n]  # fmt: skip
    working = f"{plain(hours)} h x ({' + '.join(parts)}) = {money(usd)} USD a month"
    if rcu:
        mistaken = hours * (exact(rcu) + exact(wcu)) * writes
        working += f" (were reads priced as writes, it would be {money(mistaken)})"
    return Ours(usd, working)


@check
def documented_total(
    evidence: Evidence, *, rcu: Number, wcu: Number, holders: int, others: tuple[Number, ...]
) -> Ours:
    """Returns the cost of a table and its indexes of equal capacity, and other amounts [USD per month].

    Args:
        evidence: Prices.
        rcu: Reads of each [RCU].
        wcu: Writes of each [WCU].
        holders: The table and its indexes.
        others: Amounts that the document adds [USD per month].
    """
    reads, writes = _hourly(evidence)
    each = STANDARD.hours_per_month * (exact(rcu) * reads + exact(wcu) * writes)
    rest = [exact(amount) for amount in others]
    usd = holders * each + sum(rest, Decimal(0))
    added = "".join(f" + {plain(amount)}" for amount in rest)
    return Ours(usd, f"{holders} x {each:,.3f}{added} = {money(usd)} USD a month at list prices")


@check
def rds_instances_month(evidence: Evidence, *, instance: str, count: int = 1) -> Ours:
    """Returns the cost of single-zone PostgreSQL instances [USD per month].

    Source: prices-rds, prices-month
    """
    hour = evidence.usd(_RDS, rds_instance(instance, multi_az=False))
    usd = count * hour * STANDARD.hours_per_month
    head = f"{count} x " if count > 1 else ""
    return Ours(usd, f"{head}730 h x {plain(hour)} USD for {instance} = {money(usd)} USD a month on demand")


@check
def rds_storage_month(evidence: Evidence, *, gb: Number) -> Ours:
    """Returns the cost of gp2 or gp3 storage in one zone [USD per month].

    Source: prices-rds
    """
    price = evidence.usd(_RDS, Dimension.GP2_STORAGE_SINGLE_AZ)
    usd = exact(gb) * price
    return Ours(usd, f"{plain(gb)} GB x {plain(price)} = {money(usd)} USD a month")


@check
def rds_backup_month(evidence: Evidence, *, gb: Number) -> Ours:
    """Returns the cost of backups as large as the database, free or at list price [USD per month].

    Source: prices-rds-backup-allowance
    """
    price = evidence.usd(_RDS, Dimension.BACKUP_STORAGE)
    usd = exact(gb) * price
    working = (
        f"{plain(gb)} GB x {plain(price)} = {money(usd)} USD a month at list price, and nothing while "
        f"backups stay within the allocated storage of the database"
    )
    return Ours((Decimal(0), usd), working, ("whether backups exceed the free allowance",))


@check
def rds_total_month(evidence: Evidence, *, instance: str, count: int, gb: Number, backup_gb: Number) -> Ours:
    """Returns the cost of instances, storage of the first and billed backups [USD per month].

    Source: prices-rds, prices-month
    """
    hour = evidence.usd(_RDS, rds_instance(instance, multi_az=False))
    storage = exact(gb) * evidence.usd(_RDS, Dimension.GP2_STORAGE_SINGLE_AZ)
    backup = exact(backup_gb) * evidence.usd(_RDS, Dimension.BACKUP_STORAGE)
    compute = count * hour * STANDARD.hours_per_month
    usd = compute + storage + backup
    return Ours(
        usd,
        f"instances {money(compute)} + storage {money(storage)} + backups {money(backup)} = {money(usd)} USD",
    )


@check
def storage_month(evidence: Evidence, *, gb: Number) -> Ours:
    """Returns the cost of DynamoDB Standard storage, without the free tier [USD per month].

    Source: prices-dynamodb, prices-gb
    """
    price = evidence.usd(_DYNAMODB, Dimension.STORAGE_STANDARD)
    usd = exact(gb) * price
    return Ours(usd, f"{plain(gb)} GB x {plain(price)} = {money(usd)} USD a month, without the free tier")


def _hourly(evidence: Evidence) -> tuple[Decimal, Decimal]:
    return (
        evidence.usd(_DYNAMODB, Dimension.PROVISIONED_RCU_STANDARD),
        evidence.usd(_DYNAMODB, Dimension.PROVISIONED_WCU_STANDARD),
    )
