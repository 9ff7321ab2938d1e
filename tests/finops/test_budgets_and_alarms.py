"""Budgets and alarms are requests that AWS's own models accept, with thresholds derived by hand."""

import json
import re
import sys
from decimal import Decimal
from functools import cache

import botocore.session
import pytest
from botocore.validate import ParamValidator

from workbench.cli import main
from workbench.errors import InputError
from workbench.finops.alarms import case_alarms
from workbench.finops.budgets import case_budgets
from workbench.finops.operated import Operated, Pricer
from workbench.finops.subscribers import watchers
from workbench.pricing import PriceBook
from workbench.spec import load_case
from workbench.spec.measured import load_measurement

ACCOUNT = "123456789012"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:costs"
EMAIL = "owner@example.org"
CASES = ["algoitny", "dealership", "order-processor", "query-processor", "inavor-shuttle"]


@pytest.fixture(scope="module")
def book():
    """The newest prices."""
    return PriceBook.newest()


def operated(name):
    """A case as it is designed."""
    case = load_case(name)
    return Operated.of(case, load_measurement(case.directory))


@cache
def service_model(service):
    """What AWS declares of a service, read once."""
    return botocore.session.get_session().get_service_model(service)


def complaints(service, operation, request):
    """What the service's own model says against a request: types, required members, names, lengths."""
    shape = service_model(service).operation_model(operation).input_shape
    found = ParamValidator().validate(request, shape).generate_report()
    return [found] if found else _texts(shape, request)


def _texts(shape, value, path=""):
    """Enumerations, patterns and list lengths, which botocore leaves to the service."""
    if shape.type_name == "structure":
        return [
            t for name, each in value.items() for t in _texts(shape.members[name], each, f"{path}.{name}")
        ]
    if shape.type_name == "list":
        most = shape.metadata.get("max")
        long = [f"{path}: {len(value)} entries"] if most and len(value) > most else []
        return long + [text for each in value for text in _texts(shape.member, each, f"{path}[]")]
    if shape.type_name != "string":
        return []
    allowed, pattern = shape.metadata.get("enum"), shape.metadata.get("pattern")
    wrong = (allowed and value not in allowed) or (
        pattern and "(?i)" not in pattern and not re.fullmatch(pattern, value)
    )
    return [f"{path}: {value}"] if wrong or len(value) > shape.metadata.get("max", 10**6) else []


@pytest.mark.parametrize("name", CASES)
def test_aws_models_accept_every_budget_and_alarm(name, book):
    """Requests of CreateBudget and PutMetricAlarm have the members, types and values that AWS declares."""
    case, pricer, told = operated(name), Pricer(book, "us-east-1", 10_000), watchers(ACCOUNT, [EMAIL, TOPIC])
    for budget in case_budgets(name, case, pricer, Decimal("0.2")):
        assert complaints("budgets", "CreateBudget", budget.request(ACCOUNT, told)) == []
    alarms = case_alarms(name, case, pricer, Decimal("0.2"))
    for alarm in alarms:
        assert complaints("cloudwatch", "PutMetricAlarm", alarm.request(told)) == []
    assert len({alarm.name for alarm in alarms}) == len(alarms)


def test_a_wrong_request_is_told(book):
    """The check above is no formality: a misspelt member and an unknown word are found."""
    budget = case_budgets("x", operated("dealership"), Pricer(book, "us-east-1", 1), Decimal(0))[0]
    request = budget.request(ACCOUNT, watchers(ACCOUNT, [EMAIL]))
    assert "Unknown parameter" in complaints("budgets", "CreateBudget", {**request, "Account": "1"})[0]
    request["Budget"]["TimeUnit"] = "WEEKLY"
    assert complaints("budgets", "CreateBudget", request) == [".Budget.TimeUnit: WEEKLY"]


def test_a_budget_has_room_for_five_alerts(book):
    """AWS documents five alerts a budget; 50, 80 and 100 % of what is spent, 80 and 100 % of the forecast."""
    month = case_budgets("x", operated("algoitny"), Pricer(book, "us-east-1", 1000), Decimal(0))[0]
    told = month.request(ACCOUNT, watchers(ACCOUNT, [EMAIL]))["NotificationsWithSubscribers"]
    assert [
        (each["Notification"]["NotificationType"], each["Notification"]["Threshold"]) for each in told
    ] == [
        ("ACTUAL", 50),
        ("ACTUAL", 80),
        ("ACTUAL", 100),
        ("FORECASTED", 80),
        ("FORECASTED", 100),
    ]


def test_the_limit_is_the_bill_at_the_users_that_growth_makes(book):
    """Dealership pays on demand, so its bill is proportional to the users: 2.2003791 x 1.2 = 2.6404549."""
    pricer = Pricer(book, "us-east-1", 10_000)
    case = operated("dealership")
    bill = pricer.bill(case).total
    month, day = case_budgets("dealership", case, pricer, Decimal("0.2"))
    assert month.limit_usd == (bill * Decimal("1.2")).quantize(Decimal("0.01"), rounding="ROUND_UP")
    weekly = [Decimal(str(part)) for part in case.workload.weekly]
    busiest = max(weekly) * 7 / sum(weekly)
    expected = bill * Decimal("1.2") * 24 / 730 * busiest
    assert 0 <= day.limit_usd - expected < Decimal("0.01")


def test_provisioned_capacity_is_watched_at_eighty_percent_of_the_most_it_may_be(book):
    """OrderProcessor may scale to 1,000 RCU: 0.8 x 1,000 x 300 s = 240,000 units in five minutes."""
    alarms = case_alarms("o", operated("order-processor"), Pricer(book, "us-east-1", 10_000), Decimal("0.2"))
    found = {alarm.name: alarm for alarm in alarms}["o-OrderProcessor-ConsumedReadCapacityUnits"]
    assert found.threshold == 240_000


def test_what_is_billed_by_the_unit_is_watched_against_the_plan(book):
    """Token checks take one unit each: n in the busiest five minutes, 1.2 n and three roots of it planned."""
    case = operated("order-processor")
    checks = case.workload.requests_per_dau_day("check_token") * 10_000 / 86_400 * 300
    hours, days = case.workload.diurnal, case.workload.weekly
    busiest = checks * max(hours) / (sum(hours) / 24) * max(days) / (sum(days) / 7)
    planned = busiest * 1.2
    alarms = case_alarms("o", case, Pricer(book, "us-east-1", 10_000), Decimal("0.2"))
    found = {alarm.name: alarm for alarm in alarms}["o-TokenBlacklist-ConsumedReadCapacityUnits"]
    assert found.threshold == pytest.approx(planned + 3 * planned**0.5, rel=1e-3)


def test_every_alarm_and_alert_says_why(book):
    """No threshold without its reason."""
    case, pricer = operated("algoitny"), Pricer(book, "us-east-1", 10_000)
    budgets = case_budgets("a", case, pricer, Decimal("0.2"))
    reasons = [reason for budget in budgets for *_, reason in budget.alerts] + [b.reason for b in budgets]
    assert all(reasons + [alarm.reason for alarm in case_alarms("a", case, pricer, Decimal("0.2"))])


def test_wrong_watchers_are_named_all_at_once():
    """The account and each address are checked before anything is computed."""
    with pytest.raises(InputError) as raised:
        watchers("12", ["nobody", TOPIC, TOPIC])
    assert str(raised.value).split("\n") == [
        "--account: is no account; got '12', allowed 12 digits. Take the number of the account to watch",
        "--notify: an alert tells fewer; got 2 topics, allowed 1. Let a topic tell the others",
        (
            "--notify: is no address; got 'nobody', allowed an e-mail address or the ARN of a topic. "
            "Name whom to tell"
        ),
    ]


def test_command_prints_the_requests(monkeypatch, capsys):
    """`workbench finops budgets --format json` prints requests of AWS, alarms telling topics only."""
    arguments = ["--account", ACCOUNT, "--notify", EMAIL, "--notify", TOPIC, "--format", "json"]
    monkeypatch.setattr(sys, "argv", ["workbench", "finops", "budgets", "dealership", *arguments])
    with pytest.raises(SystemExit):
        main()
    found = json.loads(capsys.readouterr().out)
    assert [budget["Budget"]["TimeUnit"] for budget in found["budgets"]] == ["MONTHLY", "DAILY"]
    assert {tuple(alarm["AlarmActions"]) for alarm in found["alarms"]} == {(TOPIC,)}
