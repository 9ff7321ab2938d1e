"""The kinds of files that make a case, by the name of the file."""

from __future__ import annotations

from workbench.spec.base import SpecModel
from workbench.spec.design import Design
from workbench.spec.mapping import Mapping
from workbench.spec.population import Population
from workbench.spec.workload import Workload

KINDS: dict[str, type[SpecModel]] = {
    "design": Design,
    "workload": Workload,
    "mapping": Mapping,
    "population": Population,
}
"""Name of a file without its ending to its model."""
