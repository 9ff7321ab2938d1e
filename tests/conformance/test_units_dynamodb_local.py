"""Units and sizes of the model against those that DynamoDB Local reports."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from workbench.model import DYNAMODB_LOCAL, Action, TableShape, predict
from workbench.model.trial_tables import create_table


@pytest.fixture(scope="module")
def runner():
    """The module that runs trials."""
    specification = spec_from_file_location("trial_runner", Path(__file__).with_name("trial_runner.py"))
    module = module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def client(dynamodb_local):
    """A client of DynamoDB Local."""
    return dynamodb_local.client


@pytest.fixture(scope="module")
def sizes_table(client):
    """A table whose items are told apart by number."""
    client.create_table(**create_table("sizes", ("pk",)))
    yield "sizes"
    client.delete_table(TableName="sizes")


def test_random_requests_cost_what_the_model_predicts(client, runner):
    """At least 500 random requests of every kind: table and each index equal."""
    outcome = runner.run_trials(client, DYNAMODB_LOCAL, each=170, seed=20_261)
    assert outcome.differences == []
    assert sum(outcome.ran.values()) >= 500
    assert min(outcome.ran.values()) >= 40


def test_random_items_change_units_exactly_where_their_predicted_size_does(client, sizes_table, runner):
    """Items padded to 1,024 and 4,096 bytes cost one unit each, one byte more costs two."""
    units = runner.edge_units(client, sizes_table, items=250, seed=7)
    assert units == {1024: (250, 250), 1025: (500, 250), 4096: (1000, 250), 4097: (1250, 500)}


def test_an_item_may_have_409_600_bytes_and_not_one_more(client, sizes_table, runner):
    """The limit of an item is where the model has it."""
    key = {"pk": {"S": "largest"}}
    client.put_item(TableName=sizes_table, Item=runner.padded(key, 409_600))
    with pytest.raises(client.exceptions.ClientError, match="size has exceeded"):
        client.put_item(TableName=sizes_table, Item=runner.padded(key, 409_601))


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ({"N": "100"}, {"N": "1E2"}, False),
        ({"SS": ["a", "b"]}, {"SS": ["b", "a"]}, False),
        ({"NS": ["1", "2"]}, {"NS": ["2.0", "1"]}, False),
        ({"L": [{"SS": ["a", "b"]}]}, {"L": [{"SS": ["b", "a"]}]}, False),
        ({"M": {"a": {"N": "1"}, "b": {"S": "x"}}}, {"M": {"b": {"S": "x"}, "a": {"N": "1.0"}}}, False),
        ({"L": [{"S": "a"}, {"S": "b"}]}, {"L": [{"S": "b"}, {"S": "a"}]}, True),
        ({"S": "1"}, {"N": "1"}, True),
    ],
)
def test_an_entry_changes_when_a_value_does_and_not_when_its_writing_does(client, before, after, changes):
    """The engine and the model agree on which values are equal."""
    request = create_table("equal", ("pk",), [("all", ("g1",), "ALL")])
    client.create_table(**request)
    items = [{"pk": {"S": "x"}, "g1": {"S": "g"}, "value": value} for value in (before, after)]
    client.put_item(TableName="equal", Item=items[0])
    response = client.put_item(TableName="equal", Item=items[1], ReturnConsumedCapacity="INDEXES")
    client.delete_table(TableName="equal")
    written = [Action("PutItem", *items)]
    predicted = predict(TableShape.from_create_table(request), "PutItem", written, DYNAMODB_LOCAL)
    assert predicted.global_secondary_indexes == ({"all": 1.0} if changes else {})
    assert ("GlobalSecondaryIndexes" in response["ConsumedCapacity"]) == changes
