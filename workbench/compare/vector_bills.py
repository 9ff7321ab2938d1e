"""DynamoDB's bill in every mode for many draws and many numbers of users at once, in floating point.

Auto scaling is not among the modes: its capacity comes from a simulated week, which `workbench mix` runs for
single numbers of users.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from workbench.errors import InputError
from workbench.pricing.bill import STANDARD
from workbench.pricing.dimensions import Dimension, Service
from workbench.pricing.dynamodb import TableClass
from workbench.pricing.reserved import BLOCK, Kind, Term, block_prices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.compare.case_model import CaseModel
    from workbench.errors import Problem
    from workbench.pricing.book import PriceBook
    from workbench.pricing.quantity import Floats

HOURS = float(STANDARD.hours_per_month)
SECONDS = HOURS * 3600
GB = float(STANDARD.bytes_per_gb)
TARGET_UTILISATION = 0.7

CHUNK = 1 << 14
"""Points that are priced together; their arrays stay in the processor's cache."""

_NEAR = 1 - 1e-12


@dataclass(frozen=True, slots=True)
class VectorBill:
    """The bill of one mode [USD per month]: one row a draw, one column a number of users.

    Args:
        throughput: Requests, or capacity.
        storage: Storage, and point-in-time recovery where it is on.
    """

    throughput: Floats
    storage: Floats

    @property
    def total(self) -> Floats:
        """Both parts."""
        return self.throughput + self.storage


@dataclass(frozen=True)
class VectorBills:
    """Bills of all tables and indexes of a case together, in every mode.

    Args:
        model: The case.
        book: Prices.
        region: AWS region code.
    """

    model: CaseModel
    book: PriceBook
    region: str

    def usd(self, mode: Mode, values: Floats, users: Floats) -> Floats:
        """Returns the bill of one mode [USD per month], one row a draw.

        Args:
            mode: The mode.
            values: Draws, one column an assumption of the model.
            users: Daily active users: one row for all draws, or one row a draw.

        Raises:
            InputError: Every price that the region lacks.
        """
        priced = self._mode(mode)
        asked, stored = self._asked(values, users)
        total: Floats = priced.throughput(asked) + self._stored(priced, stored, users)
        return total

    @cached_property
    def _priced(self) -> tuple[Mapping[str, _Mode], tuple[Problem, ...]]:
        modes: dict[str, _Mode] = {}
        missing: dict[Problem, None] = {}
        for mode in MODES:
            try:
                modes[mode.name] = self._mode(mode)
            except InputError as error:
                missing |= dict.fromkeys(error.problems)
        return modes, tuple(missing)

    @property
    def missing(self) -> tuple[Problem, ...]:
        """Prices that the region lacks; modes that need one are left out."""
        return self._priced[1]

    def bills(self, values: Floats, dau: Floats) -> dict[str, VectorBill]:
        """Returns the bill of each mode by its name.

        Args:
            values: Draws, one column an assumption of the model.
            dau: Daily active users.

        Raises:
            InputError: The region has the prices of no mode.
        """
        modes, missing = self._priced
        if not modes:
            raise InputError(missing)
        shape = (len(values), len(dau))
        found = {name: VectorBill(np.empty(shape), np.empty(shape)) for name in modes}
        rows = max(1, CHUNK // len(dau))
        for start in range(0, len(values), rows):
            part = slice(start, start + rows)
            self._fill({name: (modes[name], bill) for name, bill in found.items()}, part, values[part], dau)
        return found

    def _fill(
        self, bills: Mapping[str, tuple[_Mode, VectorBill]], part: slice, values: Floats, dau: Floats
    ) -> None:
        users = dau[None, :]
        asked, stored = self._asked(values, users)
        for mode, bill in bills.values():
            bill.throughput[part] = mode.throughput(asked)
            bill.storage[part] = self._stored(mode, stored, users)

    def _asked(self, values: Floats, users: Floats) -> tuple[_Capacity, Floats]:
        reads, writes = values @ self.model.reads, values @ self.model.writes
        capacity = _Capacity(self.model, reads, writes, self.model.peak(values), users)
        return capacity, values @ self.model.stored

    def _stored(self, mode: _Mode, stored: Floats, users: Floats) -> Floats:
        fixed = np.array([float(demand.fixed_bytes) for demand in self.model.demands])
        each: Floats = (stored @ mode.storage)[:, None]
        return (each * users + fixed @ mode.storage) / GB

    def _mode(self, mode: Mode) -> _Mode:
        table_class, term = mode.table_class, mode.term
        storage = self._storage(table_class)
        if not mode.provisioned:
            prices = [self._price(f"on_demand_{unit}_{table_class}") / 1e6 for unit in ("rru", "wru")]
            return _Mode(storage, prices[0], prices[1])
        rcu, wcu = (self._price(f"provisioned_{kind}_{table_class}") * HOURS for kind in Kind)
        if term is None:
            return _Mode(storage, rcu, wcu, provisioned=True)
        reserved = [float(block_prices(kind, term, self.book, self.region)[1]) for kind in Kind]
        return _Mode(storage, rcu, wcu, provisioned=True, reserved=(reserved[0], reserved[1]))

    def _storage(self, table_class: TableClass) -> Floats:
        each = self._price(f"storage_{table_class}")
        covered = [one.pitr and (one.index is None or one.local) for one in self.model.demands]
        recovery = self._price(Dimension.PITR_STORAGE) if any(covered) else 0.0
        return np.array([each + recovery * on for on in covered])

    def _price(self, dimension: str) -> float:
        price = self.book.price(service=Service.DYNAMODB, region=self.region, dimension=dimension)
        return float(price.usd)


_WORDS = {TableClass.STANDARD: "Standard", TableClass.STANDARD_IA: "Standard-IA"}


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to pay for tables of one class.

    Args:
        table_class: Class of the tables.
        provisioned: Capacity sized for the peak in place of requests.
        term: Capacity is reserved for so long where that is cheaper, which only the Standard class can be.
    """

    table_class: TableClass
    provisioned: bool = False
    term: Term | None = None

    @property
    def name(self) -> str:
        """Its name among all modes."""
        if self.term is not None:
            return f"provisioned for the peak, reserved {self.term} yr"
        return (
            f"{'provisioned for the peak' if self.provisioned else 'on demand'}, {_WORDS[self.table_class]}"
        )


MODES = (
    *(Mode(table_class, provisioned) for table_class in TableClass for provisioned in (False, True)),
    *(Mode(TableClass.STANDARD, provisioned=True, term=term) for term in Term),
)
"""All modes in both classes."""


@dataclass(frozen=True, slots=True)
class _Mode:
    """Prices of a mode: of a unit [USD], or of a unit of capacity held for a month [USD], and of storage."""

    storage: Floats
    read: float
    write: float
    provisioned: bool = False
    reserved: tuple[float, float] | None = None

    def throughput(self, asked: _Capacity) -> Floats:
        if not self.provisioned:
            return asked.units(self.read, self.write)
        if self.reserved is None:
            reads, writes = asked.whole
            total: Floats = reads * self.read + writes * self.write
            return total
        return asked.reserved(Kind.READ, self.read, self.reserved[0]) + asked.reserved(
            Kind.WRITE, self.write, self.reserved[1]
        )


class _Capacity:
    """What some draws ask of all places, priced in each way; whole units are counted once for all modes."""

    def __init__(self, model: CaseModel, reads: Floats, writes: Floats, peak: Floats, users: Floats) -> None:
        self._reads, self._writes, self._users = reads, writes, users
        self._shape = np.broadcast_shapes((len(peak), 1), users.shape)
        rate = peak * (_NEAR / (SECONDS * TARGET_UTILISATION))
        own = [number for number, demand in enumerate(model.demands) if not demand.local]
        self._wanted = {
            Kind.READ: reads[:, own].T * rate,
            Kind.WRITE: writes[:, own].T * rate,
        }

    def units(self, read: float, write: float) -> Floats:
        each = self._reads.sum(axis=1) * read + self._writes.sum(axis=1) * write
        total: Floats = each[:, None] * self._users
        return total

    @cached_property
    def _units_of_places(self) -> Mapping[Kind, list[Floats]]:
        return {
            kind: [_whole(each, self._users) for each in wanted if each.any()]
            for kind, wanted in self._wanted.items()
        }

    @cached_property
    def _idle(self) -> Mapping[Kind, int]:
        """Places that nobody asks: each has the least capacity, one unit."""
        return {kind: sum(not each.any() for each in wanted) for kind, wanted in self._wanted.items()}

    @cached_property
    def whole(self) -> tuple[Floats, Floats]:
        """Read and write capacity of all places [units per second]."""
        reads, writes = (
            sum(self._units_of_places[kind], start=np.zeros((1, 1))) + self._idle[kind] for kind in Kind
        )
        return reads, writes

    def reserved(self, kind: Kind, listed: float, reserved: float) -> Floats:
        """Capacity of one kind, each place with the blocks of 100 that make it cheapest [USD per month].

        Full blocks are bought where a reserved unit is cheaper than a listed one, and one block more where it
        costs less than the units that it would cover.
        """
        full, rests = self._blocks[kind]
        most = min(1.0, reserved / listed) * BLOCK
        on_top = np.zeros(self._shape)
        lower = np.empty_like(on_top)
        for rest in rests:
            on_top += np.minimum(rest, most, out=lower)
        on_top += self._idle[kind] * min(1.0, most)
        total: Floats = on_top * listed + full * min(listed, reserved)
        return total

    @cached_property
    def _blocks(self) -> Mapping[Kind, tuple[Floats, list[Floats]]]:
        """Units of all places that fill blocks, and of each place those that are left over."""
        found: dict[Kind, tuple[Floats, list[Floats]]] = {}
        for kind, places in self._units_of_places.items():
            full, rests = np.zeros(self._shape), []
            for units in places:
                filled = np.divide(units, BLOCK)
                np.floor(filled, out=filled)
                filled *= BLOCK
                full += filled
                rests.append(np.subtract(units, filled, out=filled))
            found[kind] = full, rests
        return found


def _whole(each: Floats, users: Floats) -> Floats:
    """Returns capacity for what each draw asks, in whole units, one at least."""
    units: Floats = each[:, None] * users
    np.ceil(units, out=units)
    return units if each.all() and users.all() else np.maximum(units, 1.0, out=units)
