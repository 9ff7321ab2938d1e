"""Questions held to what their caller is granted."""

from __future__ import annotations

from dataclasses import replace

from workbench.query.question import Filter, Question
from workbench.service.grants import Caller
from workbench.service.refusals import Forbidden

MOST_FILTERED = 100
"""Operands of an IN condition. Source: dg-in-operands."""


def narrowed(caller: Caller, question: Question) -> Question:
    """Returns a question that asks for nothing beyond the caller's grant.

    A value that the question leaves open is filled in where only one is granted, and filtered otherwise.

    Args:
        caller: Who asks.
        question: What is asked.

    Raises:
        Forbidden: It asks for a value that is not granted, or leaves open which of very many.
    """
    equal = dict(question.equal)
    filters = list(question.filters)
    for field, granted in caller.granted.items():
        if field in equal:
            caller.check(field, equal[field])
        elif len(granted) == 1:
            equal[field] = next(iter(granted))
        else:
            filters.append(_filter(field, granted))
    if len(equal) == len(question.equal) and len(filters) == len(question.filters):
        return question
    return replace(question, equal=tuple(sorted(equal.items())), filters=tuple(filters))


def _filter(field: str, granted: frozenset[str]) -> Filter:
    if not granted or len(granted) > MOST_FILTERED:
        raise Forbidden([f"{field}: state one of the values that this key grants."])
    return Filter(field, "in", tuple(sorted(granted)))
