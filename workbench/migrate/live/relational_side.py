"""A case's patterns on PostgreSQL, and its writes without any capture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from workbench.access.relational import Question, Rows
from workbench.access.requests import RequestMaker, sql_parameters
from workbench.access.values import Parameters
from workbench.engines import PostgresEngine
from workbench.engines.failures import (
    POSTGRES_ERROR,
    POSTGRES_FORBIDDEN,
    POSTGRES_REFUSED,
    POSTGRES_SILENT,
)
from workbench.errors import EngineError
from workbench.items import canonical
from workbench.migrate.live.answers import (
    Answer,
    NotAllowedError,
    OutcomeUnknownError,
    done,
    first_line,
    refused,
)
from workbench.migrate.live.connections import Connections, persistent
from workbench.spec.access import READ_OPERATIONS
from workbench.spec.case import Case

SIDE = "postgres"


class PostgresRepository:
    """The patterns of a case, asked in SQL.

    Args:
        case: The case.
        postgres: Holds its rows.
        role: Role that asks; empty for the owner.
    """

    def __init__(self, case: Case, postgres: PostgresEngine, role: str = "") -> None:
        self.connections = Connections(postgres, role)
        self.questions = {name: Question(RequestMaker(case.design, name)) for name in case.design.patterns}

    def call(self, pattern: str, parameters: Parameters) -> Answer:
        """Returns the answer to a pattern.

        Raises:
            NotAllowedError: PostgreSQL takes no such write now.
            OutcomeUnknownError: It is not known whether a write took place.
            EngineError: PostgreSQL does not answer, or answers with an error.
        """
        if self.questions[pattern].pattern.operation not in READ_OPERATIONS:
            return self._write(pattern, parameters)
        rows = persistent(lambda: self.ask(pattern, parameters))
        return self.answer(pattern, rows)

    def ask(self, pattern: str, parameters: Parameters) -> Rows:
        """Returns the rows that answer a reading pattern."""
        question = self.questions[pattern]
        with explained_failure(pattern), self.connections.transaction() as connection:
            return question.ask(connection, question.arguments(parameters))

    def answer(self, pattern: str, rows: Rows) -> Answer:
        """Returns rows as the answer to a pattern."""
        question = self.questions[pattern]
        if getattr(question.pattern, "count_only", False):
            return Answer((), int(rows.rows[0]["count"]), accepted=True, side=SIDE)
        found = ({name: canonical(value) for name, value in i.items()} for i in question.items(rows))
        items = tuple(found)
        return Answer(items, len(items), accepted=True, side=SIDE)

    def _write(self, pattern: str, parameters: Parameters) -> Answer:
        try:
            with explained_failure(pattern), self.connections.transaction() as connection:
                changed = self.change(connection, pattern, parameters)
        except POSTGRES_REFUSED:
            return refused(SIDE)
        except POSTGRES_SILENT as error:
            raise OutcomeUnknownError(f"{pattern}: PostgreSQL did not answer: {first_line(error)}") from error
        return done(SIDE, changed) if changed else refused(SIDE)

    def change(self, connection: Any, pattern: str, parameters: Parameters) -> int:
        """Runs a writing pattern within a transaction and returns the rows that it changed."""
        question = self.questions[pattern]
        cursor = connection.execute(question.pattern.sql, question.arguments(parameters))
        return int(cursor.rowcount)

    def columns(self) -> Mapping[str, tuple[str, ...]]:
        """Returns the columns of the answer to each reading pattern."""
        return persistent(self._columns)

    def _columns(self) -> Mapping[str, tuple[str, ...]]:
        with self.connections.transaction() as connection:
            return {
                name: _columns(connection, question)
                for name, question in self.questions.items()
                if question.pattern.operation in READ_OPERATIONS
            }

    def close(self) -> None:
        """Closes all connections."""
        self.connections.close()


def _columns(connection: Any, question: Question) -> tuple[str, ...]:
    nothing = dict.fromkeys(sql_parameters(question.pattern.sql))
    cursor = connection.execute(f"SELECT * FROM ({question.pattern.sql}) AS answer LIMIT 0", nothing)  # noqa: S608 - the design's own statement
    return tuple(column.name for column in cursor.description)


@contextmanager
def explained_failure(pattern: str) -> Iterator[None]:
    """Turns an error of PostgreSQL that is neither a refusal nor silence into one of ours.

    Raises:
        NotAllowedError: PostgreSQL takes no such write now.
        EngineError: The statement is wrong.
    """
    try:
        yield
    except (*POSTGRES_REFUSED, *POSTGRES_SILENT):
        raise
    except POSTGRES_FORBIDDEN as error:
        raise NotAllowedError(f"{pattern}: PostgreSQL does not allow it: {first_line(error)}") from error
    except POSTGRES_ERROR as error:
        raise EngineError(f"{pattern}: {first_line(error)}. Check its SQL.") from error


class PlainWriter:
    """Writes to PostgreSQL alone, as before the migration.

    Args:
        repository: The application's patterns in SQL.
    """

    def __init__(self, repository: PostgresRepository) -> None:
        self._repository = repository

    def write(self, pattern: str, parameters: Parameters, change_id: str) -> Answer:
        """Makes a change; the id is not looked at, as nothing remembers it."""
        del change_id
        return self._repository.call(pattern, parameters)
