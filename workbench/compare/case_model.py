"""The demand of a case as one matrix: what each assumption adds to every table and index."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from workbench.compare.case_costs import case_demands, peak_to_mean
from workbench.compare.relational_case import SECONDS_PER_DAY
from workbench.pricing.relational_sizing import ASSUMPTIONS, Needs, UserLoad, needs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.compare.demand import DauDemand
    from workbench.pricing.dynamodb import TableClass
    from workbench.pricing.quantity import Floats
    from workbench.spec.design import Design
    from workbench.spec.measured import Measurement
    from workbench.spec.sql_profile import SqlProfile
    from workbench.spec.workload import Assumption, Workload


@dataclass(frozen=True)
class CaseModel:
    """Demand of a case for any values of its assumptions.

    A rate is an assumption times a factor, and so are stored items, so every demand of a user is a sum over
    the assumptions; only the peak multiplies. The matrices hold what one unit of an assumption adds.

    Args:
        assumptions: Those of the workload, then those of relational sizing; the columns of draws.
        demands: Demand of each table and index at the assumed values, in the order of the columns below.
        reads: Assumption x place [read units per DAU and month].
        writes: Assumption x place [write units per DAU and month].
        stored: Assumption x place [bytes per DAU].
        requests: Requests that one unit of each assumption adds [requests per second and DAU].
        busy: Processor time of their SQL [CPU s per second and DAU].
        peak_column: Column of the assumption that multiplies the peak.
        peak_shape: Peak of the day and of the week over the mean, without that assumption.
    """

    assumptions: Mapping[str, Assumption]
    demands: tuple[DauDemand, ...]
    reads: Floats
    writes: Floats
    stored: Floats
    requests: Floats
    busy: Floats
    peak_column: int
    peak_shape: float

    def peak(self, values: Floats) -> Floats:
        """Returns the rate at the peak over the mean rate, for each draw."""
        ratio: Floats = values[:, self.peak_column] * self.peak_shape
        return ratio

    def of_class(self, table_class: TableClass) -> CaseModel:
        """Returns the demand of the tables and indexes of one class alone."""
        own = [number for number, one in enumerate(self.demands) if one.table_class is table_class]
        return replace(
            self,
            demands=tuple(self.demands[number] for number in own),
            reads=self.reads[:, own],
            writes=self.writes[:, own],
            stored=self.stored[:, own],
        )

    def user_load(self, values: Floats) -> UserLoad[Floats]:
        """Returns what a user asks of a relational database, for each draw."""
        tables = [number for number, demand in enumerate(self.demands) if demand.index is None]
        return UserLoad(
            requests_per_second=values @ self.requests,
            cpu_seconds_per_second=values @ self.busy,
            peak_to_mean=self.peak(values),
            item_bytes=values @ self.stored[:, tables].sum(axis=1),
        )

    def needs(self, values: Floats) -> Needs[Floats]:
        """Returns what a user needs of a relational server, for each draw."""
        names = list(self.assumptions)
        assumed = {name: values[:, names.index(name)] for name in ASSUMPTIONS}
        return needs(self.user_load(values), assumed)


def case_model(
    design: Design,
    workload: Workload,
    measured: Measurement,
    profile: SqlProfile,
    relational: Mapping[str, Assumption] = ASSUMPTIONS,
) -> CaseModel:
    """Returns the model of a case.

    Args:
        design: Tables, indexes and patterns.
        workload: Rates and assumptions.
        measured: Units of the patterns and sizes of the items.
        profile: Processor time of the patterns' SQL.
        relational: Assumptions of relational sizing, all names of `ASSUMPTIONS`.
    """
    assumptions = {**workload.assumptions, **{name: relational[name] for name in ASSUMPTIONS}}
    units = [
        case_demands(
            design, _alone(workload, name) if name in workload.assumptions else _silent(workload), measured
        )
        for name in assumptions
    ]
    rates = _rates(design, workload, assumptions)
    costs = np.array([profile.cpu_seconds(name) for name in design.patterns])
    return CaseModel(
        assumptions=assumptions,
        demands=case_demands(design, workload, measured),
        reads=np.array([[float(place.read_units_per_dau) for place in row] for row in units]),
        writes=np.array([[float(place.write_units_per_dau) for place in row] for row in units]),
        stored=np.array([[float(place.bytes_per_dau) for place in row] for row in units]),
        requests=rates.sum(axis=1),
        busy=rates @ costs,
        peak_column=list(assumptions).index(workload.peak_to_average),
        peak_shape=float(peak_to_mean(_alone(workload, workload.peak_to_average))),
    )


def _silent(workload: Workload) -> Workload:
    """Returns the workload with every assumption at zero."""
    zeros = {name: one.model_copy(update={"value": 0.0}) for name, one in workload.assumptions.items()}
    return workload.model_copy(update={"assumptions": zeros})


def _alone(workload: Workload, name: str) -> Workload:
    """Returns the workload with one assumption at 1 and every other at zero."""
    silent = _silent(workload)
    one = silent.assumptions[name].model_copy(update={"value": 1.0})
    return silent.model_copy(update={"assumptions": {**silent.assumptions, name: one}})


def _rates(design: Design, workload: Workload, assumptions: Mapping[str, Assumption]) -> Floats:
    names = list(assumptions)
    rates = np.zeros((len(names), len(design.patterns)))
    for column, pattern in enumerate(design.patterns):
        rate = workload.rates[pattern]
        rates[names.index(rate.assumption), column] = rate.factor / SECONDS_PER_DAY
    return rates
