"""The calculator of awslabs.dynamodb-mcp-server, called for each number of users, in its own environment.

Reads `{"model": its input with the requests of one user, "dau": [...]}` from standard input. Writes what it
found for the first number, and how long all of them took with and without the checks of its input.
"""

import json
import sys
import time

from awslabs.dynamodb_mcp_server.cost_performance_calculator.cost_calculator import calculate_cost
from awslabs.dynamodb_mcp_server.cost_performance_calculator.data_model import DataModel


def _at(model: dict, dau: int) -> dict:
    patterns = [pattern | {"rps": pattern["rps"] * dau} for pattern in model["access_pattern_list"]]
    return model | {"access_pattern_list": patterns}


def main() -> None:
    """Calculates every point."""
    asked = json.load(sys.stdin)
    inputs = [_at(asked["model"], dau) for dau in asked["dau"]]
    started = time.perf_counter()
    checked = [DataModel(**one) for one in inputs]
    between = time.perf_counter()
    found = [calculate_cost(one) for one in checked]
    ended = time.perf_counter()
    first = [pattern.model_dump() for pattern in found[0].access_patterns]
    json.dump({"patterns": first, "calculated": ended - between, "with_input": ended - started}, sys.stdout)


if __name__ == "__main__":
    main()
