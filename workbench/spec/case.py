"""A case: one folder with everything about one system."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from workbench.spec.design import Design
from workbench.spec.loader import load_model
from workbench.spec.mapping import Mapping
from workbench.spec.population import Population
from workbench.spec.workload import Workload

DESIGNS = Path(__file__).parents[2] / "data" / "designs"


@dataclass(frozen=True)
class Case:
    """One system: its design, traffic, relational source and how it moves.

    Args:
        directory: The folder that holds the files.
        design: Tables, entities and access patterns.
        workload: Traffic and assumptions.
        mapping: Rows to items; None for a case without a relational source.
        population: How test data is drawn; None for a case without a relational source.
        source_sql: The relational schema; None for a case without one.
    """

    directory: Path
    design: Design
    workload: Workload
    mapping: Mapping | None
    population: Population | None
    source_sql: str | None

    @property
    def name(self) -> str:
        """The case's name, which is its folder's."""
        return self.design.case


def load_case(name: str) -> Case:
    """Returns the case of that name in data/designs, or of that folder."""
    directory = Path(name) if Path(name).is_dir() else DESIGNS / name
    mapping = directory / "mapping.yaml"
    population = directory / "population.yaml"
    source = directory / "source.sql"
    return Case(
        directory=directory,
        design=load_model(directory / "design.yaml", Design),
        workload=load_model(directory / "workload.yaml", Workload),
        mapping=load_model(mapping, Mapping) if mapping.exists() else None,
        population=load_model(population, Population) if population.exists() else None,
        source_sql=source.read_text(encoding="utf-8") if source.exists() else None,
    )
