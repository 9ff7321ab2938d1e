"""Keys, grants, tokens and limits: nobody gets what is not theirs."""

from __future__ import annotations

import base64
import io
import json
import string

import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.errors import InputError
from workbench.service.grants import load_grants
from workbench.service.refusals import BadToken
from workbench.service.tokens import TokenBook

from .conftest import SETTINGS, grant, seeded

POSITION = {"userId": {"S": "u-000001"}, "recordKey": {"S": "2045-01-08T00:00:00.000000Z#rec-0000000001"}}
ALPHABET = string.ascii_letters + string.digits + "-_.=+/ "
ALTERED, FOREIGN, EXPIRED = 8_400, 1_500, 500
NOW = 2_000_000_000


class Clock:
    """A clock that a test sets."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        """The time [s since 1970]."""
        return self.now


@pytest.fixture
def clock():
    """A clock."""
    return Clock()


@pytest.fixture
def book(clock):
    """Tokens of a quarter hour."""
    return TokenBook([Fernet.generate_key()], 15, clock)


def altered(rng, token):
    """A token with something else in it: a character changed, left out, put in, moved, or its end cut off."""
    place = rng.randrange(len(token))
    kind = rng.randrange(6)
    if kind == 0:
        return token[:place] + rng.choice(ALPHABET) + token[place + 1 :]
    if kind == 1:
        return token[:place] + token[place + 1 :]
    if kind == 2:
        return token[:place] + rng.choice(ALPHABET) + token[place:]
    if kind == 3:
        return token[place:] + token[:place]
    if kind == 4:
        return token[: rng.randrange(len(token))]
    return token[:-1] + rng.choice(ALPHABET)


def accepted(book, token, caller="a", digest="q"):
    """Whether a token is taken."""
    try:
        book.open(token, caller, digest)
    except BadToken:
        return False
    return True


def test_altered_foreign_and_expired_tokens_are_refused(book, clock):
    """Of 10,000 tokens that were altered, made by another, bound to others or too old, none is taken."""
    rng = seeded(11)
    token = book.seal(POSITION, "a", "q")
    assert accepted(book, token)
    bad = [altered(rng, token) for _ in range(ALTERED)]
    tried = [accepted(book, text) for text in bad if text != token]
    for number in range(FOREIGN // 3):
        other = TokenBook([Fernet.generate_key()], 15, clock).seal(POSITION, "a", "q")
        bound = book.seal(POSITION, f"b{number}", "q"), book.seal(POSITION, "a", f"q{number}")
        tried += [accepted(book, text) for text in (other, *bound)]
    for number in range(EXPIRED):
        clock.now = NOW - 15 * 60 - 1 - number
        late = book.seal(POSITION, "a", "q")
        clock.now = NOW
        tried.append(accepted(book, late))
    assert len(tried) > 10_000
    assert not any(tried)


def test_a_token_has_one_spelling(book):
    """No change of the last character leads to the same token, which base64 would allow."""
    token = book.seal(POSITION, "a", "q")
    spellings = [token[:-1] + last for last in ALPHABET] + [token + "=", token + " ", "\n" + token]
    assert [text for text in spellings if accepted(book, text)] == [token]


def test_a_token_shows_nothing_of_its_position(book):
    """The key of an item, which the caller need not be allowed to see, cannot be read from the token."""
    token = book.seal(POSITION, "a", "q")
    assert b"u-000001" not in base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))


def test_a_new_secret_leaves_older_tokens_valid(clock):
    """While both secrets are known, tokens of the older one are taken."""
    old, new = Fernet.generate_key(), Fernet.generate_key()
    token = TokenBook([old], 15, clock).seal(POSITION, "a", "q")
    assert accepted(TokenBook([new, old], 15, clock), token)
    assert not accepted(TokenBook([new], 15, clock), token)


def test_the_interface_refuses_tokens_of_other_questions_and_callers(make_service, rows):
    """A token continues its own question for its own caller, whatever the size of the pages."""
    service = make_service({"second": grant("second-key")})
    first, second = sorted({row["userId"] for row in rows})[:2]
    pairs = [("userId", first), ("limit", "2")]
    token = service.page(pairs).json()["next"]
    again = [*pairs[:1], ("limit", "3"), ("token", token)]
    other = [("userId", second), ("token", token)]
    found = [service.page(again), service.page(other), service.page(again, key="second-key")]
    assert [answer.status_code for answer in found] == [200, 400, 400]
    assert found[1].json()["problems"] == [
        "It belongs to another question or caller. Ask for the first page again."
    ]


FIELDS = {"userId": 6, "systemId": 5}
grants = st.fixed_dictionaries(
    {}, optional={name: st.lists(st.integers(0, count), max_size=3) for name, count in FIELDS.items()}
)
questions = st.fixed_dictionaries(
    {},
    optional={
        "userId": st.integers(0, 8),
        "systemId": st.integers(0, 6),
        "status": st.sampled_from(["OPEN", "DONE"]),
        "sort": st.sampled_from(["createdAt", "-createdAt", "priority", "-priority"]),
        "fields": st.sampled_from(["recordId", "title,status", "recordId,payload"]),
        "allow_scan": st.just("true"),
        "limit": st.integers(1, 30),
    },
)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(granted=grants, asked=questions)
def test_a_caller_never_sees_the_records_of_others(make_service, rows, granted, asked):
    """Over random grants and questions, through a cache that others have filled, each record is granted."""
    names = {name: sorted({row[name] for row in rows}) for name in FIELDS}
    values = {name: tuple(sorted({names[name][i] for i in chosen})) for name, chosen in granted.items()}
    service = make_service({"narrow": grant("narrow-key", values=values)})
    pairs = [(n, names[n][v] if n in FIELDS else str(v)) for n, v in asked.items()]
    by_id = {row["recordId"]: row for row in rows}
    service.page(pairs)
    for answer in _some_pages(service, pairs):
        for record in answer["items"]:
            known = by_id[record["recordId"]] if "recordId" in record else None
            for name, allowed in values.items():
                assert known is None or known[name] in allowed
        if "fields" in asked and "recordId" not in asked["fields"]:
            assert len(answer["items"]) <= _granted_rows(rows, values)


def _granted_rows(rows, values):
    return sum(all(row[name] in allowed for name, allowed in values.items()) for row in rows)


def _some_pages(service, pairs):
    """Pages of the narrow caller, four at most."""
    token = None
    for _ in range(4):
        answer = service.page([*pairs, *([("token", token)] if token else [])], key="narrow-key")
        assert answer.status_code in {200, 400, 403}
        if answer.status_code != 200:
            return
        yield answer.json()
        token = answer.json()["next"]
        if not token:
            return


def test_a_single_granted_value_is_filled_in(make_service, rows):
    """A caller with one user asks without naming it and gets that user's records by key."""
    user = rows[0]["userId"]
    service = make_service({"one": grant("one-key", values={"userId": (user,)})})
    answer = service.page([("explain", "true"), ("limit", "100")], key="one-key").json()
    assert {record["userId"] for record in answer["items"]} == {user}
    assert (answer["explain"]["operation"], answer["explain"]["keyed"]) == ("Query", ["userId"])


@pytest.mark.parametrize("key", ["", "x", "owner-key ", "OWNER-KEY", "owner-key\x00", "é"])
def test_unknown_keys_are_refused(service, key):
    """Without exactly the key, nothing is answered, and the answer says which header is missing."""
    answer = service.page(
        [("userId", "u-000001")], key="", headers={"X-API-Key": key.encode()} if key else {}
    )
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "ApiKey"


def test_writing_and_metrics_need_their_own_grants(make_service, rows):
    """A caller who may read may neither write nor operate."""
    service = make_service({"reader": grant("reader-key")})
    row = {**rows[0], "recordId": "refused", "payload": None}
    written = service.request("POST", "/v1/records", key="reader-key", json=row)
    measured = service.request("GET", "/metrics", key="reader-key")
    assert (written.status_code, measured.status_code) == (403, 403)
    assert service.request("GET", "/metrics").status_code == 200


def test_a_writer_adds_only_for_granted_users(make_service, rows):
    """A record of a user or system that is not granted is refused, before anything is written."""
    user = rows[0]["userId"]
    service = make_service({"one": grant("one-key", values={"userId": (user,)}, write=True)})
    row = {**rows[0], "userId": "u-999999", "payload": None}
    assert service.request("POST", "/v1/records", key="one-key", json=row).status_code == 403


def test_the_log_names_callers_and_shows_no_key(make_service):
    """A JSON line a request: who asked, also where it asked too often, and all records of an export."""
    log = io.StringIO()
    service = make_service({"slow": grant("slow-key", requests_per_minute=1)}, log=log)
    question = [("userId", "u-000001"), ("limit", "2")]
    exported = service.request("GET", "/v1/records/export", [*question, ("most", "6")])
    limited = [service.page(question, key="slow-key") for _ in range(4)]
    service.page(question, key="unknown-key")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert (exported.status_code, lines[0]["records"]) == (200, 6)
    assert [line["status"] for line in lines[1:]] == [*(one.status_code for one in limited), 401]
    assert {line["caller"] for line in lines[1:5]} == {"slow"}
    assert 429 in {line["status"] for line in lines}
    assert "-key" not in log.getvalue()


def test_rate_limits_have_the_standard_headers(make_service):
    """The limit, what is left and when it is whole are told; beyond it, Retry-After says when to return."""
    service = make_service({"slow": grant("slow-key", requests_per_minute=3)})
    answers = [service.page([("userId", "u-000001")], key="slow-key") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers[:3]] == ["2", "1", "0"]
    assert {answer.headers["ratelimit-limit"] for answer in answers} == {"3"}
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {"3;w=60"}
    assert 1 <= int(answers[3].headers["retry-after"]) <= 120


def test_guessing_keys_is_limited_by_address(make_service):
    """After 60 unknown keys within a minute an address waits; whoever has a key is still answered."""
    service = make_service()
    answers = [service.page([], key=f"guess-{number}").status_code for number in range(70)]
    assert (answers[0], answers[-1]) == (401, 429)
    assert service.page([("userId", "u-000001")]).status_code == 200


GRANTED = {name: SETTINGS.equal[name].pattern for name in SETTINGS.granted}


def test_a_file_of_keys_names_every_problem(tmp_path):
    """Unknown parameters, digests of a wrong form and wildcards, which grant nothing, by file and line."""
    path = tmp_path / "keys.yaml"
    path.write_text(
        "schema_version: 1\ncallers:\n"
        "  a: {sha256: short}\n"
        f"  b: {{sha256: '{'0' * 64}', values: {{tenant: [x]}}}}\n"
        f"  c: {{sha256: '{'1' * 64}', values: {{userId: [u-1, 'u-*']}}}}\n"
    )
    with pytest.raises(InputError) as caught:
        load_grants(path, GRANTED)
    text = str(caught.value)
    assert f"{path}:3: callers.a.sha256" in text
    assert f"{path}:4: callers.b.values: no parameter that is granted; got tenant" in text
    assert (
        f"{path}:5: callers.c.values.userId: no value that anybody can ask for; got u-*, allowed ^[" in text
    )
    assert "u-1" not in text
