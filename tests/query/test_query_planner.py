"""The planner takes the place that reads least, says why, and refuses what only a scan would answer."""

from __future__ import annotations

import pytest

from workbench.errors import InputError
from workbench.query import load_settings
from workbench.query.planner import Planner
from workbench.query.question import QuestionReader
from workbench.query.refusals import EmptyRange, Unanswerable
from workbench.query.settings import SETTINGS as FILE
from workbench.service.refusals import Malformed
from workbench.spec import load_case

from .conftest import CASE, SETTINGS

READER = QuestionReader(SETTINGS, CASE.design)
PLANNER = Planner(CASE.design, SETTINGS)
DAY = ("2045-01-10T00:00:00Z", "2045-01-11T00:00:00Z")
TEXTS = ("2045-01-10T00:00:00.000000Z", "2045-01-11T00:00:00.000000Z")
LAST = "\U0010ffff"


def planned(**given):
    """The plan of a question; `since` and `until` stand for from and to."""
    names = {"since": "from", "until": "to"}
    listed = {name: [value] if isinstance(value, str) else value for name, value in given.items()}
    pairs = [(names.get(name, name), value) for name, values in listed.items() for value in values]
    return PLANNER.plan(READER.read(pairs).question)


PLANS = [
    ({"userId": "u"}, "Records", "", "", ()),
    ({"userId": "u", "since": DAY[0]}, "Records", TEXTS[0], "", ()),
    ({"userId": "u", "until": DAY[1]}, "Records", "", TEXTS[1], ()),
    ({"userId": "u", "since": DAY[0], "until": DAY[1]}, "Records", *TEXTS, ()),
    ({"userId": "u", "systemId": "crm"}, "Records/userId-systemKey", "crm#", f"crm#{LAST}", ()),
    (
        {"userId": "u", "systemId": "crm", "since": DAY[0], "until": DAY[1]},
        "Records/userId-systemKey",
        f"crm#{TEXTS[0]}",
        f"crm#{TEXTS[1]}",
        (),
    ),
    (
        {"userId": "u", "systemId": "crm", "since": DAY[0]},
        "Records/userId-systemKey",
        f"crm#{TEXTS[0]}",
        f"crm#{LAST}",
        (),
    ),
    ({"userId": "u", "sort": "-priority"}, "Records/userId-priorityKey", "", "", ()),
    (
        {"userId": "u", "sort": "priority", "systemId": "crm"},
        "Records/userId-priorityKey",
        "",
        "",
        ("systemId",),
    ),
    (
        {"userId": "u", "sort": "priority", "since": DAY[0], "until": DAY[1]},
        "Records/userId-priorityKey",
        "",
        "",
        ("createdAt", "createdAt"),
    ),
    ({"systemId": "crm", "since": DAY[0], "until": DAY[1]}, "Records/systemId-recordKey", *TEXTS, ()),
    ({"systemId": "crm", "status": ["OPEN", "DONE"]}, "Records/systemId-recordKey", "", "", ("status",)),
    ({"userId": "u", "tag": "audit"}, "Records", "", "", ("tags",)),
    ({"status": "OPEN", "allow_scan": "true"}, "Records", "", "", ("status",)),
]


@pytest.mark.parametrize(("given", "place", "low", "high", "filtered"), PLANS)
def test_a_question_is_planned_on_the_place_that_reads_least(given, place, low, high, filtered):
    """Each combination of user, system, range, filter and order has the key range of the design."""
    plan = planned(**given)
    assert (plan.place.name, plan.low, plan.high) == (place, low, high)
    assert tuple(f.attribute for f in plan.filters) == filtered


REFUSED = [
    ({}, "Records: its records are grouped by userId, which the question does not state."),
    ({"status": "OPEN"}, "State more values, or allow_scan=true to read the whole table page by page."),
    ({"systemId": "crm", "sort": "priority"}, "with these values it is sorted by createdAt, not by priority"),
    ({"systemId": "crm", "fields": "payload"}, "Records/systemId-recordKey: it does not carry payload."),
    ({"systemId": "crm", "tag": "audit"}, "Records/systemId-recordKey: it does not carry tags."),
    (
        {"userId": "u", "sort": "priority", "tag": "audit"},
        "Records/userId-priorityKey: it does not carry tags.",
    ),
    ({"sort": "priority", "allow_scan": "true"}, "A scan has no order: leave out sort."),
]


@pytest.mark.parametrize(("given", "reason"), REFUSED)
def test_what_would_scan_or_sort_in_memory_is_refused_with_reasons(given, reason):
    """The refusal names every place and why it does not answer."""
    with pytest.raises(Unanswerable) as caught:
        planned(**given)
    assert reason in str(caught.value)


def test_the_plan_tells_why_it_was_taken_and_the_others_not():
    """An explanation has the place, the key range, what is filtered, and one reason a place that lost."""
    told = planned(userId="u", systemId="crm").explained()
    assert told["because"] == "it is narrowed by userId, systemId and sorted by createdAt"
    assert told["rejected"] == {
        "Records": "it is narrowed by fewer values",
        "Records/userId-priorityKey": "with these values it is sorted by priority, not by createdAt",
        "Records/systemId-recordKey": "it is narrowed by fewer values",
    }


WRONG = [
    ({"userId": "a#b"}, "userId: it must match"),
    ({"userId": ["a", "b"]}, "userId: it can be given once; got 2."),
    ({"userId": ""}, "userId: it must have 1 to 256 characters; got 0."),
    ({"since": "yesterday"}, "from: it must be a moment with its time zone, as in 2045-01-31T00:00:00Z or "),
    ({"since": "2045-01-31T09:00:00 09:00"}, "09:00:00%2B09:00, where %2B is a plus."),
    ({"since": "2045-01-31T00:00:00"}, "from: it must be a moment with its time zone"),
    ({"status": "BROKEN"}, "status: it must be one of OPEN, DONE, FAILED."),
    ({"minPriority": "1_0"}, "minPriority: it must be a whole number from 0 to 99."),
    ({"limit": "101"}, "limit: it must be a whole number from 1 to 100."),
    ({"sort": "title"}, "sort: it must be one of createdAt, -createdAt, priority, -priority."),
    ({"fields": "title,secret"}, "fields: they must be of recordId,"),
    ({"explain": "yes"}, "explain: it must be true or false."),
    ({"tenant": "x"}, "Unknown parameters; got tenant, allowed userId, systemId, from, to,"),
]


@pytest.mark.parametrize(("given", "problem"), WRONG)
def test_a_malformed_parameter_is_named(given, problem):
    """Each wrong parameter is told with what it must be."""
    with pytest.raises(Malformed) as caught:
        planned(**given)
    assert problem in str(caught.value)


@pytest.mark.parametrize("last", [DAY[0], "2044-01-01T00:00:00Z"])
def test_a_range_without_a_moment_is_told_apart(last):
    """A range that ends where or before it begins is no matter of keys; the refusal says what is wrong."""
    with pytest.raises(EmptyRange, match="from: it must be before to"):
        planned(userId="u", since=DAY[0], until=last)


def test_all_problems_are_told_at_once():
    """A request with three mistakes is refused once, with three problems."""
    with pytest.raises(Malformed) as caught:
        planned(userId="a#b", limit="0", status="X")
    assert len(caught.value.problems) == 3


def test_questions_that_mean_the_same_have_one_digest():
    """Order, repetition, time zone and the size of pages do not make another question."""
    one = [
        ("status", "OPEN"),
        ("status", "DONE"),
        ("userId", "u"),
        ("fields", "title,status"),
        ("from", DAY[0]),
    ]
    two = [
        ("fields", "status,title,title"),
        ("userId", "u"),
        ("from", "2045-01-10T02:00:00+02:00"),
        ("status", "DONE"),
        ("status", "OPEN"),
        ("status", "DONE"),
        ("limit", "7"),
    ]
    digests = {READER.read(pairs).question.digest for pairs in (one, two)}
    assert len(digests) == 1
    assert READER.read([*one, ("sort", "createdAt")]).question.digest not in digests


def test_settings_that_do_not_fit_the_design_are_named(tmp_path):
    """Attributes that the entity lacks and patterns that are none are told by file and line."""
    folder = tmp_path / "query-processor"
    folder.mkdir()
    for file in CASE.directory.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    text = (folder / FILE).read_text()
    text = text.replace("attribute: tags, operator", "attribute: labels, operator").replace(
        '"^[a-z]{1,32}$"', '"^[a-z"'
    )
    (folder / FILE).write_text(text)
    with pytest.raises(InputError) as caught:
        load_settings(load_case(str(folder)))
    assert "filters.tag.attribute: no attribute of Record; got labels" in str(caught.value)
    assert "filters.tag.pattern: no regular expression" in str(caught.value)
