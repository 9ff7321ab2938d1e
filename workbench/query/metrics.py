"""What the service counts about itself, in the form that Prometheus reads."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Bounds of the times [s]; 0.2 is the documented one."""


class Metrics:
    """The counters of one service; each service has a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self._counter("requests", "Requests answered.", "route", "method", "status")
        self.seconds = Histogram(
            "query_request_seconds",
            "Time from the request's arrival to the end of its answer [s].",
            ["route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "query_requests_in_flight", "Requests that are being answered.", registry=self.registry
        )
        self.callers = self._counter("caller_requests", "Requests by caller.", "caller")
        self.records = self._counter("records", "Records handed out.")
        self.cache = self._counter("cache_lookups", "Pages looked for in the cache.", "result")
        self.invalidations = self._counter("cache_invalidations", "Partitions made void by a write.")
        self.read_units = self._counter("read_units", "Capacity consumed [read units].", "place")
        self.reads = self._counter("reads", "Calls to DynamoDB that read.", "place")
        self.throttled = self._counter("throttled", "Calls that DynamoDB throttled.")
        self.waits = self._counter("capacity_waits", "Waits for capacity before a call.")
        self.refusals = self._counter("refusals", "Requests refused, by status.", "status")
        self.ready = Gauge("query_ready", "Whether the table answered last time.", registry=self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"query_{name}", text, labels, registry=self.registry)

    def text(self) -> bytes:
        """Returns all values in Prometheus's text format."""
        return generate_latest(self.registry)

    def names(self) -> frozenset[str]:
        """Returns the names under which values are read, such as `query_requests_total`."""
        families = list(self.registry.collect())
        own = {f"{f.name}_total" if f.type == "counter" else f.name for f in families}
        times = {
            f"{f.name}_{end}" for f in families if f.type == "histogram" for end in ("bucket", "sum", "count")
        }
        return frozenset(own | times)
