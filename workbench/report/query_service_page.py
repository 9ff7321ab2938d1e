"""What the notebook of the query service shows: plans, a load with the cache on and off, who spent what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from workbench.engines import open_dynamodb, open_postgres
from workbench.migrate import rehearse
from workbench.query.planner import Planner
from workbench.query.question import QuestionReader
from workbench.query.settings import load_settings
from workbench.query.trial import Direct, Stage, direct_calls, measure, questions
from workbench.replay.machine import describe_machine
from workbench.report.tables import Column, Heading, Statement, Table
from workbench.service.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.spec import Case

TARGET_MS = 200
"""Response time that the document asks for, taken as the 99th percentile [ms]."""
MOST_ERRORS = 0.01
"""Share of errors that the document allows."""
GENTLE_SHARE = 0.1
"""Share of the documented rate at which the service is also measured without its cache."""

ASKED = (
    "userId=u-000001",
    "userId=u-000001&systemId=billing&from=2045-01-10T00:00:00Z&to=2045-01-12T00:00:00Z",
    "userId=u-000001&sort=-priority&status=OPEN",
    "systemId=billing&from=2045-01-10T00:00:00Z",
    "systemId=billing&fields=payload",
    "systemId=billing&sort=priority",
    "status=FAILED",
    "status=FAILED&allow_scan=true",
)
"""Questions whose plans are shown, refused ones among them."""


@dataclass(frozen=True)
class ServiceTrial:
    """What was measured of the service.

    Args:
        engine: Name and version of the engine.
        machine: What it ran on.
        records: Records in the table.
        rate: Requests due in a second [1/s].
        users: Concurrent users.
        stages: The loads.
        direct: The same calls through boto3.
    """

    engine: str
    machine: str
    records: int
    rate: float
    users: int
    stages: tuple[Stage, ...]
    direct: Direct


def run_service_trial(  # noqa: PLR0913, PLR0917 - the one call that the notebook makes
    case: Case, population: int, seed: int, rate: float, seconds: float, users: int
) -> ServiceTrial:
    """Returns what the service of a case does under the documented load.

    Args:
        case: A case with a `service.yaml`.
        population: Registered users in the generated data [users].
        seed: Seed of every random choice.
        rate: Requests due in a second [1/s].
        seconds: How long each load lasts [s].
        users: Concurrent users.
    """
    with open_dynamodb() as engine:
        with open_postgres() as postgres:
            moved = rehearse(case, postgres, engine, population, seed)
        asked = questions(case, engine, seed)
        plan = ((True, rate), (False, rate), (False, rate * GENTLE_SHARE))
        stages = [
            measure(case, engine, asked, cache=cache, rate=due, seconds=seconds, users=users)
            for cache, due in plan
        ]
        direct = direct_calls(case, engine, asked)
    return ServiceTrial(moved.engine, describe_machine(), moved.items, rate, users, tuple(stages), direct)


def heading(case: Case) -> Heading:
    """Returns the title of the page."""
    return Heading("Query service", case.design.title)


def plan_table(case: Case) -> Table:
    """Returns how some questions are answered, and why others are refused."""
    columns = [
        Column("question", "Question", code=True),
        Column("place", "Read from", code=True),
        Column("filtered", "Filtered after reading"),
        Column("why", "Why", wide=True),
    ]
    note = "Made from the design; the service tells the same with explain=true."
    return Table("What the planner does", columns, list(_plans(case)), note)


def _plans(case: Case) -> Iterator[dict[str, Any]]:
    settings = load_settings(case)
    reader, planner = QuestionReader(settings, case.design), Planner(case.design, settings)
    for text in ASKED:
        try:
            told = planner.plan(reader.read(parse_qsl(text)).question).explained()
        except Refusal as refusal:
            yield {"question": text, "place": "refused", "filtered": "", "why": " ".join(refusal.problems)}
            continue
        place = told["place"] if told["operation"] == "Query" else f"scan of {told['place']}"
        filtered = ", ".join(told["filteredAfterReading"])
        yield {"question": text, "place": place, "filtered": filtered, "why": told["because"]}


def provenance(trial: ServiceTrial) -> str:
    """Returns what a reader must know to repeat the measurement."""
    seconds = trial.stages[0].load.seconds
    return (
        f"{trial.engine.replace('dynamodb-local', 'DynamoDB Local')} with {trial.records:,} records, "
        f"the service and the load on one machine ({trial.machine}); {trial.users} connections, "
        f"{seconds:.0f} s each after a warm-up; times count from when a request was due."
    )


def verdict(trial: ServiceTrial) -> Statement:
    """Returns whether the documented rate, time and errors are met on this machine, with the cache on."""
    stage = trial.stages[0]
    p99 = stage.load.times.quantile(0.99).ms
    met = p99 is not None and p99 < TARGET_MS and stage.load.error_share < MOST_ERRORS
    shown = "cannot be told from so few" if p99 is None else f"is {p99:,.0f} ms"
    return Statement(
        f"With the cache on, {stage.load.answered_per_second:,.0f} of {trial.rate:,.0f} requests a second "
        f"are answered, the 99th percentile {shown} (documented: {TARGET_MS} ms) and "
        f"{stage.load.error_share:.1%} fail (documented: less than {MOST_ERRORS:.0%}). "
        "DynamoDB Local answers on this machine; this says nothing about AWS.",
        "good" if met else "bad",
    )


def load_table(trial: ServiceTrial) -> Table:
    """Returns rate, time and errors of each load."""
    columns = [
        Column("cache", "Cache"),
        Column("offered", "Due", "requests/s", digits=0),
        Column("answered", "Answered", "requests/s", digits=0),
        *(Column(name, name, "ms", digits=1) for name in ("p50", "p90", "p99")),
        Column("errors", "Failed", "%", digits=2),
        Column("hits", "From the cache", "%", digits=0),
        Column("units", "Consumed", "read units a request", digits=2),
    ]
    return Table(
        "Load on the service", columns, [_load_row(stage) for stage in trial.stages], provenance(trial)
    )


def _load_row(stage: Stage) -> dict[str, Any]:
    load = stage.load
    answered = load.statuses[200]
    return {
        "cache": "on" if stage.cache else "off",
        "offered": load.offered / load.seconds,
        "answered": load.answered_per_second,
        **{name: load.times.quantile(int(name[1:]) / 100).ms for name in ("p50", "p90", "p99")},
        "errors": 100 * load.error_share,
        "hits": None if stage.hit_ratio is None else 100 * stage.hit_ratio,
        "units": stage.read_units / answered if answered else None,
    }


def processor_table(trial: ServiceTrial) -> Table:
    """Returns the processor time of each process a request, and what a processor would carry."""
    columns = [
        Column("what", "Load"),
        Column("service", "Service", "ms a request", digits=2),
        Column("engine", "DynamoDB Local", "ms a request", digits=2),
        Column("client", "Load itself", "ms a request", digits=2),
        Column("per_core", "A processor of the service carries", "requests/s", digits=0),
    ]
    rows = [_processor_row(stage) for stage in trial.stages]
    direct = trial.direct
    rows.append(
        {
            "what": "boto3 directly, no service",
            "client": 1000 * direct.processor_seconds / direct.calls,
            "per_core": direct.per_core,
        }
    )
    return Table("Who spends the processor time", columns, rows, provenance(trial))


def _processor_row(stage: Stage) -> dict[str, Any]:
    answered = max(1, stage.load.statuses[200])
    return {
        "what": f"cache {'on' if stage.cache else 'off'}, {stage.load.offered / stage.load.seconds:,.0f} due",
        "service": 1000 * stage.service_seconds / answered,
        "engine": 1000 * stage.engine_seconds / answered,
        "client": 1000 * stage.load.processor_seconds / max(1, stage.load.offered),
        "per_core": stage.per_core,
    }


def needed(trial: ServiceTrial) -> Statement:
    """Returns what the documented rate needs without the cache, computed from the measured shares."""
    stage = trial.stages[1]
    answered = max(1, stage.load.statuses[200])
    service, engine = (
        trial.rate * seconds / answered for seconds in (stage.service_seconds, stage.engine_seconds)
    )
    return Statement(
        f"Without a cache, {trial.rate:,.0f} requests a second would need {service:.1f} processors for the "
        f"service and, on AWS, none for the table; DynamoDB Local needs {engine:.1f} more here."
    )
