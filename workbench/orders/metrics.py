"""What the order processor counts about itself, beside what every service does."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from workbench.orders.table import OrderTable
from workbench.service.metrics import ServiceMetrics


class OrderMetrics(ServiceMetrics):
    """The counters of one order processor.

    Args:
        table: Counts units and repeated requests.
    """

    def __init__(self, table: OrderTable) -> None:
        super().__init__("orders")
        self.outcomes = self.counter(
            "outcomes", "Orders asked for, by what became of them.", "side", "outcome"
        )
        self.records = self.counter("records", "Entries handed out.", "list")
        self.registry.register(_OfTable(table))


class _OfTable(Collector):
    """Shows what a table counts by itself."""

    def __init__(self, table: OrderTable) -> None:
        self._table = table

    def collect(self) -> Iterator[CounterMetricFamily]:
        units = CounterMetricFamily("orders_units", "Capacity consumed [units].", labels=["place"])
        for place, each in list(self._table.consumed.items()):
            units.add_metric([place], float(each))
        repeated = CounterMetricFamily("orders_repeated", "Requests sent again.", labels=["reason"])
        for why, times in list(self._table.retries.items()):
            repeated.add_metric([why], times)
        yield units
        yield repeated
