"""The order processor over HTTP, on DynamoDB Local."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal

import httpx
import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from workbench.access.tokens import TokenBook
from workbench.cli.serve import serve
from workbench.items.maker import ItemMaker
from workbench.orders.app import OrderService, order_app
from workbench.orders.table import TABLE
from workbench.orders.transactional import TransactionalOrders
from workbench.orders.trial import Trial

NOW = datetime(2045, 5, 1, tzinfo=UTC)
KEY = {"X-API-Key": "right"}


class Caller:
    """Sends requests to an application without a socket."""

    def __init__(self, application):
        self._transport = httpx.ASGITransport(application)

    def get(self, path, **options):
        """The answer to a GET."""
        return asyncio.run(self._ask("GET", path, **options))

    def post(self, path, **options):
        """The answer to a POST."""
        return asyncio.run(self._ask("POST", path, **options))

    async def _ask(self, method, path, headers=KEY, **options):
        async with httpx.AsyncClient(transport=self._transport, base_url="http://orders") as client:
            return await client.request(method, path, headers=headers, **options)


@pytest.fixture
def caller(case, engine):
    """A caller; two users have 1,000 USD and ten of each asset, and BTC costs 20 USD."""
    Trial(None, None, engine.client, users=2).open_accounts()
    row = {"asset_id": "BTC", "price": Decimal(20), "updated_at": NOW}
    engine.client.put_item(TableName=TABLE, Item=ItemMaker(case.design, "AssetPrice").item(row))
    tokens = TokenBook([Fernet.generate_key()], 15, NOW.timestamp)
    service = OrderService(case, engine, TransactionalOrders, tokens, lambda: NOW)
    return Caller(order_app(service, "right"))


def wish(number, **fields):
    """An order to buy one BTC."""
    return {"order_id": f"o{number}", "side": "BUY", "asset_id": "BTC", "quantity": "1", **fields}


def test_orders_move_cash_once_and_are_listed_in_pages(caller):
    """Three orders, one of them sent twice, at 20 USD each: 940 USD are left, and two pages show them."""
    for number in (1, 2, 3, 3):
        assert caller.post("/v1/users/u0/orders", json=wish(number)).json()["outcome"] == "done"
    assert caller.get("/v1/users/u0/balance").json()["available"] == "940"
    first = caller.get("/v1/users/u0/orders", params={"size": 2}).json()
    second = caller.get("/v1/users/u0/orders", params={"size": 2, "token": first["next"]}).json()
    assert [item["order_id"] for item in first["items"] + second["items"]] == ["o3", "o2", "o1"]
    assert second["next"] is None
    assert len(caller.get("/v1/users/u0/orders/BTC").json()["items"]) == 3
    holdings = {
        item["asset_id"]: item["quantity"] for item in caller.get("/v1/users/u0/holdings").json()["items"]
    }
    assert holdings == {"BTC": "13", "ETH": "10", "XAU": "10"}
    assert len(caller.get("/v1/users/u0/portfolio").json()["items"]) == 4


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v1/users/u0/orders", wish(1, quantity="51"), 409),
        ("/v1/users/u0/orders", wish(1, side="SELL", quantity="11"), 409),
        ("/v1/users/u0/orders", wish(1, asset_id="NONE"), 404),
        ("/v1/users/u0/orders", wish(1, quantity="-1"), 422),
        ("/v1/users/u0/orders", wish(1, price="1"), 422),
        ("/v1/users/nobody/orders", wish(1), 409),
        ("/v1/users/nobody/balance", None, 404),
        ("/v1/users/u0%23x/balance", None, 422),
        ("/v1/users/u0/orders?token=x", None, 400),
        ("/v1/users/u0/orders?size=101", None, 422),
    ],
)
def test_what_cannot_be_is_refused(caller, path, body, status):
    """Too much, unknown, malformed or altered: an answer that says so, and no money moves."""
    answer = caller.get(path) if body is None else caller.post(path, json=body)
    assert answer.status_code == status
    assert caller.get("/v1/users/u0/balance").json()["available"] == "1000"


def test_a_token_of_one_user_is_not_anothers(caller):
    """The same list of another user does not go on with it."""
    for number in (1, 2):
        caller.post("/v1/users/u0/orders", json=wish(number))
    token = caller.get("/v1/users/u0/orders?size=1").json()["next"]
    assert caller.get("/v1/users/u1/orders", params={"token": token}).status_code == 400


@pytest.mark.parametrize("headers", [{"X-API-Key": "wrong"}, {"X-API-Key": ""}])
def test_without_the_key_nothing_is_shown(caller, headers):
    """No balance and no order."""
    assert caller.get("/v1/users/u0/balance", headers=headers).status_code == 401
    assert caller.post("/v1/users/u0/orders", json=wish(1), headers=headers).status_code == 401


def test_options_of_the_query_service_are_refused():
    """The order processor has one key and keeps no answers: nothing is started."""
    result = CliRunner().invoke(serve, ["order-processor", "--no-cache"])
    assert result.exit_code == 2
    assert "--keys and --no-cache are for query services. Leave them out." in result.output
