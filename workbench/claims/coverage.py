"""Whether a ledger misses nothing: its index of lines against the document itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from workbench.claims.ledger import Ledger, NumericLine
from workbench.errors import InputError, Problem

_DIGITS = 12


def read_lines(path: Path) -> list[str]:
    """Returns the lines of a document without their ends.

    Raises:
        InputError: The file cannot be read as text.
    """
    try:
        return path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot be read as text; got {error.__class__.__name__}"
        raise InputError([Problem(str(path), 0, "", message, "Name the document as a text file.")]) from error


def numeric_lines(lines: list[str]) -> tuple[NumericLine, ...]:
    """Returns the index of the lines that hold a digit.

    >>> [entry.line for entry in numeric_lines(["no", "50 RCU", "", "20 WCU"])]
    [2, 4]
    """
    return tuple(
        NumericLine(line=number, sha256=_digest(text))
        for number, text in enumerate(lines, start=1)
        if any("0" <= letter <= "9" for letter in text)
    )


def check_document(ledger: Ledger, path: Path) -> None:
    """Nothing, where index and quotes of a ledger are those of the document.

    Args:
        ledger: The ledger.
        path: The document.

    Raises:
        InputError: Every line with a number that the index misses or has otherwise, every quote not found.
    """
    lines = read_lines(path)
    problems = [*_index_problems(ledger, path, lines), *_quote_problems(ledger, path, lines)]
    if problems:
        raise InputError(problems)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]


def _index_problems(ledger: Ledger, path: Path, lines: list[str]) -> Iterator[Problem]:
    indexed = {entry.line: entry.sha256 for entry in ledger.numeric_lines}
    found = {entry.line: entry.sha256 for entry in numeric_lines(lines)}
    for line in sorted(indexed.keys() | found.keys()):
        if indexed.get(line) != found.get(line):
            allowed = indexed.get(line, "no number")
            message = f"differs from the index; got {found.get(line, 'no number')}, allowed {allowed}"
            step = "Judge the line anew and correct the index, or name the right document."
            yield Problem(str(path), line, "numeric_lines", message, step)


def _quote_problems(ledger: Ledger, path: Path, lines: list[str]) -> Iterator[Problem]:
    for name, claim in ledger.claims.items():
        line = claim.lines[0]
        if line > len(lines) or claim.quote not in lines[line - 1]:
            message = f"the quote is not in this line; got {claim.quote!r}"
            yield Problem(str(path), line, f"claims.{name}.quote", message, "Quote the line as it is.")
