"""The kinds of files that make a case, by the name of the file."""

from __future__ import annotations

from workbench.spec.base import SpecModel
from workbench.spec.design import Design
from workbench.spec.mapping import Mapping
from workbench.spec.migration import Migration, Plan
from workbench.spec.population import Population
from workbench.spec.workload import Workload

KINDS: dict[str, type[SpecModel]] = {
    "design": Design,
    "workload": Workload,
    "mapping": Mapping,
    "population": Population,
    "migration": Migration,
    "plan": Plan,
}
"""Kind of a file to its model: for the files of a case its name without the ending, for data/plans `plan`."""
