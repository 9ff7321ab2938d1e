"""What a load does when the engine ends, when it is interrupted, overloaded, resumed, or runs for long."""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from workbench.errors import EngineError, InputError
from workbench.replay.load.arrivals import Plan, Segment
from workbench.replay.load.crew import Setting, Target, run_load
from workbench.replay.load.profiles import segments_of
from workbench.replay.load.render import as_table
from workbench.replay.load.results import Trial
from workbench.replay.load.run import Load, Wish, run_profile
from workbench.replay.load.store import LOG, PATTERNS, RESULT, STATE, Folder, merge_logs
from workbench.replay.load.tape import Pattern, Tape
from workbench.spec import load_case

SOAK_SECONDS = float(os.environ.get("WORKBENCH_SOAK_SECONDS", "6"))
MIB = 2**20


def plan_of(*segments):
    """Returns a plan of one pattern."""
    return Plan(segments, (1.0,), (1,), 1)


def case_load(target, operation="Quick", **setting):
    """Returns a case whose every pattern is an operation of the server."""
    case = load_case("algoitny")
    steps = tuple(((operation, f'{{"n":{n}}}'.encode()),) for n in range(20))
    tape = Tape(tuple(Pattern(name, None, steps) for name in case.design.patterns))
    return Load(case, target, tape, 7, 1, Setting(**setting))


def test_an_engine_that_is_killed_ends_the_run_with_when_and_how_many(tmp_path, tape_of, delay_server_in):
    """The run ends long before its 60 s, counts failures by kind and says when they began."""
    with delay_server_in(tmp_path) as (target, _):

        def kill(now_s, _):
            if now_s > 1.5:
                os.kill(target.pid, signal.SIGKILL)  # its zombie takes further signals in silence

        plan = plan_of(Segment("all", 60, 100))
        found = run_load(target, tape_of("Quick"), plan, Setting(1, 4), progress=kill)
    assert found.status == "engine lost"
    assert found.seconds < 40
    assert set(found.collected.failures) <= {"connection reset", "no connection", "connection refused"}
    assert sum(failure.count for failure in found.collected.failures.values()) > 50
    assert min(failure.first_s for failure in found.collected.failures.values()) > 1
    answered = found.collected.segments["all"].requests
    assert answered > 50


def test_an_engine_that_is_not_there_is_an_error(tmp_path, tape_of, delay_server_in):
    """Nothing is sent, and the message names the address and what to do."""
    with delay_server_in(tmp_path) as (target, _):
        pass
    with pytest.raises(EngineError, match=r"^http://127.0.0.1:\d+ cannot be reached: .*\. Start the engine"):
        run_load(Target(**{**_fields(target), "pid": None}), tape_of("Quick"), plan_of(Segment("all", 1, 9)))


def test_a_sender_that_is_killed_ends_the_run_in_words(tmp_path, tape_of, delay_server_in):
    """Nobody waits for it or for the other one, and half a batch is no batch."""
    killed = []

    def kill(_now_s, _collector):
        if not killed:
            killed.append(senders()[0])
            killed[0].kill()

    plan = plan_of(Segment("all", 3, 2000))
    with delay_server_in(tmp_path) as (target, _), pytest.raises(EngineError, match="ended before the load"):
        run_load(target, tape_of("Quick"), plan, Setting(2, 4), progress=kill)


def senders():
    """Returns the processes that send."""
    own = psutil.Process().children()
    return [one for one in own if "replay.load.worker" in " ".join(one.cmdline())]


def _fields(target):
    return {name: getattr(target, name) for name in ("kind", "name", "settings", "pid")}


def interrupt_after(seconds):
    """Returns a progress that interrupts this process once."""
    done = []

    def heard(now_s, _):
        if now_s > seconds and not done:
            done.append(now_s)
            os.kill(os.getpid(), signal.SIGINT)

    return heard


def crash_after(seconds):
    """Returns a progress that ends a run as a kill would, with requests on their way."""

    def heard(now_s, _):
        if now_s > seconds:
            raise BrokenPipeError

    return heard


def test_an_interrupted_run_keeps_its_part_and_goes_on_where_it_stopped(tmp_path, delay_server_in):
    """What was measured until then is told, and what is left is told to be resumed."""
    folder = Folder(tmp_path / "run")
    wish = Wish("peak", 4, rate=150.0)
    with delay_server_in(tmp_path) as (target, _):
        load = case_load(target, connections=4)
        first = run_profile(load, wish, folder, progress=interrupt_after(1.5))
        assert (first.status, (folder.path / STATE).exists()) == ("interrupted", True)
        assert 1.5 < first.seconds < 4
        assert "Interrupted" in as_table(first)
        with pytest.raises(InputError, match="holds a run with another connections, timeout"):
            run_profile(case_load(target, timeout_seconds=9.0), wish, folder, resume=True)


@pytest.mark.parametrize("end", [interrupt_after, crash_after])
def test_both_parts_together_are_the_whole_run(tmp_path, delay_server_in, end):
    """Each request of the plan is in the result, the log and the course once, however the first ended."""
    folder = Folder(tmp_path / "run")
    wish = Wish("peak", 4, rate=150.0)
    with delay_server_in(tmp_path) as (target, _):
        load = case_load(target, "Brief", connections=4, processes=2)
        with suppress(BrokenPipeError):
            run_profile(load, wish, folder, progress=end(1.5))
        whole = run_profile(load, wish, folder, resume=True)
    assert (whole.status, (folder.path / STATE).exists()) == ("complete", False)
    plan = load.plan(segments_of("peak", load.case.workload, 150.0, 4))
    warm = plan.starts()["warm-up"][1]
    due = [int(one) / 1e9 for chunk in plan.arrivals() for one in chunk.due_ns]
    assert whole.overall.count == sum(at >= warm for at in due)
    logged = merge_logs([folder.path])
    assert sum(times.count for times in logged.values()) == whole.overall.count
    assert (folder.path / RESULT).exists()
    assert (folder.path / LOG).read_text().startswith("#[Logged by")
    assert sum(window.due for window in whole.windows) == len(due)
    assert [window.start_s for window in whole.windows] == sorted({at // 0.5 / 2 for at in due})


def test_users_who_wait_go_on_where_they_stopped(tmp_path, delay_server_in):
    """The first request of the second part is due when that begins, not at the begin of the first one."""
    folder, wish = Folder(tmp_path / "run"), Wish("closed", 4, rate=0.0)
    with delay_server_in(tmp_path) as (target, _):
        load = case_load(target, "Brief", connections=4)
        run_profile(load, wish, folder, progress=interrupt_after(2.5))
        whole = run_profile(load, wish, folder, resume=True)
    assert max(segment.response.max_ms for segment in whole.segments) < 2000


def test_an_interrupt_ends_a_search(tmp_path, delay_server_in):
    """It is no rate that does not hold: neither the search nor the run after it goes on."""
    with delay_server_in(tmp_path) as (target, _):
        load = case_load(target)
        for wish in (Wish("knee", 9, rate=50.0), Wish("peak", 4)):
            with pytest.raises(KeyboardInterrupt):
                run_profile(load, wish, progress=interrupt_after(0))


def test_a_run_in_which_nothing_is_due_is_refused(tmp_path, delay_server_in):
    """A request in 20 seconds does not come within one."""
    with delay_server_in(tmp_path) as (target, _), pytest.raises(InputError, match=r"no request is due in 1"):
        run_profile(case_load(target), Wish("peak", 1, rate=0.05))


def test_an_overload_fails_by_kind_and_is_recovered_from(tmp_path, delay_server_in):
    """Four connections and 50 ms carry 80 a second; 400 are due: most time out, and nothing crashes."""
    with delay_server_in(tmp_path) as (target, _):
        load = case_load(target, "Brief", connections=4, timeout_seconds=1.0)
        result = run_profile(load, Wish("stress", 7.5, rate=80.0))
    assert result.status == "complete"
    assert set(result.memory) >= {"senders", "collector"}
    assert 100 < result.most_open < 600
    assert set(result.failures) == {"timed out"}
    overload = next(segment for segment in result.segments if segment.name == "overload")
    assert overload.requests_per_second == 400
    assert 30 < overload.answered_per_second < 85
    assert overload.failures["timed out"] > 400
    assert result.recovery_seconds is None or 0 <= result.recovery_seconds < 7.5
    assert "failed: timed out; due from" in as_table(result)
    assert result.bottleneck.name in {"connections", "machine", "engine", "client"}


def test_a_knee_is_found_on_a_server_with_a_known_one(tmp_path, delay_server_in):
    """Two connections and 50 ms carry 40 a second: 100 never hold, and what does is tried and told."""
    with delay_server_in(tmp_path) as (target, _):
        load = case_load(target, "Brief", connections=2, timeout_seconds=1.0)
        result = run_profile(load, Wish("knee", 0.5, rate=400.0), Folder(tmp_path / "run"))
    kept = json.loads((tmp_path / "run" / RESULT).read_text())
    columns = pq.read_schema(tmp_path / "run" / PATTERNS)
    assert {columns.field(f"response_{name}_high_ms").type for name in ("p50", "p999")} == {pa.float64()}
    assert (kept["profile"], len(kept["knee"]["trials"])) == ("knee", len(result.knee.trials))
    assert result.knee.trials[0] == Trial(
        400.0, holds=False, why=result.knee.trials[0].why, p99_ms=result.knee.trials[0].p99_ms
    )
    assert result.knee.requests_per_second < 100
    assert "Knee:" in as_table(result)


def test_memory_stays_flat(tmp_path, tape_of, delay_server_in):
    """Neither the sending process nor the collecting one grows with the number of requests."""
    sizes = []
    own = psutil.Process()

    def heard(_now_s, _collector):
        with suppress(psutil.Error):
            sizes.append((sum(one.memory_info().rss for one in senders()), own.memory_info().rss))

    with delay_server_in(tmp_path) as (target, _):
        plan = plan_of(Segment("all", SOAK_SECONDS, 400))
        found = run_load(target, tape_of("Quick"), plan, Setting(1, 4), progress=heard)
    assert found.status == "complete"
    settled, last = sizes[len(sizes) // 3], sizes[-3]
    assert settled[0] > 0
    course = [tuple(size // MIB for size in pair) for pair in sizes[:: max(len(sizes) // 6, 1)]]
    sys.stderr.write(f"sender and collector [MiB]: {course}\n")
    assert last[0] - settled[0] < 4 * MIB
    assert last[1] - settled[1] < 16 * MIB
