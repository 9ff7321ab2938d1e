"""Moves a case's data from PostgreSQL to DynamoDB, resumably, and verifies that it arrived whole."""

from workbench.migrate.backfill import BackfillResult, EntityCount, backfill
from workbench.migrate.ledger import Ledger, Reject
from workbench.migrate.rehearsal import MoveResult, Rehearsal, ensure_schema, rehearse
from workbench.migrate.source import Draw, load_source
from workbench.migrate.verify import Discrepancy, EntityVerdict, Verification, verify

__all__ = [
    "BackfillResult",
    "Discrepancy",
    "Draw",
    "EntityCount",
    "EntityVerdict",
    "Ledger",
    "MoveResult",
    "Rehearsal",
    "Reject",
    "Verification",
    "backfill",
    "ensure_schema",
    "load_source",
    "rehearse",
    "verify",
]
