"""The price book: one dated snapshot of prices, each with where it comes from and how far to trust it."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import InputError, Problem
from workbench.pricing.dimensions import Dimension, Service, unit_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SNAPSHOTS = Path(__file__).parents[2] / "data" / "prices" / "aws"
COLUMNS = ("service", "region", "dimension", "unit", "usd", "source_id", "source_date", "strength")


class Strength(StrEnum):
    """How far a price can be trusted; the snapshot's README says what each word means."""

    STRONG = "strong"
    DERIVED = "derived"
    WEAK = "weak"
    SUSPECT = "suspect"
    ASSUMED = "assumed"


STATED = tuple(strength for strength in Strength if strength is not Strength.ASSUMED)
"""Strengths that a snapshot may give its prices: what a file says is never an assumption of ours."""

UNSURE = frozenset({Strength.WEAK, Strength.SUSPECT, Strength.ASSUMED})
"""Strengths of prices whose share of a bill is told."""


@dataclass(frozen=True, slots=True)
class Price:
    """A price of one unit.

    Args:
        service: Service, as `Service` spells it.
        region: AWS region code.
        dimension: What is priced, as `Dimension` spells it.
        usd: Price of one unit [USD].
        unit: The unit, such as `million WRU` or `GB-month`.
        source_id: Id of the source in the snapshot's sources.csv.
        source: Title of the source.
        source_date: Date of the source, as exactly as it is known.
        strength: How far to trust it.
        snapshot: Name of the snapshot that it was read from.
    """

    service: str
    region: str
    dimension: str
    usd: Decimal
    unit: str
    source_id: str
    source: str
    source_date: str
    strength: Strength
    snapshot: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Service, region and dimension."""
        return self.service, self.region, self.dimension


@dataclass(frozen=True)
class PriceBook:
    """All prices of one snapshot; a price that is absent is an error, never a neighbour's price.

    Args:
        directory: Where the snapshot was read from.
        prices: Price by service, region and dimension.
        cross_checks: Second sources of some of the same prices.
    """

    directory: Path
    prices: Mapping[tuple[str, str, str], Price]
    cross_checks: tuple[Price, ...] = field(default=())

    @classmethod
    def load(cls, directory: Path | str) -> PriceBook:
        """The book in a snapshot's folder.

        Args:
            directory: Folder with prices.csv and sources.csv, and perhaps cross_checks.csv.

        Raises:
            InputError: Every row that cannot be read.
        """
        folder = Path(directory)
        sources = {row["source_id"]: row["title"] for _, row in _rows(folder / "sources.csv")}
        prices = _read(folder / "prices.csv", sources)
        checks = folder / "cross_checks.csv"
        return cls(
            folder,
            {price.key: price for price in prices},
            _read(checks, sources) if checks.exists() else (),
        )

    @classmethod
    def newest(cls, root: Path | str = SNAPSHOTS) -> PriceBook:
        """The book of the latest snapshot below a folder, by the name of the snapshot.

        Raises:
            InputError: The folder holds no snapshot.
        """
        return cls.load(snapshots(root)[-1])

    @classmethod
    def of(cls, prices: Iterable[Price]) -> PriceBook:
        """A book of given prices, for what-if questions and examples."""
        return cls(Path("given prices"), {price.key: price for price in prices})

    @property
    def snapshot(self) -> str:
        """Name of the snapshot, its date."""
        return self.directory.name

    def __iter__(self) -> Iterator[Price]:
        return iter(self.prices.values())

    def price(self, *, service: str, region: str, dimension: str) -> Price:
        """The price of a dimension in a region.

        Raises:
            InputError: This region has no such price; names region, dimension and the regions that have it.
        """
        try:
            return self.prices[service, region, dimension]
        except KeyError:
            raise InputError([self._missing(service, region, dimension)]) from None

    def of_region(self, region: str) -> PriceBook:
        """The book itself, which has DynamoDB's prices of a region.

        Raises:
            InputError: It has none of that region; lists the regions that it has.
        """
        known = self.regions(service=Service.DYNAMODB, dimension=Dimension.STORAGE_STANDARD)
        if region not in known:
            message = f"has no DynamoDB prices; got {region}, allowed {', '.join(known)}"
            raise InputError([Problem("--region", 0, "", message, "Name one of them.")])
        return self

    def regions(self, *, service: str, dimension: str) -> tuple[str, ...]:
        """The regions that have a price for a dimension, sorted."""
        return tuple(
            sorted(
                price.region for price in self if (price.service, price.dimension) == (service, dimension)
            ),
        )

    def _missing(self, service: str, region: str, dimension: str) -> Problem:
        regions = self.regions(service=service, dimension=dimension)
        return Problem(
            file=str(self.directory / "prices.csv"),
            line=0,
            path=f"{service}.{region}.{dimension}",
            message=f"no price for {service} {dimension} in this region; got {region}, "
            f"allowed {', '.join(regions) or 'no region at all'}",
            next_step="Add a row with its source to the snapshot, or choose another region",
        )


def snapshots(root: Path | str = SNAPSHOTS) -> tuple[Path, ...]:
    """The snapshot folders below a folder, oldest first.

    Raises:
        InputError: There is none.
    """
    found = sorted(path.parent for path in Path(root).glob("*/prices.csv"))
    if not found:
        message = "no price snapshot in this folder; got an empty or missing folder"
        raise InputError([Problem(str(root), 0, "", message, "Name a folder that holds <date>/prices.csv")])
    return tuple(found)


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            reader = csv.DictReader(stream, restval="", restkey="extra")
            return [(reader.line_num, row) for row in reader]
    except FileNotFoundError:
        problem = Problem(
            str(path), 0, "", "no such file; got nothing", "Name the folder of a price snapshot"
        )
        raise InputError([problem]) from None


def _read(path: Path, sources: Mapping[str, str]) -> tuple[Price, ...]:
    rows = _rows(path)
    problems = [problem for line, row in rows for problem in _problems(path, line, row, sources)]
    problems += _duplicates(path, rows)
    if problems:
        raise InputError(problems)
    return tuple(_price(row, sources, path.parent.name) for _, row in rows)


def _price(row: Mapping[str, str], sources: Mapping[str, str], snapshot: str) -> Price:
    return Price(
        service=row["service"],
        region=row["region"],
        dimension=row["dimension"],
        usd=Decimal(row["usd"]),
        unit=row["unit"],
        source_id=row["source_id"],
        source=sources[row["source_id"]],
        source_date=row["source_date"],
        strength=Strength(row["strength"]),
        snapshot=snapshot,
    )


def _problems(path: Path, line: int, row: Mapping[str, str], sources: Mapping[str, str]) -> Iterator[Problem]:
    missing = [column for column in COLUMNS if not row.get(column)]
    if missing:
        columns = ", ".join(COLUMNS)
        message = f"empty or missing; got nothing, allowed columns {columns}"
        yield from (Problem(str(path), line, column, message, "Fill the cell") for column in missing)
        return
    for column, message, step in _faults(row, sources):
        yield Problem(str(path), line, column, message, step)


def _faults(row: Mapping[str, str], sources: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    if row["service"] not in list(Service):
        yield (
            "service",
            f"unknown service; got {row['service']}, allowed {', '.join(Service)}",
            "Correct the name",
        )
    elif (unit := unit_of(row["service"], row["dimension"])) is None:
        yield (
            "dimension",
            f"{row['service']} has no such dimension; got {row['dimension']}",
            "See workbench prices list",
        )
    elif unit != row["unit"]:
        yield (
            "unit",
            f"wrong unit for {row['dimension']}; got {row['unit']}, allowed {unit}",
            "Convert the price",
        )
    if not _is_amount(row["usd"]):
        yield (
            "usd",
            f"not an amount; got {row['usd']}, allowed a decimal of at least 0",
            "Write it as in the source",
        )
    if row["source_id"] not in sources:
        yield "source_id", f"not in sources.csv; got {row['source_id']}", "Add the source"
    if row["strength"] not in STATED:
        allowed = ", ".join(STATED)
        yield "strength", f"unknown strength; got {row['strength']}, allowed {allowed}", "Choose one of them"


def _is_amount(text: str) -> bool:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return False
    return amount.is_finite() and amount >= 0


def _duplicates(path: Path, rows: list[tuple[int, dict[str, str]]]) -> list[Problem]:
    keys = [(line, ".".join(row.get(name) or "" for name in COLUMNS[:3])) for line, row in rows]
    counts = Counter(key for _, key in keys)
    return [
        Problem(str(path), line, key, f"priced {counts[key]} times; got a duplicate row", "Keep one of them")
        for line, key in keys
        if counts[key] > 1
    ]
