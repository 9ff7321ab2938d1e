"""One line of numbers a request: what the loop writes down and the collector reads."""

from __future__ import annotations

import struct
from array import array
from typing import Final

import numpy as np
from numpy.typing import NDArray

FIELDS: Final = (
    "pattern",
    "parameters",
    "due_ns",
    "sent_ns",
    "done_ns",
    "pages",
    "bytes",
    "half_units",
    "kind",
    "waited",
)
"""Pattern, parameter set, when it was due, sent and answered [ns from the start], calls, bytes of the
answers, capacity in halves of a unit, kind of outcome (0: answered), whether all connections were busy."""

WIDTH = len(FIELDS)
packed = struct.Struct(f"{WIDTH}q").pack
"""Returns the fields of one record as bytes."""

ANSWERED = 0
CONDITION_FAILED = "ConditionalCheckFailedException"
"""A refusal that is an answer: the condition was evaluated."""
TIMED_OUT = "timed out"
"""A failure whose wait is known to be longer than the limit."""


class Kinds:
    """Numbers the kinds of outcomes as they come up; 0 is an answer, 1 a condition that did not hold."""

    def __init__(self) -> None:
        self.names: list[str] = ["answered", CONDITION_FAILED]

    def number(self, name: str) -> int:
        """Returns the number of a kind."""
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)


def new_records() -> array[int]:
    """Returns an empty list of records, flat."""
    return array("q")


def as_table(data: bytes | array[int]) -> NDArray[np.int64]:
    """Returns records as rows of the fields' columns."""
    return np.frombuffer(data, np.int64).reshape(-1, WIDTH)


def column(records: NDArray[np.int64], name: str) -> NDArray[np.int64]:
    """Returns one field of all records."""
    return records[:, FIELDS.index(name)]
