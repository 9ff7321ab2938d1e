"""The same loads priced here and by two other planners: equal, or apart by rules that are named.

The peers' answers lie beside this file with their versions; `make bench` asks them anew. A named rule makes
ours take the peer's way: with all rules of a model ours must be the peer's answer, without any one it is not.
"""

import json
from decimal import Decimal
from math import ceil
from pathlib import Path

import pytest
import yaml

from workbench.errors import InputError
from workbench.model import Action, IndexShape, TableShape, item_bytes, predict
from workbench.pricing import Conventions, PriceBook, TableLoad, dynamodb_bill
from workbench.pricing.dynamodb import ProvisionedCapacity

HERE = Path(__file__).parent
MODELS = yaml.safe_load((HERE / "peer_models.yaml").read_text(encoding="utf-8"))["models"]
GIVEN = json.loads((HERE / "peer_answers.json").read_text(encoding="utf-8"))
CASES = [
    pytest.param(model, peer, id=f"{model['name']}-{peer}") for model in MODELS for peer in GIVEN["versions"]
]

GIB, OVERHEAD = 2**30, 100
MONTH = {"awslabs": Conventions(hours_per_month=Decimal(732)), "netflix": Conventions()}
"""The length of a month is a switch of every bill: 30.5 days for one peer; 8,760 h a year are our own."""

RULES = {
    "sent-bytes": "an update is charged for the whole item that it leaves, not for what was sent",
    "key-move": "a changed index key deletes one entry and writes another: two writes, not one",
    "one-region": "prices differ by region; the peer has those of us-east-1",
    "no-index": "an index has capacity and storage of its own; the peer has none",
    "mean-size": "each size is rounded up by itself; the peer rounds up the mean of all",
    "whole-gib": "storage is billed by the byte-hour; the peer rounds up to whole GiB",
    "least-unit": "provisioned capacity is at least one unit; the peer provisions none",
}


@pytest.fixture(scope="module")
def book():
    """The newest snapshot of the project."""
    return PriceBook.newest()


def item(model, size, *, moved=False):
    """An item of exactly this size, whose entry in each index has the size that the model gives."""
    made = {"k": {"S": "0123456789"}}
    for name, entry in model.get("indexes", {}).items():
        made[f"g{name}"] = {"S": "new" if moved else "old"}
        if entry < model["item_bytes"]:
            rest = entry - item_bytes({"k": made["k"], f"g{name}": made[f"g{name}"]}) - len(f"p{name}")
            made[f"p{name}"] = {"S": "x" * rest}
    made["v"] = {"S": "x" * (size - item_bytes(made) - 1)}
    return made


def shape(model):
    """The table of a model."""
    indexes = {
        name: IndexShape(
            name,
            "global",
            {f"g{name}": "S"},
            "ALL" if entry == model["item_bytes"] else "INCLUDE",
            frozenset({"k", f"g{name}", f"p{name}"}),
        )
        for name, entry in model.get("indexes", {}).items()
    }
    return TableShape("T", ("k",), {"k": "S"}, indexes)


def read_actions(model, request):
    """What a reading request does."""
    stored = item(model, request.get("item_bytes", model["item_bytes"]))
    found = [stored] * request.get("item_count", 1)
    strong = request.get("strong", False)
    if request["operation"] in {"Query", "Scan"}:
        return [
            Action(request["operation"], index=request.get("index"), consistent_read=strong, evaluated=found)
        ]
    return [Action("GetItem", consistent_read=strong, evaluated=[one]) for one in found]


def write_action(model, request):
    """What one write of a request does."""
    stored = item(model, request.get("item_bytes", model["item_bytes"]))
    kind = request["operation"]
    if kind == "DeleteItem":
        return Action(kind, before=stored)
    if kind == "UpdateItem":
        changed = item(model, model["item_bytes"], moved="moves" in request) | {"c": {"S": ""}}
        before = dict(stored)
        if "moves" not in request:
            return Action(kind, before=before, after=before)
        return Action(kind, before=before, after={name: changed[name] for name in before})
    return Action("PutItem", after=stored)


def write_actions(model, request):
    """What a writing request does."""
    return [write_action(model, request)] * request.get("item_count", 1)


def units(model):
    """Read and write units a second of the table (None) and of each index."""
    table, found = shape(model), {name: [0.0, 0.0] for name in (None, *model.get("indexes", {}))}
    for kind, requests, actions in ((0, model["reads"], read_actions), (1, model["writes"], write_actions)):
        for request in requests:
            consumed = predict(table, request["operation"], actions(model, request))
            for name, each in {None: consumed.table, **consumed.global_secondary_indexes}.items():
                found[name][kind] += each * request["per_second"]
    return found


def loads(model, peer, rules):
    """The load of each place: on demand for one peer, capacity at the mean rate for the other."""
    seconds = Decimal(3600) * MONTH[peer].hours_per_month
    least = 0 if "least-unit" in rules else 1
    for index, (reads, writes) in units(model).items():
        size = model["indexes"][index] if index else model["item_bytes"]
        stored = (size + OVERHEAD) * model["items"]
        if "whole-gib" in rules:
            stored = ceil(stored / GIB) * GIB
        if peer == "awslabs":
            yield TableLoad("T", index, Decimal(reads) * seconds, Decimal(writes) * seconds, stored)
        else:
            capacity = ProvisionedCapacity(*(max(least, ceil(round(one, 9))) for one in (reads, writes)))
            yield TableLoad("T", index, stored_bytes=stored, capacity=capacity, pitr=True)


def mean(requests):
    """Requests of one kind as one, of the mean size."""
    rate = sum(one["per_second"] for one in requests)
    size = sum(one["per_second"] * one["item_bytes"] for one in requests) / rate
    return [{**requests[0], "per_second": rate, "item_bytes": ceil(size)}]


def peers_way(model, rules):
    """The model as a peer with these rules takes it."""
    taken = dict(model)
    if "one-region" in rules:
        taken["region"] = "us-east-1"
    if "no-index" in rules:
        taken["indexes"] = {}
        taken["reads"] = [one for one in taken["reads"] if "index" not in one]
    for kind in ("reads", "writes"):
        requests = [{"item_bytes": model["item_bytes"], **one} for one in taken[kind]]
        if "sent-bytes" in rules:
            requests = [{**one, "item_bytes": one.get("sent_bytes", one["item_bytes"])} for one in requests]
        if "key-move" in rules:
            requests = [{**one, "operation": "PutItem"} if "moves" in one else one for one in requests]
        taken[kind] = mean(requests) if "mean-size" in rules and requests else requests
    return taken


def ours(model, peer, rules, book):
    """Our amounts in the peer's parts [USD per month, or per year for the peer that plans years]."""
    taken = peers_way(model, rules)
    bill = dynamodb_bill(
        loads(taken, peer, rules), book, taken.get("region", "us-east-1"), conventions=MONTH[peer]
    )
    parts = {}
    for line in bill.lines:
        parts[part(line.price.dimension)] = parts.get(part(line.price.dimension), Decimal(0)) + line.usd
    if peer == "awslabs":
        return [parts.pop("reads", 0) + parts.pop("writes", 0), parts.pop("storage")]
    return [12 * parts.get(name, Decimal(0)) for name in ("writes", "reads", "storage", "backup")]


def part(dimension):
    """The part of a bill that a price belongs to."""
    words = {"rru": "reads", "rcu": "reads", "wru": "writes", "wcu": "writes", "pitr": "backup"}
    return next((name for word, name in words.items() if word in dimension), "storage")


def answer(model, peer):
    """The peer's amounts."""
    given = GIVEN["answers"][model["name"]][peer]
    if peer == "awslabs":
        return [given["requests"], given["storage"]]
    names = ("regional-writes", "regional-reads", "regional-storage")
    return [*(given[f"dynamo.{name}"] for name in names), given["dynamo.data-backup"]]


def equal(model, peer, rules, book):
    """Whether ours, with these rules, is the peer's answer; a planner of years rounds each part to the cent.

    A region without a price has no answer of ours.
    """
    try:
        found = ours(model, peer, rules, book)
    except InputError:
        return False
    wanted = answer(model, peer)
    tolerance = {"awslabs": {"rel": 1e-9}, "netflix": {"abs": 0.0051}}[peer]
    return [float(one) for one in found] == pytest.approx(wanted, **tolerance)


@pytest.mark.parametrize(("model", "peer"), CASES)
def test_a_bill_is_the_peers_or_apart_by_the_named_rules(model, peer, book):
    """With the named rules, and without none of them, ours is the peer's amount in every part."""
    rules = model["rules"].get(peer, [])
    assert set(rules) <= set(RULES)
    assert equal(model, peer, rules, book)
    for left_out in rules:
        fewer = [rule for rule in rules if rule != left_out]
        assert not equal(model, peer, fewer, book), f"{left_out} changes nothing"


def test_the_answers_are_those_of_at_least_twenty_models():
    """Every model has an answer of every peer, and no answer is without its model."""
    assert len(MODELS) >= 20
    assert {model["name"] for model in MODELS} == set(GIVEN["answers"])
