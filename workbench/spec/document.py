"""The content of one YAML file with the line of every value, and reading it from a disk."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from workbench.errors import Problem
from workbench.spec.findings import Finding, Path, dotted, shown

LARGEST_FILE_BYTES = 2**20


@dataclass
class Document:
    """The content of one file.

    Args:
        file: Path as the user gave it.
        data: Nested dicts, lists and scalars; keys are text.
        lines: Line of the key, or of the list element, at each path.
        findings: What is wrong with the file or its YAML.
        readable: False when nothing of the content can be used.
    """

    file: str
    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    readable: bool = True

    def line(self, path: Path) -> int:
        """Returns the 1-based line of a path, or of its nearest parent that exists; 0 for no line."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def problem(self, finding: Finding) -> Problem:
        """Returns a finding with the file and the line."""
        line = self.line(finding.path)
        return Problem(self.file, line, dotted(finding.path), finding.message, finding.next_step)

    def refuse(self, finding: Finding, line: int = 0) -> None:
        """Adds a finding after which nothing of the content can be used.

        Args:
            finding: What is wrong with the whole file.
            line: The line of the fault; 0 when it has none.
        """
        self.findings = [finding]
        self.lines = {(): line}
        self.readable = False

    def value(self, path: Path) -> Any:
        """Returns the value at a path; None where there is none."""
        here = self.data
        for part in path:
            inside = isinstance(here, dict) and part in here
            listed = isinstance(here, list) and isinstance(part, int) and part < len(here)
            if not (inside or listed):
                return None
            here = here[part]
        return here


def file_text(path: FilePath, document: Document) -> str:
    """Returns the text of a file; empty, with a finding, when it cannot be a design.

    Args:
        path: The file.
        document: Where the finding goes.
    """
    try:
        finding, content = _content(path)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        finding = Finding((), f"cannot be read ({reason})", "Check the path and its permissions.")
        content = b""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"byte 0x{content[error.start]:02x} at offset {error.start}"
        step = "Save the file as UTF-8."
        finding, text = Finding((), "is not UTF-8 text", step, found), ""
    if finding:
        document.refuse(finding)
    return text


def _content(path: FilePath) -> tuple[Finding | None, bytes]:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
        return Finding((), "is not a file", "Name the YAML file itself.", kind), b""
    if status.st_size > LARGEST_FILE_BYTES:
        allowed = f"{LARGEST_FILE_BYTES} bytes"
        return Finding((), "is too large", "Split the case.", f"{status.st_size} bytes", allowed), b""
    content = path.read_bytes()
    empty = Finding((), "is empty", "Start with `schema_version: 1`.", shown(None))
    return (None if content.strip() else empty), content
