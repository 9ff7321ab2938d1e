"""An order as a client sends it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from workbench.orders.instructions import Order, Side

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"
"""What names and ids look like; none holds the `#` that separates the parts of a key."""

QUANTITY = r"^[0-9]{1,9}(\.[0-9]{1,8})?$"

Name = Annotated[str, Field(pattern=NAME)]


class Wish(BaseModel):
    """An order as a client sends it: at the market, so at the last price."""

    model_config = ConfigDict(extra="forbid")

    order_id: Name = Field(description="Chosen by the client; sent again, the order is carried out once.")
    side: Literal["BUY", "SELL"] = Field(description="Whether to buy or to sell.")
    asset_id: Name = Field(description="What, by its ticker.")
    quantity: str = Field(pattern=QUANTITY, description="How much, as text so that no digit is lost.")

    def order(self, username: str, price: Decimal, at: datetime) -> Order:
        """Returns the order of a user.

        Args:
            username: Whose order it is.
            price: Of one [USD].
            at: When it was asked for.
        """
        return Order(
            self.order_id, username, Side(self.side), self.asset_id, Decimal(self.quantity), price, at
        )
