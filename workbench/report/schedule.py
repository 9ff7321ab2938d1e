"""The order in which notebooks run: what is timed is not disturbed, and no processor stays idle for long.

A load that looks for the limits of the machine has it for itself. What asks one request after another keeps
one processor busy, its own or the engine's: notebooks that time nothing run on the others meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import groupby
from threading import Event

from workbench.report.kernel import Place


class Kind(StrEnum):
    """Beside what a notebook may run; the value is what its `workbench` metadata calls it."""

    ALONE = "alone"
    """Puts the machine under load: runs before the others, with nothing beside it."""
    TIMED = "timed"
    """Times one request after another: one such notebook at a time, and what runs beside it stands aside."""
    INDEPENDENT = "independent"
    """Uses nothing that other notebooks find, so that it need not wait for them."""
    USUAL = "usual"
    """Uses what the timed notebooks of its case find."""
    LAST = "last"
    """Shows what all others found."""


@dataclass(frozen=True, slots=True)
class Job:
    """A notebook that is to run.

    Args:
        case: Name of its case.
        kind: Beside what it may run.
        run: Runs it in its place.
    """

    case: str
    kind: Kind
    run: Callable[[Place], None]


def run_jobs(jobs: Sequence[Job], workers: int) -> None:
    """Runs all jobs; when one fails, no other begins and its error is raised.

    Args:
        jobs: Those of a case stand together; within a kind they begin in this order.
        workers: How many run side by side.
    """
    run = _Run(jobs)
    _in_pool([partial(run.one, job) for job in jobs if job.kind is Kind.ALONE], 1)
    _in_pool(run.beside_timed(), workers)
    _in_pool([partial(run.one, job) for job in jobs if job.kind is Kind.LAST], workers)


def _in_pool(tasks: Sequence[Callable[[], None]], workers: int) -> None:
    with ThreadPoolExecutor(workers) as pool:
        begun = [pool.submit(task) for task in tasks]
    for future in begun:
        future.result()


class _Run:
    """What the jobs of a run know of each other."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = jobs
        self._failed = Event()
        self._timed = {job.case: Event() for job in self._of(Kind.TIMED)}

    def _of(self, kind: Kind) -> list[Job]:
        return [job for job in self._jobs if job.kind is kind]

    def one(self, job: Job, place: Place = Place.ANYWHERE) -> None:
        """Runs a job, unless another has failed."""
        if self._failed.is_set():
            return
        try:
            job.run(place)
        except BaseException:
            self._failed.set()
            raise

    def beside_timed(self) -> list[Callable[[], None]]:
        """Returns tasks of which the first runs all timed jobs, so that only one is under way."""
        free = [partial(self.one, job, Place.ASIDE) for job in self._of(Kind.INDEPENDENT)]
        return [self._all_timed, *free, *(partial(self._after_timed, job) for job in self._of(Kind.USUAL))]

    def _all_timed(self) -> None:
        try:
            for case, jobs in groupby(self._of(Kind.TIMED), lambda job: job.case):
                for job in jobs:
                    self.one(job)
                self._timed[case].set()
        finally:
            for event in self._timed.values():
                event.set()

    def _after_timed(self, job: Job) -> None:
        if job.case in self._timed:
            self._timed[job.case].wait()
        self.one(job, Place.ASIDE)
