"""The case order-processor says what its document says, its decisions hold, and both sides answer alike."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from psycopg.rows import dict_row

from workbench.access.execution import RequestRefusedError
from workbench.access.repository import Repository
from workbench.engines import open_postgres
from workbench.items import ItemMaker, Unrepresentable
from workbench.migrate import rehearse, verify
from workbench.population import generate
from workbench.pricing.book import PriceBook
from workbench.replay import replay
from workbench.spec import load_case

CASE = load_case("order-processor")
DOCUMENT_LINES = 781
USERS, SAMPLES, SEED = 15, 8, 3
NOT_BY_USERS = {"update_price", "save_snapshots", "check_token", "create_asset"}


@pytest.fixture(scope="module")
def moved(dynamodb_local):
    """A small population on both sides, its replay and the comparison afterwards."""
    client = dynamodb_local.connect("orderprocessor")
    engine = replace(dynamodb_local, client=client, database="orderprocessor")
    with open_postgres() as postgres:
        assert rehearse(CASE, postgres, engine, USERS, SEED).verification.equal
        result = replay(CASE, postgres, engine, SAMPLES, SEED, warmup=2)
        yield postgres, engine, result, verify(CASE, postgres, engine)
    client.close()


def test_order_keys_as_documented():
    """The sort key is ORDER, the index has username and ASSET_ID as keys, and user_id is gone."""
    order = CASE.design.entities["Order"]
    index = CASE.design.tables["OrderProcessor"].global_secondary_indexes["UserOrdersIndex"]
    assert order.keys["SK"] == "ORDER"
    assert (index.partition_key.name, index.sort_key.name) == ("username", "ASSET_ID")
    assert "user_id" not in order.attributes


def test_all_trading_items_share_one_table():
    """Single-table design, as documented; only what the document puts into Redis is apart."""
    apart = [name for name, entity in CASE.design.entities.items() if entity.table != "OrderProcessor"]
    assert apart == ["RevokedToken"]


def test_sources_are_lines_of_the_document():
    """Every line that is named exists."""
    design = CASE.design
    stated = [*design.patterns.values(), *design.decisions, *design.tables.values()]
    stated += [*design.entities.values(), *design.tables["OrderProcessor"].global_secondary_indexes.values()]
    assert all(one.source.line is None or one.source.line <= DOCUMENT_LINES for one in stated)


def test_every_list_has_an_end():
    """Each list is a page with a limit, or a range between two moments or days that its caller states."""
    lists = {name: p for name, p in CASE.design.patterns.items() if name.startswith("list_")}
    ranged = {"list_open_orders", "list_transactions_by_type", "list_performance"}
    assert {name for name, pattern in lists.items() if pattern.limit is None} == ranged
    assert all(lists[name].sort for name in ranged)


def test_every_index_is_queried():
    """No index is paid for without an example query."""
    used = {p.index for p in CASE.design.patterns.values() if getattr(p, "index", None)}
    assert used == set(CASE.design.tables["OrderProcessor"].global_secondary_indexes)


def test_starting_capacity_is_free():
    """Table and indexes start with the 25 read and 25 write units that are free in each account."""
    table = CASE.design.tables["OrderProcessor"]
    holders = [table, *table.global_secondary_indexes.values()]
    assert sum(h.provisioned_throughput.read_capacity_units for h in holders) == 25
    assert sum(h.provisioned_throughput.write_capacity_units for h in holders) == 25


def test_each_request_of_a_user_is_checked():
    """The checks of the blacklist are as many as the requests of users add up to."""
    requests = CASE.workload.requests_per_dau_day
    users = sum(requests(name) for name in CASE.design.patterns if name not in NOT_BY_USERS)
    assert requests("check_token") == pytest.approx(users, rel=0.05)


def usd(dimension, amount, service="dynamodb"):
    """Returns the list price [USD] of an amount in us-east-1."""
    return (
        float(PriceBook.newest().price(service=service, region="us-east-1", dimension=dimension).usd) * amount
    )


def test_blacklist_decision_has_todays_prices():
    """The costs of DynamoDB and Redis in the decision follow from the rates and the price book."""
    (decision,) = [d for d in CASE.design.decisions if d.source.line == 429]
    stated = [float(text) for text in re.findall(r"(\d+\.\d\d) USD", decision.reason)]
    million = 10_000 * 730 / 24 / 1e6
    requests = CASE.workload.requests_per_dau_day
    table = usd("on_demand_rru_standard", requests("check_token") * million)
    table += usd("on_demand_wru_standard", requests("revoke_token") * million)
    nodes = usd("redis_oss_node:cache.t4g.micro", 2 * 730, "elasticache")
    redis = usd("serverless_redis_oss_storage", 730, "elasticache")
    valkey = usd("serverless_valkey_storage", 73, "elasticache")
    assert stated == [round(amount, 2) for amount in (table, nodes, redis, valkey)]
    assert nodes / table * 10_000 == pytest.approx(66_000, rel=0.01)


def test_expiry_is_the_tokens_own(moved):
    """Each revoked token has its expiry in whole seconds, later than its revocation, and not the token."""
    _, engine, *_ = moved
    items = engine.client.scan(TableName="TokenBlacklist")["Items"]
    assert items
    assert all(item["expires_at"]["N"].isdigit() for item in items)
    names = {"jti", "username", "token_type", "reason", "revoked_at", "expires_at"}
    assert {name for item in items for name in item} == names


def test_hostile_rows_are_refused_with_their_reason(postgres):
    """Exactly the hostile rows become no item, each for its own reason."""
    reasons = []
    with postgres.connect() as connection, connection.transaction(force_rollback=True):
        connection.execute("CREATE SCHEMA order_processor")
        connection.execute("SET LOCAL search_path TO order_processor")
        connection.execute(CASE.source_sql)
        for data in generate(CASE.population, 5, SEED, hostile=True):
            statement = f"COPY {data.table} ({', '.join(data.columns)}) FROM STDIN"
            with connection.cursor() as cursor, cursor.copy(statement) as copy:
                for block in data.blocks:
                    copy.write(block)
        for name, mapping in CASE.mapping.entities.items():
            maker = ItemMaker(CASE.design, name)
            for row in connection.cursor(row_factory=dict_row).execute(mapping.query):
                try:
                    maker.item(row)
                except Unrepresentable as reason:
                    reasons.append(f"{name}: {reason}")
    assert [re.sub(r"\d{6}", "......", reason, count=1) for reason in reasons] == [
        "Asset: the item has ...... bytes, at most 409600 are allowed",
        "LedgerEntry: amount: NaN is not a finite number",
    ]


@pytest.mark.parametrize("pattern", CASE.design.patterns)
def test_a_pattern_answers_like_sql_and_consumes_as_predicted(moved, pattern):
    """Each request gives what SQL gives and consumes the units that the model predicts."""
    row = moved[2].row(pattern)
    assert (row.differences, row.unit_differences, row.errors) == ((), (), {})
    assert (row.equal, row.units_equal) == (row.samples, row.samples)
    assert row.samples > 0


def test_both_sides_hold_the_same_data_after_the_writes(moved):
    """Rows mapped again after the replay are the items there."""
    assert moved[3].discrepancies == ()


def test_equal_assets_need_a_longer_index_key(moved):
    """Orders share user and asset, so the bare asset as ASSET_ID would give equal index keys."""
    connection = moved[0].connect(autocommit=True)
    try:
        counted = "SELECT count(*) - count(DISTINCT (user_id, asset)) FROM orders"
        assert connection.execute(counted).fetchone()[0] > 0
    finally:
        connection.close()


def test_sort_key_order_makes_the_id_unique(moved):
    """An id that is taken is refused at any time; with the time as sort key it was accepted again."""
    _, engine, *_ = moved
    keys = [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}]
    types = [{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")]
    engine.client.create_table(
        TableName="Before", KeySchema=keys, AttributeDefinitions=types, BillingMode="PAY_PER_REQUEST"
    )
    for moment in ("2045-01-01", "2045-01-02"):
        item = {"PK": {"S": "ORDER#1"}, "SK": {"S": moment}}
        engine.client.put_item(TableName="Before", Item=item, ConditionExpression="attribute_not_exists(PK)")
    assert engine.client.scan(TableName="Before")["Count"] == 2
    place = Repository(CASE.design, engine).patterns["place_limit_order"]
    taken = engine.client.scan(TableName="OrderProcessor", IndexName="OrderBookIndex")["Items"][0]
    parameters = {"order_id": taken["order_id"]["S"], "username": "trader00001", "asset_id": "ETH"}
    with pytest.raises(RequestRefusedError) as refused:
        place.sender.send(place.maker.requests(parameters))
    assert refused.value.condition_failed
