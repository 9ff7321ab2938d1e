"""Reads the actions of one request and holds them against its table and API call."""

from __future__ import annotations

from typing import Any

from workbench.model.actions import Action
from workbench.model.attribute_json import Reader
from workbench.model.indexes import same_value
from workbench.model.item_size import Item, value_bytes
from workbench.model.operations import OPERATIONS, WRITES, action_name
from workbench.model.table import IndexShape, TableShape
from workbench.spec.findings import Path

WRITE_FIELDS = ("before", "after", "condition_failed")
READ_FIELDS = ("index", "consistent_read", "evaluated", "attributes")
_AS_DOCUMENTED = "See `workbench predict --help` for the fields."


class ActionReader:
    """Reads the actions of one request.

    Args:
        reader: Reads values and takes the problems.
        table: The table of the request.
        operation: The API call.
    """

    def __init__(self, reader: Reader, table: TableShape, operation: str) -> None:
        self._reader = reader
        self._wrong = reader.wrong
        self._table = table
        self._operation = operation
        self._allowed = OPERATIONS[operation]

    def actions(self, raw: object) -> list[Action]:
        """Returns all actions of the request."""
        path: Path = ("actions",)
        if not isinstance(raw, list) or not 1 <= len(raw) <= self._allowed.most:
            most = self._allowed.most
            allowed = "a list of 1" if most == 1 else f"a list of 1 to {most}"
            problem = f"are not what {self._operation} can have"
            self._wrong(path, problem, "Give one action for each item.", raw, allowed)
            return []
        actions = [self._action(member, (*path, place)) for place, member in enumerate(raw)]
        if self._allowed.distinct:
            self._check_distinct(actions, path)
        self._check_one_kind(actions, path)
        return actions

    def _check_distinct(self, actions: list[Action], path: Path) -> None:
        seen: list[Item] = []
        for place, action in enumerate(actions):
            image = action.before or action.after
            if not image or not all(key in image for key in self._table.keys):
                continue
            if any(self._same_key(image, other) for other in seen):
                problem = "is on an item that another action is on"
                self._wrong((*path, place), problem, f"{self._operation} takes each item once.")
            seen.append(image)

    def _check_one_kind(self, actions: list[Action], path: Path) -> None:
        reads = [action.operation == "GetItem" for action in actions]
        if self._operation == "ExecuteTransaction" and any(reads) and not all(reads):
            self._wrong(path, "mix reads and writes", "Make two transactions of it.")

    def _same_key(self, left: Item, right: Item) -> bool:
        return all(same_value(left[key], right[key]) for key in self._table.keys)

    def _action(self, raw: object, path: Path) -> Action:
        if not isinstance(raw, dict):
            self._wrong(path, "is not an action", _AS_DOCUMENTED, raw, "a mapping")
            return Action("")
        operation = self._member(raw, path)
        if operation is None:
            return Action("")
        writes = operation in {*WRITES, "ConditionCheck"}
        self._check_fields(raw, path, writes=writes)
        return self._write(operation, raw, path) if writes else self._read(operation, raw, path)

    def _member(self, raw: dict[str, Any], path: Path) -> str | None:
        members = self._allowed.members
        stated = raw.get("operation", members[0] if len(members) == 1 else None)
        name = action_name(stated, self._operation) if isinstance(stated, str) else None
        if name:
            return name
        problem, allowed = f"is no action of {self._operation}", ", ".join(members)
        self._wrong((*path, "operation"), problem, _AS_DOCUMENTED, stated, allowed)
        return None

    def _check_fields(self, raw: dict[str, Any], path: Path, *, writes: bool) -> None:
        own, others = (WRITE_FIELDS, READ_FIELDS) if writes else (READ_FIELDS, WRITE_FIELDS)
        for name, value in raw.items():
            empty = name in others and value in (None, False, [])
            if name not in {"operation", *own} and not empty:
                kind = "write" if writes else "read"
                self._wrong((*path, name), f"is no field of a {kind}", "Remove it.", allowed=", ".join(own))

    def _flag(self, raw: dict[str, Any], name: str, path: Path) -> bool:
        value = raw.get(name)
        if value is not None and not isinstance(value, bool):
            self._wrong((*path, name), "is not a truth value", _AS_DOCUMENTED, value, "true or false")
        return value is True

    def _write(self, operation: str, raw: dict[str, Any], path: Path) -> Action:
        before = self._image(raw.get("before"), (*path, "before"))
        after = self._image(raw.get("after"), (*path, "after"), written=True)
        action = Action(operation, before, after, self._flag(raw, "condition_failed", path))
        if action.condition_failed and not self._allowed.conditions:
            problem = f"{self._operation} has no conditions"
            self._wrong((*path, "condition_failed"), problem, "Remove it.", allowed="false")
        self._check_images(action, raw, path)
        return action

    def _check_images(self, action: Action, raw: dict[str, Any], path: Path) -> None:
        where = (*path, "after")
        leaves = action.operation in {"PutItem", "UpdateItem"} and not action.condition_failed
        if leaves and raw.get("after") is None:
            problem = f"{action.operation} leaves an item"
            self._wrong(where, problem, "Give the item as it is afterwards.", None)
        if action.operation == "DeleteItem" and action.after:
            self._wrong(where, "DeleteItem leaves no item", "Write null, or leave it out.", raw["after"])
        keyed = [image for image in (action.before, action.after) if image and self._has_keys(image)]
        if len(keyed) > 1 and not self._same_key(*keyed):
            self._wrong(where, "has another key than before", "A write keeps the key of its item.")

    def _has_keys(self, item: Item) -> bool:
        return all(key in item for key in self._table.keys)

    def _image(self, raw: object, path: Path, *, written: bool = False) -> Item | None:
        """Returns an item with its keys checked, None for none."""
        if raw is None:
            return None
        found = len(self._reader.findings)
        item = self._reader.item(raw, path)
        if len(self._reader.findings) == found:
            self._check_keys(item, path, written=written)
        return item

    def _check_keys(self, item: Item, path: Path, *, written: bool) -> None:
        """Checks the table's keys; of an item to write the keys of its indexes as well."""
        for name, kind in self._table.key_types.items():
            own = name in self._table.keys
            if name not in item:
                if own:
                    self._wrong((*path, name), "the key is missing", "Give the whole item.")
            elif own or written:
                self._check_key(item[name], kind, (*path, name))

    def _check_key(self, value: Any, kind: str, path: Path) -> None:
        if kind not in value:
            problem = "has another type than the key"
            step = "The service refuses such a write; use the type in AttributeDefinitions."
            self._wrong(path, problem, step, next(iter(value)), kind)
        elif not value_bytes(value):
            self._wrong(path, "is an empty key", "The service refuses it; leave it out or fill it.", "")

    def _read(self, operation: str, raw: dict[str, Any], path: Path) -> Action:
        index = self._index(operation, raw, path)
        strong = self._flag(raw, "consistent_read", path)
        if index and index.kind == "global" and strong:
            step = "Read the table, or leave consistency out."
            self._wrong((*path, "consistent_read"), "a global index has no consistent reads", step)
        evaluated = self._evaluated(operation, raw, path, index)
        attributes = self._attributes(raw.get("attributes"), (*path, "attributes"), index)
        name = index.name if index else None
        return Action(operation, None, None, False, name, strong, evaluated, attributes)  # noqa: FBT003 - in order

    def _index(self, operation: str, raw: dict[str, Any], path: Path) -> IndexShape | None:
        name = raw.get("index")
        if name is None:
            return None
        index = self._table.indexes.get(name) if isinstance(name, str) else None
        if index is None or operation == "GetItem":
            allowed = "none" if operation == "GetItem" else ", ".join(self._table.indexes) or "none"
            self._wrong((*path, "index"), f"{operation} cannot read it", "Name an index.", name, allowed)
            return None
        return index

    def _evaluated(
        self, operation: str, raw: dict[str, Any], path: Path, index: IndexShape | None
    ) -> tuple[Item, ...]:
        items, where = raw.get("evaluated"), (*path, "evaluated")
        if not isinstance(items, list) or (operation == "GetItem" and len(items) > 1):
            allowed = "a list of at most 1 item" if operation == "GetItem" else "a list of items"
            self._wrong(where, "is not what was read", "List the items of the table.", items, allowed)
            return ()
        images = [self._image(item, (*where, place)) or {} for place, item in enumerate(items)]
        for place, item in enumerate(images):
            if index and self._has_keys(item) and not index.holds(item):
                problem = f"has no entry in index {index.name}"
                self._wrong((*where, place), problem, f"It needs {', '.join(index.keys)} of the right type.")
        return tuple(images)

    def _attributes(self, raw: object, path: Path, index: IndexShape | None) -> Any:
        if raw is None or raw == "ALL":
            beyond = raw == "ALL" and index and index.projection != "ALL"
        elif isinstance(raw, list) and raw and all(isinstance(name, str) for name in raw):
            beyond = index and not index.covers(set(raw))
        else:
            allowed = '"ALL", a list of names, or nothing'
            self._wrong(path, "are not attributes", "List top-level names.", raw, allowed)
            return None
        if beyond and index and index.kind == "global":
            step = "The service refuses it; ask for what the index projects."
            self._wrong(path, f"index {index.name} does not hold them", step, raw)
        return raw
