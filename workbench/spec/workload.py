"""The traffic of a case per daily active user and the assumptions behind it: `workload.yaml`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from workbench.spec.base import Name, Source, SpecModel
from workbench.spec.services import Services


class Assumption(SpecModel):
    """A number that the document leaves open, with its range and the reason for both."""

    value: float
    """The assumed value."""
    low: float
    """The least that is plausible."""
    high: float
    """The most that is plausible."""
    unit: str
    """What the value counts."""
    reason: str = Field(min_length=10)
    """Why this value and this range."""
    source: Source | None = None
    """Where the document states it, or why it was reconstructed."""


class Rate(SpecModel):
    """Requests of a pattern per daily active user a day: assumption times factor."""

    assumption: Name
    """The assumption that holds the rate."""
    factor: float = Field(default=1.0, ge=0)
    """How often the pattern runs for each unit of the assumption."""


class RelationalStep(SpecModel):
    """The RDS PostgreSQL configuration up to a number of daily active users."""

    max_dau: int = Field(ge=1)
    """This configuration is used up to and including so many daily active users."""
    instance: str
    """Instance class, such as `db.t3.medium`."""
    multi_az: bool = False
    """Whether a standby runs in another zone, at twice the price."""
    read_replicas: int = Field(default=0, ge=0)
    """Number of read replicas."""
    storage_type: Literal["gp2", "gp3", "io1"] = "gp2"
    """Kind of volume."""
    storage_gb: float = Field(ge=0)
    """Allocated storage [GB = 2^30 bytes]."""
    backup_gb: float = Field(default=0, ge=0)
    """Billed backup storage [GB = 2^30 bytes]."""
    source: Source
    """Where the document states it, or why it was reconstructed."""


class Workload(SpecModel):
    """Everything a `workload.yaml` says."""

    schema_version: Literal[1]
    """Version of this file format."""
    case: str
    """Name of the case, which is its folder's."""
    assumptions: dict[Name, Assumption]
    """Assumptions by name."""
    rates: dict[Name, Rate]
    """Access pattern id to its rate."""
    diurnal: tuple[float, ...] = Field(min_length=24, max_length=24)
    """Relative traffic of the 24 hours of a day, UTC."""
    weekly: tuple[float, ...] = Field(default=(1.0,) * 7, min_length=7, max_length=7)
    """Relative traffic of the 7 days of a week, Monday first."""
    peak_to_average: Name
    """The assumption that holds the ratio of the busiest second to the busiest hour's average."""
    registered_users_per_dau: Name
    """The assumption that turns daily active users into stored users."""
    stored_items: dict[Name, Rate] = {}
    """Entity to its items per daily active user once storage has settled (a retention, a steady state).

    An entity that is not named keeps the items per registered user that its population has.
    """
    relational: tuple[RelationalStep, ...] = ()
    """RDS configurations by rising `max_dau`, as the document sizes them."""
    services: Services = Services()
    """What runs beside the tables and is billed with them: backups, exports, streams, DAX, replicas."""

    def corner(self, which: Literal["low", "high"]) -> Workload:
        """Returns the same workload with every assumption at its low or its high end."""
        moved = {
            name: assumption.model_copy(update={"value": getattr(assumption, which)})
            for name, assumption in self.assumptions.items()
        }
        return self.model_copy(update={"assumptions": moved})

    def requests_per_dau_day(self, pattern: str) -> float:
        """Returns the requests of a pattern per daily active user a day, at the assumed values."""
        return self._at(self.rates[pattern])

    def items_per_dau(self, entity: str, items_per_user: float) -> float:
        """Returns the stored items of an entity per daily active user, at the assumed values.

        Args:
            entity: The entity's name.
            items_per_user: Measured items of one registered user.
        """
        if entity in self.stored_items:
            return self._at(self.stored_items[entity])
        return items_per_user * self.assumptions[self.registered_users_per_dau].value

    def _at(self, rate: Rate) -> float:
        return self.assumptions[rate.assumption].value * rate.factor
