"""Random requests of every kind whose effect is known, to hold the model against an engine.

The state of the table is kept here, so that each request comes with its images before and after. Nothing is
sent: the caller runs `Trial.request` and asks `Trial.actions` what the response says about evaluated items.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from workbench.model.actions import Action
from workbench.model.table import IndexShape, TableShape
from workbench.model.trial_items import Items

Response = Mapping[str, Any]
Request = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trial:
    """One request, not yet sent.

    Args:
        kind: What it tries, such as `update` or `query-limit`.
        api: The API call.
        request: The call's fields, as boto3 takes them.
        actions: Response to the actions that the request has done.
        refused: The name of the error that the service must answer with; empty for none.
    """

    kind: str
    api: str
    request: Request
    actions: Callable[[Response], tuple[Action, ...]]
    refused: str = ""


class Trials:
    """Makes trials on one table and keeps its state.

    Args:
        request: The CreateTable request of the table.
        seed: The same seed gives the same trials.
    """

    def __init__(self, request: Mapping[str, Any], seed: int) -> None:
        self.table = TableShape.from_create_table(request)
        self.random = Random(seed)  # noqa: S311 - reproducible test data, no secret
        self.items = Items(self.table, self.random)
        self.state: dict[str, dict[str, Any]] = {}
        self.kinds: dict[str, Callable[[], Trial]] = {
            "get": self._get,
            "batch-get": self._batch_get,
            "transact-get": self._transact_get,
            "put": self._put,
            "update": self._update,
            "delete": self._delete,
            "failed": self._failed,
            "batch-write": self._batch_write,
            "transact-write": self._transact_write,
            "transact-failed": self._transact_failed,
            "query": self._query,
            "query-filter": self._query_filter,
            "scan": self._scan,
            "scan-filter": self._scan_filter,
            "statement": self._statement,
            "batch-statement": self._batch_statement,
            "transact-statement": self._transact_statement,
        }

    def trial(self, kind: str) -> Trial:
        """Returns the next trial of a kind; the state is what it will be after the request."""
        return self.kinds[kind]()

    def _chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def _key(self) -> tuple[str, dict[str, Any]]:
        key = self.items.key()
        return repr(key), key

    def _write(self, operation: str) -> tuple[Action, dict[str, Any]]:
        place, key = self._key()
        return self._write_at(operation, place, key), key

    def _write_at(self, operation: str, place: str, key: dict[str, Any]) -> Action:
        before = self.state.get(place)
        if operation == "DeleteItem":
            self.state.pop(place, None)
            return Action(operation, before)
        after = self.items.change(before or key)
        self.state[place] = after
        return Action(operation, before, after)

    def _distinct(self, most: int) -> list[tuple[str, dict[str, Any]]]:
        drawn = dict(self._key() for _ in range(self.random.randint(1, most)))
        return list(drawn.items())

    def _named(self, **fields: Any) -> Request:
        return {"TableName": self.table.name, **fields}

    def _counted(self, **fields: Any) -> Request:
        return self._named(ReturnConsumedCapacity="INDEXES", **fields)

    def _get(self) -> Trial:
        place, key = self._key()
        strong = self._chance(0.5)
        request = self._counted(Key=key, ConsistentRead=strong, **self._projection())
        return _known("get", "GetItem", request, self._read(place, strong=strong))

    def _read(self, place: str, *, strong: bool) -> Action:
        found = self.state.get(place)
        return Action("GetItem", consistent_read=strong, evaluated=(found,) if found else ())

    def _projection(self) -> Request:
        return {"ProjectionExpression": "a1"} if self._chance(0.3) else {}

    def _batch_get(self) -> Trial:
        drawn, strong = self._distinct(8), self._chance(0.5)
        keys = {"Keys": [key for _, key in drawn], "ConsistentRead": strong}
        request = {"RequestItems": {self.table.name: keys}, "ReturnConsumedCapacity": "INDEXES"}
        reads = (self._read(place, strong=strong) for place, _ in drawn)
        return _known("batch-get", "BatchGetItem", request, *reads)

    def _transact_get(self) -> Trial:
        drawn = self._distinct(5)
        members = [{"Get": self._named(Key=key)} for _, key in drawn]
        request = {"TransactItems": members, "ReturnConsumedCapacity": "INDEXES"}
        reads = (self._read(place, strong=True) for place, _ in drawn)
        return _known("transact-get", "TransactGetItems", request, *reads)

    def _put(self) -> Trial:
        action, _ = self._write("PutItem")
        return _known("put", "PutItem", self._counted(Item=action.after), action)

    def _update(self) -> Trial:
        action, key = self._write("UpdateItem")
        return _known("update", "UpdateItem", self._counted(Key=key, **_change(action, key)), action)

    def _delete(self) -> Trial:
        action, key = self._write("DeleteItem")
        return _known("delete", "DeleteItem", self._counted(Key=key), action)

    def _failed(self) -> Trial:
        place, key = self._key()
        before = self.state.get(place)
        condition = "attribute_not_exists" if before else "attribute_exists"
        fields = {"ConditionExpression": f"{condition}({self.table.keys[0]})"}
        api = self.random.choice(["PutItem", "UpdateItem", "DeleteItem"])
        action = Action(api, before, self.items.change(before or key), condition_failed=True)
        request = self._counted(Item=action.after) if api == "PutItem" else self._counted(Key=key)
        return _known("failed", api, request | fields, action, refused="ConditionalCheckFailedException")

    def _batch_write(self) -> Trial:
        operations = ["PutItem", "PutItem", "DeleteItem"]
        drawn = self._distinct(10)
        actions = [self._write_at(self.random.choice(operations), *at) for at in drawn]
        members = [
            {"PutRequest": {"Item": a.after}} if a.after else {"DeleteRequest": {"Key": key}}
            for a, (_, key) in zip(actions, drawn, strict=True)
        ]
        request = {"RequestItems": {self.table.name: members}, "ReturnConsumedCapacity": "INDEXES"}
        return _known("batch-write", "BatchWriteItem", request, *actions)

    def _transact_write(self) -> Trial:
        members = [self._member(*at) for at in self._distinct(6)]
        request = {"TransactItems": [m for m, _ in members], "ReturnConsumedCapacity": "INDEXES"}
        return _known("transact-write", "TransactWriteItems", request, *(a for _, a in members))

    def _member(self, place: str, key: dict[str, Any]) -> tuple[Request, Action]:
        operation = self.random.choice(["PutItem", "UpdateItem", "DeleteItem", "ConditionCheck"])
        if operation == "ConditionCheck":
            return self._check(place, key, holds=True)
        action = self._write_at(operation, place, key)
        if operation == "PutItem":
            return {"Put": self._named(Item=action.after)}, action
        if operation == "DeleteItem":
            return {"Delete": self._named(Key=key)}, action
        return {"Update": self._named(Key=key, **_change(action, key))}, action

    def _check(self, place: str, key: dict[str, Any], *, holds: bool) -> tuple[Request, Action]:
        before = self.state.get(place)
        condition = "attribute_exists" if bool(before) == holds else "attribute_not_exists"
        expression = f"{condition}({self.table.keys[0]})"
        action = Action("ConditionCheck", before, before, condition_failed=not holds)
        return {"ConditionCheck": self._named(Key=key, ConditionExpression=expression)}, action

    def _transact_failed(self) -> Trial:
        member, action = self._check(*self._key(), holds=False)
        request = {"TransactItems": [member], "ReturnConsumedCapacity": "INDEXES"}
        refused = "TransactionCanceledException"
        return _known("transact-failed", "TransactWriteItems", request, action, refused=refused)

    def _statement(self) -> Trial:
        statement, action = self._stated(*self._key(), reads=self._chance(0.4))
        request = statement | {"ReturnConsumedCapacity": "INDEXES"}
        return _known("statement", "ExecuteStatement", request, action)

    def _batch_statement(self) -> Trial:
        return self._statements("batch-statement", "BatchExecuteStatement", "Statements")

    def _transact_statement(self) -> Trial:
        return self._statements("transact-statement", "ExecuteTransaction", "TransactStatements")

    def _statements(self, kind: str, api: str, field: str) -> Trial:
        reads = self._chance(0.4)
        stated = [self._stated(*at, reads=reads) for at in self._distinct(5)]
        request: Request = {
            field: [statement for statement, _ in stated],
            "ReturnConsumedCapacity": "INDEXES",
        }
        return _known(kind, api, request, *(action for _, action in stated))

    def _stated(self, place: str, key: dict[str, Any], *, reads: bool) -> tuple[Request, Action]:
        """Returns a PartiQL statement and what it does: a read, an insert or a delete."""
        where = " AND ".join(f'"{name}" = ?' for name in key)
        if reads:
            text = f'SELECT * FROM "{self.table.name}" WHERE {where}'  # noqa: S608 - names of our own
            return _parameters(text, key), self._read(place, strong=False)
        if place in self.state:
            text = f'DELETE FROM "{self.table.name}" WHERE {where}'  # noqa: S608 - same
            return _parameters(text, key), self._write_at("DeleteItem", place, key)
        action = self._write_at("PutItem", place, key)
        members = ", ".join(f"'{name}': ?" for name in action.after or {})
        return _parameters(f'INSERT INTO "{self.table.name}" VALUE {{{members}}}', action.after or {}), action

    def _source(self) -> tuple[IndexShape | None, Request]:
        """Returns an index or the table, and the fields of a request that reads it."""
        index = self.random.choice([None, *self.table.indexes.values()])
        strong = self._chance(0.4) and (index is None or index.kind == "local")
        fields: Request = {"IndexName": index.name} if index else {}
        return index, fields | {"ConsistentRead": strong}

    def _attributes(self, index: IndexShape | None) -> tuple[Any, Request]:
        """Returns the attributes of an action, and the fields that ask for them."""
        if self._chance(0.35):
            return None, {}
        others = ["a1", "a2", "pad"]
        if index and index.kind == "global":
            others = [name for name in others if index.covers({name})]
        drawn_names = self.random.sample(others, min(len(others), self.random.randint(0, 2)))
        names = [*self.table.keys, *drawn_names]
        placeholders = {f"#p{number}": name for number, name in enumerate(names)}
        return names, {
            "ProjectionExpression": ", ".join(placeholders),
            "ExpressionAttributeNames": placeholders,
        }

    def _all(self, index: IndexShape | None, attributes: Any) -> tuple[Any, Request]:
        """Returns the same, where also all attributes may be asked for."""
        whole = index is None or index.kind == "local" or index.projection == "ALL"
        if attributes is None and whole and self._chance(0.5):
            return "ALL", {"Select": "ALL_ATTRIBUTES"}
        return attributes, {}

    def _page(self, kind: str, api: str, *, filtered: bool) -> Trial:
        index, source = self._source()
        condition, held = self._condition(index) if api == "Query" else ({}, list(self.state.values()))
        attributes, projected = self._attributes(index)
        attributes, selected = self._all(index, attributes)
        if not projected and not selected and self._chance(0.2):
            selected = {"Select": "COUNT"}
        fields = _merged(source, condition, projected, selected, self._filter(index) if filtered else {})
        evaluated = [item for item in held if index is None or index.holds(item)]
        limit = 0 if filtered or "Select" in selected else self.random.choice([0, 0, 1, 3])
        request = self._counted(**fields, **({"Limit": limit} if limit else {}))

        def actions(response: Response) -> tuple[Action, ...]:
            read = self._returned(response) if limit else evaluated
            name = index.name if index else None
            strong = source["ConsistentRead"]
            return (Action(api, None, None, False, name, strong, read, attributes),)  # noqa: FBT003 - in order

        return Trial(kind, api, request, actions)

    def _condition(self, index: IndexShape | None) -> tuple[Request, list[dict[str, Any]]]:
        """Returns a key condition and the items that it holds for."""
        name = next(iter(index.keys)) if index else self.table.keys[0]
        value = self.items.key_value(name)
        request = {
            "KeyConditionExpression": "#h = :h",
            "ExpressionAttributeNames": {"#h": name},
            "ExpressionAttributeValues": {":h": value},
        }
        return request, [item for item in self.state.values() if item.get(name) == value]

    def _filter(self, index: IndexShape | None) -> Request:
        """Returns a filter on what the source holds beside its own keys; nothing where it holds nothing."""
        own = index.keys if index else self.table.keys
        held = [name for name in ("a1", "a2", "pad", *self.table.keys) if not index or index.covers({name})]
        names = [name for name in held if name not in own]
        text = self.random.choice(["attribute_exists(#f)", "attribute_not_exists(#f)"])
        return {"FilterExpression": text, "ExpressionAttributeNames": {"#f": names[0]}} if names else {}

    def _returned(self, response: Response) -> list[dict[str, Any]]:
        """Returns the items of the table that a page shows."""
        places = (repr({name: item[name] for name in self.table.keys}) for item in response["Items"])
        return [self.state[place] for place in places]

    def _query(self) -> Trial:
        return self._page("query", "Query", filtered=False)

    def _query_filter(self) -> Trial:
        return self._page("query-filter", "Query", filtered=True)

    def _scan(self) -> Trial:
        return self._page("scan", "Scan", filtered=False)

    def _scan_filter(self) -> Trial:
        return self._page("scan-filter", "Scan", filtered=True)


def _known(kind: str, api: str, request: Request, *actions: Action, refused: str = "") -> Trial:
    return Trial(kind, api, request, lambda _: actions, refused)


def _parameters(statement: str, values: Mapping[str, Any]) -> Request:
    return {"Statement": statement, "Parameters": list(values.values())}


def _merged(*parts: Request) -> Request:
    names: dict[str, str] = {}
    merged: Request = {}
    for part in parts:
        names |= part.get("ExpressionAttributeNames", {})
        merged |= part
    return merged | ({"ExpressionAttributeNames": names} if names else {})


def _change(action: Action, key: dict[str, Any]) -> Request:
    """Returns the update expression that turns the image before into the image after."""
    before, after = action.before or {}, action.after or {}
    gone = [name for name in before if name not in after]
    kept = [name for name in after if name not in key and after[name] != before.get(name)]
    names = {f"#n{number}": name for number, name in enumerate([*kept, *gone])}
    placeholders = {name: placeholder for placeholder, name in names.items()}
    clauses = []
    if kept:
        clauses.append("SET " + ", ".join(f"{placeholders[n]} = :{placeholders[n][1:]}" for n in kept))
    if gone:
        clauses.append("REMOVE " + ", ".join(placeholders[n] for n in gone))
    request: Request = {"UpdateExpression": " ".join(clauses) or "REMOVE never_there"}
    values = {f":{placeholders[n][1:]}": after[n] for n in kept}
    request |= {"ExpressionAttributeNames": names} if names else {}
    return request | ({"ExpressionAttributeValues": values} if values else {})
