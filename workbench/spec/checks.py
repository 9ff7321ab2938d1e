"""All checks of what a model alone cannot see, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from workbench.spec import (
    checks_case,
    checks_entities,
    checks_migration,
    checks_patterns,
    checks_tables,
)
from workbench.spec.design import Design
from workbench.spec.findings import Finding
from workbench.spec.mapping import Mapping
from workbench.spec.migration import Migration, Plan
from workbench.spec.workload import Workload

DESIGN_CHECKS: tuple[Callable[[Design], Iterable[Finding]], ...] = (
    checks_tables.projection_names_attributes,
    checks_tables.projection_leaves_keys_out,
    checks_tables.throughput_fits_billing_mode,
    checks_tables.auto_scaling_surrounds_throughput,
    checks_tables.local_index_follows_table,
    checks_tables.local_index_needs_sorted_table,
    checks_tables.key_attributes_differ,
    checks_tables.key_attribute_has_one_type,
    checks_tables.index_names_differ,
    checks_tables.index_limits_hold,
    checks_tables.time_to_live_is_no_key,
    checks_entities.entity_table_exists,
    checks_entities.entity_fills_table_keys,
    checks_entities.entity_index_exists,
    checks_entities.entity_fills_index_keys,
    checks_entities.entity_template_is_well_formed,
    checks_entities.entity_placeholder_is_attribute,
    checks_entities.entity_placeholder_suits_attribute,
    checks_entities.entity_condition_is_attribute,
    checks_entities.attribute_format_suits_type,
    checks_entities.key_attribute_keeps_type,
    checks_entities.constant_is_no_attribute,
    checks_entities.time_to_live_is_number,
    checks_patterns.pattern_entity_exists,
    checks_patterns.pattern_index_exists,
    checks_patterns.pattern_fills_table_keys,
    checks_patterns.query_states_partition_key,
    checks_patterns.query_sorts_by_sort_key,
    checks_patterns.filter_leaves_keys_out,
    checks_patterns.global_index_reads_eventually,
    checks_patterns.read_attributes_are_projected,
    checks_patterns.condition_has_its_values,
    checks_patterns.update_changes_something_once,
    checks_patterns.update_keeps_table_keys,
    checks_patterns.parameter_names_attribute,
    checks_patterns.pattern_template_is_well_formed,
    checks_patterns.pattern_placeholder_has_type,
    checks_patterns.pattern_placeholder_suits_type,
    checks_patterns.list_parameter_is_used,
)
"""Checks of a design alone."""

WORKLOAD_CHECKS: tuple[Callable[[Workload], Iterable[Finding]], ...] = (
    checks_case.assumption_lies_in_range,
    checks_case.assumption_exists,
    checks_case.curve_has_traffic,
    checks_case.relational_steps_rise,
    checks_case.replicas_leave_reads,
)
"""Checks of a workload alone."""

TRAFFIC_CHECKS: tuple[Callable[[Workload, Design], Iterable[Finding]], ...] = (
    checks_case.rate_names_pattern,
    checks_case.pattern_has_rate,
    checks_case.service_names_table,
)
"""Checks of a workload against its design."""

MAPPING_CHECKS: tuple[Callable[[Mapping, Design], Iterable[Finding]], ...] = (
    checks_case.mapping_names_entity,
    checks_case.entity_is_mapped,
)
"""Checks of a mapping against its design."""

PLAN_CHECKS: tuple[Callable[[Plan], Iterable[Finding]], ...] = (
    checks_migration.gate_is_an_expression,
    checks_migration.step_names_gate,
    checks_migration.step_names_differ,
    checks_migration.rollback_names_phase,
    checks_migration.task_names_step,
    checks_migration.task_is_done_by_somebody,
    checks_migration.weeks_rise,
)
"""Checks of a plan alone."""

MIGRATION_CHECKS: tuple[Callable[[Migration, Plan], Iterable[Finding]], ...] = (
    checks_migration.threshold_is_of_the_plan,
    checks_migration.task_is_of_a_phase,
)
"""Checks of a case's migration against the plan that it follows."""


def check_design(design: Design) -> Iterator[Finding]:
    """Yields what is wrong between the parts of a design."""
    for check in DESIGN_CHECKS:
        yield from check(design)


def check_workload(workload: Workload, design: Design | None) -> Iterator[Finding]:
    """Yields what is wrong within a workload and, given a design, between the two."""
    for check in WORKLOAD_CHECKS:
        yield from check(workload)
    if design is not None:
        for traffic_check in TRAFFIC_CHECKS:
            yield from traffic_check(workload, design)


def check_mapping(mapping: Mapping, design: Design | None) -> Iterator[Finding]:
    """Yields what is wrong between a mapping and its design."""
    if design is not None:
        for check in MAPPING_CHECKS:
            yield from check(mapping, design)


def check_plan(plan: Plan) -> Iterator[Finding]:
    """Yields what is wrong between the parts of a plan."""
    for check in PLAN_CHECKS:
        yield from check(plan)


def check_migration(migration: Migration, plan: Plan) -> Iterator[Finding]:
    """Yields what is wrong between a case's migration and the plan that it follows."""
    for check in MIGRATION_CHECKS:
        yield from check(migration, plan)
