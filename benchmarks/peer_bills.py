"""The two peers asked for one point after another, in their own environment.

Reads `{"whole": a model of all tables, "tables": [...], "points": [factors]}` from standard input:
each point multiplies every rate. Writes how long each peer takes for all points, without the checks of input.
"""

import json
import sys
import time
from typing import Any

from awslabs.dynamodb_mcp_server.cost_performance_calculator.cost_calculator import calculate_cost
from awslabs.dynamodb_mcp_server.cost_performance_calculator.data_model import DataModel
from service_capacity_modeling.capacity_planner import planner
from service_capacity_modeling.interface import (
    CapacityDesires,
    DataShape,
    QueryPattern,
    certain_float,
)

Model = dict[str, Any]


def calculator_seconds(model: Model, points: list[float]) -> float:
    """Returns how long awslabs' calculator takes for the patterns of all tables [s]."""
    inputs = []
    for factor in points:
        patterns = [one | {"rps": one["rps"] * factor} for one in model["access_pattern_list"]]
        inputs.append(DataModel(**(model | {"access_pattern_list": patterns})))
    started = time.perf_counter()
    for one in inputs:
        calculate_cost(one)
    return time.perf_counter() - started


def planner_seconds(tables: list[Model], points: list[float]) -> float:
    """Returns how long service-capacity-modeling takes: a plan a table, which is all that it can hold [s]."""
    inputs = [desires(table, factor) for factor in points for table in tables]
    started = time.perf_counter()
    for one in inputs:
        planner.plan_certain(
            model_name="org.netflix.dynamodb", region="us-east-1", desires=one, num_regions=1
        )
    return time.perf_counter() - started


def desires(table: Model, factor: float) -> CapacityDesires:
    """Returns a table's load as the planner takes it."""
    return CapacityDesires(
        query_pattern=QueryPattern(
            estimated_read_per_second=certain_float(table["reads_per_second"] * factor),
            estimated_write_per_second=certain_float(table["writes_per_second"] * factor),
            estimated_mean_read_size_bytes=certain_float(table["item_bytes"]),
            estimated_mean_write_size_bytes=certain_float(table["item_bytes"]),
        ),
        data_shape=DataShape(estimated_state_size_gib=certain_float(table["gib"] * factor)),
    )


def main() -> None:
    """Times both peers."""
    asked = json.load(sys.stdin)
    seconds = {
        "awslabs": calculator_seconds(asked["whole"], asked["points"]),
        "netflix": planner_seconds(asked["tables"], asked["points"]),
    }
    json.dump(seconds, sys.stdout)


if __name__ == "__main__":
    main()
