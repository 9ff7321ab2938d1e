"""What each engine can do, declared with a reason; the conformance suite proves each line in both directions.

Source: each reason about an embedded engine is shown by `tests/conformance`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from workbench.engines.base import Capability

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "auto-scaling": "provisioned capacity follows the load",
        "backups": "backups on demand",
        "consumed-capacity": "consumed capacity as DynamoDB on AWS reports it",
        "consumed-capacity-of-one-item": "consumed capacity of a read or write of one item without indexes",
        "deletion-protection": "protection of a table against deletion",
        "durable-transactions": "a transaction that was acknowledged survives the end of the engine",
        "eventual-index-reads": "an index lags behind its table",
        "global-tables": "replicas in other regions",
        "item-collection-metrics": "size of the item collections that a write touched",
        "point-in-time-recovery": "recovery to a point in time",
        "request-validation": "refusal of what DynamoDB on AWS refuses",
        "separate-databases": "another access key has another database",
        "streams": "a stream of changes",
        "table-class": "table classes",
        "throttling": "refusal of requests beyond the capacity",
        "time-to-live": "the setting that says which attribute expires an item",
        "time-to-live-deletes": "expired items are deleted",
        "transactions": "transactions by several clients at a time",
    }
)
"""Name of a capability to what it means."""

PAGE = """Printed by `workbench engines capabilities`. Tests hold each line about an embedded engine.
"""


def _declare(**lacking: str) -> Mapping[str, Capability]:
    reasons = {name.replace("_", "-"): reason for name, reason in lacking.items()}
    return MappingProxyType(
        {
            name: Capability(name not in reasons, reasons.get(name, f"The engine has it: {title}."))
            for name, title in TITLES.items()
        }
    )


DYNAMODB_LOCAL = _declare(
    auto_scaling="DynamoDB Local has no Application Auto Scaling service",
    backups="DynamoDB Local answers UnknownOperationException to backups and restores",
    consumed_capacity="DynamoDB Local adds 100 bytes to each entry of a local index, among other differences",
    durable_transactions=(
        "DynamoDB Local brings a TransactWriteItems to its data folder a moment, less than a second, after "
        "it acknowledges it: when it is killed in this moment, the last one is lost. A PutItem waits for the "
        "disk, and what came before it is then there too. The engines that the workbench starts are stopped "
        "in order when their command ends in whatever way, and then bring everything to the folder"
    ),
    eventual_index_reads="DynamoDB Local shows a write in every index at once",
    global_tables="DynamoDB Local runs in one region and makes no replicas",
    item_collection_metrics="DynamoDB Local never returns item collection metrics",
    point_in_time_recovery="DynamoDB Local answers UnknownOperationException to continuous backups",
    table_class="DynamoDB Local accepts the class of a table and never describes it",
    throttling="DynamoDB Local accepts every request, whatever the capacity",
)
MOTO = _declare(
    auto_scaling="moto stores scaling policies and never acts on them",
    consumed_capacity="moto counts no item sizes",
    consumed_capacity_of_one_item="moto counts no item sizes",
    durable_transactions="moto keeps everything in memory",
    eventual_index_reads="moto shows a write in every index at once",
    global_tables="moto accepts replicas and makes none",
    item_collection_metrics="moto never returns item collection metrics",
    request_validation="moto accepts numbers of more than 38 digits and other requests that DynamoDB refuses",
    separate_databases="moto keeps one database for all access keys",
    table_class="moto accepts the class of a table and never describes it",
    throttling="moto accepts every request, whatever the capacity",
    time_to_live_deletes="moto stores the setting and never deletes an item",
    transactions="moto fails when several clients write transactions at a time",
)
AWS = _declare(separate_databases="An account has one set of tables in a region")


ENGINES = MappingProxyType({"DynamoDB Local": DYNAMODB_LOCAL, "moto": MOTO, "DynamoDB on AWS": AWS})
"""Title of an engine to its capabilities."""


def capability_page() -> str:
    """Returns what each engine has and lacks, as Markdown."""
    head = f"| capability | {' | '.join(ENGINES)} |\n|---|{'---|' * len(ENGINES)}\n"
    rows = "".join(f"| {title} (`{name}`) | {_answers(name)} |\n" for name, title in TITLES.items())
    lacking = "".join(f"\n## What {title} lacks\n\n{_lacking(of)}" for title, of in ENGINES.items())
    return f"# What the engines can do\n\n{PAGE}\n{head}{rows}{lacking}"


def _answers(capability: str) -> str:
    return " | ".join("yes" if of[capability].supported else "no" for of in ENGINES.values())


def _lacking(capabilities: Mapping[str, Capability]) -> str:
    lacks = {name: found.reason for name, found in capabilities.items() if not found.supported}
    return "".join(f"- `{name}`: {reason}.\n" for name, reason in lacks.items())
