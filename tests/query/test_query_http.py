"""The interface holds its contract and stays up, whatever is sent."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import time
from decimal import Decimal
from http import HTTPStatus

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from workbench.engines.wire import WireClient
from workbench.query.store import WireCalls
from workbench.service.refusals import PROBLEM

from .conftest import OWNER, SETTINGS, in_loop

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
IDLE = 1_500
REQUEST_SECONDS = 0.6
EXAMPLES = 20
HEAD = "GET /health/live HTTP/1.1\r\nHost: service\r\n"
TIMEOUT = 20


@pytest.fixture(scope="module")
def strict():
    """Settings with little time for a request to arrive."""
    limits = SETTINGS.limits.model_copy(update={"request_seconds": REQUEST_SECONDS, "idle_seconds": 30})
    return SETTINGS.model_copy(update={"limits": limits})


@pytest.fixture(scope="module")
def address(make_service, records_engine, strict, serving):
    """Where a service listens that runs in a thread."""
    client = WireCalls(WireClient(records_engine))
    application = make_service(settings=strict, client=client, cache=False).app
    with serving(application, strict.limits, client.close) as place:
        yield place


@pytest.fixture
def connect(address):
    """A function that opens a connection."""
    opened = []

    def connection():
        opened.append(socket.create_connection(address, timeout=TIMEOUT))
        return opened[-1]

    yield connection
    for one in opened:
        one.close()


def alive(address):
    """Whether another caller is answered."""
    return httpx.get(f"{url(address)}/health/live", timeout=TIMEOUT).status_code == HTTPStatus.OK


def url(address):
    """Where the service listens."""
    return f"http://{address[0]}:{address[1]}"


def until_closed(connection):
    """What a connection receives until the other side closes it."""
    received = b""
    try:
        while part := connection.recv(65536):
            received += part
    except ConnectionError:
        pass
    return received


@pytest.mark.usefixtures("restored")
def test_openapi_is_kept(address):
    """Requests drawn from the description: no 5xx, no status, type or body that it does not state."""
    schema = schemathesis.openapi.from_url(f"{url(address)}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert {operation.path for operation in operations} >= {"/v1/records", "/v1/records/export"}
    for operation in operations:
        bare = operation.path.startswith("/health")
        for mode in [schemathesis.GenerationMode.POSITIVE] if bare else schemathesis.GenerationMode:
            _hold(operation, mode, CHECKS)


def _hold(operation, mode, checks):
    """Calls an operation with drawn requests and checks each answer."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    def run(case):
        answer = case.call(headers={"X-API-Key": OWNER})
        malformed = answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert not malformed or mode is schemathesis.GenerationMode.NEGATIVE, answer.text
        own = [*checks, negative_data_rejection] if mode is schemathesis.GenerationMode.NEGATIVE else checks
        case.validate_response(answer, checks=own)

    run()


@pytest.mark.parametrize("path", ["/v1/records", "/v1/records/export"])
def test_the_description_explains_what_a_stranger_needs(service, path):
    """Every parameter has a text, and those with a default or an end of validity name it."""
    told = service.request("GET", "/openapi.json", key="").json()
    assert "X-API-Key" in told["info"]["description"]
    texts = {one["name"]: one["description"] for one in told["paths"][path]["get"]["parameters"]}
    assert f"by default {SETTINGS.page.records};" in texts["limit"]
    assert f"{SETTINGS.page.token_minutes} minutes" in texts["token"]
    assert "-createdAt" in texts["sort"]
    assert "not included" in texts["to"]


INJECTIONS = [
    "u-000001' OR '1'='1",
    "u-000001#x",
    "{userId}",
    "#n0",
    ":v0",
    "u-000001 OR attribute_exists(userId)",
    "$(reboot)",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "u-000001\x00",
    "u-000001\r\nX-Injected: 1",
    '{"S":"u-000001"}',
    "%s%n",
    "\uff55-000001",
    "\ud800",
]
NAMES = [
    "userId",
    "systemId",
    "status",
    "tag",
    "title",
    "from",
    "limit",
    "sort",
    "fields",
    "token",
    "minPriority",
]


@pytest.mark.parametrize("name", NAMES)
def test_injections_are_refused_or_harmless(service, rows, name):
    """Expressions, templates and markup in values never widen an answer or break it."""
    user = rows[0]["userId"]
    for text in INJECTIONS:
        value = text.encode(errors="surrogatepass").decode(errors="replace")
        base = [] if name == "userId" else [("userId", user)]
        answer = service.page([*base, (name, value)])
        assert answer.status_code in {200, 400, 422}, (name, text, answer.text)
        if answer.status_code == HTTPStatus.OK:
            assert {record["userId"] for record in answer.json()["items"]} <= {user}
        assert "x-injected" not in answer.headers


@pytest.mark.parametrize("text", INJECTIONS)
def test_injected_names_are_refused(service, text):
    """A parameter that is not in the description is refused, and shown only as JSON text."""
    value = text.encode(errors="surrogatepass").decode(errors="replace")
    answer = service.page([("userId", "u-000001"), (value, "1")])
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.headers["content-type"] == "application/problem+json"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    title=st.text(max_size=40),
    tags=st.lists(st.text(max_size=10), max_size=3),
    amount=st.floats() | st.integers(),
)
def test_whatever_is_stored_comes_back_as_it_was(service, records_engine, title, tags, amount):
    """Text that looks like an expression, a template or JSON is kept as text, or refused with a reason."""
    row = {
        "recordId": "hostile",
        "userId": "u-hostile",
        "systemId": "crm",
        "recordType": "EVENT",
        "status": "OPEN",
        "priority": 1,
        "title": title,
        "tags": tags,
        "payload": {"amount": amount},
        "createdAt": "2045-01-09T00:00:00.000000Z",
    }
    try:
        content = json.dumps(row, allow_nan=True).encode(errors="surrogatepass")
        written = service.request("POST", "/v1/records", content=content)
        assert written.status_code in {201, 400, 422}
        if written.status_code == HTTPStatus.CREATED:
            (found,) = service.everything([("userId", "u-hostile")])
            assert (found["title"], found["tags"]) == (title, tags)
            assert found["payload"]["amount"] == Decimal(str(amount))
    finally:
        key = {"userId": {"S": "u-hostile"}, "recordKey": {"S": "2045-01-09T00:00:00.000000Z#hostile"}}
        records_engine.client.delete_item(TableName="Records", Key=key)


def test_security_headers_are_on_every_answer(service):
    """Pages, refusals and unknown paths carry them alike."""
    paths = ["/v1/records", "/nothing", "/health/live", "/openapi.json"]
    for path in paths:
        headers = service.request("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert headers["cache-control"] == "no-store"
        assert len(headers["x-request-id"]) == 16


def test_a_failure_is_logged_and_not_shown(make_service):
    """What went wrong inside stays inside: the caller gets a number to name."""

    class Broken:
        async def call(self, _):
            """Fails as no engine does."""
            raise ZeroDivisionError("secret detail")

    answer = make_service(client=Broken()).page([("userId", "u-000001")])
    assert answer.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert answer.headers["content-type"] == PROBLEM
    assert "secret" not in answer.text


def test_a_caller_who_goes_away_is_no_failure(make_service):
    """Whoever ends the connection within a body is counted apart: nothing of the service failed."""
    made = make_service()

    async def gone():
        return {"type": "http.disconnect"}

    async def nothing(_):
        """Takes an answer that nobody reads."""

    head = {
        "type": "http",
        "method": "POST",
        "path": "/v1/records",
        "query_string": b"",
        "headers": [(b"x-api-key", made.key.encode())],
    }
    in_loop(made.app(head, gone, nothing))
    text = made.request("GET", "/metrics").text
    assert 'query_requests_total{method="POST",route="/v1/records",status="499"} 1.0' in text


def test_a_slash_too_many_is_not_sent_elsewhere(service):
    """No answer names an address that a caller, or a proxy before the service, wrote into a header."""
    answer = service.request("GET", "/v1/records/", headers={"Host": "elsewhere"})
    assert answer.status_code == HTTPStatus.NOT_FOUND


def test_what_is_no_http_leaves_no_line_that_is_no_json(connect, capfd):
    """Standard error, where log lines go, gets nothing that the log did not make."""
    one = connect()
    one.sendall(b"no request at all\r\n\r\n")
    assert until_closed(one).startswith(b"HTTP/1.1 400 ")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("behind", [b"X-More: " + b"y" * 1000 + b"\r\n", b"y" * 1000])
def test_headers_behind_a_body_are_bounded(connect, address, behind):
    """Headers without end behind a body, which need no key, end the connection as those before it do."""
    one, sent = connect(), 0
    one.sendall(HEAD.encode() + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ")
    try:
        while sent < 100 * 2**20:
            one.sendall(behind * 100)
            sent += 100 * len(behind)
    except ConnectionError:
        pass
    assert sent < 20 * 2**20
    assert alive(address)


def test_a_header_behind_a_body_admits_nobody(connect):
    """A key is looked for before the body only, where a proxy sees it too."""
    one = connect()
    one.sendall(
        b"POST /v1/records HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
        b"X-API-Key: owner-key\r\n\r\n"
    )
    assert one.recv(65536).startswith(b"HTTP/1.1 401 ")


def test_a_body_in_chunks_of_one_byte_is_taken(connect):
    """What surrounds the smallest chunks of the largest body is not too much."""
    one, size = connect(), SETTINGS.limits.body_kb * 1024
    one.sendall(b"POST /v1/records HTTP/1.1\r\nHost: s\r\nX-API-Key: owner-key\r\n")
    one.sendall(b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * size + b"0\r\n\r\n")
    assert one.recv(65536).startswith(b"HTTP/1.1 422 ")


def test_slow_requests_are_ended_while_others_are_answered(connect, address):
    """Clients that send a byte now and then lose their connection; others are answered all the time."""
    slow = [connect() for _ in range(60)]
    for one in slow:
        one.sendall(HEAD.encode())
    assert alive(address)
    slow[0].sendall(b"X: y\r\n")
    assert alive(address)
    assert {until_closed(one).split(b"\r\n")[0] for one in slow} == {b"HTTP/1.1 408 Request Timeout"}


def test_a_connection_that_says_nothing_is_ended(connect):
    """A connection without any request is closed after the time for one."""
    assert until_closed(connect()) == b""


def test_empty_lines_between_requests_do_not_keep_a_connection(connect):
    """After an answer, a client that sends empty lines instead of a request loses its connection."""
    one = connect()
    one.sendall(HEAD.encode() + b"\r\n")
    assert one.recv(65536).startswith(b"HTTP/1.1 200 ")
    one.sendall(b"\r\n")
    until_closed(one)


def test_a_slow_body_is_ended(connect):
    """A body that does not arrive in time ends the connection."""
    one = connect()
    one.sendall(
        b"POST /v1/records HTTP/1.1\r\nHost: s\r\nX-API-Key: owner-key\r\nContent-Length: 50\r\n\r\n{"
    )
    assert b" 20" not in until_closed(one)[:20]


def test_a_body_of_100_mb_is_refused_early(connect, address):
    """By its stated length it is refused before it is read; without one, after as much as is allowed."""
    one = connect()
    one.sendall(
        b"POST /v1/records HTTP/1.1\r\nHost: s\r\nX-API-Key: owner-key\r\nContent-Length: 104857600\r\n\r\n"
    )
    assert until_closed(one).startswith(b"HTTP/1.1 413 ")
    two, sent = connect(), 0
    two.sendall(
        b"POST /v1/records HTTP/1.1\r\nHost: s\r\nX-API-Key: owner-key\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    try:
        while sent < 100 * 2**20:
            two.sendall(chunk)
            sent += 0x10000
    except ConnectionError:
        pass
    assert sent < 20 * 2**20
    assert alive(address)


def test_a_head_without_end_is_refused(connect, address):
    """Headers beyond the limit end the connection."""
    one = connect()
    one.sendall(HEAD.encode() + b"X-Long: " + b"y" * 30_000)
    assert until_closed(one).startswith(b"HTTP/1.1 431 ")
    assert alive(address)


def test_idle_connections_do_not_keep_others_out(connect, address):
    """With many connections that do nothing, others are answered, and the idle ones are closed."""
    idle = [connect() for _ in range(IDLE)]
    assert alive(address)
    deadline = time.monotonic() + TIMEOUT
    while any(is_open(one) for one in idle) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not any(is_open(one) for one in idle)
    assert alive(address)


def is_open(connection):
    """Whether the other side has not closed a connection."""
    connection.settimeout(0)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


def test_the_documentation_loads_nothing_from_elsewhere(service):
    """Everything that the page names is the service's own, and its policy allows only that."""
    page = service.request("GET", "/docs", key="")
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(named) == 3
    for path in named:
        assert path.startswith("/docs-files/")
        assert service.request("GET", path, key="").status_code == HTTPStatus.OK
    (script,) = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == f"'self' 'sha256-{digest}'"
    assert "http" not in page.headers["content-security-policy"]
