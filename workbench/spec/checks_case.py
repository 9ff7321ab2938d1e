"""What must hold between the files of a case."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from workbench.spec.design import Design
from workbench.spec.findings import Finding, Path, shown, unknown
from workbench.spec.mapping import Mapping
from workbench.spec.workload import Workload


def assumption_lies_in_range(workload: Workload) -> Iterator[Finding]:
    """Finds assumptions whose value is outside their own range."""
    for name, assumption in workload.assumptions.items():
        if not assumption.low <= assumption.value <= assumption.high:
            place: Path = ("assumptions", name, "value")
            bounds = f"{assumption.low:g} to {assumption.high:g}"
            step = "Correct the value, or widen the range with a reason."
            yield Finding(
                place, "is outside its range of low and high", step, f"{assumption.value:g}", bounds
            )


def assumption_exists(workload: Workload) -> Iterator[Finding]:
    """Finds rates and ratios that name an assumption which is not stated."""
    named: list[tuple[Path, str]] = [
        (("rates", name, "assumption"), rate.assumption) for name, rate in workload.rates.items()
    ]
    named.extend(
        (("stored_items", name, "assumption"), stored.assumption)
        for name, stored in workload.stored_items.items()
    )
    named.append((("peak_to_average",), workload.peak_to_average))
    named.append((("registered_users_per_dau",), workload.registered_users_per_dau))
    for path, name in named:
        if name not in workload.assumptions:
            yield unknown(path, "assumption", name, workload.assumptions, "assumptions")


def curve_has_traffic(workload: Workload) -> Iterator[Finding]:
    """Finds daily and weekly curves with negative values, or with no traffic at all."""
    for field in ("diurnal", "weekly"):
        curve: tuple[float, ...] = getattr(workload, field)
        for position, value in enumerate(curve):
            if value < 0:
                step = "Write the relative traffic, 0 for none."
                yield Finding((field, position), "is negative traffic", step, f"{value:g}", "at least 0")
        if not any(curve):
            yield Finding(
                (field,), "has no traffic at all", "Give some hour or day a positive value.", "zeros only"
            )


def relational_steps_rise(workload: Workload) -> Iterator[Finding]:
    """Finds relational configurations that are not in the order of their largest load."""
    for position, (lower, upper) in enumerate(pairwise(workload.relational), start=1):
        if upper.max_dau <= lower.max_dau:
            place = ("relational", position, "max_dau")
            step = "List the configurations by rising max_dau."
            yield Finding(
                place, "is not above the one before", step, str(upper.max_dau), f"above {lower.max_dau}"
            )


def rate_names_pattern(workload: Workload, design: Design) -> Iterator[Finding]:
    """Finds rates of patterns that the design does not have."""
    for name in workload.rates:
        if name not in design.patterns:
            yield unknown(("rates", name), "access pattern", name, design.patterns, "patterns")


def pattern_has_rate(workload: Workload, design: Design) -> Iterator[Finding]:
    """Finds patterns of the design that have no rate."""
    for name in design.patterns:
        if name not in workload.rates:
            step = f"Add `{name}: {{assumption: ...}}`, factor 0 if it is never used."
            yield Finding(("rates", name), "is missing, an access pattern of the design", step, shown(None))


def service_names_table(workload: Workload, design: Design) -> Iterator[Finding]:
    """Finds services beside tables that the design does not have."""
    for name in workload.services.tables:
        if name not in design.tables:
            yield unknown(("services", "tables", name), "table", name, design.tables, "tables")


def replicas_leave_reads(workload: Workload) -> Iterator[Finding]:
    """Finds replicas that serve more than all reads."""
    shares = workload.services.replicas
    total = sum(shares.values())
    if shares and not (min(shares.values()) >= 0 and total <= 1):
        step = "Give each replica its share; the rest is read where the application writes."
        yield Finding(
            ("services", "replicas"), "are no shares of the reads", step, f"{total:g}", "0 to 1 in all"
        )


def mapping_names_entity(mapping: Mapping, design: Design) -> Iterator[Finding]:
    """Finds mappings of entities that the design does not have."""
    for name in mapping.entities:
        if name not in design.entities:
            yield unknown(("entities", name), "entity", name, design.entities, "entities")


def entity_is_mapped(mapping: Mapping, design: Design) -> Iterator[Finding]:
    """Finds entities of the design that no rows are mapped to."""
    for name in design.entities:
        if name not in mapping.entities:
            step = f"Add `{name}` with its query."
            yield Finding(("entities", name), "is missing, an entity of the design", step, shown(None))


def case_is_named_alike(case: str, folder: str) -> Iterator[Finding]:
    """Finds files whose case is not their folder's name.

    Args:
        case: The name in the file.
        folder: The name of the folder.
    """
    if case != folder:
        yield Finding(("case",), "is not the name of its folder", "Rename one of them.", shown(case), folder)
