"""The witness and its judgement, on states made by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from workbench.items import ItemMaker, canonical
from workbench.migrate.live.effects import Effects
from workbench.migrate.live.judging import judge
from workbench.migrate.live.state import place_of
from workbench.migrate.live.witness import Witness
from workbench.spec import load_case

CASE = load_case("algoitny")
NOON = datetime(2045, 1, 1, 12, tzinfo=UTC)
LATER = datetime(2045, 1, 1, 13, tzinfo=UTC)


def user(number, **values):
    """Returns place and item of an account."""
    row = {
        "id": number,
        "email": f"u{number}@example.com",
        "name": "n",
        "execution_count": 0,
        "is_active": True,
    }
    row |= {"is_staff": False, "created_at": NOON, "updated_at": NOON, **values}
    item = {name: canonical(value) for name, value in ItemMaker(CASE.design, "User").item(row).items()}
    return place_of(CASE, "AlgoItny-Users", item), item


def creation(number):
    """Returns the parameters that create an account."""
    return {
        "id": number,
        "email": f"u{number}@example.com",
        "name": "n",
        "google_id": None,
        "plan_name": None,
        "execution_count": 0,
        "is_active": True,
        "is_staff": False,
        "created_at": NOON,
        "updated_at": NOON,
    }


def counted(moment=LATER):
    """Returns the parameters that count an execution of the first account."""
    return {"email": "u1@example.com", "now": moment}


def told(witness, pattern, parameters, outcome="acknowledge"):
    """Lets a witness see a write and its outcome."""
    getattr(witness, outcome)(witness.intend(pattern, parameters))


def kinds(witness, *pairs):
    """Returns kind, key and attribute of each fault in a state."""
    found = judge(witness, CASE, dict(pairs)).faults
    return [(fault.kind, json.loads(fault.key)[0]["S"], fault.attribute) for fault in found]


@pytest.fixture
def witness():
    """A witness who saw one account at the beginning."""
    witness = Witness()
    witness.open_with(dict([user(1)]))
    yield witness
    witness.close()


def test_nothing_written_and_nothing_changed_is_clean(witness):
    """The state of the beginning is right as long as nobody wrote."""
    assert kinds(witness, user(1)) == []


def test_items_that_nobody_wrote_are_found(witness):
    """An item that came, went or changed by itself is a fault."""
    assert kinds(witness, user(1), user(2)) == [("phantom", "USER#u2@example.com", "")]
    assert kinds(witness) == [("lost", "USER#u1@example.com", "")]
    assert kinds(witness, user(1, name="other")) == [("stale", "USER#u1@example.com", "name")]


def test_an_acknowledged_creation_must_be_there(witness):
    """Without its item an acknowledged creation is lost."""
    told(witness, "create_user", creation(2))
    assert kinds(witness, user(1), user(2)) == []
    assert kinds(witness, user(1)) == [("lost", "USER#u2@example.com", "")]
    assert judge(witness, CASE, dict([user(1)])).lost_writes == 1


def test_a_refused_creation_must_not_be_there(witness):
    """An item that the application was told does not exist is a phantom."""
    told(witness, "create_user", creation(2), "refuse")
    assert kinds(witness, user(1)) == []
    assert kinds(witness, user(1), user(2)) == [("phantom", "USER#u2@example.com", "")]


@pytest.mark.parametrize("outcome", ["unsure", None])
def test_a_write_without_an_answer_may_be_there_or_not(witness, outcome):
    """Neither is a fault, also where the process was killed before it could say that it got no answer."""
    number = witness.intend("create_user", creation(2))
    if outcome:
        witness.unsure(number)
    assert kinds(witness, user(1)) == kinds(witness, user(1), user(2)) == []


def test_a_counter_tells_lost_and_doubled_writes(witness):
    """Two acknowledged counts make two; one is lost, three are one too many."""
    for hour in (13, 14):
        told(witness, "increment_execution_count", counted(NOON.replace(hour=hour)))
    last = NOON.replace(hour=14)
    place = "USER#u1@example.com"
    assert kinds(witness, user(1, execution_count=2, updated_at=last)) == []
    assert kinds(witness, user(1, execution_count=1, updated_at=last)) == [("lost", place, "execution_count")]
    assert kinds(witness, user(1, execution_count=3, updated_at=last)) == [
        ("duplicated", place, "execution_count")
    ]
    assert judge(witness, CASE, dict([user(1, execution_count=1, updated_at=last)])).lost_writes == 1


def test_an_unknown_count_may_have_counted_once(witness):
    """A counter may be one higher than acknowledged for each write without an answer, and no more."""
    told(witness, "increment_execution_count", counted(), "unsure")
    assert kinds(witness, user(1)) == kinds(witness, user(1, execution_count=1, updated_at=LATER)) == []
    assert ("duplicated", "USER#u1@example.com", "execution_count") in kinds(
        witness, user(1, execution_count=2)
    )


def test_an_older_value_is_stale_and_a_foreign_one_a_phantom(witness):
    """The value of the last acknowledged write counts; what came before it is stale."""
    told(witness, "increment_execution_count", counted(LATER))
    told(witness, "increment_execution_count", counted(NOON.replace(hour=14)))
    for moment, kind in ((LATER, "stale"), (NOON, "stale"), (NOON.replace(hour=9), "phantom")):
        found = kinds(witness, user(1, execution_count=2, updated_at=moment))
        assert found == [(kind, "USER#u1@example.com", "updated_at")]
    (fault,) = judge(witness, CASE, dict([user(1, execution_count=2, updated_at=LATER)])).faults
    assert str(fault) == (
        'stale: AlgoItny-Users [{"S": "USER#u1@example.com"}, {"S": "METADATA"}] updated_at: '
        "2045-01-01T14:00:00.000000Z was written last, is 2045-01-01T13:00:00.000000Z "
        "(writes: increment_execution_count)"
    )


def test_writes_at_the_same_time_may_end_in_any_order(witness):
    """Of two writes that were both in flight either may be the last."""
    one = witness.intend("increment_execution_count", counted(LATER))
    other = witness.intend("increment_execution_count", counted(NOON.replace(hour=14)))
    witness.acknowledge(other)
    witness.acknowledge(one)
    for hour in (13, 14):
        assert kinds(witness, user(1, execution_count=2, updated_at=NOON.replace(hour=hour))) == []


def test_a_deleted_item_must_stay_away():
    """What was deleted and acknowledged is a phantom when it comes back."""
    row = {"platform": "p", "problem_id": "1", "id": 5, "created_at": NOON, "input": "i", "output": "o"}
    item = {n: canonical(v) for n, v in ItemMaker(CASE.design, "TestCase").item(row).items()}
    state = {place_of(CASE, "AlgoItny-Main", item): item}
    witness = Witness()
    witness.open_with(state)
    told(witness, "delete_test_case", {n: row[n] for n in ("platform", "problem_id", "id", "created_at")})
    assert kinds(witness) == []
    assert [kind for kind, *_ in kinds(witness, *state.items())] == ["phantom"]
    assert judge(witness, CASE, state).lost_writes == 1


def test_a_witness_goes_on_with_its_file(tmp_path):
    """What one process saw, the next one knows; a later opening changes nothing."""
    first = Witness(tmp_path / "witness")
    first.open_with(dict([user(1)]))
    told(first, "create_user", creation(2))
    first.intend("create_user", creation(3))
    first.close()
    second = Witness(tmp_path / "witness")
    second.open_with(dict([user(9)]))
    assert second.intend("create_user", creation(4)) == 3
    assert [attempt.outcome for attempt in second.attempts()] == ["acknowledged", "unknown", "unknown"]
    assert kinds(second, user(1)) == [("lost", "USER#u2@example.com", "")]
    second.close()


def test_values_that_only_one_database_is_given_are_not_judged():
    """The mean of a dealership's stars is computed by SQL, so a parameter does not say what it must be."""
    dealership = Effects(load_case("dealership"))
    parameters = {
        "id": 9,
        "dealership_id": 1,
        "dealership_name": "d",
        "user_id": 2,
        "author_name": "a",
        "rating": 5,
        "title": "t",
        "body": "b",
        "visit_type": "service",
        "helpful_count": 0,
        "unhelpful_count": 0,
        "helpful_rank": 9,
        "stars_rank": 9,
        "review_count": 1,
        "rating_sum": 4,
        "average_rating": 4,
        "rating_rank": 1,
        "created_at": NOON,
        "updated_at": NOON,
    }
    review, place, author = dealership.of("create_review", parameters)
    assert {"title", "rating", "body"} <= review.sets.keys()
    assert {"author_name", "helpful_rank"} <= review.derived
    assert place.derived == {"average_rating"}
    assert {name: int(number) for name, number in place.adds.items()} == {"review_count": 1, "rating_sum": 5}
    assert author.place == ("Dealership-Users", '[{"S": "USER#2"}]')


def test_bytes_at_the_beginning_stay_bytes(tmp_path):
    """An item with binary values is the same item when the file is read again."""
    item = {"id": {"S": "1"}, "token": {"B": b"\x00\xff"}, "all": {"BS": [b"a", b"b"]}}
    with_bytes = Witness(tmp_path / "witness")
    with_bytes.open_with({("T", "1"): item})
    assert with_bytes.opening() == {("T", "1"): item}
    with_bytes.close()
