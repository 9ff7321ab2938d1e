"""The page of the query service says what was measured, and whether the document's bounds are met."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.query.load import LoadResult, get_request
from workbench.query.trial import Direct, Stage
from workbench.report import query_service_page as page

from .conftest import CASE


def stage(answered, failed, milliseconds, *, cache=True):
    """A load of one second whose answers all took equally long."""
    load = LoadResult(answered + failed, 1.0)
    load.statuses.update({200: answered, 0: failed})
    load.times.record(np.full(answered, milliseconds * 1000, np.int64))
    return Stage(cache, load, 0.5, 0.25, 0.75 if cache else None, 100.0)


def trial(*stages):
    """A trial with these loads."""
    return page.ServiceTrial(
        "dynamodb-local 3.1.0", "a machine", 10, 1000.0, 100, stages, Direct(10, 0.1, 0.02)
    )


@pytest.mark.parametrize(
    ("answered", "failed", "milliseconds", "tone"),
    [(1000, 0, 199, "good"), (1000, 0, 201, "bad"), (989, 11, 50, "bad"), (995, 5, 50, "good")],
)
def test_the_verdict_holds_both_bounds_of_the_document(answered, failed, milliseconds, tone):
    """Good is a 99th percentile below 200 ms with less than 1 % failed, and nothing else."""
    assert page.verdict(trial(stage(answered, failed, milliseconds))).tone == tone


def test_the_verdict_says_that_it_is_dynamodb_local():
    """Latency on one machine is not taken for that of AWS."""
    assert "says nothing about AWS" in page.verdict(trial(stage(1000, 0, 10))).text


def test_processor_times_are_those_of_a_request():
    """Half a second of the service over 1,000 answers is 0.5 ms each, and 2,000 a processor."""
    first, direct = page.processor_table(trial(stage(1000, 0, 10))).rows
    assert (first["service"], first["engine"], first["per_core"]) == (0.5, 0.25, 2000)
    assert (direct["client"], direct["per_core"]) == (2.0, 500)


def test_what_the_rate_needs_is_scaled_from_the_load_without_a_cache():
    """500 answers for 0.5 s are 1 processor at 1,000 a second, and 0.5 for the engine."""
    text = page.needed(trial(stage(1000, 0, 10), stage(500, 500, 10, cache=False))).text
    assert "need 1.0 processors for the service" in text
    assert "DynamoDB Local needs 0.5 more" in text


def test_plans_and_refusals_are_shown():
    """A question is shown with its place, one that no key answers as refused."""
    places = {row["question"]: row["place"] for row in page.plan_table(CASE).rows}
    assert places["userId=u-000001"] == "Records"
    assert places["systemId=billing&sort=priority"] == "refused"
    assert places["status=FAILED&allow_scan=true"] == "scan of Records"


def test_requests_of_the_load_are_complete():
    """A request on the wire has its host and its key, and ends."""
    assert get_request("http://127.0.0.1:80", "/v1/records?a=b", "k") == (
        b"GET /v1/records?a=b HTTP/1.1\r\nHost: 127.0.0.1:80\r\nX-API-Key: k\r\n\r\n"
    )
