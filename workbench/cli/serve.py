"""`workbench serve`: run the service of a case."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from workbench.engines import DynamoEngine
    from workbench.service.options import Options
    from workbench.spec.case import Case

ENGINES = ("dynamodb-local", "moto", "aws")
HIGHEST_PORT = 65535
TRADE = frozenset({"execute_buy", "execute_sell"})
"""Patterns of a case that is served as an order processor."""

CACHE, STRATEGY = "memory", "transactional"

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("case")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=0, type=click.IntRange(0, HIGHEST_PORT), help="Port; by default any free one."
)
@click.option("--engine", default=ENGINES[0], show_default=True, type=click.Choice(ENGINES))
@click.option("--endpoint-url", help="Engine with the case's tables; by default one is started and filled.")
@click.option("--region", default="us-east-1", show_default=True, help="AWS region.")
@click.option("--yes-real-aws", is_flag=True, help="Consent to billed requests; needed for aws.")
@click.option("--users", default=100, show_default=True, type=click.IntRange(1), help="Population drawn.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Chooses the rows.")
@click.option("--keys", type=FILE, help="YAML file of callers; by default one key is made and printed.")
@click.option(
    "--token-secrets",
    envvar="WORKBENCH_TOKEN_SECRETS",
    show_envvar=True,
    help="Fernet keys that seal continuation tokens, the newest first, comma between; by default a new one.",
)
@click.option(
    "--cache",
    metavar="memory|redis|none|URL",
    help="Where a query service keeps pages: here, in an embedded Redis, nowhere, or in the Redis of a URL.  "
    f"[default: {CACHE}]",
)
@click.option(
    "--strategy",
    type=click.Choice(("transactional", "conditional")),
    help=f"How an order processor carries out orders.  [default: {STRATEGY}]",
)
@click.option("--quiet", is_flag=True, help="Write no log lines.")
def serve(case: str, host: str, port: int, **given: Any) -> None:
    """Run the service of CASE until Ctrl-C: pages, health, metrics and OpenAPI over HTTP.

    A case with a collection of records gets the query service; one whose patterns buy and sell gets the order
    processor. What either asks and allows is in the case's service.yaml.
    """
    from workbench.spec import load_case  # noqa: PLC0415 - heavy

    loaded = load_case(case)
    run = _serve_orders if loaded.design.patterns.keys() >= TRADE else _serve_query
    run(loaded, host, port, given)


def _serve_query(case: Case, host: str, port: int, given: dict[str, Any]) -> None:
    from workbench.engines.wire import WireClient  # noqa: PLC0415 - heavy
    from workbench.query.assembly import assemble  # noqa: PLC0415 - heavy
    from workbench.query.kept import page_cache  # noqa: PLC0415 - heavy
    from workbench.query.settings import load_settings  # noqa: PLC0415 - heavy
    from workbench.query.store import WireCalls  # noqa: PLC0415 - heavy
    from workbench.service.server import serve as run  # noqa: PLC0415 - heavy

    if given["strategy"]:
        raise click.UsageError("--strategy is for order processors. Leave it out.")
    settings, place = load_settings(case), _cache(given["cache"] or CACHE)
    options = _options({name: settings.equal[name].pattern for name in settings.granted}, given)
    with page_cache(place, settings) as cache, _engine(case, given) as engine:
        client = WireCalls(WireClient(engine))
        application = assemble(case, settings, client, options, cache)
        run(application, settings.limits, host, port, _announce(case.name), client.close)


def _cache(place: str) -> str:
    """Returns where pages are kept.

    Raises:
        UsageError: It is no such place.
    """
    schemes = ("redis://", "rediss://", "unix://")
    if place in {CACHE, "redis", "none"} or place.startswith(schemes):
        return place
    raise click.UsageError(
        f"--cache: no such place; got {place}, allowed memory, redis, none or a URL with {', '.join(schemes)}"
    )


def _serve_orders(case: Case, host: str, port: int, given: dict[str, Any]) -> None:
    from workbench.orders.assembly import assemble_orders  # noqa: PLC0415 - heavy
    from workbench.orders.settings import GRANTED, load_order_settings  # noqa: PLC0415 - heavy
    from workbench.service.server import serve as run  # noqa: PLC0415 - heavy

    if given["cache"]:
        raise click.UsageError("--cache is for query services. Leave it out.")
    settings, strategy = load_order_settings(case), given["strategy"] or STRATEGY
    options = _options(GRANTED, given)
    with _engine(case, given) as engine:
        application = assemble_orders(case, settings, engine, strategy, options)
        run(application, settings.limits, host, port, _announce(case.name), lambda: None)


def _announce(case: str) -> Callable[[str], None]:
    return lambda url: click.echo(f"{case}: {url}/docs")


def _options(granted: Mapping[str, str], given: dict[str, Any]) -> Options:
    import sys  # noqa: PLC0415 - read when the command runs, so that tests can replace it

    from workbench.service.grants import Grant, key_digest, load_grants, new_key  # noqa: PLC0415 - heavy
    from workbench.service.options import Options  # noqa: PLC0415 - heavy
    from workbench.service.tokens import token_secrets  # noqa: PLC0415 - heavy

    secrets = token_secrets(given["token_secrets"])
    if given["keys"]:
        callers = load_grants(given["keys"], granted)
    else:
        key = new_key()
        click.echo(f"X-API-Key: {key}")
        callers = {"owner": Grant(sha256=key_digest(key), write=True, operate=True)}
    return Options(callers, secrets, None if given["quiet"] else sys.stderr)


@contextlib.contextmanager
def _engine(case: Case, given: dict[str, Any]) -> Iterator[DynamoEngine]:
    """Gives the engine that has the case's tables; without one, a new one that is filled first."""
    from workbench.access.reach import AWS, Target, running_engine  # noqa: PLC0415 - heavy
    from workbench.engines import open_dynamodb, open_postgres  # noqa: PLC0415 - heavy
    from workbench.migrate import rehearse  # noqa: PLC0415 - heavy

    target = Target(given["engine"], given["endpoint_url"], given["region"], given["yes_real_aws"])
    if target.endpoint_url or target.name == AWS:
        with running_engine(target) as engine:
            yield engine
        return
    with open_dynamodb(target.name, region=target.region) as engine:
        with open_postgres() as postgres:
            moved = rehearse(case, postgres, engine, given["users"], given["seed"], progress=True)
        click.echo(f"{moved.items:,} items of {given['users']:,} users in {moved.engine}")
        yield engine
