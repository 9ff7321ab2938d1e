"""Success criteria: expressions over measured values, judged without `eval`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from simpleeval import InvalidExpression, SimpleEval

from workbench.errors import MigrationError
from workbench.spec.migration import Plan


@dataclass(frozen=True, slots=True)
class GateOutcome:
    """A gate with the values that it was judged by.

    Args:
        gate: Its name.
        holds: Its expression.
        passed: Whether the expression was true.
        values: The measured values and thresholds that the expression names.
    """

    gate: str
    holds: str
    passed: bool
    values: Mapping[str, float]

    def __str__(self) -> str:
        values = ", ".join(f"{name} = {value:g}" for name, value in self.values.items())
        return f"{self.gate}: {self.holds} {'holds' if self.passed else 'does not hold'} ({values})"


def judge(plan: Plan, gates: tuple[str, ...], measures: Mapping[str, float]) -> tuple[GateOutcome, ...]:
    """Returns the outcome of each gate.

    Args:
        plan: Declares the gates and the thresholds.
        gates: Names of the gates.
        measures: Measured values by name.

    Raises:
        MigrationError: An expression names a value that the step does not measure, or is not allowed.
    """
    values = {**{name: limit.value for name, limit in plan.thresholds.items()}, **measures}
    return tuple(_outcome(name, plan.gates[name].holds, values) for name in gates)


def named(plan: Plan, gates: tuple[str, ...]) -> frozenset[str]:
    """Returns the measured values and thresholds that gates name."""
    return frozenset(name for gate in gates for name in _names(plan.gates[gate].holds))


def _names(holds: str) -> list[str]:
    return list(dict.fromkeys(node.id for node in ast.walk(ast.parse(holds)) if isinstance(node, ast.Name)))


def _outcome(gate: str, holds: str, values: Mapping[str, float]) -> GateOutcome:
    try:
        passed = bool(SimpleEval(names=dict(values), functions={}).eval(holds))
    except (InvalidExpression, TypeError, ZeroDivisionError) as error:
        raise MigrationError(
            f"gate {gate}: {holds} cannot be judged: {error}. "
            "Name values that the step measures, and compare numbers only."
        ) from error
    return GateOutcome(gate, holds, passed, {name: float(values[name]) for name in _names(holds)})
