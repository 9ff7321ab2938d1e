"""Expected units of writes whose images vary: the table's, and those of each index they touch."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from workbench.model.expected_sizes import Probability, SizeDistribution, begun_units, edges
from workbench.model.indexes import WRITE_STEP_BYTES

Bond = Literal["independent", "together"]
"""How the old and the new image hang together: not at all, or the larger the one the larger the other."""


@dataclass(frozen=True, slots=True)
class Images:
    """The old and the new image of what is written; an image that is missing is None.

    Args:
        before: Sizes of what was there.
        after: Sizes of what is there then.
        bond: How the two hang together.

    Raises:
        ValueError: Both are missing.
    """

    before: SizeDistribution | None
    after: SizeDistribution | None
    bond: Bond = "together"

    def __post_init__(self) -> None:
        if self.before is None and self.after is None:
            raise ValueError("a write has an old or a new image")

    def larger_units(self) -> Probability:
        """Returns the mean of the begun KB of the larger image.

        Source: dg-read-write-operations
        """
        largest = max(sizes.maximum_bytes for sizes in (self.before, self.after) if sizes)
        return 1 + sum(self._beyond(edge) for edge in edges(largest, WRITE_STEP_BYTES))

    def old_units(self) -> Probability:
        """Returns the mean of the begun KB of the old image, one where nothing was there."""
        return begun_units(self.before, WRITE_STEP_BYTES) if self.before else 1

    def new_units(self) -> Probability:
        """Returns the mean of the begun KB of the new image, one where nothing is there."""
        return begun_units(self.after, WRITE_STEP_BYTES) if self.after else 1

    def _beyond(self, edge: int) -> Probability:
        old, new = (sizes.beyond(edge) if sizes else 0 for sizes in (self.before, self.after))
        return max(old, new) if self.bond == "together" else 1 - (1 - old) * (1 - new)


@dataclass(frozen=True, slots=True)
class Touch:
    """Which share of the writes that succeed does what to an index; the rest leaves it as it is.

    Args:
        inserted: An entry appears.
        removed: An entry disappears.
        moved: The entry's key changes, so that one disappears and one appears.
        changed: The entry changes in place.

    Raises:
        ValueError: A share is negative, or all together are more than one.
    """

    inserted: Probability = 0
    removed: Probability = 0
    moved: Probability = 0
    changed: Probability = 0

    def __post_init__(self) -> None:
        shares = [getattr(self, field.name) for field in fields(self)]
        if min(shares) < 0 or sum(shares) > 1:
            raise ValueError(f"shares of writes are 0 or more and at most 1 together; got {shares}")


def expected_table_units(images: Images, failure_rate: Probability = 0) -> Probability:
    """Returns the mean write units of the table.

    Args:
        images: The item before and after; both are there for an update.
        failure_rate: Share of the writes whose condition fails, whatever the size; they cost the old image.

    Source: dg-read-write-operations, dg-working-with-items
    """
    _check(failure_rate)
    return (1 - failure_rate) * images.larger_units() + failure_rate * images.old_units()


def expected_index_units(entries: Images, touch: Touch, failure_rate: Probability = 0) -> Probability:
    """Returns the mean write units of an index.

    Args:
        entries: The entry before and after, of the writes that touch it.
        touch: Which share of the writes does what to it.
        failure_rate: Share of the writes whose condition fails; they cost nothing in an index.

    Source: dg-gsi-writes
    """
    _check(failure_rate)
    old, new = entries.old_units(), entries.new_units()
    units = touch.inserted * new + touch.removed * old + touch.moved * (old + new)
    return (1 - failure_rate) * (units + touch.changed * entries.larger_units())


def _check(failure_rate: Probability) -> None:
    if not 0 <= failure_rate <= 1:
        raise ValueError(f"a failure rate is 0 to 1; got {failure_rate}")
