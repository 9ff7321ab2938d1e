"""Tables of a design as data: the operations that make them, and their difference from tables that exist."""

from workbench.schema.compile import Operation, compile_schema
from workbench.schema.diff import Difference, diff
from workbench.schema.state import TableState, described_state, desired_state

__all__ = [
    "Difference",
    "Operation",
    "TableState",
    "compile_schema",
    "described_state",
    "desired_state",
    "diff",
]
