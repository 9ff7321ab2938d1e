"""Where services report other units for the same request: one named flag a difference.

Each flag's docstring says the two behaviours; `AWS` and `DYNAMODB_LOCAL` are the two sets of values.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """The flags of one service.

    Args:
        name: The name on the command line.
        lsi_entry_overhead_bytes: Added to an entry of a local index before its write is rounded [bytes].
        half_keyed_entry_counts: An item that had some of an index's keys and now has others counts as an
            entry that was removed.
        failed_condition_reported: A failed condition shows what it is charged.
        batch_get_charges_missing: A missing key of a BatchGetItem is charged the minimum.
        empty_read_charged: A Query or Scan that evaluates nothing is charged the minimum.
        lsi_query_always_fetches: A Query of a local index that asks for named attributes reads the items of
            the table even where the index holds them all.
        lsi_scan_fetches: A Scan of a local index reads the items of the table for what the index lacks.
        index_scan_at_item_bytes: A Scan of an index is charged at the size of the items of the table.
        batch_delete_missing_units: Units of a BatchWriteItem's deletion of a missing item.
        equal_members_charged_once: Members of a TransactWriteItems with equal charges are charged once.
        transaction_doubles_indexes: A transaction doubles the units of index writes also.
        transact_delete_missing_units: Units of a transaction's deletion of a missing item.
        condition_check_bytes: Step in which the item of a ConditionCheck is rounded [bytes].
        partiql_reported: PartiQL statements report capacity.
    """

    name: str
    lsi_entry_overhead_bytes: int = 0
    half_keyed_entry_counts: bool = False
    failed_condition_reported: bool = True
    batch_get_charges_missing: bool = True
    empty_read_charged: bool = True
    lsi_query_always_fetches: bool = False
    lsi_scan_fetches: bool = True
    index_scan_at_item_bytes: bool = False
    batch_delete_missing_units: int = 1
    equal_members_charged_once: bool = False
    transaction_doubles_indexes: bool = False
    transact_delete_missing_units: int = 2
    condition_check_bytes: int = 1024
    partiql_reported: bool = True


AWS = Dialect("aws")
"""DynamoDB itself: documented, or measured on it where the documents are silent.

Source: dg-read-write-operations, dg-working-with-items, dg-lsi, dynoxide-index-units,
    dynoxide-transaction-units, dynoxide-partiql-units
"""

DYNAMODB_LOCAL = Dialect(
    "dynamodb-local",
    lsi_entry_overhead_bytes=100,
    half_keyed_entry_counts=True,
    failed_condition_reported=False,
    batch_get_charges_missing=False,
    empty_read_charged=False,
    lsi_query_always_fetches=True,
    lsi_scan_fetches=False,
    index_scan_at_item_bytes=True,
    batch_delete_missing_units=2,
    equal_members_charged_once=True,
    transaction_doubles_indexes=True,
    transact_delete_missing_units=1,
    condition_check_bytes=4096,
    partiql_reported=False,
)
"""DynamoDB Local 3.1.0.

Source: local-measured, local-batch-missing, local-equal-members
"""

DIALECTS = {dialect.name: dialect for dialect in (AWS, DYNAMODB_LOCAL)}
"""Name to dialect."""
