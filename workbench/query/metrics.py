"""What the query service counts about itself, beside what every service does."""

from __future__ import annotations

from workbench.service.metrics import ServiceMetrics


class Metrics(ServiceMetrics):
    """The counters of one query service."""

    def __init__(self) -> None:
        super().__init__("query")
        self.records = self.counter("records", "Records handed out.")
        self.cache = self.counter("cache_lookups", "Pages looked for in the cache.", "result")
        self.cache_unreachable = self.gauge("cache_unreachable", "Times that the cache gave no answer.")
        self.invalidations = self.counter("cache_invalidations", "Partitions made void by a write.")
        self.read_units = self.counter("read_units", "Capacity consumed [read units].", "place")
        self.reads = self.counter("reads", "Calls to DynamoDB that read.", "place")
        self.throttled = self.counter("throttled", "Calls that DynamoDB throttled.")
        self.waits = self.counter("capacity_waits", "Waits for capacity before a call.")
