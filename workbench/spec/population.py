"""How the relational test data of a case is drawn, as `population.yaml` states it."""

from __future__ import annotations

from typing import Literal

from workbench.spec.base import SpecModel


class Population(SpecModel):
    """Everything a `population.yaml` says."""

    schema_version: Literal[1]
    case: str
