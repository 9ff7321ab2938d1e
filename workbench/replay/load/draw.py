"""Draws the tape of a case: parameters from its data, requests from its design."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.access.relational import Question
from workbench.access.requests import RequestMaker
from workbench.engines.prepared import body_of
from workbench.replay.load.tape import Pattern, Step, Tape

if TYPE_CHECKING:
    from workbench.engines.postgres import PostgresEngine
    from workbench.spec.case import Case

POOL = 500
"""Parameter sets drawn for each pattern; a longer run uses them again from the first."""


def draw_tape(case: Case, postgres: PostgresEngine, seed: int, pool: int = POOL) -> Tape:
    """Returns the requests of a case with parameters drawn from its data, the same for the same seed.

    Args:
        case: The case.
        postgres: Holds the relational data.
        seed: What the parameters are drawn with.
        pool: Parameter sets a pattern, at most.
    """
    makers = {name: RequestMaker(case.design, name) for name in case.design.patterns}
    with postgres.connect() as connection:
        drawn = {name: Question(maker).draw(connection, seed, pool) for name, maker in makers.items()}
    return Tape(tuple(taped(makers[name], drawn[name]) for name in makers))


def taped(maker: RequestMaker, drawn: Sequence[Mapping[str, Any]]) -> Pattern:
    """Returns a pattern's requests for parameter sets; capacity is asked for in total."""
    limit = getattr(maker.pattern, "limit", None)
    return Pattern(maker.pattern_id, limit, tuple(tuple(_steps(maker, one)) for one in drawn))


def _steps(maker: RequestMaker, parameters: Mapping[str, Any]) -> Iterator[Step]:
    for request in maker.requests(parameters):
        yield (
            request.operation,
            body_of({**request.arguments, "ReturnConsumedCapacity": "TOTAL"}),
        )
