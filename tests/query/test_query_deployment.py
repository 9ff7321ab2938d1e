"""The files that deploy and watch the service are valid and say what design and service say."""

from __future__ import annotations

import json
import re

import hcl2
import pytest
import yaml
from cfnlint.api import lint
from cfnlint.decode import decode
from click.testing import CliRunner

from workbench.cli.serve import serve
from workbench.engines import wire
from workbench.errors import InputError
from workbench.query.metrics import Metrics
from workbench.schema import compile_schema
from workbench.service.metrics import BUCKETS

from .conftest import CASE, SETTINGS

METRIC = re.compile(r"query_[a-z_]+")
(CREATE,) = [one.request for one in compile_schema(CASE.design) if one.api == "CreateTable"]
TARGET_SECONDS = 0.2
"""Response time that the document asks for."""


def unquoted(value):
    """HCL as plain values."""
    if isinstance(value, dict):
        return {unquoted(n): unquoted(v) for n, v in value.items() if not n.startswith("__")}
    if isinstance(value, list):
        return [unquoted(part) for part in value]
    return value.strip('"') if isinstance(value, str) else value


def test_cloudformation_has_no_finding(services_folder):
    """cfn-lint knows every resource and property of the template."""
    text = (services_folder / "cloudformation" / "query-processor.yaml").read_text()
    assert [str(match) for match in lint(text)] == []


def test_cloudformation_makes_the_table_of_the_design(services_folder):
    """Keys, indexes, projections, billing and protection are those that the design compiles to."""
    template, _ = decode(str(services_folder / "cloudformation" / "query-processor.yaml"))
    properties = json.loads(json.dumps(template["Resources"]["Records"]["Properties"]))
    recovery = properties.pop("PointInTimeRecoverySpecification")
    assert properties == CREATE
    assert recovery["PointInTimeRecoveryEnabled"] == CASE.design.tables["Records"].point_in_time_recovery


def test_terraform_makes_the_table_of_the_design(services_folder):
    """The same of the Terraform files, read by an HCL parser."""
    parsed = unquoted(hcl2.loads((services_folder / "terraform" / "table.tf").read_text()))
    table = parsed["resource"][0]["aws_dynamodb_table"]["records"]
    request = {
        "TableName": table["name"],
        "AttributeDefinitions": [
            {"AttributeName": one["name"], "AttributeType": one["type"]} for one in table["attribute"]
        ],
        "KeySchema": keys(table["hash_key"], table["range_key"]),
        "BillingMode": table["billing_mode"],
        "TableClass": table["table_class"],
        "DeletionProtectionEnabled": table["deletion_protection_enabled"],
        "GlobalSecondaryIndexes": [index(one, one["hash_key"]) for one in table["global_secondary_index"]],
        "LocalSecondaryIndexes": [index(one, table["hash_key"]) for one in table["local_secondary_index"]],
    }
    assert request == CREATE
    assert table["point_in_time_recovery"] == [{"enabled": True}]


def keys(partition, sort):
    """A key schema."""
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]


def index(block, partition):
    """An index of Terraform as CreateTable takes it."""
    more = {"NonKeyAttributes": block["non_key_attributes"]} if "non_key_attributes" in block else {}
    projection = {"ProjectionType": block["projection_type"], **more}
    return {
        "IndexName": block["name"],
        "KeySchema": keys(partition, block["range_key"]),
        "Projection": projection,
    }


def test_terraform_refers_only_to_what_it_declares(services_folder):
    """Every variable and resource that is referred to exists, and every variable is used."""
    texts = [path.read_text() for path in sorted((services_folder / "terraform").glob("*.tf"))]
    text = "\n".join(texts)
    declared = {
        name for one in texts for block in unquoted(hcl2.loads(one)).get("variable", []) for name in block
    }
    assert set(re.findall(r"\bvar\.(\w+)", text)) == declared
    resources = set(re.findall(r'^(?:resource|data) "(\w+)" "(\w+)"', text, re.MULTILINE))
    assert set(re.findall(r"\b(aws_\w+)\.(\w+)\.\w+", text)) <= resources


def test_a_silent_table_is_told_before_the_gateway_gives_up(services_folder):
    """Capacity, connection and answer are waited for in less than the function and its gateway have."""
    template, _ = decode(str(services_folder / "cloudformation" / "query-processor.yaml"))
    text = (services_folder / "terraform" / "service.tf").read_text()
    given = [float(one) for one in re.findall(r"\btimeout\s*=\s*(\d+)", text)]
    given += [int(one) / 1000 for one in re.findall(r"timeout_milliseconds\s*=\s*(\d+)", text)]
    properties = [one.get("Properties", {}) for one in template["Resources"].values()]
    given += [one["Timeout"] for one in properties if "Timeout" in one]
    given += [one["TimeoutInMillis"] / 1000 for one in properties if "TimeoutInMillis" in one]
    assert len(given) == 4
    waited = SETTINGS.capacity.patience_ms / 1000 + wire.CONNECT_SECONDS + wire.ANSWER_SECONDS
    assert waited < min(given)


def test_both_deployments_start_the_service_with_options_that_it_has(services_folder):
    """Command and environment of the function are ones that the command line takes."""
    template, _ = decode(str(services_folder / "cloudformation" / "query-processor.yaml"))
    service = template["Resources"]["Service"]["Properties"]
    command = list(service["ImageConfig"]["Command"])
    terraform = unquoted(hcl2.loads((services_folder / "terraform" / "service.tf").read_text()))
    (function,) = [
        r["aws_lambda_function"]["service"] for r in terraform["resource"] if "aws_lambda_function" in r
    ]
    assert function["image_config"][0]["command"] == command
    assert command[:3] == ["workbench", "serve", CASE.name]
    help_text = CliRunner().invoke(serve, ["--help"]).output
    options = [word.partition("=")[0] for word in command[3:]]
    assert [option for option in options if option not in help_text] == []
    assert "WORKBENCH_TOKEN_SECRETS" in service["Environment"]["Variables"]
    assert "WORKBENCH_TOKEN_SECRETS" in help_text


def test_dashboard_and_alerts_read_metrics_that_exist(services_folder):
    """Every metric name in a panel or rule is one that the service counts, and each is on a panel."""
    known = Metrics().names()
    dashboard = (services_folder / "grafana" / "query-processor.json").read_text()
    alerts = (services_folder / "alerts" / "query-processor.yaml").read_text()
    panels = {
        name
        for one in json.loads(dashboard)["panels"]
        for t in one["targets"]
        for name in METRIC.findall(t["expr"])
    }
    rules = {name for one in rules_of(alerts) for name in METRIC.findall(one["expr"])}
    assert panels | rules <= known
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in known}
    assert families - {re.sub(r"_bucket$", "", name) for name in panels} == set()


def rules_of(text):
    """The alert rules of a file."""
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


def test_alerts_stand_at_the_bounds_of_the_document(services_folder):
    """1 % errors and 200 ms are alerts; 200 ms is a bucket, so that the quantile there is exact."""
    rules = {
        rule["alert"]: rule
        for rule in rules_of((services_folder / "alerts" / "query-processor.yaml").read_text())
    }
    assert rules["QueryErrors"]["expr"].endswith("> 0.01")
    assert rules["QuerySlow"]["expr"].endswith("> 0.2")
    assert TARGET_SECONDS in BUCKETS
    for rule in rules.values():
        assert rule["annotations"].keys() == {"summary", "action"}
        assert rule["labels"]["severity"] in {"page", "ticket", "info"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["algoitny"], "service.yaml"),
        (["query-processor", "--token-secrets", "short"], "--token-secrets: one is no Fernet key"),
        (["query-processor", "--keys", "missing.yaml"], "missing.yaml"),
    ],
)
def test_a_wrong_start_names_the_problem(arguments, message):
    """A case without a service, a secret that is none and a missing file are told before anything starts."""
    ended = CliRunner().invoke(serve, arguments)
    assert isinstance(ended.exception, InputError)
    assert message in str(ended.exception)
