"""What `workbench replay --profile` does: opens engines, moves the data, runs the load."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from workbench.engines import open_dynamodb, open_postgres
from workbench.errors import InputError, MigrationError, Problem
from workbench.migrate import load_source, rehearse
from workbench.replay.load.crew import Progress, Setting, Target, dynamodb_target, sql_target
from workbench.replay.load.draw import draw_tape
from workbench.replay.load.profiles import SECONDS, peak_of
from workbench.replay.load.run import CLOSED, Load, Wish, run_profile
from workbench.replay.load.sql import pack_parameters
from workbench.replay.load.store import Folder
from workbench.spec import load_case

if TYPE_CHECKING:
    from workbench.engines.postgres import PostgresEngine
    from workbench.replay.load.arrivals import Process
    from workbench.replay.load.collect import Collector
    from workbench.replay.load.results import LoadResult
    from workbench.spec import Case

EXIT_CODES = {"complete": 0, "engine lost": 1, "interrupted": 130}
CLOSED_SECONDS = 10.0


@dataclass(frozen=True)
class Options:
    """What the command line was given; see its help."""

    case: str
    users: int
    samples: int
    seed: int
    engine: str
    yes_real_aws: bool
    shape: str
    profile: str | None
    rate: float | None
    dau: float | None
    duration: float | None
    connections: int
    processes: int
    timeout: float
    even: bool
    arrivals: Path | None
    out: Path | None
    resume: bool


def check(options: Options) -> None:
    """Refuses options that do not go together.

    Raises:
        InputError: Names each.
    """
    wrong = [
        (options.rate and options.dau, "--dau", "a rate is given twice", "Leave --rate or --dau out."),
        (
            options.resume and not options.out,
            "--resume",
            "there is no folder to resume from",
            "Name it with --out.",
        ),
        (
            options.resume and options.profile == "knee",
            "--resume",
            "the search for the knee is not kept",
            "Search again in a new folder.",
        ),
        (
            options.profile == CLOSED and (options.rate or options.dau or options.arrivals or options.even),
            "--profile closed",
            "its users ask when they have their answers",
            "Leave --rate, --dau, --arrivals and --even out.",
        ),
    ]
    problems = [
        Problem(option, 0, "", f"{message}; got none", step) for bad, option, message, step in wrong if bad
    ]
    numbers = {name: getattr(options, name) for name in ("rate", "dau", "duration", "timeout")}
    problems += [
        Problem(f"--{name}", 0, "", f"no number that can be counted to; got {value:g}", "Give a finite one.")
        for name, value in numbers.items()
        if value is not None and not isfinite(value)
    ]
    if problems:
        raise InputError(problems)


def read_arrivals(path: Path) -> tuple[float, ...]:
    """Returns the times of arrival in a file, one a line [s], ascending.

    Raises:
        InputError: Names each line that is no time, or earlier than the one before it.
    """
    times: list[float] = []
    problems = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        try:
            times.append(float(line))
            good = times[-1] >= max(times[:-1][-1:], default=0.0)
        except ValueError:
            good = False
        if not good:
            message = f"not a time in seconds after the line before; got {line[:40]!r}"
            problems.append(Problem(str(path), number, "", message, "Give one ascending time a line."))
    if problems or not times:
        none = Problem(str(path), 0, "", "no time of arrival; got none", "Give one ascending time a line.")
        raise InputError(problems or [none])
    return tuple(times)


def run_load(options: Options) -> LoadResult:
    """Returns what a load on a case found.

    Raises:
        InputError: Options do not go together.
        MigrationError: Rows and items differ before the load.
    """
    check(options)
    case = load_case(options.case)
    wish = _wish(options, case)
    folder = Folder(options.out) if options.out else None
    begun = folder.begun(resume=options.resume) if folder else {}
    if wish.rate is None:
        wish = replace(wish, rate=begun.get("rate"), overload=begun.get("overload", 0.0))
    with _ready(options, case) as load, _bar(wish) as progress:
        return run_profile(load, wish, folder, resume=options.resume, progress=progress)


def _wish(options: Options, case: Case) -> Wish:
    profile = str(options.profile)
    seconds = options.duration or (CLOSED_SECONDS if profile == CLOSED else SECONDS[profile])  # type: ignore[index] # one of them
    rate = peak_of(case.workload, options.dau) if options.dau else options.rate
    replayed = read_arrivals(options.arrivals) if options.arrivals else ()
    if profile == CLOSED:
        rate = 0.0
    elif replayed and rate is None:
        rate = len(replayed) / max(replayed[-1], 1.0)
    process: Process = "even" if options.even else "poisson"
    return Wish(profile, seconds, rate, process=process, replayed=replayed)


@contextmanager
def _ready(options: Options, case: Case) -> Iterator[Load]:
    """Opens engines and moves the data; gives the case ready to be put under load."""
    setting = Setting(options.processes, options.connections, options.timeout)
    with open_postgres() as postgres:
        if options.engine == "postgres":
            load_source(case, postgres, options.users, options.seed)
            parameters = pack_parameters(case, postgres, options.seed)
            target = sql_target(postgres, options.case, parameters)
            yield _load(options, case, postgres, target, setting)
            return
        with open_dynamodb(options.engine, yes_real_aws=options.yes_real_aws) as dynamodb:
            moved = rehearse(case, postgres, dynamodb, options.users, options.seed, progress=True)
            if not moved.verification.equal:
                raise MigrationError(
                    "rows and items differ before the load. Run `workbench migrate` to see where."
                )
            yield _load(options, case, postgres, dynamodb_target(dynamodb), setting)


def _load(options: Options, case: Case, postgres: PostgresEngine, target: Target, setting: Setting) -> Load:
    tape = draw_tape(case, postgres, options.seed)
    return Load(case, target, tape, options.users, options.seed, setting)


@contextmanager
def _bar(wish: Wish) -> Iterator[Progress]:
    """Shows how far a run is on standard error, where that is a terminal."""
    with tqdm(desc=str(wish.profile), unit="s", bar_format="{desc} {elapsed} {postfix}", disable=None) as bar:

        def heard(now_s: float, collector: Collector) -> None:
            bar.set_postfix_str(f"at {now_s:.0f} s, {collector.answered} answered, {collector.failed} failed")

        yield heard
