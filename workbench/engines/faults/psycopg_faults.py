"""Faults of PostgreSQL statements, between psycopg and the server.

Connections are cut for real, statements that are refused are refused by the server, so a transaction is in
the state that it would be in.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Literal

from workbench.engines.faults.injector import Injector, end_process
from workbench.engines.faults.schedule import POSTGRES, Fault, FaultKind

REFUSALS: Mapping[FaultKind, tuple[str, str]] = MappingProxyType(
    {
        FaultKind.CONFLICT: ("40001", "could not serialize access due to concurrent update"),
        FaultKind.DISK_FULL: ("53100", "could not extend file: No space left on device"),
    }
)
"""Kind to the SQLSTATE and the words of the server."""

AFTER = {FaultKind.RESPONSE_LOST, FaultKind.PROCESS_KILLED_AFTER}
CHANGES = re.compile(
    r"\b(INSERT|UPDATE|DELETE)\s+(?:INTO|FROM|ONLY|\S+\s+(?:AS\s+)?\S*\s*SET)\b", re.IGNORECASE
)
FIRST_WORD = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*([A-Za-z]+)", re.DOTALL)


def operation_of(statement: str) -> str:
    r"""Returns the first word of a statement; of one that begins with WITH, what it changes.

    >>> operation_of("-- why\n select 1"), operation_of("WITH a AS (SELECT 1) INSERT INTO b SELECT * FROM a")
    ('SELECT', 'INSERT')
    """
    found = FIRST_WORD.match(statement)
    word = found.group(1).upper() if found else ""
    change = CHANGES.search(statement) if word == "WITH" else None
    if change:
        return change.group(1).upper()
    return "SELECT" if word == "WITH" else word


class FaultyCursor(psycopg.Cursor[Any]):
    """A cursor whose statements may go wrong."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> FaultyCursor:
        """Executes a statement, or fails as its fault says."""
        with self._breakable(query):
            super().execute(query, params, **options)
        return self

    def executemany(self, query: Any, params_seq: Any, *, returning: bool = False) -> None:
        """Executes a statement for each set of parameters; together they count as one request."""
        with self._breakable(query):
            super().executemany(query, params_seq, returning=returning)

    def _breakable(self, query: Any) -> contextlib.AbstractContextManager[None]:
        text = query.as_string(self) if isinstance(query, Composable) else query
        text = text.decode() if isinstance(text, bytes) else str(text)
        connection: Any = self.connection
        broken: contextlib.AbstractContextManager[None] = connection.breakable(operation_of(text))
        return broken


class FaultyConnection(psycopg.Connection[Any]):
    """A connection whose statements and commits may go wrong; `injector` says which."""

    injector: Injector

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.cursor_factory = FaultyCursor
        self._left = False

    @property
    def closed(self) -> bool:
        """Whether the client has no use of it any more; the server may still be busy with its last commit."""
        return self._left or super().closed

    def close(self) -> None:
        """Closes the connection; one with a late commit closes after that."""
        if not self._left:
            super().close()

    def commit(self) -> None:
        """Commits, or fails before or after the commit; without a transaction nothing is sent."""
        if self.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            self._commit(super().commit)

    @contextlib.contextmanager
    def transaction(
        self,
        savepoint_name: str | None = None,
        force_rollback: bool = False,  # noqa: FBT001, FBT002 - psycopg's signature
    ) -> Iterator[psycopg.Transaction]:
        """Opens a transaction whose commit may go wrong; a savepoint's cannot."""
        outer = self.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        with contextlib.ExitStack() as stack:
            opened = stack.enter_context(super().transaction(savepoint_name, force_rollback))
            yield opened
            if outer and not force_rollback:
                self._commit(stack.pop_all().close)

    def _commit(self, send: Callable[[], None]) -> None:
        fault = self.injector.next(POSTGRES, "COMMIT")
        if fault and fault.kind is FaultKind.LATE:
            self._left = True
            self.injector.follow(lambda: self._land(send))
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        with self._broken(fault):
            send()

    def _land(self, send: Callable[[], None]) -> None:
        with contextlib.suppress(psycopg.Error):  # nobody waits for it any more
            send()
        super().close()

    def breakable(self, operation: str) -> contextlib.AbstractContextManager[None]:
        """Lets a block that sends one request go wrong.

        Args:
            operation: What the request asks for.
        """
        return self._broken(self.injector.next(POSTGRES, operation))

    @contextlib.contextmanager
    def _broken(self, fault: Fault | None) -> Iterator[None]:
        if fault and fault.kind is FaultKind.RESET:
            self._cut()
        if fault and fault.kind in REFUSALS:
            self._refused(fault)
        yield
        if fault and fault.kind in AFTER:
            self._after(fault)

    def _refused(self, fault: Fault) -> None:
        code, message = REFUSALS[fault.kind]
        block = SQL("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = {}, MESSAGE = {}; END $$")
        with psycopg.Cursor(self) as cursor:
            cursor.execute(block.format(Literal(code), Literal(message)))

    def _after(self, fault: Fault) -> None:
        if fault.kind is FaultKind.PROCESS_KILLED_AFTER:
            end_process()
        self._cut()
        with psycopg.Cursor(self) as cursor:
            cursor.execute("SELECT 1")

    def _cut(self) -> None:
        with socket.socket(fileno=os.dup(self.fileno())) as wire:
            wire.shutdown(socket.SHUT_RDWR)


def faulty_class(injector: Injector) -> type[FaultyConnection]:
    """Returns a class of connections that one injector breaks."""
    return type("FaultyConnection", (FaultyConnection,), {"injector": injector})
