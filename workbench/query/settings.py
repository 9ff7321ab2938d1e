"""What a case's query service asks, allows and holds back, as `service.yaml` states it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from workbench.service.limits import LimitSettings
from workbench.spec.base import AttributeName, Name, SpecModel
from workbench.spec.case import Case, shown_path
from workbench.spec.design import Design
from workbench.spec.findings import Finding
from workbench.spec.loader import load_model

SETTINGS = "service.yaml"

Pattern = Annotated[str, Field(min_length=1, max_length=200)]
"""A regular expression that a whole value matches."""


class EqualField(SpecModel):
    """A parameter that states one value of an attribute of the same name."""

    pattern: Pattern
    """What a value looks like; no value may hold the text that separates the parts of a key."""
    granted: bool = False
    """Whether callers are granted values of it."""
    description: str
    """What it is, for callers."""


class RangeField(SpecModel):
    """The moments between which records are asked for, the first included, the last not."""

    attribute: AttributeName
    """A timestamp."""
    since: Name
    """Parameter of the first moment."""
    until: Name
    """Parameter of the moment after the last."""


class FilterField(SpecModel):
    """A parameter that drops records after they were read."""

    attribute: AttributeName
    """What is compared."""
    operator: Literal["in", "=", ">=", "<=", "contains", "begins_with"]
    """How; `in` may be given several times."""
    values: tuple[str, ...] = ()
    """All values that there are; empty where a pattern or bounds say it."""
    pattern: Pattern | None = None
    """What a value looks like."""
    minimum: int | None = None
    """Least value of a number."""
    maximum: int | None = None
    """Greatest value of a number."""
    description: str
    """What it does, for callers."""


class PageSettings(SpecModel):
    """How much one answer holds and may cost."""

    records: int = Field(ge=1)
    """Records of a page where the caller states none."""
    most_records: int = Field(ge=1, le=1000)
    """Records of a page at most."""
    most_reads: int = Field(ge=1)
    """Calls to DynamoDB for a page, after which it is handed out as it is."""
    budget_ms: int = Field(ge=1)
    """Time after which a page is handed out as it is [ms]."""
    token_minutes: int = Field(ge=1)
    """How long a continuation token is valid [min]."""


class ConcatenationSettings(SpecModel):
    """How much is put together from several pages."""

    most_records: int = Field(ge=1)
    """Records at most."""
    most_pages: int = Field(ge=1)
    """Pages at most, which bounds a question that hardly any record answers."""


class ScanSettings(SpecModel):
    """How much of a table is read when a caller asks for it although no key helps."""

    most_items: int = Field(ge=1)
    """Items read for a page at most."""


class CacheSettings(SpecModel):
    """What is kept of answers."""

    seconds: float = Field(ge=0)
    """How old a kept page may be, 0 to keep none [s]."""
    megabytes: int = Field(ge=1)
    """Size of all kept pages [10^6 bytes]."""


class CapacitySettings(SpecModel):
    """What the service takes of the table's capacity, and how it bears throttling."""

    read_units_per_second: float = Field(gt=0)
    """Read units that the service consumes at most [RRU/s]."""
    partition_read_units_per_second: float = Field(gt=0)
    """Read units at most on one value of a partition key [RRU/s]. Source: dg-partition-limits."""
    attempts: int = Field(ge=1)
    """Calls of a throttled request at most."""
    patience_ms: int = Field(ge=1)
    """Time that a request waits for capacity at most [ms]."""


class ServiceSettings(SpecModel):
    """Everything a `service.yaml` says."""

    schema_version: Literal[1]
    """Version of this file format."""
    case: str
    """Name of the case, which is its folder's."""
    entity: Name
    """The entity whose items are the records."""
    collection: Annotated[str, Field(pattern=r"^[a-z][a-z-]*$")]
    """What records are called in the path."""
    equal: dict[Name, EqualField] = Field(min_length=1)
    """Parameters that state one value."""
    range: RangeField
    """Parameters that state a range of moments."""
    filters: dict[Name, FilterField] = Field(default={})
    """Parameters that drop records."""
    sorts: tuple[AttributeName, ...] = Field(min_length=1)
    """Attributes that records can be sorted by; the first, descending, where the caller states none."""
    page: PageSettings
    """Pages."""
    concatenation: ConcatenationSettings
    """Exports."""
    scan: ScanSettings
    """Questions that no key answers."""
    cache: CacheSettings
    """The cache."""
    limits: LimitSettings
    """Requests and connections."""
    capacity: CapacitySettings
    """The table's capacity."""
    load: dict[Name, str] = Field(default={})
    """Access pattern to the parameters that ask its question, with the values of a record in braces."""

    @property
    def granted(self) -> tuple[str, ...]:
        """The parameters that callers are granted values of."""
        return tuple(name for name, field in self.equal.items() if field.granted)


def _attributes(settings: ServiceSettings) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yields the path and the name of each attribute that the settings speak of."""
    yield from ((("equal", name), name) for name in settings.equal)
    yield ("range", "attribute"), settings.range.attribute
    yield from ((("filters", name, "attribute"), field.attribute) for name, field in settings.filters.items())
    yield from ((("sorts",), name) for name in settings.sorts)


def _patterns(settings: ServiceSettings) -> Iterator[tuple[tuple[str, ...], str]]:
    yield from ((("equal", name, "pattern"), field.pattern) for name, field in settings.equal.items())
    for name, spec in settings.filters.items():
        if spec.pattern is not None:
            yield ("filters", name, "pattern"), spec.pattern


def check_settings(settings: ServiceSettings, design: Design) -> Iterator[Finding]:
    """Yields what is wrong between the settings and the design that they are for."""
    if settings.case != design.case:
        yield Finding(
            ("case",), f"is not the design's; got {settings.case}, allowed {design.case}", "Mend it."
        )
    entity = design.entities.get(settings.entity)
    if entity is None:
        allowed = ", ".join(design.entities)
        yield Finding(("entity",), f"unknown; got {settings.entity}, allowed {allowed}", "Name one of these.")
        return
    for path, name in _attributes(settings):
        if name not in entity.attributes:
            message = f"no attribute of {settings.entity}; got {name}, allowed {', '.join(entity.attributes)}"
            yield Finding(path, message, "Name one of these.")
    for name in settings.load.keys() - design.patterns.keys():
        yield Finding(("load", name), f"no pattern of the design; got {name}", "Name one of its patterns.")
    for path, pattern in _patterns(settings):
        try:
            re.compile(pattern)
        except re.error as error:
            yield Finding(path, f"no regular expression, {error}; got {pattern}", "Mend it.")


def load_settings(case: Case) -> ServiceSettings:
    """Returns what a case's `service.yaml` states.

    Args:
        case: The case.

    Raises:
        InputError: The file is missing or wrong; all problems at once.
    """
    path = Path(shown_path(case.directory / SETTINGS))
    return load_model(path, ServiceSettings, lambda settings: check_settings(settings, case.design))
