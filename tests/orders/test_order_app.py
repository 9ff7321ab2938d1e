"""The order processor over HTTP, on DynamoDB Local."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus

import httpx
import pytest
from botocore.exceptions import ReadTimeoutError
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.cli.serve import serve
from workbench.errors import InputError
from workbench.items.maker import ItemMaker
from workbench.orders.assembly import STRATEGIES, assemble_orders
from workbench.orders.audit import scan
from workbench.orders.settings import load_order_settings
from workbench.orders.table import TABLE, holding_key
from workbench.orders.trial import Trial
from workbench.service.grants import Grant, key_digest
from workbench.service.options import Options
from workbench.spec import load_case

NOW = datetime(2045, 5, 1, tzinfo=UTC)
USERS = ("u0", "u1", "u2")
CALLERS = {
    "owner": {"write": True, "operate": True},
    "reader": {},
    "first": {"write": True, "values": {"username": ("u0",)}},
    "slow": {"requests_per_minute": 2},
}


class Caller:
    """Sends requests to an application without a socket."""

    def __init__(self, application):
        self._transport = httpx.ASGITransport(application)

    def get(self, path, key="owner", **options):
        """The answer to a GET."""
        return asyncio.run(self.ask("GET", path, key, **options))

    def post(self, path, key="owner", **options):
        """The answer to a POST."""
        return asyncio.run(self.ask("POST", path, key, **options))

    async def ask(self, method, path, key, **options):
        """An answer."""
        async with httpx.AsyncClient(transport=self._transport, base_url="http://orders") as client:
            return await client.request(method, path, headers={"X-API-Key": key} if key else {}, **options)


class LosesAnswers:
    """A boto3 client whose first writes take effect and are not answered."""

    def __init__(self, client, times):
        self._client, self._left = client, times

    def __getattr__(self, name):
        """The operation, whose answer may be lost."""
        operation = getattr(self._client, name)
        return self._lossy(operation) if name in {"transact_write_items", "update_item"} else operation

    def _lossy(self, operation):
        def run(**arguments):
            answer = operation(**arguments)
            self._left -= 1
            if self._left >= 0:
                raise ReadTimeoutError(endpoint_url="http://engine")
            return answer

        return run


class Named:
    """What the service needs of an engine."""

    def __init__(self, client):
        self.client = client


def callers(given=CALLERS):
    """Grants of callers whose keys are their names."""
    return {name: Grant(sha256=key_digest(name), **fields) for name, fields in given.items()}


@pytest.fixture
def make(case, engine):
    """A function that makes a service; users have 1,000 USD and ten of each asset, and BTC costs 20 USD."""
    Trial(None, None, engine.client, users=len(USERS)).open_accounts()
    set_price(case, engine, 20)
    profile = {"email": "a@b.example", "display_name": "A", "password_hash": "$2b$secret", "status": "ACTIVE"}
    for name in USERS:
        store(case, engine, "User", {"username": name, **profile, "created_at": NOW, "updated_at": NOW})

    def made(strategy="transactional", client=None, known=CALLERS, now=lambda: NOW):
        on = Named(client or engine.client)
        options = Options(callers(known), log=None)
        return Caller(assemble_orders(case, load_order_settings(case), on, strategy, options, now))

    return made


@pytest.fixture
def caller(make):
    """A caller of a service with transactions."""
    return make()


def store(case, engine, entity, row):
    """Writes an item of an entity."""
    engine.client.put_item(TableName=TABLE, Item=ItemMaker(case.design, entity).item(row))


def set_price(case, engine, price):
    """Sets the price of BTC."""
    row = {"asset_id": "BTC", "price": Decimal(price), "updated_at": NOW}
    store(case, engine, "AssetPrice", row)


def wish(number, **fields):
    """An order to buy one BTC."""
    return {"order_id": f"o{number}", "side": "BUY", "asset_id": "BTC", "quantity": "1", **fields}


def cash(caller, username="u0"):
    """A user's cash."""
    return caller.get(f"/v1/users/{username}/balance").json()["available"]


def test_orders_move_cash_once_and_are_listed_in_pages(caller):
    """Three orders, one of them sent twice, at 20 USD each: 940 USD are left, and two pages show them."""
    for number in (1, 2, 3, 3):
        answer = caller.post("/v1/users/u0/orders", json=wish(number))
        assert (answer.status_code, answer.json()["status"]) == (201, "COMPLETED")
    assert cash(caller) == "940"
    first = caller.get("/v1/users/u0/orders", params={"limit": 2}).json()
    second = caller.get("/v1/users/u0/orders", params={"limit": 2, "token": first["next"]}).json()
    assert [item["order_id"] for item in first["items"] + second["items"]] == ["o3", "o2", "o1"]
    assert second["next"] is None
    assert len(caller.get("/v1/users/u0/assets/BTC/orders").json()["items"]) == 3
    assert caller.get("/v1/users/u0/orders/o2").json()["total_usd"] == "20"
    holdings = {
        item["asset_id"]: item["quantity"] for item in caller.get("/v1/users/u0/holdings").json()["items"]
    }
    assert holdings == {"BTC": "13", "ETH": "10", "XAU": "10"}


def test_a_portfolio_has_cash_and_the_value_of_what_is_priced(caller):
    """Ten BTC at 20 USD are 200 USD; what has no price has no value."""
    items = caller.get("/v1/users/u0/portfolio").json()["items"]
    assert items[0]["available"] == "1000"
    assert {item["asset_id"]: item.get("value_usd") for item in items[1:]} == {
        "BTC": "200.00",
        "ETH": None,
        "XAU": None,
    }


def test_a_large_holding_is_valued_to_the_cent(caller, engine):
    """A value of more digits than are usual is shown whole."""
    engine.client.update_item(
        TableName=TABLE,
        Key=holding_key("u0", "BTC"),
        UpdateExpression="SET quantity = :q",
        ExpressionAttributeValues={":q": {"N": "1" * 30 + ".12345678"}},
    )
    items = caller.get("/v1/users/u0/portfolio").json()["items"]
    assert next(item["value_usd"] for item in items if item.get("asset_id") == "BTC") == "2" * 31 + ".47"


@pytest.mark.parametrize(("side", "quantity", "lacking"), [("BUY", "51", "cash"), ("SELL", "11", "asset")])
def test_a_refusal_says_what_was_lacking_and_what_to_do(caller, side, quantity, lacking):
    """The first answer and that to the same order sent again tell the same, and name the next step."""
    asked = wish(1, side=side, quantity=quantity)
    answers = [caller.post("/v1/users/u0/orders", json=asked).json()["problems"] for _ in range(2)]
    assert answers[0] == answers[1]
    assert lacking in answers[0][0]
    assert "new order_id" in answers[0][1]


def test_profiles_are_shown_without_their_secrets(caller):
    """Neither one account nor the list of all has a hash of a password or a key of the table."""
    found = caller.get("/v1/users/u0").json()
    assert found == {
        "username": "u0",
        "email": "a@b.example",
        "display_name": "A",
        "status": "ACTIVE",
        "created_at": "2045-05-01T00:00:00.000000Z",
        "updated_at": "2045-05-01T00:00:00.000000Z",
    }
    listed = caller.get("/v1/users").json()["items"]
    assert [item["username"] for item in listed] == list(USERS)
    assert {name for item in listed for name in item} <= found.keys()


def test_prices_of_several_assets_are_asked_for_at_once(caller):
    """An asset without a price is missing; one that is named twice is answered once."""
    found = caller.get("/v1/prices?asset_id=BTC&asset_id=NONE&asset_id=BTC").json()
    assert {name: price["price"] for name, price in found.items()} == {"BTC": "20"}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/users/u0/orders", wish(1, quantity="51"), 409),
        ("/v1/users/u0/orders", wish(1, side="SELL", quantity="11"), 409),
        ("/v1/users/u0/orders", wish(1, asset_id="NONE"), 404),
        ("/v1/users/u0/orders", wish(1, quantity="-1"), 422),
        ("/v1/users/u0/orders", wish(1, quantity="0"), 400),
        ("/v1/users/u0/orders", wish(1, quantity="0.0002"), 400),
        ("/v1/users/u0/orders", wish(1, quantity=1), 422),
        ("/v1/users/u0/orders", wish(1, price="1"), 422),
        ("/v1/users/nobody/orders", wish(1), 404),
        ("/v1/users/nobody/balance", None, 404),
        ("/v1/users/u0/orders/o1", None, 404),
        ("/v1/assets/NONE", None, 404),
        ("/v1/users/u0%23x/balance", None, 422),
        ("/v1/users/u0/balance?x=1", None, 422),
        ("/v1/users/u0/orders?token=x", None, 400),
        ("/v1/users/u0/orders?limit=101", None, 422),
        ("/v1/users/u0/orders?limit=1&limit=2", None, 422),
        ("/v1/prices", None, 422),
        ("/v1/nothing", None, 404),
    ],
)
def test_what_cannot_be_is_refused(caller, path, body, status):
    """Too much, too little, unknown, malformed or altered: an answer that says so, and no money moves."""
    answer = caller.get(path) if body is None else caller.post(path, json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["problems"]
    assert cash(caller) == "1000"


def test_a_token_continues_its_own_list_for_its_own_caller(caller):
    """The same list of another user or caller does not go on with it."""
    for number in (1, 2):
        caller.post("/v1/users/u0/orders", json=wish(number))
    token = caller.get("/v1/users/u0/orders?limit=1").json()["next"]
    path = "/v1/users/u0/orders"
    assert caller.get(path, params={"token": token}).status_code == HTTPStatus.OK
    assert caller.get("/v1/users/u1/orders", params={"token": token}).status_code == HTTPStatus.BAD_REQUEST
    assert caller.get(path, params={"token": token}, key="reader").status_code == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("key", ["wrong", ""])
def test_without_a_key_nothing_is_shown(caller, key):
    """No balance and no order, and nothing of a malformed request is looked at."""
    assert caller.get("/v1/users/u0/balance", key).status_code == HTTPStatus.UNAUTHORIZED
    assert caller.get("/v1/users/u0%23/balance?limit=x", key).status_code == HTTPStatus.UNAUTHORIZED
    assert caller.post("/v1/users/u0/orders", key, json=wish(1)).status_code == HTTPStatus.UNAUTHORIZED
    assert caller.post("/v1/users/u0/orders", key, content=b"{").status_code == HTTPStatus.UNAUTHORIZED


def test_reading_does_not_grant_trading_or_operating(caller):
    """A key without the grants neither buys nor reads the metrics; one bound to a user sees no others."""
    assert caller.post("/v1/users/u0/orders", "reader", json=wish(1)).status_code == HTTPStatus.FORBIDDEN
    assert caller.get("/metrics", "reader").status_code == HTTPStatus.FORBIDDEN
    assert caller.get("/v1/users", "first").status_code == HTTPStatus.FORBIDDEN
    assert caller.get("/v1/users", "reader").status_code == HTTPStatus.OK
    assert cash(caller) == "1000"


PATHS = ("", "/balance", "/portfolio", "/holdings", "/orders", "/transactions", "/assets/BTC/orders")


@settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
@given(
    granted=st.sets(st.sampled_from(USERS)),
    asked=st.sampled_from(USERS),
    path=st.sampled_from([*PATHS, None]),
    write=st.booleans(),
)
def test_a_caller_never_sees_or_acts_for_another_user(make, granted, asked, path, write):
    """Over random grants and requests: what is not granted is refused, and no money of others moves."""
    known = {"owner": CALLERS["owner"], "some": {"write": write, "values": {"username": tuple(granted)}}}
    caller = make(known=known)
    before = cash(caller, asked)
    if path is None:
        order = wish(f"{asked}-{write}-{len(granted)}", side="SELL", quantity="0.001")
        answer = caller.post(f"/v1/users/{asked}/orders", "some", json=order)
        allowed = write and asked in granted
    else:
        answer = caller.get(f"/v1/users/{asked}{path}", "some")
        allowed = asked in granted
    assert (answer.status_code == HTTPStatus.FORBIDDEN) is not allowed
    if not allowed:
        assert cash(caller, asked) == before
        assert "1000" not in answer.text


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("lost", [1, 3, 12, 14, 30])
def test_an_order_whose_answer_is_lost_is_carried_out_once(make, case, engine, strategy, lost):
    """However many answers are lost: asked again, also at another price and time, money moves once."""
    times = iter([NOW, NOW.replace(hour=1), NOW.replace(hour=2), NOW.replace(hour=3)] * 20)
    caller = make(strategy, LosesAnswers(engine.client, lost), now=lambda: next(times))
    answers = [caller.post("/v1/users/u0/orders", json=wish(1)).status_code]
    set_price(case, engine, 25)
    answers += [caller.post("/v1/users/u0/orders", json=wish(1)).status_code for _ in range(4)]
    assert set(answers) <= {201, 503}
    assert answers[-1] == HTTPStatus.CREATED
    paid = 1000 - Decimal(cash(caller))
    items = scan(engine.client)
    (entry,) = [item for item in items if item["SK"]["S"].startswith("TXN#")]
    (order,) = [item for item in items if item["SK"]["S"] == "ORDER"]
    assert paid in {20, 25}
    assert Decimal(order["total_usd"]["N"]) == -Decimal(entry["amount"]["N"]) == paid
    assert order["created_at"] == entry["created_at"]
    (holding,) = [item for item in items if item["PK"]["S"] == "USER#u0" and item["SK"]["S"] == "HOLDING#BTC"]
    assert holding["quantity"]["N"] == "11"


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_an_id_of_another_order_is_refused(make, strategy):
    """Another user, side or quantity under a known id moves nothing and shows nothing of that order."""
    caller = make(strategy)
    assert caller.post("/v1/users/u1/orders", json=wish(1)).status_code == HTTPStatus.CREATED
    for path, order in (("u0", wish(1)), ("u1", wish(1, side="SELL")), ("u1", wish(1, quantity="2"))):
        answer = caller.post(f"/v1/users/{path}/orders", json=order)
        assert answer.status_code == HTTPStatus.CONFLICT
        assert answer.json()["problems"] == ["order_id: it is that of another order. Choose a new one."]
    assert caller.get("/v1/users/u0/orders/o1").status_code == HTTPStatus.NOT_FOUND
    assert [Decimal(cash(caller, name)) for name in ("u0", "u1")] == [1000, 980]


def test_suspended_users_do_not_trade(make, case, engine):
    """A suspension is seen by the next order."""
    caller = make()
    row = {"username": "u0", "email": "a", "display_name": "A", "status": "SUSPENDED"}
    store(case, engine, "User", row | {"password_hash": "x", "created_at": NOW, "updated_at": NOW})
    assert caller.post("/v1/users/u0/orders", json=wish(1)).status_code == HTTPStatus.FORBIDDEN
    assert cash(caller) == "1000"


def test_limits_and_security_headers_are_those_of_every_service(caller):
    """The limit and what is left are told; beyond it, Retry-After says when to return; bodies are bounded."""
    answers = [caller.get("/v1/users/u0/balance", "slow") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert int(answers[2].headers["retry-after"]) >= 1
    assert answers[0].headers["x-content-type-options"] == "nosniff"
    assert answers[0].headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    large = caller.post("/v1/users/u0/orders", content=b"x" * 20_000)
    assert large.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def test_metrics_tell_outcomes_units_and_routes(caller):
    """Orders by outcome, units by place, and routes as templates, so that no user makes a new series."""
    caller.post("/v1/users/u0/orders", json=wish(1))
    caller.post("/v1/users/u0/orders", json=wish(2, quantity="100"))
    text = caller.get("/metrics").text
    assert 'orders_outcomes_total{outcome="Done",side="BUY"} 1.0' in text
    assert 'orders_outcomes_total{outcome="NotExecuted",side="BUY"} 1.0' in text
    assert 'orders_units_total{place="OrderProcessor"}' in text
    assert 'route="/v1/users/{username}/orders",status="201"' in text
    assert "u0" not in text


def test_the_service_says_whether_it_is_ready(caller, engine):
    """With its table it is; without an answer of the table it is not, and lives on."""
    assert caller.get("/health/ready", "").status_code == HTTPStatus.OK
    engine.client.update_table(TableName=TABLE, DeletionProtectionEnabled=False)
    engine.client.delete_table(TableName=TABLE)
    assert caller.get("/health/ready", "").status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert caller.get("/health/live", "").status_code == HTTPStatus.OK


@pytest.mark.parametrize(
    ("case_name", "option", "message"),
    [
        ("order-processor", ["--cache", "none"], "--cache is for query services. Leave it out."),
        (
            "query-processor",
            ["--strategy", "conditional"],
            "--strategy is for order processors. Leave it out.",
        ),
        (
            "query-processor",
            ["--cache", "disk"],
            "--cache: no such place; got disk, allowed memory, redis, none",
        ),
    ],
)
def test_options_of_the_other_service_are_refused(case_name, option, message):
    """Nothing is started."""
    result = CliRunner().invoke(serve, [case_name, *option])
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())


def test_settings_name_every_problem(tmp_path):
    """A wrong case and more entries than a page may hold are named together, by file and line."""
    case = load_case("order-processor")
    text = (case.directory / "service.yaml").read_text()
    changes = {"case: order-processor": "case: other", "20, most_records: 100": "100, most_records: 50"}
    for old, new in changes.items():
        text = text.replace(old, new)
    (tmp_path / "service.yaml").write_text(text)
    moved = replace(case, directory=tmp_path)
    with pytest.raises(InputError) as caught:
        load_order_settings(moved)
    assert "case: is not the design's; got other, allowed order-processor" in str(caught.value)
    assert "page.records: more than a page holds at most; got 100" in str(caught.value)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_an_order_that_is_sent_by_many_at_once_is_carried_out_once(make, strategy):
    """Eight requests with one id at the same time: money moves once, and all are told the same order."""
    caller = make(strategy)

    async def send():
        requests = (caller.ask("POST", "/v1/users/u0/orders", "owner", json=wish(1)) for _ in range(8))
        return await asyncio.gather(*requests)

    answers = asyncio.run(send())
    assert {answer.status_code for answer in answers} <= {201, 503}
    assert caller.post("/v1/users/u0/orders", json=wish(1)).status_code == HTTPStatus.CREATED
    assert len({answer.text for answer in answers if answer.status_code == HTTPStatus.CREATED}) <= 1
    assert Decimal(cash(caller)) == 980
    assert len(caller.get("/v1/users/u0/transactions").json()["items"]) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["order-processor", "--strategy", "conditional"],
        ["query-processor", "--cache", "redis"],
        ["query-processor", "--cache", "none"],
    ],
)
def test_serve_puts_either_service_together(monkeypatch, dynamodb_local, tmp_path, arguments):
    """The callers of one file of keys are let in by either, and the address of its description is shown."""
    answered = []

    def run(application, *given):
        announce = given[3]
        announce("http://here")
        asking = Caller(application)
        answered.extend([asking.get("/health/live", "").status_code, asking.get("/metrics").status_code])

    keys = tmp_path / "keys.yaml"
    digest = key_digest("owner")
    keys.write_text(f"schema_version: 1\ncallers:\n  owner: {{sha256: {digest!r}, operate: true}}\n")
    monkeypatch.setattr("workbench.service.server.serve", run)
    options = ["--endpoint-url", dynamodb_local.endpoint_url, "--keys", str(keys), "--quiet"]
    result = CliRunner().invoke(serve, [*arguments, *options])
    assert result.exit_code == 0, result.output
    assert result.output == f"{arguments[0]}: http://here/docs\n"
    assert answered == [HTTPStatus.OK, HTTPStatus.OK]
