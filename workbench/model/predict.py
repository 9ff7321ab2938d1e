"""The units that one request consumes, predicted from what it read or wrote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import add

from workbench.model.actions import Action, Consumed
from workbench.model.dialects import AWS, Dialect
from workbench.model.item_size import begun, item_bytes
from workbench.model.read_units import (
    TRANSACTIONAL,
    collection_consumed,
    consistency_factor,
    get_units,
    read_steps,
)
from workbench.model.table import TableShape
from workbench.model.write_units import failed_condition_units, write_consumed

Predictor = Callable[[TableShape, Sequence[Action], Dialect], Consumed]


def predict(table: TableShape, operation: str, actions: Sequence[Action], dialect: Dialect = AWS) -> Consumed:
    """Returns what one request consumes in a table and in each of its indexes.

    Args:
        table: The table; of a request over several tables, one of them.
        operation: The API call, such as `PutItem` or `TransactWriteItems`.
        actions: Its members in this table: one, or one for each item of a batch or transaction.
        dialect: The service's differences.
    """
    return PREDICTORS[operation](table, actions, dialect)


def predict_replay(actions: Sequence[Action]) -> Consumed:
    """Returns what DynamoDB reports for a TransactWriteItems sent again with its token: reads, not writes.

    Args:
        actions: What the first call did in one table.

    Source: dynoxide-transaction-units
    """
    sizes = (max(item_bytes(image or {}) for image in (action.before, action.after)) for action in actions)
    return Consumed(TRANSACTIONAL * sum(map(read_steps, sizes)))


def _single(table: TableShape, action: Action, dialect: Dialect) -> Consumed:
    if action.operation == "GetItem":
        return Consumed(get_units(action, consistency_factor(strong=action.consistent_read)))
    if action.operation in {"Query", "Scan"}:
        return collection_consumed(table, action, dialect)
    return write_consumed(table, action, dialect)


def _each(table: TableShape, actions: Sequence[Action], dialect: Dialect) -> Consumed:
    return reduce(add, (_single(table, action, dialect) for action in actions), Consumed())


def _batch_get(table: TableShape, actions: Sequence[Action], dialect: Dialect) -> Consumed:
    charged = [action for action in actions if action.evaluated or dialect.batch_get_charges_missing]
    return _each(table, charged, dialect)


def _batch_write(table: TableShape, actions: Sequence[Action], dialect: Dialect) -> Consumed:
    missing = [a for a in actions if a.before is None and a.after is None]
    others = [a for a in actions if not (a.before is None and a.after is None)]
    return _each(table, others, dialect) + Consumed(float(dialect.batch_delete_missing_units * len(missing)))


def _batch_statements(table: TableShape, actions: Sequence[Action], dialect: Dialect) -> Consumed:
    """Returns the units of the statements; those of failed ones belong to no part.

    Source: dynoxide-partiql-units
    """
    failed = [action for action in actions if action.condition_failed]
    units = sum(failed_condition_units(action.before) for action in failed)
    others = [action for action in actions if not action.condition_failed]
    return _each(table, others, dialect) + Consumed(unattributed=float(units))


def _transact_get(table: TableShape, actions: Sequence[Action], dialect: Dialect) -> Consumed:
    del table, dialect
    return Consumed(sum(get_units(action, TRANSACTIONAL) for action in actions))


def _transact_write(table: TableShape, actions: Sequence[Action], dialect: Dialect) -> Consumed:
    if any(action.condition_failed for action in actions):
        units = sum(2.0 * failed_condition_units(action.before) for action in actions)
        return Consumed(units if dialect.failed_condition_reported else 0.0)
    members = [_transact_member(table, action, dialect) for action in actions]
    if dialect.equal_members_charged_once:
        members = [member for number, member in enumerate(members) if member not in members[:number]]
    return reduce(add, members, Consumed())


def _transact_member(table: TableShape, action: Action, dialect: Dialect) -> Consumed:
    if action.operation == "ConditionCheck":
        return Consumed(TRANSACTIONAL * begun(item_bytes(action.before or {}), dialect.condition_check_bytes))
    if action.before is None and action.after is None:
        return Consumed(float(dialect.transact_delete_missing_units))
    once = write_consumed(table, action, dialect)
    if dialect.transaction_doubles_indexes:
        return once + once
    return once + Consumed(once.table)


def _partiql(predictor: Predictor) -> Predictor:
    def predicted(table: TableShape, actions: Sequence[Action], dialect: Dialect) -> Consumed:
        return predictor(table, actions, dialect) if dialect.partiql_reported else Consumed()

    return predicted


def _transaction(table: TableShape, actions: Sequence[Action], dialect: Dialect) -> Consumed:
    reads = bool(actions) and actions[0].operation == "GetItem"
    return (_transact_get if reads else _transact_write)(table, actions, dialect)


PREDICTORS: dict[str, Predictor] = {
    **dict.fromkeys(("GetItem", "Query", "Scan", "PutItem", "UpdateItem", "DeleteItem"), _each),
    "BatchGetItem": _batch_get,
    "BatchWriteItem": _batch_write,
    "TransactGetItems": _transact_get,
    "TransactWriteItems": _transact_write,
    "ExecuteStatement": _partiql(_each),
    "BatchExecuteStatement": _partiql(_batch_statements),
    "ExecuteTransaction": _partiql(_transaction),
}
"""API call to its prediction."""
