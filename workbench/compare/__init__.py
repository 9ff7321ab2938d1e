"""Alternatives side by side: cost over daily active users, and where one becomes cheaper."""

from workbench.compare.break_even import Crossing, break_even_utilisation, crossings
from workbench.compare.cost_curve import CostCurve, cost_table, dau_grid
from workbench.compare.demand import DauDemand, capacity_holds_until, fixed_load, on_demand_load, sized_load
from workbench.compare.modes import dynamodb_curve, rds_curve
from workbench.compare.relational import RdsStep, check_steps, step_at

__all__ = [
    "CostCurve",
    "Crossing",
    "DauDemand",
    "RdsStep",
    "break_even_utilisation",
    "capacity_holds_until",
    "check_steps",
    "cost_table",
    "crossings",
    "dau_grid",
    "dynamodb_curve",
    "fixed_load",
    "on_demand_load",
    "rds_curve",
    "sized_load",
    "step_at",
]
