"""Faults on demand, below boto3 and psycopg: the engines are real, and so is every answer that arrives.

A schedule says which request of which operation goes wrong and how. It is data and drawn from a seed: the
same seed and the same requests give the same events.

>>> schedule = FaultSchedule.drawn(7, count=20)  # doctest: +SKIP
>>> with faults(schedule) as broken:  # doctest: +SKIP
...     backfill(case, broken.postgres(postgres), broken.dynamodb(engine), ledger)
>>> broken.events  # doctest: +SKIP
"""

from workbench.engines.faults.injector import Event, Injector
from workbench.engines.faults.layer import Faults, faults
from workbench.engines.faults.schedule import Fault, FaultKind, FaultSchedule

__all__ = ["Event", "Fault", "FaultKind", "FaultSchedule", "Faults", "Injector", "faults"]
