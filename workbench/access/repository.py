"""Every access pattern of a design as a function, made from its declaration."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tenacity.wait import wait_base

from workbench.access.execution import BACKOFF, Result, Sender, result_of
from workbench.access.requests import RequestMaker
from workbench.spec.design import Design


class BoundPattern:
    """One access pattern on one engine; call it with its parameters.

    Args:
        maker: Makes the pattern's requests.
        sender: Sends them.
    """

    def __init__(self, maker: RequestMaker, sender: Sender) -> None:
        self.maker = maker
        self.sender = sender
        self.limit: int | None = getattr(maker.pattern, "limit", None)

    def __call__(self, **parameters: Any) -> Result:
        """Returns the pattern's answer.

        Args:
            parameters: Relational values by the pattern's parameter names.

        Raises:
            InputError: Parameters are missing, unknown or cannot be attribute values.
            RequestRefusedError: DynamoDB answered with an error.
        """
        requests = self.maker.requests(parameters)
        return result_of(self.sender.send(requests, self.limit), self.limit)

    def __repr__(self) -> str:
        return f"<{self.maker.pattern_id}({', '.join(self.maker.required)})>"


class Repository:
    """The access patterns of a design on one engine.

    >>> repository = Repository(case.design, engine)  # doctest: +SKIP
    >>> repository.patterns["get_problem"](platform="baekjoon", problem_id="1000").items  # doctest: +SKIP

    Args:
        design: The design whose tables exist on the engine.
        engine: An open DynamoDB engine, or anything with a boto3 `client`.
        backoff: How long a batch waits before what is left over is sent again.
    """

    def __init__(self, design: Design, engine: Any, backoff: wait_base = BACKOFF) -> None:
        sender = Sender(engine.client, backoff)
        self.patterns: Mapping[str, BoundPattern] = MappingProxyType(
            {name: BoundPattern(RequestMaker(design, name), sender) for name in design.patterns}
        )
