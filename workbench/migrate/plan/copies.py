"""Pairs of databases for trials beside each other: a loaded source and an empty target each."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from workbench.engines import DynamoEngine, PostgresEngine
from workbench.engines.postgres_copies import new_database
from workbench.migrate.source import load_source
from workbench.spec.case import Case


@dataclass
class Copies:
    """Makes pairs of databases on two servers.

    Args:
        case: The case.
        postgres: A server of PostgreSQL.
        engine: DynamoDB Local, which has many databases.
        template: Database of the server that holds the loaded source.
    """

    case: Case
    postgres: PostgresEngine
    engine: DynamoEngine
    template: str
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @contextlib.contextmanager
    def pair(self) -> Iterator[tuple[PostgresEngine, DynamoEngine]]:
        """Opens a loaded source and an empty target, and removes both afterwards."""
        name = f"{self.template}{next(self.numbers)}"
        with new_database(self.postgres, name, self.template) as source:
            target = replace(self.engine, client=self.engine.connect(name), database=name)
            try:
                yield source, target
            finally:
                _delete_tables(target)


@contextlib.contextmanager
def copies_of(
    case: Case, postgres: PostgresEngine, engine: DynamoEngine, users: int, seed: int
) -> Iterator[Copies]:
    """Loads a source once and gives what makes copies of it.

    Args:
        case: A case with a relational source.
        postgres: A server of PostgreSQL.
        engine: DynamoDB Local.
        users: Size of the population [users].
        seed: Chooses the population.
    """
    template = f"{engine.database}copy"
    with new_database(postgres, template) as source:
        load_source(case, source, users, seed)
        yield Copies(case, postgres, engine, template)


def _delete_tables(engine: DynamoEngine) -> None:
    """Deletes every table of a target, those of the replication too."""
    for table in engine.client.list_tables()["TableNames"]:
        engine.client.update_table(TableName=table, DeletionProtectionEnabled=False)
        engine.client.delete_table(TableName=table)
    engine.client.close()
