"""The exported JSON Schemas and the reference are those of the models and accept what the models accept."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from workbench.spec.case import DESIGNS, case_names
from workbench.spec.json_schema import json_schema, json_schema_text
from workbench.spec.kinds import KINDS
from workbench.spec.plans import PLANS
from workbench.spec.reference import reference

BROKEN = Path(__file__).parent / "broken"
REFERENCE = Path(__file__).parents[2] / "docs" / "design-reference.md"


@pytest.mark.parametrize("kind", KINDS)
def test_committed_schema_is_current(kind):
    """The committed schema is what `workbench check --json-schema` prints."""
    committed = (DESIGNS / "schemas" / f"{kind}.schema.json").read_text(encoding="utf-8")
    assert committed == json_schema_text(kind)


def test_committed_reference_is_current():
    """The committed reference is what `workbench check --reference` prints."""
    assert REFERENCE.read_text(encoding="utf-8") == reference()


@pytest.mark.parametrize("kind", KINDS)
def test_schema_is_a_valid_schema(kind):
    """Each exported schema obeys JSON Schema's own rules."""
    Draft202012Validator.check_schema(json_schema(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_schema_accepts_valid_files(kind):
    """An editor that uses the schema does not complain about valid files."""
    folders = [BROKEN, *(DESIGNS / name for name in case_names())]
    paths = [folder / f"{kind}.yaml" for folder in folders]
    for path in [path for path in paths if path.exists()] + (
        sorted(PLANS.glob("*")) if kind == "plan" else []
    ):
        data = json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=str))
        assert [error.message for error in Draft202012Validator(json_schema(kind)).iter_errors(data)] == []


def test_schema_refuses_unknown_fields():
    """An editor that uses the schema marks a misspelt field."""
    data = yaml.safe_load((BROKEN / "mapping.yaml").read_text(encoding="utf-8"))
    errors = Draft202012Validator(json_schema("mapping")).iter_errors({**data, "entitys": {}})
    assert [error.validator for error in errors] == ["additionalProperties"]


@pytest.mark.parametrize("kind", KINDS)
def test_case_files_name_their_schema(kind):
    """Each file of a case begins with the line by which editors find its schema."""
    paths = [DESIGNS / name / f"{kind}.yaml" for name in case_names()]
    for path in (path for path in paths if path.exists()):
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        assert first == f"# yaml-language-server: $schema=../schemas/{kind}.schema.json"


@pytest.mark.parametrize("kind", ["design", "workload", "mapping", "migration", "plan"])
def test_every_field_is_explained(kind):
    """Each field has a meaning in the schema, which editors show while the file is written."""
    schema = json_schema(kind)
    models = {kind: schema, **schema["$defs"]}
    silent = [
        f"{model}.{name}"
        for model, definition in models.items()
        for name, field in definition.get("properties", {}).items()
        if not field.get("description")
    ]
    assert silent == []
