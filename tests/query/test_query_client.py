"""The Python client follows pages, waits when it is asked to, and tells refusals as problems."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import httpx
import pytest
from tenacity import wait_none

from workbench.errors import EngineError, InputError
from workbench.query.client import ATTEMPTS, WAIT, AskAgain, QueryClient

URL = "http://service"


def client(answer):
    """A client whose requests are answered by a function."""
    return QueryClient(URL, "key", http=httpx.Client(transport=httpx.MockTransport(answer)), wait=wait_none())


@pytest.fixture
def waits(monkeypatch):
    """The times that were waited, without waiting."""
    found = []
    monkeypatch.setattr("tenacity.nap.time.sleep", found.append)
    return found


def test_it_follows_pages_and_keeps_digits():
    """Records of all pages come in order; a number with a fraction is a Decimal."""

    def answer(request):
        assert request.headers["X-API-Key"] == "key"
        second = request.url.params.get("token") == "t"
        return httpx.Response(
            200, text='{"items":[{"a":0.10}],"count":1,"next":%s}' % ("null" if second else '"t"')
        )

    with client(answer) as service:
        assert list(service.records(userId="u", progress=True)) == [{"a": Decimal("0.10")}] * 2


def test_it_waits_as_long_as_it_is_asked_to(waits):
    """After 429 and 503 the same request is sent again, not before Retry-After."""
    answers = iter([(429, {"Retry-After": "7"}), (503, {"Retry-After": "1"}), (200, {})])

    def answer(_):
        status, headers = next(answers)
        return httpx.Response(status, headers=headers, text='{"items":[],"count":0,"next":null}')

    with client(answer) as service:
        assert service.page(userId="u")["count"] == 0
    assert waits == [7.0, 1.0]


def test_it_outlasts_a_restart(waits):
    """While nobody listens it asks again, for longer than a service takes to start, and then goes on."""
    lost = [httpx.ConnectError("refused")] * (ATTEMPTS - 1)

    def answer(_):
        if lost:
            raise lost.pop()
        return httpx.Response(200, text='{"items":[],"count":0,"next":null}')

    http = httpx.Client(transport=httpx.MockTransport(answer))
    with QueryClient(URL, "key", http=http, wait=WAIT) as service:
        assert service.page(userId="u")["count"] == 0
    assert sum(min(5, 0.1 * 2**n) for n in range(len(waits))) > 15


def test_a_service_that_cannot_be_reached_is_an_error_of_ours(waits):
    """Whoever catches the errors that are documented catches this one too."""

    def answer(_):
        raise httpx.ConnectError("refused")

    with client(answer) as service, pytest.raises(EngineError, match="gave no answer: refused"):
        service.page(userId="u")
    assert len(waits) == ATTEMPTS - 1


def test_it_gives_up_after_ten_attempts(waits):
    """A service that has no capacity each time ends in an error that says so."""
    busy = httpx.Response(503, json={"problems": ["The table is busy."]})
    with client(lambda _: busy) as service, pytest.raises(AskAgain) as caught:
        service.page(userId="u")
    assert "The table is busy." in str(caught.value)
    assert isinstance(caught.value, EngineError)
    assert len(waits) == 9


def test_a_refusal_names_every_problem():
    """What the service refuses is an input error with all its problems, and is not repeated."""
    answer = httpx.Response(422, json={"problems": ["limit: too large.", "sort: unknown."]})
    with client(lambda _: answer) as service, pytest.raises(InputError) as caught:
        service.page(userId="u")
    assert str(caught.value).splitlines() == [
        "http://service/v1/records: limit: too large. Change the question, or ask for the grant",
        "http://service/v1/records: sort: unknown. Change the question, or ask for the grant",
    ]


def test_parameters_are_written_as_the_service_takes_them():
    """Lists are repeated, fields joined, moments and flags written in their standard form."""
    seen = []

    def answer(request):
        seen.append(list(request.url.params.multi_items()))
        return httpx.Response(200, text='{"items":[],"count":0,"next":null}')

    with client(answer) as service:
        moment = dt.datetime(2045, 1, 8, tzinfo=dt.UTC)
        service.page(
            **{"status": ["OPEN", "DONE"], "fields": ["title", "status"], "from": moment, "explain": True}
        )
    assert seen == [
        [
            ("status", "OPEN"),
            ("status", "DONE"),
            ("fields", "title,status"),
            ("from", "2045-01-08T00:00:00+00:00"),
            ("explain", "true"),
        ]
    ]
