"""The order of notebooks: what is timed is not disturbed, and a failure ends the run."""

import os
import subprocess
import sys
import threading

import psutil
import pytest

from workbench.replay.load.usage import Crowd
from workbench.report.kernel import Place
from workbench.report.schedule import Job, Kind, run_jobs

SECONDS = 20


class Watch:
    """Jobs that note what is under way while they run."""

    def __init__(self) -> None:
        self.under_way, self.seen, self.lock = set(), [], threading.Lock()

    def job(self, case, kind, meet=None, *, fails=False):
        """A job that notes its begin and all that runs then; waits at a barrier, or fails."""

        def run(place):
            with self.lock:
                self.under_way.add((case, kind))
                self.seen.append((case, kind, place, frozenset(self.under_way)))
            if meet:
                meet.wait(SECONDS)
            with self.lock:
                self.under_way.remove((case, kind))
            if fails:
                raise ValueError(case)

        return Job(case, kind, run)

    def order(self):
        """Which jobs began, in order."""
        return [(case, kind) for case, kind, _, _ in self.seen]


def test_what_puts_the_machine_under_load_has_it_for_itself() -> None:
    """Those alone come first and one by one, the last ones come when all others have ended."""
    watch = Watch()
    kinds = (Kind.LAST, Kind.USUAL, Kind.TIMED, Kind.INDEPENDENT, Kind.ALONE)
    run_jobs([watch.job(case, kind) for case in "ab" for kind in kinds], 4)
    assert watch.order()[:2] == [("a", Kind.ALONE), ("b", Kind.ALONE)]
    assert {kind for _, kind in watch.order()[-2:]} == {Kind.LAST}
    alone = [beside for _, kind, _, beside in watch.seen if kind is Kind.ALONE]
    assert all(len(beside) == 1 for beside in alone)


def test_only_what_stands_aside_runs_beside_what_is_timed() -> None:
    """A timed job meets one that stands aside, and never another timed one."""
    watch, meet = Watch(), threading.Barrier(2)
    jobs = [watch.job(case, Kind.TIMED, meet) for case in "ab"]
    jobs += [watch.job(case, Kind.INDEPENDENT, meet) for case in "ab"]
    run_jobs(jobs, 2)
    assert all(
        place is (Place.ANYWHERE if kind is Kind.TIMED else Place.ASIDE) for _, kind, place, _ in watch.seen
    )
    assert all(len({kind for _, kind in beside}) == len(beside) for _, _, _, beside in watch.seen)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_a_notebook_waits_for_what_its_case_measures(workers) -> None:
    """The usual ones of a case begin after all timed ones of it, with any number of workers."""
    watch = Watch()
    jobs = [
        watch.job(case, kind) for case in "abc" for kind in (Kind.USUAL, Kind.TIMED, Kind.USUAL, Kind.TIMED)
    ]
    run_jobs(jobs, workers)
    assert len(watch.seen) == len(jobs)
    for case in "abc":
        kinds = [kind for name, kind in watch.order() if name == case]
        assert kinds == [Kind.TIMED, Kind.TIMED, Kind.USUAL, Kind.USUAL]


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("workers", [1, 2])
def test_after_a_failure_no_other_begins(kind, workers) -> None:
    """The error is raised; of the jobs that had to wait none has run."""
    watch = Watch()
    jobs = [watch.job("a", kind, fails=True), *(watch.job("a", Kind.LAST) for _ in range(3))]
    with pytest.raises(ValueError, match="a"):
        run_jobs(jobs, workers)
    assert watch.order()[0] == ("a", kind)
    assert kind is Kind.LAST or len(watch.seen) == 1


def test_a_kernel_that_stands_aside_leaves_the_first_processor() -> None:
    """It has a lower priority and all processors but the first, where there are several."""
    code = (
        "import psutil; from workbench.report.aside import step_aside; step_aside(); "
        "me = psutil.Process(); print(me.nice(), *me.cpu_affinity())"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    nice, *processors = map(int, told.split())
    allowed = sorted(os.sched_getaffinity(0))
    assert nice == min(psutil.Process().nice() + 10, 19)
    assert processors == (allowed[1:] or allowed)


def test_a_crowd_tells_what_gives_way_apart() -> None:
    """Only what does not give way makes a time doubtful."""
    assert str(Crowd(0.1, 2, 0.92)) == (
        "others used 0.1 of 2 processors meanwhile and programs that give way 0.9"
    )
    assert str(Crowd(0.1, 2, 0.01)) == "others used 0.1 of 2 processors meanwhile"
    assert str(Crowd(1.0, 2)).endswith("so the times hold waiting for them, too")
