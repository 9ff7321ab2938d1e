"""What a redesign of a case's own patterns could gain: what is counted of them, times the measured slopes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workbench.replay.factors.results import Factors, Slope
from workbench.replay.load.results import PatternLoad
from workbench.replay.measure import Sizes
from workbench.replay.results import PatternResult, ReplayResult
from workbench.replay.timing import Timings
from workbench.spec import access
from workbench.spec.design import Design

READ_BLOCK = 4096
"""Reads are charged by blocks of this size, of each page [bytes]."""
UNITS_PER_BLOCK = {True: 1.0, False: 0.5}
"""Whether a read is consistent to what a block of it costs [units]."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What a factor adds to a pattern now: the most that a redesign without it could gain.

    Args:
        pattern: The pattern's id.
        factor: The factor's short name.
        change: The redesign.
        steps: Steps of the factor that would fall away.
        slope: What a step adds.
        p50_ms: The pattern's median now [ms]; None without one.
    """

    pattern: str
    factor: str
    change: str
    steps: float
    slope: Slope
    p50_ms: float | None

    @property
    def ms(self) -> float:
        """What would be gained [ms]."""
        return self.steps * self.slope.ms

    @property
    def low_ms(self) -> float:
        """With the slope at its lower end [ms]."""
        return self.steps * self.slope.low_ms

    @property
    def high_ms(self) -> float:
        """With the slope at its upper end [ms]."""
        return self.steps * self.slope.high_ms


@dataclass(frozen=True, slots=True)
class Counted:
    """What is known of one pattern.

    Args:
        pattern: As designed.
        load: Its times, calls and bytes.
        replayed: Its items and units.
        item_bytes: Mean size of the entity's items or, where an index is read, of its entries [bytes].
    """

    pattern: access.AccessPattern
    load: PatternLoad
    replayed: PatternResult
    item_bytes: float


Step = tuple[str, str, float]
"""A factor, what a redesign would change, and how many steps of the factor would fall away."""


def gains(
    design: Design, factors: Factors, timings: Timings, replayed: ReplayResult, sizes: Sizes
) -> tuple[Gain, ...]:
    """Returns what each factor adds to each pattern of a case, the most first.

    Args:
        design: The design.
        factors: What a step of each factor adds.
        timings: Times, calls and bytes of the patterns.
        replayed: Items and units of the patterns.
        sizes: Of the case's items and index entries.
    """
    found = [
        Gain(row.load.pattern, name, change, steps, factors.row(name).slope, row.load.response.p50.ms)
        for row in timings.rows
        for name, change, steps in _steps(_counted(design, row.load, replayed, sizes))
        if steps > 0
    ]
    return tuple(sorted(found, key=lambda gain: -gain.ms))


def _counted(design: Design, load: PatternLoad, replayed: ReplayResult, sizes: Sizes) -> Counted:
    pattern = design.patterns[load.pattern]
    index = getattr(pattern, "index", None)
    entity = pattern.entity
    held = sizes.entries[entity][index] if index else sizes.items[entity]
    return Counted(pattern, load, replayed.row(load.pattern), held.mean_bytes)


def _steps(counted: Counted) -> Iterator[Step]:
    pattern = counted.pattern
    if isinstance(pattern, access.ReadMany):
        yield "pages", "one page", counted.load.mean_calls - 1
        yield "filter", "keys that leave out what the filter drops", dropped_items(counted) / 10
        yield "index_read", "the table answers, not an index", float(pattern.index is not None)
    elif isinstance(pattern, access.GetItem):
        yield "read_size", "an item of next to nothing", counted.item_bytes / (10 * 1024)
    elif isinstance(pattern, access.BatchGetItem):
        yield "batch", "one item instead of several", counted.replayed.mean_items - 1
    else:
        yield from _write_steps(counted)


def _write_steps(counted: Counted) -> Iterator[Step]:
    if isinstance(counted.pattern, access.TransactWriteItems):
        yield "transaction", "one member, with all in one item", len(counted.pattern.members) - 1.0
    indexes = [place for place, units in counted.replayed.observed.items() if "/" in place and units]
    yield "index_writes", "no index that it maintains", float(len(indexes))
    if isinstance(counted.pattern, access.PutItem | access.UpdateItem):
        yield "write_size", "an item of next to nothing", counted.item_bytes / (10 * 1024)


def dropped_items(counted: Counted) -> float:
    """Returns about how many items a pattern reads that its filter drops; 0 without a filter.

    The units tell how many bytes were read, to half a block of 4 KB a page; the mean size makes them items.
    """
    pattern = counted.pattern
    if not isinstance(pattern, access.ReadMany) or not pattern.filter or pattern.count_only:
        return 0.0
    blocks = sum(counted.replayed.observed.values()) / UNITS_PER_BLOCK[pattern.consistent_read]
    read_bytes = (blocks - counted.load.mean_calls / 2) * READ_BLOCK
    return max(read_bytes / counted.item_bytes - counted.replayed.mean_items, 0.0)
