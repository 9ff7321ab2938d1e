"""What a migration keeps in PostgreSQL: changes made, items to bring over, versions; and who may write."""

from __future__ import annotations

from typing import Any

from workbench.engines import PostgresEngine
from workbench.engines.statements import explained
from workbench.migrate.live.connections import persistent

APPLICATION_ROLE = "workbench_application"
"""The role that the application's statements run as."""

LOCK = 6_004_001
"""Number of the advisory lock that those who make the role hold."""

ROLE = f"""
SELECT pg_advisory_xact_lock({LOCK});
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APPLICATION_ROLE}') THEN
        CREATE ROLE {APPLICATION_ROLE};
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END $$;
GRANT USAGE ON SCHEMA public TO {APPLICATION_ROLE};
GRANT SELECT ON ALL TABLES IN SCHEMA public TO {APPLICATION_ROLE};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APPLICATION_ROLE};
"""  # noqa: S608 - the role is a constant

WRITABLE = f"GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APPLICATION_ROLE}"

READ_ONLY = f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public FROM {APPLICATION_ROLE}"

INSTALL = f"""
SELECT pg_advisory_xact_lock({LOCK});
CREATE SCHEMA IF NOT EXISTS migration;
GRANT USAGE ON SCHEMA migration TO {APPLICATION_ROLE};
CREATE TABLE IF NOT EXISTS migration.changes (change_id text PRIMARY KEY);
CREATE TABLE IF NOT EXISTS migration.outbox (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item text NOT NULL, entity text NOT NULL, item_key jsonb NOT NULL, columns jsonb NOT NULL);
CREATE INDEX IF NOT EXISTS outbox_item ON migration.outbox (item);
CREATE TABLE IF NOT EXISTS migration.deferred (item text PRIMARY KEY);
CREATE TABLE IF NOT EXISTS migration.versions (item text PRIMARY KEY, version bigint NOT NULL);
GRANT SELECT, INSERT ON migration.changes, migration.outbox, migration.deferred TO {APPLICATION_ROLE};
CREATE OR REPLACE FUNCTION migration.refuse_uncaptured() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF COALESCE(current_setting('migration.change', true), '') = '' THEN
        RAISE EXCEPTION 'a write to % that the migration would miss', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege', HINT = 'Write through the router.';
    END IF;
    RETURN NULL;
END $$;
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS migration_guard ON public.%I', name);
        EXECUTE format('CREATE TRIGGER migration_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON '
            ' public.%I FOR EACH STATEMENT EXECUTE FUNCTION migration.refuse_uncaptured()', name);
    END LOOP;
END $$;
"""  # noqa: S608 - the role is a constant
"""Making a trigger waits for the transactions that write the table, so none is left out."""

UNINSTALL = "DROP SCHEMA IF EXISTS migration CASCADE"


def prepare_role(postgres: PostgresEngine) -> None:
    """Makes the application's role, which may read; what it may write is left as it is."""
    _run(postgres, "The application's role", ROLE)


def make_writable(postgres: PostgresEngine) -> None:
    """Lets the application's role write all tables of the source."""
    _run(postgres, "The application's right to write", ROLE, WRITABLE)


def make_read_only(postgres: PostgresEngine) -> None:
    """Takes from the application's role the right to write any table of the source."""
    _run(postgres, "The application's right to write", ROLE, READ_ONLY)


def install(postgres: PostgresEngine) -> None:
    """Makes the tables of the migration, and triggers that refuse whatever it would miss."""
    _run(postgres, "The migration's tables", ROLE, INSTALL)


def uninstall(postgres: PostgresEngine) -> None:
    """Removes tables and triggers of the migration."""
    _run(postgres, "The removal of the migration's tables", UNINSTALL)


def is_installed(connection: Any) -> bool:
    """Returns whether the tables of the migration exist."""
    found = connection.execute("SELECT to_regclass('migration.outbox')").fetchone()
    return bool(found[0])


def _run(postgres: PostgresEngine, what: str, *statements: str) -> None:
    def run() -> None:
        with postgres.connect() as connection:
            for statement in statements:
                connection.execute(statement.encode())

    with explained(what):
        persistent(run)
