"""Orders as transactions: cash, holding, order and ledger change together or not at all."""

from __future__ import annotations

from workbench.access.execution import RequestRefusedError
from workbench.items.codec import Item
from workbench.orders.attempts import Attempts
from workbench.orders.instructions import COMPLETED, FAILED, Order, Outcome, Side, Transfer
from workbench.orders.table import OrderTable, key_of

PATTERNS = {Side.BUY: "execute_buy", Side.SELL: "execute_sell"}


class TransactionalOrders:
    """Carries out instructions, each in one transaction and once, however often it is asked for.

    A refusal after an attempt whose outcome is unknown is made final first: an item takes the instruction's
    place, so that the lost attempt is refused should it arrive yet.

    Args:
        table: The table of the order processor.
    """

    name = "transactions"

    def __init__(self, table: OrderTable) -> None:
        self.table = table

    def execute(self, order: Order) -> Outcome:
        """Buys or sells.

        Raises:
            OutcomeUnknownError: No attempt was answered; asking again with the same id is safe.
            RequestRefusedError: DynamoDB refused for another reason than a condition.
        """
        fields = {**order.fields(), "sold": -order.quantity}
        return self._once(
            PATTERNS[order.side], fields, self.table.order_item(order, FAILED), ("status", COMPLETED)
        )

    def transfer(self, transfer: Transfer) -> Outcome:
        """Counts cash that comes or goes.

        Raises:
            OutcomeUnknownError: No attempt was answered; asking again with the same id and time is safe.
            RequestRefusedError: DynamoDB refused for another reason than a condition.
        """
        void = self.table.void_entry(transfer)
        fields = {
            "entry_id": transfer.entry_id,
            "username": transfer.username,
            "entry_type": transfer.kind,
            "amount": transfer.amount,
            "needed": -transfer.amount,
            "created_at": transfer.at,
        }
        name = "deposit" if transfer.amount > 0 else "withdraw"
        return self._once(name, fields, void, ("entry_type", transfer.kind))

    def _once(self, pattern: str, fields: dict[str, object], fence: Item, done: tuple[str, str]) -> Outcome:
        attempts = self.table.attempts()
        try:
            self.table.pattern(attempts, pattern, fields)
        except RequestRefusedError as error:
            if not error.condition_failed:
                raise
            return self._settled(attempts, fence, done)
        return Outcome.DONE

    def _settled(self, attempts: Attempts, fence: Item, done: tuple[str, str]) -> Outcome:
        """Returns what became of an instruction whose condition failed: done before, or never to be done."""
        found = self.table.get(key_of(fence))
        if found is None and attempts.uncertain:
            self.table.put_new(fence)
            found = self.table.get(key_of(fence))
        name, value = done
        return Outcome.DONE if found is not None and found[name]["S"] == value else Outcome.REFUSED
