"""Reads the small part of YAML that designs are written in, and remembers the line of every value.

Values are those of YAML 1.2's core schema. What surprises people is refused with an explanation:
anchors, aliases, tags, duplicate keys, bare yes and no, numbers with leading zeros.
"""

from __future__ import annotations

import math
import re
from pathlib import Path as FilePath
from typing import Any

import yaml

from workbench.spec.document import Document, file_text
from workbench.spec.findings import Finding, Path, cut, shown

MOST_VALUES = 50_000
DEEPEST = 24
LONGEST_NUMBER = 30

FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u2028-\u202e\u2066-\u2069\ufeff]"
)
"""Control characters, lone surrogates, and marks that break or reorder the lines that an editor shows."""

NULLS = {"", "~", "null", "Null", "NULL"}
BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
OLD_BOOLEANS = re.compile("yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF")
INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


class Refused(Exception):  # noqa: N818 - ends the reading of a document; its finding says why
    """A fault after which reading makes no sense."""

    def __init__(self, finding: Finding, line: int) -> None:
        super().__init__(finding.message)
        self.finding = finding
        self.line = line


def read_document(path: FilePath, shown_as: str | None = None) -> Document:
    """Returns the content of a YAML file; faults of any kind are its findings.

    Args:
        path: The file.
        shown_as: How the user named it; its path when None.
    """
    document = Document(shown_as or str(path))
    text = file_text(path, document)
    if document.readable:
        read_text(text, document)
    return document


def read_text(text: str, document: Document) -> None:
    """Reads YAML text into a document.

    Args:
        text: The content of a file.
        document: Where data, lines and findings go.
    """
    try:
        _refuse_characters(text)
        _Builder(document).build(text)
    except Refused as refused:
        document.refuse(refused.finding, refused.line)
    except yaml.YAMLError as error:
        _refuse_syntax(error, text, document)


def _refuse_characters(text: str) -> None:
    bad = FORBIDDEN.search(text)
    if bad:
        line = text.count("\n", 0, bad.start()) + 1
        found = _code_point(bad[0])
        raise Refused(Finding((), "holds a character nobody can see", "Delete it.", found), line)


def _code_point(character: str) -> str:
    return f"U+{ord(character):04X}"


def _refuse_syntax(error: yaml.YAMLError, text: str, document: Document) -> None:
    mark = getattr(error, "problem_mark", None)
    number = mark.line if mark else 0
    lines = text.splitlines() or [""]
    line = lines[min(number, len(lines) - 1)].strip()
    problem = f"is not YAML ({getattr(error, 'problem', error)})"
    step = "Check indentation, colons, brackets and quotes on this line and the one above."
    document.refuse(Finding((), problem, step, shown(line)), number + 1)


class _Builder:
    """Builds data from parser events without recursion.

    Args:
        document: Where data, lines and findings go.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.holders: list[dict[str, Any] | list[Any]] = []
        self.path: Path = ()
        self.keys: list[str | None] = []
        self.values = 0
        self.documents = 0

    def build(self, text: str) -> None:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            self._event(event)
        if not isinstance(self.document.data, dict):
            step = "Write fields such as `schema_version: 1`, one a line."
            top = Finding((), "must be a mapping at its top", step, shown(self.document.data))
            raise Refused(top, self.document.line(()))

    def _event(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.DocumentStartEvent):
            self._start_document(line)
        elif isinstance(event, yaml.NodeEvent):
            self._node(event, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close()

    def _start_document(self, line: int) -> None:
        self.documents += 1
        if self.documents > 1:
            step = "Keep one, and put the others into files of their own."
            raise Refused(Finding((), "holds more than one YAML document", step, "another `---`"), line)

    def _node(self, event: yaml.NodeEvent, line: int) -> None:
        self.values += 1
        if self.values > MOST_VALUES:
            most = f"{MOST_VALUES} values"
            raise Refused(Finding((), "holds too many values", "Split the case.", f"over {most}", most), line)
        if self._expects_key():
            self._key(event, line)
            return
        path = self._place()
        self.document.lines.setdefault(path, line)
        self._refuse_reuse(event, path)
        if isinstance(event, yaml.CollectionStartEvent):
            self._open(event, path, line)
        else:
            self._put(self._scalar(event, path) if isinstance(event, yaml.ScalarEvent) else None)

    def _expects_key(self) -> bool:
        return bool(self.holders) and isinstance(self.holders[-1], dict) and self.keys[-1] is None

    def _key(self, event: yaml.NodeEvent, line: int) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            step = "Write the name of a field before the colon."
            raise Refused(Finding((), "has a key that is no text", step, "brackets before a colon"), line)
        key, holder = event.value, self.holders[-1]
        path = (*self.path, key)
        self._refuse_reuse(event, path)
        if key in holder:
            earlier = self.document.lines[path]
            self.document.findings.append(
                Finding(path, f"occurs twice, on line {earlier} too", "Delete one of them.", shown(key))
            )
        self.document.lines[path] = line
        self.keys[-1] = key

    def _place(self) -> Path:
        """Returns the path of the value that comes next."""
        if not self.holders:
            return ()
        if isinstance(self.holders[-1], list):
            return (*self.path, len(self.holders[-1]))
        return (*self.path, self.keys[-1] or "")

    def _open(self, event: yaml.CollectionStartEvent, path: Path, line: int) -> None:
        if len(self.holders) >= DEEPEST:
            most = f"{DEEPEST} levels"
            found = f"over {most}"
            raise Refused(Finding((), "is nested too deeply", "Flatten it.", found, most), line)
        value: dict[str, Any] | list[Any] = [] if isinstance(event, yaml.SequenceStartEvent) else {}
        self._put(value)
        self.holders.append(value)
        self.keys.append(None)
        self.path = path

    def _close(self) -> None:
        self.holders.pop()
        self.keys.pop()
        self.path = self.path[:-1]

    def _put(self, value: Any) -> None:
        if not self.holders:
            self.document.data = value
            return
        holder = self.holders[-1]
        if isinstance(holder, list):
            holder.append(value)
        else:
            holder[self.keys[-1] or ""] = value
            self.keys[-1] = None

    def _refuse_reuse(self, event: yaml.NodeEvent, path: Path) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._finding(path, "is an alias", f"*{event.anchor}", "Repeat the value that it stands for.")
        elif event.anchor:
            self._finding(path, "has an anchor", f"&{event.anchor}", "Delete the anchor.")
        elif getattr(event, "tag", None) is not None:
            self._finding(path, "has a YAML tag", str(event.tag), "Delete the tag.")  # type: ignore[attr-defined]  # only aliases have none

    def _finding(self, path: Path, problem: str, got: str, step: str, allowed: str = "") -> None:
        self.document.findings.append(Finding(path, problem, step, cut(got), allowed))

    def _scalar(self, event: yaml.ScalarEvent, path: Path) -> Any:
        text = event.value
        if bad := FORBIDDEN.search(text):
            self._finding(path, "holds a character nobody can see", _code_point(bad[0]), "Delete it.")
        return text if event.style else self._plain(text, path)

    def _plain(self, text: str, path: Path) -> Any:
        if text in NULLS:
            return None
        if text in BOOLEANS:
            return BOOLEANS[text]
        if OLD_BOOLEANS.fullmatch(text):
            step = f'Write true or false, or "{text}" in quotes if it is text.'
            self._finding(path, "means different things to YAML 1.1 and 1.2", text, step)
        elif INTEGER.fullmatch(text) or FLOAT.fullmatch(text) or NOT_FINITE.fullmatch(text):
            return self._number(text, path)
        return text

    def _number(self, text: str, path: Path) -> int | float:
        if LEADING_ZERO.fullmatch(text):
            step = f'Write {text.lstrip("+-0") or "0"}, or "{text}" in quotes if it is text.'
            self._finding(path, "is octal to YAML 1.1 and decimal to 1.2", text, step)
        elif len(text) > LONGEST_NUMBER:
            allowed = f"{LONGEST_NUMBER} characters"
            self._finding(path, "is too long a number", text, "Write it in quotes if it is text.", allowed)
        elif INTEGER.fullmatch(text):
            return int(text, 0 if text[1:2] in {"o", "x"} else 10)
        elif NOT_FINITE.fullmatch(text) or not math.isfinite(float(text)):
            self._finding(path, "is not a finite number", text, "Write a number.")
        else:
            return float(text)
        return 0
