"""The order processor's interface does what its description says, whatever is sent."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from workbench.items.maker import ItemMaker
from workbench.orders.assembly import assemble_orders
from workbench.orders.settings import load_order_settings
from workbench.orders.table import TABLE
from workbench.orders.trial import Trial
from workbench.service.grants import Grant, key_digest
from workbench.service.options import Options

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES, MANY = 8, 10_000_000
NOW = datetime(2045, 5, 1, tzinfo=UTC)
KNOWN = {"username": "u0", "asset_id": "BTC", "category": "CRYPTO", "order_id": "o1"}
"""What there is; drawn names alone would hardly ever find anything."""


@pytest.fixture
def address(case, engine, serving):
    """Where a service listens that runs in a thread; a user has cash and assets, and BTC has a price."""
    Trial(None, None, engine.client, users=2).open_accounts()
    user = {"username": "u0", "email": "a@b.example", "display_name": "A", "password_hash": "h"}
    rows = {
        "AssetPrice": {"asset_id": "BTC", "price": Decimal(20), "updated_at": NOW},
        "User": {**user, "status": "ACTIVE", "created_at": NOW, "updated_at": NOW},
    }
    for entity, row in rows.items():
        engine.client.put_item(TableName=TABLE, Item=ItemMaker(case.design, entity).item(row))
    known = load_order_settings(case)
    grant = Grant(sha256=key_digest("key"), write=True, operate=True, requests_per_minute=MANY)
    options = Options({"owner": grant}, log=None)
    application = assemble_orders(case, known, engine, "transactional", options)
    with serving(application, known.limits) as place:
        yield "http://{}:{}".format(*place)


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
def test_openapi_is_kept(address, mode):
    """Requests drawn from the description: no 5xx, no status, type or body that it does not state."""
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == 15
    for operation in operations:
        if mode is schemathesis.GenerationMode.POSITIVE or not operation.path.startswith("/health"):
            _hold(operation, mode)


def _hold(operation, mode):
    """Calls an operation with drawn requests and checks each answer; half of them name what there is."""
    negative = mode is schemathesis.GenerationMode.NEGATIVE
    checks = [*CHECKS, negative_data_rejection] if negative else CHECKS
    turns = iter(range(10_000))

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    def run(case):
        if not negative and next(turns) % 2:
            case.path_parameters = {name: KNOWN[name] for name in case.path_parameters or {}}
            if isinstance(case.body, dict):
                case.body["asset_id"] = KNOWN["asset_id"]
        answer = case.call(headers={"X-API-Key": "key"})
        assert negative or answer.status_code != HTTPStatus.UNPROCESSABLE_ENTITY, answer.text
        case.validate_response(answer, checks=checks)

    run()
