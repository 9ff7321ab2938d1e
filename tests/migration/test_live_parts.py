"""Parts of the live migration that need no engine."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from botocore.exceptions import ConnectTimeoutError

from workbench.access.execution import RequestRefusedError
from workbench.access.requests import RequestMaker
from workbench.errors import InputError, MigrationError
from workbench.migrate.live.item_side import passes
from workbench.migrate.live.recorded import dump, load
from workbench.migrate.live.touched import Touching
from workbench.spec import load_case

ALGOITNY = load_case("algoitny")
DEALERSHIP = load_case("dealership")
NOON = dt.datetime(2045, 1, 1, 12, tzinfo=dt.UTC)


def test_parameters_keep_their_types():
    """Moments, days, exact numbers, bytes, lists and objects come back as they were."""
    parameters = {
        "moment": NOON,
        "day": dt.date(2045, 1, 1),
        "exact": Decimal("1.50"),
        "bytes": b"\x00\xff",
        "list": [1, "two", None, NOON],
        "object": {"a": {"b": True}},
        "text": "문제",
    }
    assert load(dump(parameters)) == parameters
    assert isinstance(load(dump(parameters))["exact"], Decimal)


def touched(case, pattern, parameters):
    """Returns entity, columns and key of each item that a write touches."""
    items = Touching(RequestMaker(case.design, pattern)).items(parameters)
    return [(item.entity, dict(item.columns), item.key) for item in items]


def test_a_transaction_touches_the_items_of_all_its_members():
    """A changed address touches both logins and the account, each found by the columns of its key."""
    change = {"user_id": 7, "old_email": "a@x", "email": "b@x", "updated_at": NOON}
    change |= {"password_hash": "h", "is_active": True}
    assert touched(DEALERSHIP, "change_email", change) == [
        ("Login", {"email": "a@x"}, {"PK": {"S": "EMAIL#a@x"}}),
        ("Login", {"email": "b@x"}, {"PK": {"S": "EMAIL#b@x"}}),
        ("User", {"id": 7}, {"PK": {"S": "USER#7"}}),
    ]


def test_a_batch_touches_each_of_its_items():
    """Every element of a batch is an item of its own."""
    moments = [NOON, NOON + dt.timedelta(seconds=1)]
    batch = {"platform": "p", "problem_id": "1", "id": [5, 6], "input": ["i", "i"], "output": ["o", "o"]}
    found = touched(ALGOITNY, "add_test_cases", {**batch, "created_at": moments})
    assert [(columns["id"], columns["created_at"]) for _, columns, _ in found] == [(5, NOON), (6, moments[1])]
    assert found[0][2]["SK"] == {"S": "TESTCASE#2045-01-01T12:00:00.000000Z#0000000005"}


def test_a_write_that_names_no_item_is_told():
    """A part of a key that is NULL is the caller's mistake."""
    with pytest.raises(InputError, match="PK: a part of the key is NULL"):
        touched(ALGOITNY, "increment_execution_count", {"email": None, "now": NOON})


def test_a_key_that_is_written_otherwise_is_told():
    """Where a pattern fills other placeholders than the entity's key, the row cannot be found."""
    pattern = ALGOITNY.design.patterns["increment_execution_count"]
    changed = pattern.model_copy(update={"key": {"PK": "USER#{email}{now}", "SK": "METADATA"}})
    patterns = {**ALGOITNY.design.patterns, "increment_execution_count": changed}
    design = ALGOITNY.design.model_copy(update={"patterns": patterns})
    with pytest.raises(MigrationError) as caught:
        Touching(RequestMaker(design, "increment_execution_count"))
    assert str(caught.value) == (
        "patterns.increment_execution_count: key PK is USER#{email}{now}, its entity's is USER#{email}. "
        "Fill the same placeholders, so that the row behind the item can be found."
    )


@pytest.mark.parametrize(
    ("error", "passing"),
    [
        (ConnectTimeoutError(endpoint_url="x"), True),
        (RequestRefusedError("ThrottlingException", ""), True),
        (RequestRefusedError("InternalServerError", ""), True),
        (RequestRefusedError("ConditionalCheckFailedException", ""), False),
        (RequestRefusedError("ValidationException", ""), False),
        (RequestRefusedError("TransactionCanceledException", "", ("None", "TransactionConflict")), True),
        (RequestRefusedError("TransactionCanceledException", "", ("None", "ConditionalCheckFailed")), False),
        (
            RequestRefusedError(
                "TransactionCanceledException", "", ("TransactionConflict", "ConditionalCheckFailed")
            ),
            False,
        ),
        (ValueError(), False),
    ],
)
def test_only_errors_that_pass_are_repeated(error, passing):
    """Throttling, conflicts, errors of the server and silence pass; refusals and mistakes stay."""
    assert passes(error) is passing
