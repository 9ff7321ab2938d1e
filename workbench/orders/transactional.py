"""Orders as transactions: cash, holding, order and ledger change together or not at all."""

from __future__ import annotations

from decimal import Decimal

from workbench.access.execution import RequestRefusedError
from workbench.orders.instructions import (
    COMPLETED,
    FAILED,
    VOID,
    IdTakenError,
    Order,
    Outcome,
    Side,
    Transfer,
)
from workbench.orders.table import OrderTable, key_of

PATTERNS = {Side.BUY: "execute_buy", Side.SELL: "execute_sell"}


class TransactionalOrders:
    """Carries out instructions, each in one transaction and once, however often it is asked for.

    What is refused is refused for good: an item takes the instruction's place first. Without it, an attempt
    that nobody got an answer to, of this request or of one that the client gave up, could arrive later, when
    there is enough cash, and do what the client was told will not be done. The tokens of transactions, which
    DynamoDB keeps for ten minutes, are not relied on. Source: dg-transaction-apis.

    Args:
        table: The table of the order processor.
    """

    name = "transactions"

    def __init__(self, table: OrderTable) -> None:
        self.table = table

    def execute(self, order: Order) -> Outcome:
        """Buys or sells.

        Raises:
            OutcomeUnknownError: Nobody knows what was done; asking again with the same id is safe.
            IdTakenError: Another order has the id.
            RequestRefusedError: DynamoDB refused for another reason than a condition.
        """
        fields = {**order.fields(), "sold": order.quantity.copy_negate()}
        if self._done(PATTERNS[order.side], fields):
            return Outcome.DONE
        self.table.put_new(self.table.order_item(order, FAILED))
        stored = self.table.kept_order(order)
        return Outcome.DONE if stored and stored.status == COMPLETED else Outcome.REFUSED

    def transfer(self, transfer: Transfer) -> Outcome:
        """Counts cash that comes or goes.

        Raises:
            OutcomeUnknownError: Nobody knows what was done; asking again with the same id and time is safe.
            IdTakenError: Another transfer of this time has the id.
            RequestRefusedError: DynamoDB refused for another reason than a condition.
        """
        fields = {
            "entry_id": transfer.entry_id,
            "username": transfer.username,
            "entry_type": transfer.kind,
            "amount": transfer.amount,
            "needed": transfer.amount.copy_negate(),
            "created_at": transfer.at,
        }
        if self._done("deposit" if transfer.amount > 0 else "withdraw", fields):
            return Outcome.DONE
        void = self.table.void_entry(transfer)
        self.table.put_new(void)
        found = self.table.get(key_of(void)) or void
        if found["entry_type"]["S"] == VOID:
            return Outcome.REFUSED
        if Decimal(found["amount"]["N"]) != transfer.amount:
            raise IdTakenError(f"{transfer.entry_id} is the id of another transfer. Choose a new one.")
        return Outcome.DONE

    def _done(self, pattern: str, fields: dict[str, object]) -> bool:
        """Returns whether the transaction was carried out now; False where a condition failed."""
        try:
            self.table.pattern(self.table.attempts(), pattern, fields)
        except RequestRefusedError as error:
            if not error.condition_failed:
                raise
            return False
        return True
