"""What `workbench schema` does, as text lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from workbench.access.reach import Target, any_engine, running_engine
from workbench.access.tables import Outcome, apply_schema, describe
from workbench.engines import DynamoEngine
from workbench.schema import TableState, compile_schema, desired_state, diff
from workbench.spec import load_case
from workbench.spec.design import Design


def printed(case: str) -> str:
    """Returns the operations that make a case's tables, as JSON.

    Args:
        case: A case's name or folder.
    """
    return json.dumps([asdict(operation) for operation in compile_schema(load_case(case).design)], indent=2)


def applied(case: str, target: Target) -> Iterator[str]:
    """Makes a case's tables and yields what became of each operation, then the comparison.

    Args:
        case: A case's name or folder.
        target: The engine; without a running one the tables are made in one that ends afterwards.
    """
    design = load_case(case).design
    with any_engine(target) as (engine, ends):
        yield from _outcomes(apply_schema(design, engine))
        yield from comparison(design, engine)[0]
        if ends:
            yield f"{engine.name} ran for this command only; keep one with `workbench engines start`."


def _outcomes(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Yields a line for each outcome; equal ones of a table once, with their number."""
    lines: dict[str, int] = {}
    for outcome in outcomes:
        lines[str(outcome)] = lines.get(str(outcome), 0) + 1
    yield from (f"{line} ({times} times)" if times > 1 else line for line, times in lines.items())


def compared(case: str, target: Target) -> tuple[list[str], bool]:
    """Returns the differences between a case and the tables that exist, and whether there are any.

    Args:
        case: A case's name or folder.
        target: The engine, which must run already.
    """
    design = load_case(case).design
    with running_engine(target) as engine:
        return comparison(design, engine)


def comparison(design: Design, engine: DynamoEngine) -> tuple[list[str], bool]:
    """Returns one line a difference and one a fact that the engine cannot tell, and whether they differ."""
    found = describe(design, engine)
    differences = diff(desired_state(design), found)
    untold = list(_untold(found))
    extent = " in all that it can tell" if untold else ""
    verdict = [] if differences else [f"{engine.name}: the tables are as documented{extent}."]
    return [*map(str, differences), *untold, *verdict], bool(differences)


def _untold(states: Iterable[TableState]) -> Iterator[str]:
    for state in states:
        yield from (f"{state.name}: {fact}: not compared: {why}" for fact, why in state.unknown.items())
