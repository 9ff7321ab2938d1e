"""Sizes and units against published and measured examples."""

from pathlib import Path

import pytest
import yaml

from workbench.model import DIALECTS, Action, TableShape, item_bytes, predict, value_bytes
from workbench.model.predict import predict_replay

HERE = Path(__file__)
SIZES = yaml.safe_load(HERE.with_name("size_examples.yaml").read_text(encoding="utf-8"))
UNITS = yaml.safe_load(HERE.with_name("unit_examples.yaml").read_text(encoding="utf-8"))
TABLES = {name: TableShape.from_create_table(request) for name, request in UNITS["tables"].items()}
SOURCES = (HERE.parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")


def named(examples):
    """Arguments of parametrize: each example under its id."""
    return {"argvalues": examples, "ids": [example["id"] for example in examples]}


def sized(size_bytes):
    """An item of exactly this size."""
    return {"pk": {"S": "x" * (size_bytes - 2)}} if size_bytes is not None else None


def image(stated):
    """An item from its short form: a text, or a length, for a string attribute."""
    if stated is None:
        return None
    return {name: typed(value) for name, value in stated.items()}


def typed(value):
    """A value from its short form."""
    if isinstance(value, dict):
        return value
    return {"S": "x" * value if isinstance(value, int) else value}


def action(stated):
    """An action with its images in full."""
    images = {name: image(stated.get(name)) for name in ("before", "after")}
    evaluated = tuple(image(item) for item in stated.get("evaluated", ()))
    rest = {k: v for k, v in stated.items() if k not in {"before", "after", "evaluated"}}
    return Action(**rest, **images, evaluated=evaluated)


def spread(total, items):
    """Sizes of some items that are this large together."""
    return [total // items] * (items - 1) + [total - total // items * (items - 1)]


def read_actions(example):
    """The actions of an example that gives sizes only."""
    sizes = example["bytes"] if "bytes" in example else spread(example["total_bytes"], example["items"])
    items = [sized(size) for size in sizes]
    strong = example.get("strong", False)
    operation = example["operation"]
    if operation in {"Query", "Scan"}:
        return [Action(operation, consistent_read=strong, evaluated=items)]
    singles = [[item] if item else [] for item in items] or [[]]
    return [Action("GetItem", consistent_read=strong, evaluated=found) for found in singles]


@pytest.mark.parametrize("example", **named(SIZES))
def test_a_published_size_is_met_to_the_byte(example):
    """The size of an item or a value equals the example's."""
    found = item_bytes(example["item"]) if "item" in example else value_bytes(example["value"])
    assert found == example["bytes"]


@pytest.mark.parametrize("example", **named(UNITS["reads"]))
def test_a_read_costs_what_the_example_says(example):
    """Reads of items of given sizes cost the example's units."""
    dialect = DIALECTS[example.get("dialect", "aws")]
    consumed = predict(TABLES["plain"], example["operation"], read_actions(example), dialect)
    assert consumed.capacity_units == consumed.table == example["units"]


@pytest.mark.parametrize("example", **named(UNITS["writes"]))
def test_a_write_costs_what_the_example_says(example):
    """Writes from and to images of given sizes cost the example's units."""
    operation = example["operation"]
    member = example.get("member", "PutItem" if operation == "TransactWriteItems" else operation)
    before, after = sized(example.get("before_bytes")), sized(example.get("after_bytes"))
    done = Action(member, before, after, condition_failed=example.get("failed", False))
    consumed = predict(TABLES["plain"], operation, [done], DIALECTS[example.get("dialect", "aws")])
    assert consumed.capacity_units == consumed.table == example["units"]


@pytest.mark.parametrize("example", **named(UNITS["requests"]))
def test_a_request_costs_what_the_example_says_in_each_place(example):
    """Table and indexes each cost the example's units, and nothing else does."""
    actions = [action(stated) for stated in example["actions"]]
    dialect = DIALECTS[example.get("dialect", "aws")]
    consumed = predict(TABLES[example["table"]], example["operation"], actions, dialect)
    places = {
        "table": consumed.table,
        "unattributed": consumed.unattributed,
        **consumed.global_secondary_indexes,
        **consumed.local_secondary_indexes,
    }
    assert {name: units for name, units in places.items() if units} == {
        name: units for name, units in example["consumed"].items() if units
    }
    assert consumed.capacity_units == sum(example["consumed"].values())


@pytest.mark.parametrize(
    ("sizes", "units"),
    [([(9011, 40)], 6), ([(40, 9011)], 6), ([(9011, None)], 6), ([(9011, None), (None, 30)], 8)],
    ids=["S1 shrinks", "S2 grows", "R1 deletes", "S3 two members"],
)
def test_a_replayed_transaction_costs_reads_of_the_larger_images(sizes, units):
    """The replay of a transaction by its token costs two reads of the larger image of each member."""
    actions = [Action("PutItem", sized(before), sized(after)) for before, after in sizes]
    assert predict_replay(actions).capacity_units == units


def test_every_example_names_a_source_that_the_page_of_sources_has():
    """No example hangs in the air."""
    named_sources = {e["source"] for e in [*SIZES, *UNITS["reads"], *UNITS["writes"], *UNITS["requests"]]}
    assert [source for source in sorted(named_sources) if f"| {source} |" not in SOURCES] == []
