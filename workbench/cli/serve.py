"""`workbench serve`: run the query service of a case."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from workbench.engines import DynamoEngine
    from workbench.query.assembly import Options
    from workbench.query.settings import ServiceSettings
    from workbench.spec.case import Case

ENGINES = ("dynamodb-local", "moto", "aws")
HIGHEST_PORT = 65535
TRADE = frozenset({"execute_buy", "execute_sell"})
"""Patterns of a case that is served as an order processor."""

TOKEN_MINUTES = 15
ORDER_LIMITS = {
    "requests_per_minute": 600,
    "refused_keys_per_minute": 30,
    "body_kb": 16,
    "header_kb": 16,
    "request_seconds": 10,
    "idle_seconds": 60,
    "connections": 1000,
    "requests_at_once": 100,
}
"""What a connection may ask of the order processor; requests a minute are not counted there."""

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
@click.option("--no-cache", is_flag=True, help="Keep no answers.")
@click.option("--quiet", is_flag=True, help="Write no log lines.")
def serve(case: str, host: str, port: int, **given: Any) -> None:
    """Run the service of CASE until Ctrl-C: pages, exports, health, metrics and OpenAPI over HTTP.

    A case whose patterns buy and sell gets the order processor instead: balance, lists in pages, orders.
    """
    from workbench.engines.wire import WireClient  # noqa: PLC0415 - heavy
    from workbench.query.assembly import assemble  # noqa: PLC0415 - heavy
    from workbench.query.settings import load_settings  # noqa: PLC0415 - heavy
    from workbench.query.store import WireCalls  # noqa: PLC0415 - heavy
    from workbench.service.server import serve as run  # noqa: PLC0415 - heavy
    from workbench.spec import load_case  # noqa: PLC0415 - heavy

    loaded = load_case(case)
    if loaded.design.patterns.keys() >= TRADE:
        _serve_orders(loaded, host, port, given)
        return
    settings = load_settings(loaded)
    options = _options(settings, given)
    with _engine(loaded, given) as engine:
        client = WireCalls(WireClient(engine))
        application = assemble(loaded, settings, client, options)
        run(application, settings.limits, host, port, _announce(case), client.close)


def _serve_orders(case: Case, host: str, port: int, given: dict[str, Any]) -> None:
    import time  # noqa: PLC0415 - with what needs it

    from workbench.access.tokens import TokenBook  # noqa: PLC0415 - heavy
    from workbench.orders.app import OrderService, order_app  # noqa: PLC0415 - heavy
    from workbench.orders.transactional import TransactionalOrders  # noqa: PLC0415 - heavy
    from workbench.service.grants import new_key  # noqa: PLC0415 - heavy
    from workbench.service.limits import LimitSettings  # noqa: PLC0415 - heavy
    from workbench.service.server import serve as run  # noqa: PLC0415 - heavy
    from workbench.service.tokens import token_secrets  # noqa: PLC0415 - heavy

    if given["keys"] or given["no_cache"]:
        raise click.UsageError("--keys and --no-cache are for query services. Leave them out.")
    tokens = TokenBook(token_secrets(given["token_secrets"]), TOKEN_MINUTES, time.time)
    with _engine(case, given) as engine:
        service = OrderService(case, engine, TransactionalOrders, tokens)
        key = new_key()
        click.echo(f"X-API-Key: {key}")
        limits = LimitSettings.model_validate(ORDER_LIMITS)
        run(order_app(service, key), limits, host, port, _announce(case.name), lambda: None)


def _announce(case: str) -> Callable[[str], None]:
    return lambda url: click.echo(f"{case}: {url}/docs")


def _options(settings: ServiceSettings, given: dict[str, Any]) -> Options:
    import sys  # noqa: PLC0415 - read when the command runs, so that tests can replace it

    from workbench.query.assembly import Options  # noqa: PLC0415 - heavy
    from workbench.service.grants import Grant, key_digest, load_grants, new_key  # noqa: PLC0415 - heavy
    from workbench.service.tokens import token_secrets  # noqa: PLC0415 - heavy

    if given["keys"]:
        callers = load_grants(given["keys"], settings.granted)
    else:
        key = new_key()
        click.echo(f"X-API-Key: {key}")
        callers = {"owner": Grant(sha256=key_digest(key), write=True, operate=True)}
    return Options(
        callers,
        cache=not given["no_cache"],
        secrets=token_secrets(given["token_secrets"]),
        log=None if given["quiet"] else sys.stderr,
    )


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
