"""What two other planners answer, in their own environment, for models that the workbench prices too.

Reads a list of models from standard input, as tests/golden/peer_models.yaml describes them, and writes the
peers' versions and answers. awslabs.dynamodb-mcp-server prices requests on demand; service-capacity-modeling
prices capacity at the mean rate, one size for all reads and one for all writes.
"""

import json
import sys
from importlib.metadata import version
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

OVERHEAD_BYTES, GIB = 100, 2**30
TRANSACTIONS = ("TransactGetItems", "TransactWriteItems")
ONE_PAGE = ("Query", "Scan")

Model = dict[str, Any]


def calculator_input(model: Model) -> Model:
    """Returns a model as awslabs' calculator takes it."""
    indexes = model.get("indexes", {})
    patterns = []
    for number, request in enumerate([*model["reads"], *model["writes"]]):
        asked = {
            "operation": request["operation"],
            "pattern": f"{number}",
            "description": "compared",
            "table": "T",
            "rps": request["per_second"],
            "item_size_bytes": request.get("sent_bytes") or request_bytes(model, request),
        }
        if request["operation"] not in {"GetItem", "PutItem", "UpdateItem", "DeleteItem"}:
            asked["item_count"] = request["item_count"]
        if request in model["writes"]:
            asked["gsi_list"] = list(indexes)
        elif request["operation"] != "TransactGetItems":
            asked["strongly_consistent"] = request.get("strong", False)
            asked |= {"gsi": request["index"]} if "index" in request else {}
        patterns.append(asked)
    size = {"item_count": model["items"]}
    gsis = [{"name": name, "item_size_bytes": entry, **size} for name, entry in indexes.items()]
    table = {"name": "T", "item_size_bytes": model["item_bytes"], **size, "gsi_list": gsis}
    return {"access_pattern_list": patterns, "table_list": [table]}


def request_bytes(model: Model, request: Model) -> int:
    """Returns the bytes of one item or entry of a request."""
    index = request.get("index")
    return model["indexes"][index] if index else request.get("item_bytes", model["item_bytes"])


def calculated(model: Model) -> Model:
    """Returns the answer of awslabs' calculator [USD per month of 30.5 days]."""
    found = calculate_cost(DataModel(**calculator_input(model)))
    indexes = [gsi for pattern in found.access_patterns for gsi in pattern.gsi_write_amplification]
    return {
        "requests": sum(one.cost for one in (*found.access_patterns, *indexes)),
        "storage": sum(one.storage_cost for one in (*found.tables, *found.gsis)),
    }


def planner_input(model: Model) -> tuple[CapacityDesires, dict[str, float]]:
    """Returns a model as service-capacity-modeling takes it, without the requests of indexes."""
    reads = [item_rates(model, one) for one in model["reads"] if "index" not in one]
    writes = [item_rates(model, one) for one in model["writes"]]
    state = (model["item_bytes"] + OVERHEAD_BYTES) * model["items"] / GIB
    desires = CapacityDesires(
        query_pattern=QueryPattern(
            estimated_read_per_second=certain_float(sum(rate for rate, _, _ in reads)),
            estimated_write_per_second=certain_float(sum(rate for rate, _, _ in writes)),
            estimated_mean_read_size_bytes=certain_float(mean_bytes(reads)),
            estimated_mean_write_size_bytes=certain_float(mean_bytes(writes)),
        ),
        data_shape=DataShape(estimated_state_size_gib=certain_float(state)),
    )
    shares = {f"{kind}_read_percent": share(reads, kind) for kind in ("eventual", "strong", "transactional")}
    if not reads:
        shares["eventual_read_percent"] = 1.0
    shares["transactional_write_percent"] = share(writes, "transactional")
    return desires, shares


def item_rates(model: Model, request: Model) -> tuple[float, float, str]:
    """Returns reads or writes a second, bytes of each and their kind; a page counts as one read."""
    count = request.get("item_count", 1)
    size = request.get("sent_bytes") or request_bytes(model, request)
    kind = "strong" if request.get("strong") else "eventual"
    kind = "transactional" if request["operation"] in TRANSACTIONS else kind
    if request["operation"] in ONE_PAGE:
        return request["per_second"], size * count, kind
    return request["per_second"] * count, size, kind


def mean_bytes(rates: list[tuple[float, float, str]]) -> float:
    """Returns the mean size over all reads or writes [bytes]."""
    total = sum(rate for rate, _, _ in rates)
    return sum(rate * size for rate, size, _ in rates) / total if total else 1.0


def share(rates: list[tuple[float, float, str]], kind: str) -> float:
    """Returns the share of one kind among reads or writes."""
    total = sum(rate for rate, _, _ in rates)
    return sum(rate for rate, _, own in rates if own == kind) / total if total else 0.0


def planned(model: Model) -> Model:
    """Returns the answer of service-capacity-modeling [USD per year] for one region."""
    desires, shares = planner_input(model)
    plan = planner.plan_certain(
        model_name="org.netflix.dynamodb",
        region="us-east-1",
        desires=desires,
        num_regions=1,
        extra_model_arguments=shares,
    )[0]
    return {name: float(usd) for name, usd in plan.candidate_clusters.annual_costs.items()}


def main() -> None:
    """Answers every model."""
    models = json.load(sys.stdin)
    answers = {one["name"]: {"awslabs": calculated(one), "netflix": planned(one)} for one in models}
    packages = {"awslabs": "awslabs.dynamodb-mcp-server", "netflix": "service-capacity-modeling"}
    versions = {peer: f"{package} {version(package)}" for peer, package in packages.items()}
    json.dump({"versions": versions, "answers": answers}, sys.stdout)


if __name__ == "__main__":
    main()
