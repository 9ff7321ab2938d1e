"""What a pattern may take on AWS: counted calls and bytes, times assumptions that have a range and a source.

An estimate of the mean, never a measurement: AWS states averages only, and percentiles vary.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.replay.load.results import PatternLoad

BYTES_PER_KB = 1024
TRANSACTION_ROUNDS = 2
"""A transaction prepares and commits its members one after the other. Source: aws-transaction-phases"""


@dataclass(frozen=True, slots=True)
class Range:
    """A number that is assumed.

    Args:
        low: The least that is plausible.
        value: What is taken.
        high: The most that is plausible.
        source: Where it comes from.
    """

    low: float
    value: float
    high: float
    source: str


SERVICE_MS = Range(1.0, 4.0, 9.9, "aws-latency-average")
"""Mean service time of a call for one item [ms]: AWS says single-digit, on average."""
NETWORK_MS = Range(0.2, 1.0, 3.0, "assumed: within a zone, within a region, with a busy client")
"""Round trip between the client and the endpoint of its region [ms]."""
KB_MS = Range(0.01, 0.04, 0.23, "ddb-payload-latency")
"""Time of each KB that is transferred [ms]: measured between 136 and 277 KB; the most for maps."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean time of a pattern's request on AWS, as assumed.

    Args:
        calls: Round trips, counted.
        kb: Size of the answers [KB], counted.
        low_ms: With every assumption at its low end [ms].
        ms: As assumed [ms].
        high_ms: With every assumption at its high end [ms].
    """

    calls: float
    kb: float
    low_ms: float
    ms: float
    high_ms: float


def estimate(load: PatternLoad) -> Estimate:
    """Returns the estimated mean of a pattern on AWS from what was counted of its requests."""
    rounds = TRANSACTION_ROUNDS if load.operation.startswith("Transact") else 1
    kb = load.mean_bytes / BYTES_PER_KB

    def total(end: str) -> float:
        service, network, per_kb = (getattr(one, end) for one in (SERVICE_MS, NETWORK_MS, KB_MS))
        return float(load.mean_calls * (rounds * service + network) + kb * per_kb)

    return Estimate(load.mean_calls, kb, total("low"), total("value"), total("high"))


def caution() -> str:
    """Returns what the estimates rest on, in a sentence."""
    return (
        "The means on AWS are an estimate, not a measurement: counted calls times an assumed service time "
        f"of {SERVICE_MS.value:g} ms ({SERVICE_MS.low:g} to {SERVICE_MS.high:g}; AWS states single-digit "
        f"averages for single items, without the network) and {NETWORK_MS.value:g} ms of network "
        f"({NETWORK_MS.low:g} to {NETWORK_MS.high:g}), twice the service for transactions, and "
        f"{KB_MS.value:g} ms a KB ({KB_MS.low:g} to {KB_MS.high:g}). AWS states no percentiles, so no target "
        "is judged by them."
    )
