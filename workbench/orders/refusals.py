"""What the order processor answers instead of an order, beside what every service does."""

from __future__ import annotations

from workbench.service.refusals import Refusal


class NotExecuted(Refusal):
    """Cash, assets or an earlier order under the same id do not allow it; no money has moved."""

    status = 409
    title = "The order was not carried out"


class Worthless(Refusal):
    """The order is well formed and worth less than a cent."""

    title = "The order is worth nothing"
