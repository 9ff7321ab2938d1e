"""Access patterns run from their declaration alone: on DynamoDB, and the same question in SQL."""

from workbench.access.repository import Repository
from workbench.access.requests import RequestMaker

__all__ = ["Repository", "RequestMaker"]
