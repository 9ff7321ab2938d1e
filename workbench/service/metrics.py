"""What every service counts about itself, in the form that Prometheus reads."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Bounds of the times [s]; 0.2 is the documented one."""


class ServiceMetrics:
    """The counters of one service; each service has a registry of its own.

    Args:
        prefix: What the names of all of them begin with.
    """

    def __init__(self, prefix: str) -> None:
        self.registry = CollectorRegistry()
        self._prefix = prefix
        self.requests = self.counter("requests", "Requests answered.", "route", "method", "status")
        self.seconds = Histogram(
            f"{prefix}_request_seconds",
            "Time from the request's arrival to the end of its answer [s].",
            ["route"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.in_flight = self.gauge("requests_in_flight", "Requests that are being answered.")
        self.callers = self.counter("caller_requests", "Requests by caller.", "caller")
        self.refusals = self.counter("refusals", "Requests refused, by status.", "status")
        self.ready = self.gauge("ready", "Whether the table answered last time.")

    def counter(self, name: str, text: str, *labels: str) -> Counter:
        """Returns a counter of this service.

        Args:
            name: Its name, without prefix and unit.
            text: What it counts.
            labels: By what.
        """
        return Counter(f"{self._prefix}_{name}", text, labels, registry=self.registry)

    def gauge(self, name: str, text: str) -> Gauge:
        """Returns a gauge of this service.

        Args:
            name: Its name, without prefix.
            text: What it shows.
        """
        return Gauge(f"{self._prefix}_{name}", text, registry=self.registry)

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
