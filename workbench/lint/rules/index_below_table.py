"""Global index with less write capacity than its table's writes need there.

What: The write capacity of a provisioned index is below what it needs when the table's own is used up.

Why: An index that cannot follow throttles the writes of its table, though the table has capacity left.

Example:
    provisioned_throughput: {read_capacity_units: 50, write_capacity_units: 50}
    global_secondary_indexes:
      ByDay: {provisioned_throughput: {read_capacity_units: 50, write_capacity_units: 5}}

Instead: Give the index the table's write capacity times the entries that a write changes, in its maximum
    too.

Source: dg-gsi-throttling
"""

from __future__ import annotations

from collections.abc import Iterator

from workbench.lint.bills import most_capacity
from workbench.lint.rule import Found, Rule, Severity
from workbench.lint.subject import Holder, Subject
from workbench.lint.wording import number


def check(subject: Subject) -> Iterator[Found]:
    """Finds indexes that limit the writes of their table."""
    tables = {holder.table_name: holder for holder in subject.holders if holder.index_name is None}
    for holder in subject.indexes:
        index, table = most_capacity(holder), most_capacity(tables[holder.table_name])
        if index is None or table is None:
            continue
        ratio, basis = _ratio(subject, holder)
        if index[1] < table[1] * ratio:
            message = (
                f"takes at most {number(index[1])} write units a second; {number(table[1])} in the table "
                f"make {number(table[1] * ratio)} here ({basis})"
            )
            yield Found(holder.path, message)


def _ratio(subject: Subject, holder: Holder) -> tuple[float, str]:
    """Returns the write units of an index for each of its table, and where the ratio is from."""
    table, index = subject.demands.get(holder.table_name), subject.demands.get(holder.place)
    if table is None or index is None or not table.write_units_per_dau:
        return 1.0, "taken as one for one"
    ratio = float(index.write_units_per_dau / table.write_units_per_dau)
    return ratio, f"measured {number(ratio)} for one"


RULE = Rule("index-below-table", Severity.ERROR, check, __doc__)
