"""The drivers' exceptions by what they say about a request: refused, not allowed, or nobody knows."""

from __future__ import annotations

import psycopg
from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.exceptions import HTTPClientError, IncompleteReadError
from botocore.parsers import ResponseParserError
from psycopg import errors

DYNAMODB_SILENT: tuple[type[Exception], ...] = (
    BotoConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ResponseParserError,
)
"""DynamoDB gave no answer that can be read: the request may have taken effect, or may yet do so."""

DYNAMODB_THROTTLED = frozenset(
    {"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"}
)
"""Codes of errors by which DynamoDB asks for a pause: nothing was done. Source: dg-errors"""

POSTGRES_SILENT: tuple[type[Exception], ...] = (psycopg.OperationalError, psycopg.InterfaceError)
"""PostgreSQL gave no answer: a commit that was asked for may have happened."""

POSTGRES_REFUSED: tuple[type[Exception], ...] = (psycopg.IntegrityError,)
"""PostgreSQL refused the change because a constraint forbids it."""

POSTGRES_FORBIDDEN: tuple[type[Exception], ...] = (
    errors.InsufficientPrivilege,
    errors.ReadOnlySqlTransaction,
)
"""PostgreSQL takes no such change from this role now; nothing was changed."""

POSTGRES_ERROR: type[Exception] = psycopg.Error
"""Whatever else PostgreSQL says."""

POSTGRES_UNDO: type[Exception] = psycopg.Rollback
"""Raised within a transaction, it undoes the transaction and goes no further."""
