"""Compares the tables of a design with tables that exist; each change of one decision is one line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from workbench.schema.state import Facts, TableState

ABSENT = "absent"
PRESENT = "present"
INDEX_FACTS = ("partition_key", "sort_key", "projection", "read_capacity_units", "write_capacity_units")


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact that the design states otherwise than the engine.

    Args:
        table: The table's name.
        what: The dotted name of the fact; `table` for the table itself.
        documented: What the design says.
        actual: What the engine says.
    """

    table: str
    what: str
    documented: str
    actual: str

    def __str__(self) -> str:
        return f"{self.table}: {self.what}: documented {self.documented} -> actual {self.actual}"


def diff(documented: Iterable[TableState], actual: Iterable[TableState]) -> tuple[Difference, ...]:
    """Returns the differences, table by table in the design's order; empty when all is as documented.

    Args:
        documented: The design's tables, see `desired_state`.
        actual: The tables that exist; what an engine cannot tell is not compared.
    """
    wanted = {state.name: state for state in documented}
    found = {state.name: state for state in actual}
    names = [*wanted, *(name for name in found if name not in wanted)]
    return tuple(
        difference for name in names for difference in _table(name, wanted.get(name), found.get(name))
    )


def _table(name: str, wanted: TableState | None, found: TableState | None) -> Iterator[Difference]:
    if wanted is None or found is None:
        yield Difference(name, "table", PRESENT if wanted else ABSENT, PRESENT if found else ABSENT)
        return
    unknown = found.unknown.keys() | wanted.unknown.keys()
    lone = set(indexes(wanted.facts)) ^ set(indexes(found.facts))
    one, other = _folded(wanted.facts, lone), _folded(found.facts, lone)
    for what in [*one, *(what for what in other if what not in one)]:
        documented, actual = one.get(what, ABSENT), other.get(what, ABSENT)
        if what in unknown or documented == actual or (_follows(what) and ABSENT in (documented, actual)):
            continue
        yield Difference(name, what, documented, actual)


def indexes(facts: Facts) -> list[str]:
    """Returns the dotted names of the indexes that facts speak of, in their order."""
    return [what.removesuffix(".projection") for what in facts if what.endswith(".projection")]


def _folded(facts: Facts, lone: set[str]) -> Facts:
    """Returns the facts with one for the whole of each index that only one side has."""
    inside = {f"{index}.{part}" for index in lone for part in INDEX_FACTS}
    whole = {index: _summary(index, facts) for index in indexes(facts) if index in lone}
    return {what: text for what, text in facts.items() if what not in inside} | whole


def _summary(index: str, facts: Facts) -> str:
    keys = [facts.get(f"{index}.partition_key", "none"), facts[f"{index}.sort_key"]]
    return f"{' + '.join(key for key in keys if key != 'none')} {facts[f'{index}.projection']}"


def _follows(what: str) -> bool:
    """Returns whether a fact comes and goes with another one, so that its absence is no difference."""
    return what.startswith("key_types.") or what.endswith(("read_capacity_units", "write_capacity_units"))
