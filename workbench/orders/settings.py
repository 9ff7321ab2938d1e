"""What a case's order processor asks and holds back, as `service.yaml` states it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from workbench.orders.lists import MOST_PAGE_SIZE
from workbench.orders.wish import NAME
from workbench.service.limits import LimitSettings
from workbench.spec.base import SpecModel
from workbench.spec.case import Case, shown_path
from workbench.spec.findings import Finding
from workbench.spec.loader import load_model

SETTINGS = "service.yaml"
USERNAME = "username"
GRANTED = {USERNAME: NAME}
"""The parameter that callers are granted values of, and what a value looks like."""


class PageSettings(SpecModel):
    """How much one answer holds."""

    records: int = Field(ge=1, le=MOST_PAGE_SIZE)
    """Entries of a page where the caller states none."""
    most_records: int = Field(ge=1, le=MOST_PAGE_SIZE)
    """Entries of a page at most."""
    token_minutes: int = Field(ge=1)
    """How long a continuation token is valid [min]."""


class OrderServiceSettings(SpecModel):
    """Everything a `service.yaml` of an order processor says."""

    schema_version: Literal[1]
    """Version of this file format."""
    case: str
    """Name of the case, which is its folder's."""
    page: PageSettings
    """Pages."""
    limits: LimitSettings
    """Requests and connections."""


def load_order_settings(case: Case) -> OrderServiceSettings:
    """Returns what a case's `service.yaml` states.

    Args:
        case: The order processor.

    Raises:
        InputError: The file is missing or wrong; all problems at once.
    """
    path = Path(shown_path(case.directory / SETTINGS))
    return load_model(path, OrderServiceSettings, lambda settings: _check(settings, case))


def _check(settings: OrderServiceSettings, case: Case) -> Iterator[Finding]:
    if settings.case != case.design.case:
        message = f"is not the design's; got {settings.case}, allowed {case.design.case}"
        yield Finding(("case",), message, "Mend it.")
    if settings.page.records > settings.page.most_records:
        message = f"more than a page holds at most; got {settings.page.records}"
        yield Finding(("page", "records"), message, f"State at most {settings.page.most_records}.")
