"""Runs trials of the model on an engine and says where its units differ."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from workbench.model import TableShape, item_bytes, predict
from workbench.model.trial_items import Items
from workbench.model.trial_tables import create_table, trial_tables
from workbench.model.trials import Trials

CALLS = {
    "BatchExecuteStatement": "batch_execute_statement",
    "BatchGetItem": "batch_get_item",
    "BatchWriteItem": "batch_write_item",
    "DeleteItem": "delete_item",
    "ExecuteStatement": "execute_statement",
    "ExecuteTransaction": "execute_transaction",
    "GetItem": "get_item",
    "PutItem": "put_item",
    "Query": "query",
    "Scan": "scan",
    "TransactGetItems": "transact_get_items",
    "TransactWriteItems": "transact_write_items",
    "UpdateItem": "update_item",
}

WARM_UP = 20
"""Puts before the first trial of a table, so that there is something to read."""


BATCH = 25

EDGES_BYTES = (1024, 1025, 4096, 4097)
"""Sizes on both sides of one write unit and one read unit, rising."""


@dataclass
class Outcome:
    """How many requests of each kind ran, and what differed."""

    ran: Counter = field(default_factory=Counter)
    differences: list = field(default_factory=list)


def observed(response):
    """The units that a response reports, in the form of `Consumed.as_flat`, without zeros in indexes."""
    consumed = response.get("ConsumedCapacity") or {}
    if isinstance(consumed, list):
        (consumed,) = consumed or [{}]
    return {
        "CapacityUnits": consumed.get("CapacityUnits", 0.0),
        "Table": consumed.get("Table", {}).get("CapacityUnits", 0.0),
        **{
            kind: _units(consumed.get(kind, {}))
            for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        },
    }


def _units(indexes):
    return {name: part["CapacityUnits"] for name, part in indexes.items() if part["CapacityUnits"]}


def send(client, trial):
    """The response of a trial; of a refusal the error, which must be the one that the trial expects."""
    try:
        response = getattr(client, CALLS[trial.api])(**trial.request)
    except client.exceptions.ClientError as error:
        response = error.response
    refusal = response.get("Error", {}).get("Code", "")
    assert refusal == trial.refused, (trial.kind, response, trial.request)
    return response


def run_trials(client, dialect, *, each, seed):
    """Runs this many trials on each trial table and compares every response."""
    outcome = Outcome()
    for request in trial_tables():
        client.create_table(**request)
        trials = Trials(request, seed)
        for number in range(each + WARM_UP):
            kinds = sorted(trials.kinds)
            kind = "put" if number < WARM_UP else kinds[number % len(kinds)]
            _compare(client, trials, trials.trial(kind), dialect, outcome)
        client.delete_table(TableName=request["TableName"])
    return outcome


def _compare(client, trials, trial, dialect, outcome):
    response = send(client, trial)
    actions = trial.actions(response)
    predicted = predict(trials.table, trial.api, actions, dialect).as_flat()
    outcome.ran[trial.kind] += 1
    if predicted != observed(response):
        outcome.differences.append((trials.table.name, trial.kind, predicted, observed(response), actions))


def edge_units(client, table, *, items, seed):
    """Size to the units of writing and of reading random items that are padded to it."""
    random = Random(seed)  # noqa: S311 - reproducible test data, no secret
    drawn = [random_item(random, number) for number in range(items)]
    return {size: batches(client, table, [padded(item, size) for item in drawn]) for size in EDGES_BYTES}


def random_item(random, number):
    """An item with values of every type, its key being the number."""
    shape = TableShape.from_create_table(create_table("sizes", ("pk",)))
    values = Items(shape, random)
    names = random.sample(["a", "bb", "größe", "d" * 40, "€"], 3)
    return {
        "pk": {"S": f"{number:06}"},
        **{name: values.value(3) for name in names},
        "n": {"N": values.number()},
    }


def padded(item, size_bytes):
    """The item with an attribute that brings it to a size."""
    left = size_bytes - item_bytes(item) - len("pad")
    assert left >= 0
    return item | {"pad": {"S": "x" * left}}


def batches(client, table, items):
    """Units of writing all items over smaller ones or none, and of reading them."""
    writes = reads = 0
    for start in range(0, len(items), BATCH):
        group = items[start : start + BATCH]
        puts = [{"PutRequest": {"Item": item}} for item in group]
        written = client.batch_write_item(RequestItems={table: puts}, ReturnConsumedCapacity="TOTAL")
        keys = {"Keys": [{"pk": item["pk"]} for item in group], "ConsistentRead": True}
        read = client.batch_get_item(RequestItems={table: keys}, ReturnConsumedCapacity="TOTAL")
        writes += written["ConsumedCapacity"][0]["CapacityUnits"]
        reads += read["ConsumedCapacity"][0]["CapacityUnits"]
    return writes, reads
