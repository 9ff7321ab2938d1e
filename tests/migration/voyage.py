"""A whole migration that meets faults, kills, wrong clocks and ways back; none may show in its final state.

Its application follows a script: calls that a seed draws from the rows as they were loaded, in one order. A
write has a name and is sent until its outcome is known, by the next process where one was killed. So however
often steps are cut off, undone and done again, the writes that took place are the same, and so is the final
state, hash for hash.

As a program it reads one JSON line a voyage and forks for each, so that a test may let the fork be killed.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import sys
import traceback
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from time import perf_counter_ns
from typing import Any
from unittest.mock import patch

from workbench.access.relational import Question
from workbench.access.requests import RequestMaker
from workbench.engines import attach_dynamodb, open_postgres
from workbench.engines.faults import FaultSchedule, faults
from workbench.engines.faults.outages import wrong_clock
from workbench.errors import EngineError, MigrationError
from workbench.migrate.live.recorded import dump, load
from workbench.migrate.live.state import engine_state
from workbench.migrate.live.tally import Tally
from workbench.migrate.plan.conductor import Conductor
from workbench.migrate.plan.rehearse import STEPS
from workbench.migrate.plan.stage import Setting, fault_counts, open_stage
from workbench.migrate.plan.steps import StepLedger
from workbench.spec import load_case
from workbench.spec.access import READ_OPERATIONS
from workbench.spec.plans import plan_of

EACH = 6
"""Parameter sets that are drawn for each pattern."""
READS, WRITES, LAST = 40, 50, 15
"""Calls of each kind, and how many of them are kept for the time after the migration."""
ATTEMPTS = 60
SESSIONS = 60
"""Times that a plan is gone on with at most, after an error or a failed gate."""
SCALE = 0.12
LIGHT = {"workbench.migrate.plan.stage.LOCKSTEP_CALLS": 6, "workbench.migrate.plan.phases.backfill.ASKED": 1}
"""Calls beside a backfill and questions of each pattern, fewer than a rehearsal makes."""
SHARES = {"read_percent": 50, "shadow_read_percent": 60}
"""Shares of the steps that begin to read, so that a few calls meet them."""
PATIENT = ("p50_limit_ms", "p99_limit_ms", "p999_limit_ms")
"""Thresholds that say how fast a machine is, which these trials do not ask."""

IN_TURN = {"dealership"}
"""Cases most of whose writes repeat what was read before: parameters are drawn when their turn comes."""


def drawn_calls(case, postgres, seed):
    """Returns the calls of an application, (pattern, parameters), drawn from the rows that are there.

    The parameters of a case whose calls are drawn in turn are left out.
    """
    kinds = {True: [], False: []}
    ending = case.migration.while_source_leads if case.migration else {}
    with closing(postgres.connect(autocommit=True)) as connection:
        for name, pattern in case.design.patterns.items():
            if name not in ending:
                rows = Question(RequestMaker(case.design, name)).draw(connection, seed, EACH)
                kinds[pattern.operation in READ_OPERATIONS] += [(name, dict(row)) for row in rows]
    order = random.Random(seed)  # noqa: S311 - a test's order, not a secret
    for calls in kinds.values():
        order.shuffle(calls)
    chosen = kinds[True][:READS] + kinds[False][:WRITES]
    order.shuffle(chosen)
    return [(name, None) for name, _ in chosen] if case.name in IN_TURN else chosen


def written(path, text):
    """Writes a file whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(text)
    part.replace(path)


def write_calls(path, calls):
    """Keeps calls in a file; parameters not drawn yet are null, those that cannot be had are false."""
    lines = ([name, dump(given) if isinstance(given, dict) else given] for name, given in calls)
    written(path, "\n".join(map(json.dumps, lines)))


def read_calls(path):
    """Returns the calls that a file keeps."""
    lines = map(json.loads, path.read_text().splitlines())
    return [(name, load(given) if isinstance(given, str) else given) for name, given in lines]


class Script:
    """An application that makes its calls in one order and remembers how far it came.

    Args:
        folder: Keeps the calls and the place.
        case: The case.
        postgres: The source, as it was loaded.
        seed: Chooses the calls.
    """

    def __init__(self, folder, case, postgres, seed):
        self._place, calls = folder / "place", folder / "script.jsonl"
        if not calls.exists():
            write_calls(calls, drawn_calls(case, postgres, seed))
        self.calls = read_calls(calls)
        self._file, self._case, self._postgres, self._seed = calls, case, postgres, seed
        self._reads = {n for n, p in case.design.patterns.items() if p.operation in READ_OPERATIONS}
        self._again = itertools.count()
        self._tally = Tally()

    def board(self, stage):
        """Takes the place of a stage's application."""
        self._router, self._witness, self._flags = stage.router, stage.witness, stage.flags
        self._catch_up = stage.catch_up
        stage.application.close()
        stage.application = self
        return self

    @property
    def place(self):
        """How many calls were made."""
        return int(self._place.read_text()) if self._place.exists() else 0

    def mark(self):
        """Begins a new part."""
        self._tally = Tally()

    def snapshot(self):
        """Returns what was experienced since the last mark."""
        return self._tally.result()

    def run(self, requests):
        """Makes the next calls; when none are left, earlier ones under their names, which changes nothing."""
        for _ in range(requests):
            place, flags = self.place, self._flags.read()
            over = flags.write_mode == "dynamodb" and not flags.reverse_replication
            if place < len(self.calls) - (0 if over else LAST):
                self._draw(place)
                self._call(place)
                written(self._place, str(place + 1))
            else:
                self._call(self._earlier(place), again=True)

    def finish(self):
        """Makes the calls that are left."""
        self.run(len(self.calls) - self.place)

    def _draw(self, place):
        """Draws what was left to its turn from rows that have everything; the last calls are drawn at once.

        Both databases then take the call or refuse it, whichever leads, so that the final state is the same.
        """
        if self.calls[place][1] is not None:
            return
        self._catch_up()
        last = place + 1 if place < len(self.calls) - LAST - 1 else len(self.calls)
        with closing(self._postgres.connect(autocommit=True)) as connection:
            for number in range(place, last):
                name, seed = self.calls[number][0], 1000 * self._seed + number
                rows = Question(RequestMaker(self._case.design, name)).draw(connection, seed, EACH)
                self.calls[number] = (name, dict(rows[seed % len(rows)]) if rows else False)
        write_calls(self._file, self.calls)

    def _earlier(self, place):
        """Returns the place of a read that was made, each in turn, and now and again the last write's."""
        number = next(self._again)
        earlier = [p for p in range(place) if (self.calls[p][0] in self._reads) == bool(number % 3)]
        return earlier[number % len(earlier)] if number % 3 else earlier[-1]

    def _call(self, place, *, again=False):
        pattern, parameters = self.calls[place]
        if parameters is False:
            return
        start, side, outcome = perf_counter_ns(), "", "unanswered"
        with suppress(EngineError) if pattern in self._reads else ExitStack():
            ask = self._router.call if pattern in self._reads or again else self._sent
            answer = ask(pattern, parameters, f"call-{place}")
            side, outcome = answer.side, "accepted" if answer.accepted else "refused"
        kind = "reads" if pattern in self._reads else "writes"
        self._tally.add(kind, pattern, outcome, side, perf_counter_ns() - start)

    def _sent(self, pattern, parameters, name):
        """Sends a write under its name until its outcome is known."""
        number = self._witness.intend(pattern, parameters)
        for _ in range(ATTEMPTS):
            with suppress(EngineError):
                answer = self._router.call(pattern, parameters, name)
                (self._witness.acknowledge if answer.accepted else self._witness.refuse)(number)
                return answer
        raise MigrationError(f"{pattern}: no answer in {ATTEMPTS} attempts")


def digest(state):
    """Returns the fingerprint of all items of a database."""
    lines = sorted([*place, sorted((n, str(v)) for n, v in item.items())] for place, item in state.items())
    return blake2b(json.dumps(lines).encode(), digest_size=16).hexdigest()


@dataclass
class Voyage:
    """One migration.

    Args:
        case: The case.
        folder: Keeps what a next process needs.
        seed: Chooses the application's calls.
        schedule: What goes wrong.
        scripted: Whether the application follows the script, or draws as it goes.
        back_from: Phase whose end is gone back from once; empty to go straight on.
    """

    case: Any
    folder: Path
    seed: int
    schedule: FaultSchedule = field(default_factory=FaultSchedule)
    scripted: bool = True
    back_from: str = ""

    def run(self, postgres, engine, restarts=None):
        """Runs the plan to its end and returns what became of it, as JSON can hold it."""
        told = []
        with ExitStack() as stack:
            for name, value in LIGHT.items():
                stack.enter_context(patch(name, value))
            stack.enter_context(wrong_clock(self.schedule.seed or 0))
            return self._run(postgres, engine, restarts, told)

    def _run(self, postgres, engine, restarts, told):
        with faults(self.schedule, restarts, slow_seconds=0.001) as broken:
            through = broken.postgres(postgres), broken.dynamodb(engine)
            with StepLedger(self.folder / STEPS) as ledger:
                state, sessions = self._sail(ledger, (postgres, engine), through, told)
            requests = dict(broken.injector.requests)
        with open_stage(self._setting(), postgres, engine) as stage:
            counts = fault_counts(stage.judged())
        return {
            "state": state,
            "witness": counts,
            "digest": digest(engine_state(self.case, engine)),
            "failed": [step for step, failed, _ in told if failed],
            "stepped_back": all(back for _, failed, back in told if failed),
            "sessions": sessions,
            "events": [list(map(str, (e.target, e.operation, e.ordinal, e.kind))) for e in broken.events],
            "requests": {target: n for (target, operation), n in requests.items() if operation == "*"},
        }

    def _setting(self):
        plan = plan_of(self.case.name, self.case.migration)
        limits = {n: plan.thresholds[n].model_copy(update={"value": 1e9}) for n in PATIENT}
        plan = plan.model_copy(update={"thresholds": {**plan.thresholds, **limits}}, deep=True)
        for phase, name in (("dual_write", "shadow_writes"), ("backfill", "test_reads")):
            steps = plan.phases[phase].steps
            kept = {n: share for n, share in SHARES.items() if getattr(steps[name].flags, n) is not None}
            flags = steps[name].flags.model_copy(update=kept)
            steps[name] = steps[name].model_copy(update={"flags": flags})
        return Setting(self.case, plan, self.folder, self.seed, scale=SCALE, lockstep=True)

    def _sail(self, ledger, whole, through, told):
        """Goes on with the plan until it is done; returns where it stands and how often it was opened."""
        problem = ""
        for _ in range(SESSIONS):
            session = ledger.open_session()
            try:
                with open_stage(self._setting(), *whole, session, through) as stage:
                    state = self._session(ledger, stage, whole, told)
            except (EngineError, MigrationError) as error:
                problem = str(error)
                continue
            if state.reason == "done":
                return "done", session
            problem = f"{state.step}: {', '.join(map(str, state.failed))}"
        return problem, session

    def _session(self, ledger, stage, whole, told):
        if self.scripted:
            Script(self.folder, self.case, whole[0], self.seed).board(stage)

        def report(attempt):
            back = stage.current_flags() == attempt.flags
            told.append((attempt.step, attempt.state == "failed", back))

        conductor = Conductor(stage, ledger, report)
        if self.back_from and not (self.folder / "went_back").exists():
            state = conductor.run(self.back_from)
            if state.reason != "reached":
                return state
            phases = list(stage.plan.phases)
            place = phases.index(self.back_from)
            conductor.rollback(phases[place - 1] if place else None)
            written(self.folder / "went_back", "1")
        state = conductor.run()
        if self.scripted and state.reason == "done":
            stage.application.finish()
        return state


def sail(job):
    """Runs the voyage of a job in this process."""
    engine = attach_dynamodb(job["endpoint_url"], database=job["database"])
    voyage = Voyage(
        load_case(job["case"]),
        Path(job["folder"]),
        job["seed"],
        FaultSchedule.from_record(job["schedule"]),
        back_from=job["back_from"],
    )
    with open_postgres(job["postgres_url"]) as postgres:
        outcome = voyage.run(postgres, engine)
    written(voyage.folder / "outcome.json", json.dumps(outcome))


def forked(job):
    """Returns the exit status of a fork that runs a job."""
    child = os.fork()
    if not child:
        try:
            sail(job)
        except BaseException:  # noqa: BLE001 - whatever it is, the fork must not go on as its parent
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]


if __name__ == "__main__":
    for line in sys.stdin:
        print(forked(json.loads(line)), flush=True)  # noqa: T201 - the answer to the test
