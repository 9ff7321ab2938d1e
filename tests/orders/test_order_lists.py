"""Lists of the order processor: pages put together are the whole list, and tokens continue nothing else."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from cryptography.fernet import Fernet

from workbench.access.tokens import RefusedTokenError, TokenBook
from workbench.engines import open_postgres
from workbench.errors import InputError
from workbench.migrate import rehearse
from workbench.orders.audit import scan
from workbench.orders.lists import LISTS, MOST_PAGE_SIZE, Lists

NOW = 1_800_000_000.0
EARLY, LATE = datetime(2044, 12, 1, tzinfo=UTC), datetime(2045, 1, 5, tzinfo=UTC)
DAYS = (date(2044, 12, 10), date(2045, 1, 8))


@pytest.fixture(scope="module")
def loaded(dynamodb_local, case):
    """The data of eight users."""
    client = dynamodb_local.connect("lists")
    engine = replace(dynamodb_local, client=client, database="lists")
    with open_postgres() as postgres:
        rehearse(case, postgres, engine, 8, 3)
    yield engine
    client.close()


@pytest.fixture(scope="module")
def everything(loaded):
    """All items of the table."""
    return scan(loaded.client)


@pytest.fixture
def clock():
    """A time that tests move."""
    return [NOW]


@pytest.fixture
def lists(loaded, case, clock):
    """The lists, with tokens of a quarter hour."""
    return Lists(case, loaded, TokenBook([Fernet.generate_key()], 15, lambda: clock[0]))


def text(item, name):
    """The text of an attribute, empty where there is none."""
    return item.get(name, {}).get("S", "")


def stamp(when):
    """A moment as sort keys write it."""
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def owned(everything, user, prefix):
    """Items of a user's collection in the order of their keys."""
    mine = [i for i in everything if text(i, "PK") == f"USER#{user}" and text(i, "SK").startswith(prefix)]
    return sorted(mine, key=lambda item: text(item, "SK"))


def orders(everything, user):
    """A user's orders, newest first."""
    mine = [i for i in everything if text(i, "SK") == "ORDER" and text(i, "username") == user]
    return sorted(mine, key=lambda i: (text(i, "created_at"), text(i, "order_id")), reverse=True)


def book(everything, asset, side):
    """Open orders of an asset by price in millionths, time and id."""
    waiting = [
        i
        for i in everything
        if text(i, "SK") == "ORDER"
        and (text(i, "asset_id"), text(i, "side"), text(i, "status")) == (asset, side, "PENDING")
    ]
    return sorted(waiting, key=lambda i: text(i, "BOOK_PRICE"), reverse=side == "BUY")


def expected(everything, name, user, asset):
    """A list's parameters and its keys, found by looking through the whole table."""
    mine = orders(everything, user)
    ledger = owned(everything, user, "TXN#")[::-1]
    answers = {
        "users": (
            {},
            sorted((i for i in everything if text(i, "SK") == "PROFILE"), key=lambda i: text(i, "username")),
        ),
        "assets": (
            {"category": "CRYPTO"},
            sorted(
                (
                    i
                    for i in everything
                    if text(i, "SK") == "ASSET" and text(i, "category") == "CRYPTO" and i["is_active"]["BOOL"]
                ),
                key=lambda i: text(i, "asset_id"),
            ),
        ),
        "portfolio": (
            {"username": user},
            owned(everything, user, "BALANCE") + owned(everything, user, "HOLDING#"),
        ),
        "holdings": ({"username": user}, owned(everything, user, "HOLDING#")),
        "orders": ({"username": user}, mine),
        "orders_of_asset": (
            {"username": user, "asset_id": asset},
            [i for i in mine if text(i, "asset_id") == asset],
        ),
        "orders_before": (
            {"username": user, "before": LATE},
            [i for i in mine if text(i, "created_at") < stamp(LATE)],
        ),
        "open_orders": (
            {"username": user, "since": EARLY},
            [i for i in mine if text(i, "created_at") >= stamp(EARLY) and text(i, "status") == "PENDING"],
        ),
        "asks": ({"asset_id": asset}, book(everything, asset, "SELL")),
        "bids": ({"asset_id": asset}, book(everything, asset, "BUY")),
        "transactions": ({"username": user}, ledger),
        "transactions_of_type": (
            {"username": user, "entry_type": "BUY", "since": EARLY, "until": LATE},
            [
                i
                for i in ledger
                if text(i, "entry_type") == "BUY" and stamp(EARLY) <= text(i, "created_at") < stamp(LATE)
            ],
        ),
        "performance": (
            {"username": user, "first": DAYS[0], "last": DAYS[1]},
            [
                i
                for i in owned(everything, user, "SNAPSHOT#")
                if DAYS[0].isoformat() <= text(i, "day") <= DAYS[1].isoformat()
            ],
        ),
    }
    return answers[name]


def keys(items):
    """Primary keys in order."""
    return [(text(item, "PK"), text(item, "SK")) for item in items]


@pytest.mark.parametrize("name", LISTS)
def test_pages_put_together_are_the_whole_list(lists, everything, name):
    """Any page size gives what looking through the table gives, in its order, and no page is too large."""
    draws = random.Random(name)  # noqa: S311  page sizes are no secret
    users = sorted({text(i, "username") for i in everything if text(i, "SK") == "PROFILE"})
    busiest = max(users, key=lambda user: len(orders(everything, user)))
    open_assets = sorted({text(i, "asset_id") for i in everything if text(i, "BOOK")})
    found = 0
    for user in (busiest, draws.choice(users)):
        for asset in ("BTC", *open_assets[:5]):
            parameters, wanted = expected(everything, name, user, asset)
            size = draws.choice((1, 2, 3, 7, 100))
            pages = list(lists.pages(name, parameters, size=size))
            assert max(len(page.items) for page in pages) <= size
            assert keys(item for page in pages for item in page.items) == keys(wanted)
            found += len(wanted)
    assert found


def test_a_list_that_ends_with_its_page_has_no_empty_page_behind(lists, everything):
    """As many items as the page holds: no token; one more: a token and a page of one."""
    user = "trader00001"
    total = len(orders(everything, user))
    assert lists.page("orders", {"username": user}, size=total).token is None
    first = lists.page("orders", {"username": user}, size=total - 1)
    second = lists.page("orders", {"username": user}, size=total - 1, token=first.token)
    assert (len(second.items), second.token) == (1, None)


def test_tokens_continue_their_list_alone(lists, clock):
    """Another list, user, caller or a letter changed, or a quarter hour later: refused."""
    own = {"username": "trader00001"}
    token = lists.page("orders", own, size=1, caller="a").token
    assert lists.page("orders", own, size=1, caller="a", token=token).items
    wrong = [
        ("transactions", own, "a", token),
        ("orders", {"username": "trader00002"}, "a", token),
        ("orders", own, "b", token),
        ("orders", own, "a", token[:-1] + ("A" if token[-1] != "A" else "B")),
        ("orders", own, "a", "x"),
    ]
    for name, parameters, caller, given in wrong:
        with pytest.raises(RefusedTokenError):
            lists.page(name, parameters, size=1, caller=caller, token=given)
    clock[0] += 16 * 60
    with pytest.raises(RefusedTokenError, match="has expired"):
        lists.page("orders", own, size=1, caller="a", token=token)


def test_tokens_do_not_show_where_they_continue(lists):
    """The user's name and the order's id cannot be read from a token."""
    page = lists.page("orders", {"username": "trader00001"}, size=1)
    assert "trader" not in page.token
    assert text(page.items[0], "order_id") not in page.token


@pytest.mark.parametrize("size", [0, -1, MOST_PAGE_SIZE + 1])
def test_all_that_is_wrong_is_said_at_once(lists, size):
    """A list that is not there and a size that is too large: both in one message."""
    with pytest.raises(InputError) as refused:
        lists.page("everything", {}, size=size)
    assert [problem.path for problem in refused.value.problems] == ["name", "size"]


def test_parameters_are_checked(lists):
    """Without a user there is no list of orders."""
    with pytest.raises(InputError, match="missing username"):
        lists.page("orders", {})
