"""A request told as JSON costs what it costs when told in Python."""

import json
from base64 import b64encode

import pytest

from workbench.model import AWS, DYNAMODB_LOCAL, predict
from workbench.model.request_json import predictions
from workbench.model.trial_tables import trial_tables
from workbench.model.trials import Trials

ROUNDS = 8
"""Requests of each kind."""


def plain(value):
    """The value as JSON can hold it: bytes as base64 text."""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list | tuple) else value


def told(action):
    """The action as a line of a file tells it."""
    if action.operation in {"GetItem", "Query", "Scan"}:
        names = ("operation", "index", "consistent_read", "evaluated", "attributes")
    else:
        names = ("operation", "before", "after", "condition_failed")
    fields = {name: plain(getattr(action, name)) for name in names}
    return fields | ({"after": None} if action.operation == "DeleteItem" else {})


@pytest.mark.parametrize("request_", trial_tables(), ids=lambda request: request["TableName"])
@pytest.mark.parametrize("dialect", [AWS, DYNAMODB_LOCAL], ids=lambda dialect: dialect.name)
def test_a_file_of_random_requests_is_predicted_as_the_requests_are(request_, dialect):
    """Reading a file loses nothing that decides units."""
    trials = Trials(request_, seed=5)
    kinds = ["put"] * 20 + [kind for kind in trials.kinds if kind not in {"query", "scan"}] * ROUNDS
    made = [(trial.api, trial.actions({})) for trial in map(trials.trial, kinds)]
    lines = [
        {"id": number, "table": request_, "operation": api, "actions": [told(action) for action in actions]}
        for number, (api, actions) in enumerate(made)
    ]
    answers = predictions("\n".join(map(json.dumps, lines)).encode(), "requests.jsonl", dialect)
    assert [answer["id"] for answer in answers] == list(range(len(made)))
    assert [answer["consumed"] for answer in answers] == [
        predict(trials.table, api, actions, dialect).as_flat() for api, actions in made
    ]
