"""One contract for both databases: whoever calls a repository cannot tell which one answers."""

from __future__ import annotations

import datetime as dt
import itertools
from contextlib import closing
from dataclasses import replace

import pytest

from workbench.engines import open_postgres
from workbench.migrate import Ledger, backfill, ensure_schema, load_source
from workbench.migrate.live.item_side import DynamoRepository
from workbench.migrate.live.relational_side import PostgresRepository
from workbench.spec import load_case
from workbench.spec.access import READ_OPERATIONS

USERS = 5
SIDES = ["postgres", "dynamodb"]
_numbers = itertools.count()


class Both:
    """A case with the same data behind two repositories."""

    def __init__(self, name, postgres, engine):
        self.case = load_case(name)
        load_source(self.case, postgres, USERS, 1)
        ensure_schema(self.case, engine)
        with Ledger() as ledger:
            backfill(self.case, postgres, engine, ledger)
        self.rows = PostgresRepository(self.case, postgres)
        items = DynamoRepository(self.case, engine, self.rows.columns())
        self.sides = {"postgres": self.rows, "dynamodb": items}
        self.drawn = {name: self.draw(name, 40) for name in self.case.design.patterns}

    def draw(self, pattern, count):
        """Returns parameter sets of a pattern, drawn from the data as it was loaded."""
        return self.rows.questions[pattern].draw(self.rows.connections.get(), 7, count)


def opened(name, postgres, dynamodb_local):
    """Yields a case on two databases of its own."""
    database = f"contract{next(_numbers)}"
    with postgres.connect(autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database}")
    with open_postgres(postgres.url.replace("/postgres?", f"/{database}?")) as source:
        client = dynamodb_local.connect(database)
        both = Both(name, source, replace(dynamodb_local, client=client, database=database))
        with closing(both.rows), closing(client):
            yield both


@pytest.fixture(scope="module")
def algoitny(postgres, dynamodb_local):
    """The problems case on both databases."""
    yield from opened("algoitny", postgres, dynamodb_local)


@pytest.fixture(scope="module")
def dealership(postgres, dynamodb_local):
    """The dealerships case on both databases."""
    yield from opened("dealership", postgres, dynamodb_local)


def plain(answer):
    """Returns the items of an answer as simple dictionaries."""
    return [{name: next(iter(value.values())) for name, value in item.items()} for item in answer.items]


@pytest.mark.parametrize("name", ["algoitny", "dealership"])
def test_every_reading_pattern_answers_alike(request, name):
    """Both sides give equal answers, attribute for attribute, to every question."""
    both = request.getfixturevalue(name)
    asked = 0
    for pattern, stated in both.case.design.patterns.items():
        if stated.operation not in READ_OPERATIONS:
            continue
        for parameters in both.drawn[pattern][:2]:
            one, other = (both.sides[side].call(pattern, parameters) for side in SIDES)
            key = (
                None
                if stated.ordered and stated.operation == "Query"
                else lambda item: sorted(map(str, item.items()))
            )
            left, right = (
                list(answer.items) if key is None else sorted(answer.items, key=key)
                for answer in (one, other)
            )
            assert (left, one.count, one.accepted) == (right, other.count, other.accepted), pattern
            asked += 1
    assert asked > 20


@pytest.mark.parametrize("side", SIDES)
def test_a_dealership_is_created_read_changed_and_deleted(dealership, side):
    """What was created can be read and changed, and after its deletion it is gone."""
    repository, (new, *_) = dealership.sides[side], dealership.drawn["create_dealership"]
    assert repository.call("create_dealership", new).accepted
    (found,) = plain(repository.call("get_dealership", {"id": new["id"]}))
    assert (found["name"], found["review_count"]) == ("Fir of Salem", "0")
    change = {
        "id": new["id"],
        "phone": "+1",
        "website": "w",
        "description": "d",
        "seen": new["updated_at"],
        "now": new["updated_at"] + dt.timedelta(hours=1),
    }
    assert repository.call("update_dealership", change).accepted
    (found,) = plain(repository.call("get_dealership", {"id": new["id"]}))
    assert (found["phone"], found["description"]) == ("+1", "d")
    assert repository.call("delete_dealership", {"id": new["id"]}).accepted
    assert repository.call("get_dealership", {"id": new["id"]}).items == ()


@pytest.mark.parametrize("side", SIDES)
def test_a_change_of_what_somebody_else_changed_is_refused(dealership, side):
    """A dealership that was changed since it was seen keeps its content."""
    repository, new = dealership.sides[side], dealership.drawn["create_dealership"][1]
    assert repository.call("create_dealership", new).accepted
    early = new["updated_at"] - dt.timedelta(hours=1)
    change = {"id": new["id"], "phone": "+9", "website": "w", "description": "d", "seen": early, "now": early}
    assert not repository.call("update_dealership", change).accepted
    (found,) = plain(repository.call("get_dealership", {"id": new["id"]}))
    assert found["phone"] == new["phone"]


@pytest.mark.parametrize("side", SIDES)
def test_pages_neither_repeat_nor_lose_an_account(dealership, side):
    """Thirty new accounts come on two pages, newest first, each once."""
    repository = dealership.sides[side]
    made = [dict(new) for new in dealership.drawn["register_user"][:30]]
    for new in made:
        new["email"] = f"page{new['id']}@example.com"
        assert repository.call("register_user", new).accepted
    ids, before = [], 10**9
    while page := plain(repository.call("list_users_by_role", {"role": "customer", "before": before})):
        assert len(page) <= 25
        ids += [int(user["id"]) for user in page]
        before = ids[-1]
    assert ids == sorted(set(ids), reverse=True)
    assert {new["id"] for new in made} <= set(ids)


@pytest.mark.parametrize("side", SIDES)
def test_a_filter_leaves_what_it_names(algoitny, side):
    """A user's history on a platform is that part of the whole history, in the same order."""
    repository = algoitny.sides[side]
    parameters = algoitny.drawn["list_user_history_by_platform"][0]
    owner = {name: parameters[name] for name in ("owner_id", "user_id")}
    every = plain(repository.call("list_user_history", owner))
    some = plain(repository.call("list_user_history_by_platform", parameters))
    assert some
    wanted = [entry["id"] for entry in every if entry["platform"] == parameters["platform"]]
    assert [entry["id"] for entry in some][: len(wanted)] == wanted


@pytest.mark.parametrize("side", SIDES)
def test_a_taken_address_is_refused(dealership, side):
    """A second account with an address is refused, also by a change, and nothing of it is left."""
    repository, (one, other) = (
        dealership.sides[side],
        [dict(p) for p in dealership.drawn["register_user"][30:32]],
    )
    one["email"] = other["email"] = "taken@example.com"
    assert repository.call("register_user", one).accepted
    assert not repository.call("register_user", other).accepted
    assert repository.call("get_user", {"id": other["id"]}).items == ()
    other["email"] = "free@example.com"
    assert repository.call("register_user", other).accepted
    change = {"user_id": other["id"], "old_email": "free@example.com", "email": "taken@example.com"}
    change |= {"password_hash": "x", "is_active": True, "updated_at": other["updated_at"]}
    assert not repository.call("change_email", change).accepted
    (found,) = plain(repository.call("sign_in", {"email": "taken@example.com"}))
    assert int(found["user_id"]) == one["id"]


@pytest.mark.parametrize("side", SIDES)
def test_a_taken_number_of_a_problem_is_refused(algoitny, side):
    """A problem is created once; a second one under its number is refused."""
    repository, new = algoitny.sides[side], algoitny.drawn["create_problem"][0]
    assert repository.call("create_problem", new).accepted
    assert not repository.call("create_problem", new).accepted


@pytest.mark.parametrize("side", SIDES)
def test_a_vote_toggles(dealership, side):
    """A vote counts once, can be turned around and taken back, and the review's counters follow."""
    repository = dealership.sides[side]
    vote = next(p for p in dealership.drawn["cast_vote"] if p["is_helpful"])
    place = {"dealership_id": vote["dealership_id"], "id": vote["review_id"]}

    def counts():
        (review,) = plain(repository.call("get_review", place))
        return int(review["helpful_count"]), int(review["unhelpful_count"])

    helpful, unhelpful = counts()
    steps = {name: vote[name] for name in ("user_id", "dealership_id", "review_id", "updated_at")}
    turned = {**steps, "is_helpful": False, "helpful_step": -1, "unhelpful_step": 1, "rank_step": -(10**10)}
    back = {**steps, "is_helpful": False, "helpful_step": 0, "unhelpful_step": -1, "rank_step": 0}
    del back["updated_at"]
    assert repository.call("cast_vote", vote).accepted
    assert counts() == (helpful + 1, unhelpful)
    assert not repository.call("cast_vote", vote).accepted
    assert counts() == (helpful + 1, unhelpful)
    assert repository.call("change_vote", turned).accepted
    assert not repository.call("change_vote", turned).accepted
    assert counts() == (helpful, unhelpful + 1)
    assert repository.call("withdraw_vote", back).accepted
    assert not repository.call("withdraw_vote", back).accepted
    assert counts() == (helpful, unhelpful)


@pytest.mark.parametrize("side", SIDES)
def test_a_daily_limit_counts_actions_of_a_kind_on_a_day(algoitny, side):
    """Each action raises the count of its user, kind and day, and no other count."""
    repository, (action, *_) = algoitny.sides[side], algoitny.drawn["log_usage"]
    day = action["created_at"].replace(hour=12)
    asked = {"user_id": action["user_id"], "action": action["action"], "now": day}
    others = [
        {**asked, "now": day + dt.timedelta(days=1)},
        {**asked, "action": "hint" if action["action"] == "execution" else "execution"},
    ]
    before = [repository.call("count_usage_today", p).count for p in (asked, *others)]
    for number in range(3):
        moment = day + dt.timedelta(seconds=number)
        logged = {**action, "id": action["id"] + number, "created_at": moment}
        logged["expires_at"] = moment + dt.timedelta(days=90)
        assert repository.call("log_usage", logged).accepted
    after = [repository.call("count_usage_today", p).count for p in (asked, *others)]
    assert after == [before[0] + 3, *before[1:]]


@pytest.mark.parametrize("side", SIDES)
def test_a_write_to_what_does_not_exist_is_refused(algoitny, side):
    """A counter of an account that does not exist stays without one."""
    repository = algoitny.sides[side]
    nobody = {"email": "nobody@example.com", "now": dt.datetime(2045, 1, 1, tzinfo=dt.UTC)}
    assert not repository.call("increment_execution_count", nobody).accepted
    assert repository.call("get_user_by_email", {"email": "nobody@example.com"}).items == ()
