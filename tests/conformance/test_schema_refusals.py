"""What the checks of a design refuse, DynamoDB Local refuses too, in words of its own."""

from pathlib import Path

import pytest
import yaml
from botocore.exceptions import ClientError

from workbench.schema import compile_schema
from workbench.spec.design import Design

FOLDER = Path(__file__).parents[1] / "unit" / "broken"
CASES = {case["name"]: case for case in yaml.safe_load((FOLDER / "cases.yaml").read_text(encoding="utf-8"))}

REFUSALS = {
    "key_projected": "two attributes with the same name",
    "no_throughput": "No provisioned throughput specified",
    "local_index_of_unsorted_table": "not allowed on hash tables",
    "one_key_twice": "Two keys can not have the same name",
    "one_index_name_twice": "must have different names",
    "too_many_local_indexes": "more than 5 local secondary indexes",
    "too_many_included_attributes": "attributes per table can be projected",
}
"""Broken design to a part of the engine's message."""


def create_all(client, requests):
    """Sends CreateTable requests."""
    for request in requests:
        client.create_table(**request)


@pytest.mark.parametrize("name", REFUSALS)
def test_engine_refuses_what_a_check_refuses(dynamodb_local, name):
    """A table that a check refuses is refused by the engine when it is sent all the same."""
    text = (FOLDER / "design.yaml").read_text(encoding="utf-8")
    broken = text.replace(CASES[name]["old"], CASES[name]["new"], 1)
    operations = compile_schema(Design.model_validate(yaml.safe_load(broken)))
    client = dynamodb_local.connect(f"refusal{name.replace('_', '')}")
    created = [operation.request for operation in operations if operation.api == "CreateTable"]
    with pytest.raises(ClientError, match=REFUSALS[name]):
        create_all(client, created)
