"""What the notebook of the migration shows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from workbench.report.figures import Figure, histograms
from workbench.report.tables import Column, Heading, Statement, Table

if TYPE_CHECKING:
    from workbench.migrate import Verification
    from workbench.report.trial import Trial
    from workbench.spec import Case

SHOWN_REJECTS = 20
EDGES = {"1 KB": 1024.0, "4 KB": 4096.0}
"""Sizes at which a write and a read cost another unit [bytes]."""


def heading(case: Case) -> Heading:
    """Returns the title of the page."""
    return Heading("Migration", case.design.title)


def provenance(trial: Trial) -> str:
    """Returns what a reader must know to repeat the move."""
    return (
        f"{trial.settings.users:,} generated users, seed {trial.settings.seed}; from {trial.move.source} to "
        f"{trial.move.engine} on {trial.replay.machine}."
    )


def arrival(trial: Trial) -> Statement:
    """Returns whether the data arrived whole."""
    return _verdict(trial.move.verification, "after the move")


def after_writes(trial: Trial) -> Statement:
    """Returns whether both sides are still equal after the patterns that write ran on both."""
    return _verdict(trial.after, "after the patterns that write ran on both sides")


def _verdict(found: Verification, when: str) -> Statement:
    rejected = f" {found.rejected:,} rows cannot be items and are listed." if found.rejected else ""
    if found.equal:
        text = f"Equal {when}: {found.rows:,} rows, {found.items:,} items, same keys and same contents."
        return Statement(text + rejected, "good")
    kinds = Counter(discrepancy.kind for discrepancy in found.discrepancies)
    listed = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return Statement(f"Not equal {when}: {listed}.{rejected}", "bad")


def verification_table(trial: Trial) -> Table:
    """Returns the comparison of rows and items of every entity."""
    columns = [
        Column("entity", "Entity"),
        Column("table", "Table", code=True),
        *(
            Column(key, label, digits=0)
            for key, label in (
                ("rows", "Rows"),
                ("equal", "Equal items"),
                ("different", "Different"),
                ("missing", "Missing"),
                ("rejected", "Rejected rows"),
            )
        ),
    ]
    verdicts = trial.move.verification.entities
    rows = [{column.key: getattr(verdict, column.key) for column in columns} for verdict in verdicts]
    total: dict[str, Any] = {column.key: sum(row[column.key] for row in rows) for column in columns[2:]}
    note = (
        f"Rows are mapped anew and compared with a scan of all tables by key and content. {provenance(trial)}"
    )
    return Table("Rows and items", columns, rows, note, {"entity": "Total", **total})


def discrepancy_table(trial: Trial) -> Table | Statement:
    """Returns items that are not as the source says; a statement when there is none."""
    found = [*trial.move.verification.discrepancies, *trial.after.discrepancies]
    if not found:
        return Statement("No item is missing, extra or different.", "good")
    columns = [Column("kind", "Kind"), Column("what", "Item", wide=True)]
    rows = [{"kind": one.kind, "what": str(one)} for one in found]
    return Table("Discrepancies", columns, rows, "The first of each kind; all are counted above.")


def reject_table(trial: Trial) -> Table | Statement:
    """Returns the rows that no item can hold; a statement when there is none."""
    rejects = trial.move.rejects
    if not rejects:
        return Statement("Every row can be an item.", "good")
    columns = [
        Column("entity", "Entity"),
        Column("row_key", "Row"),
        Column("reason", "Why it cannot be an item", wide=True),
    ]
    rows = [
        {column.key: getattr(reject, column.key) for column in columns} for reject in rejects[:SHOWN_REJECTS]
    ]
    return Table(
        "Rejected rows", columns, rows, f"{min(len(rejects), SHOWN_REJECTS)} of {len(rejects)} rows."
    )


def time_table(trial: Trial) -> Table:
    """Returns how long every step of the move took."""
    columns = [
        Column("step", "Step"),
        Column("seconds", "Time", "s", digits=1),
        Column("rate", "Rate", "items/s", digits=0),
    ]
    items = trial.move.verification.items
    rows = [
        {"step": step, "seconds": seconds, "rate": items / seconds if step != "schema" else None}
        for step, seconds in trial.move.seconds.items()
    ]
    return Table("Time of the move on this machine", columns, rows, provenance(trial))


def size_figure(trial: Trial) -> Figure:
    """Returns the sizes of all items by entity, with the edges at which a unit more is consumed."""
    items = {name: sizes for name, sizes in trial.sizes.items.items() if sizes.count}
    largest = max(items, key=lambda name: items[name].max_bytes)
    above = sum(
        count for sizes in items.values() for size, count in sizes.counts.items() if size > EDGES["1 KB"]
    )
    share = above / sum(sizes.count for sizes in items.values())
    caption = (
        f"{share:.0%} of the items are larger than 1 KB and cost more than one unit to write; "
        f"the largest is a {largest} of {items[largest].max_bytes:,} bytes."
    )
    samples = {name: sizes.counts for name, sizes in items.items()}
    return histograms("Sizes of items by entity", caption, samples, "item size [bytes]", EDGES)
