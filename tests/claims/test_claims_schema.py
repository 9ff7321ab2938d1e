"""The JSON Schema of ledgers is that of the model, and editors find it."""

import json

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from workbench.claims.ledger import CLAIMS, Ledger
from workbench.cli.claims import claims
from workbench.spec.case import DESIGNS
from workbench.spec.json_schema import model_schema

PATHS = sorted(DESIGNS.glob(f"*/{CLAIMS}"))


def test_committed_schema_is_current():
    """The committed schema is what `workbench claims --json-schema` prints."""
    committed = (DESIGNS / "schemas" / "claims.schema.json").read_text(encoding="utf-8")
    assert CliRunner().invoke(claims, ["--json-schema"]).output == committed


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.parent.name)
def test_editors_find_the_schema_and_accept_the_ledgers(path):
    """Each ledger names its schema in the first line and obeys it; a misspelt field does not."""
    text = path.read_text(encoding="utf-8")
    assert text.partition("\n")[0] == "# yaml-language-server: $schema=../schemas/claims.schema.json"
    validator = Draft202012Validator(model_schema(Ledger))
    data = json.loads(json.dumps(yaml.safe_load(text)))
    assert [error.message for error in validator.iter_errors(data)] == []
    wrong = validator.iter_errors({**data, "claim": {}})
    assert [error.validator for error in wrong] == ["additionalProperties"]


def test_every_field_is_explained():
    """Each field of a claim has a meaning that editors show."""
    schema = model_schema(Ledger)
    fields = [field for each in (schema, *schema["$defs"].values()) for field in each["properties"].values()]
    assert all(field.get("description") for field in fields)
