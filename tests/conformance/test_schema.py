"""Tables of a design on each engine: made, described back equal, and each change of them one line."""

import copy
import itertools

import pytest

from workbench.access.tables import apply_schema, describe, drop_tables
from workbench.errors import EngineError
from workbench.schema import desired_state, diff
from workbench.spec import load_case
from workbench.spec.design import Design

ORDERS = "Orders"
_numbers = itertools.count()


def index(partition, sort, projection, **more):
    """Returns an index of a design as plain data."""
    keys = {"partition_key": {"name": partition, "type": "S"}, "sort_key": {"name": sort, "type": "S"}}
    return {**keys, "projection": projection, **more}


CAPACITY = {"read_capacity_units": 5, "write_capacity_units": 6}
SOME = {"type": "INCLUDE", "non_key_attributes": ["total", "state"]}
TABLE = {
    "partition_key": {"name": "PK", "type": "S"},
    "sort_key": {"name": "SK", "type": "S"},
    "billing_mode": "PROVISIONED",
    "provisioned_throughput": CAPACITY,
    "time_to_live": "expires",
    "point_in_time_recovery": True,
    "deletion_protection": False,
    "stream": "NEW_IMAGE",
    "global_secondary_indexes": {
        "ByState": index("G1PK", "G1SK", SOME, provisioned_throughput=CAPACITY),
        "ByDay": index("G2PK", "G2SK", {"type": "ALL"}, provisioned_throughput=CAPACITY),
    },
    "local_secondary_indexes": {"ByPlaced": index("PK", "placed", {"type": "KEYS_ONLY"})},
}


def design_of(table, name=ORDERS):
    """Returns a design with one table."""
    return Design.model_validate(
        {
            "schema_version": 1,
            "case": "orders",
            "title": "Orders",
            "document": "none.txt",
            "tables": {name: table},
            "entities": {"Order": {"table": name, "keys": {"PK": "A", "SK": "B"}, "attributes": {}}},
        }
    )


@pytest.fixture
def orders(engine):
    """A name for a table that is dropped after the test."""
    name = f"{ORDERS}{next(_numbers)}"
    yield name
    client = engine.client
    if name in client.list_tables()["TableNames"]:
        client.update_table(TableName=name, DeletionProtectionEnabled=False)
        client.delete_table(TableName=name)


def changed(path, value):
    """Returns the table with one value changed, or removed when the value is None."""
    table = copy.deepcopy(TABLE)
    here = table
    for part in path[:-1]:
        here = here[part]
    if value is None:
        del here[path[-1]]
    else:
        here[path[-1]] = value
    return table


ON, OFF = True, False
GLOBAL = "global_secondary_indexes"
LOCAL = "local_secondary_indexes"
ON_DEMAND = {
    **TABLE,
    "billing_mode": "PAY_PER_REQUEST",
    "provisioned_throughput": None,
    GLOBAL: {name: {**each, "provisioned_throughput": None} for name, each in TABLE[GLOBAL].items()},
}

CHANGES = {
    "global index added": (
        changed((GLOBAL, "ByCity"), index("G3PK", "G3SK", {"type": "ALL"}, provisioned_throughput=CAPACITY)),
        f"{GLOBAL}.ByCity: documented absent -> actual G3PK + G3SK ALL",
    ),
    "global index removed": (
        changed((GLOBAL, "ByDay"), None),
        f"{GLOBAL}.ByDay: documented G2PK + G2SK ALL -> actual absent",
    ),
    "local index added": (
        changed((LOCAL, "ByCity"), index("PK", "city", {"type": "ALL"})),
        f"{LOCAL}.ByCity: documented absent -> actual city ALL",
    ),
    "local index removed": (
        changed((LOCAL,), {}),
        f"{LOCAL}.ByPlaced: documented placed KEYS_ONLY -> actual absent",
    ),
    "projection widened": (
        changed((GLOBAL, "ByState", "projection"), {"type": "ALL"}),
        f"{GLOBAL}.ByState.projection: documented INCLUDE (state, total) -> actual ALL",
    ),
    "projected attribute lost": (
        changed((GLOBAL, "ByState", "projection", "non_key_attributes"), ["total"]),
        f"{GLOBAL}.ByState.projection: documented INCLUDE (state, total) -> actual INCLUDE (total)",
    ),
    "local projection changed": (
        changed((LOCAL, "ByPlaced", "projection"), {"type": "ALL"}),
        f"{LOCAL}.ByPlaced.projection: documented KEYS_ONLY -> actual ALL",
    ),
    "index partition key": (
        changed((GLOBAL, "ByDay", "partition_key", "name"), "city"),
        f"{GLOBAL}.ByDay.partition_key: documented G2PK -> actual city",
    ),
    "index sort key": (
        changed((GLOBAL, "ByDay", "sort_key", "name"), "city"),
        f"{GLOBAL}.ByDay.sort_key: documented G2SK -> actual city",
    ),
    "index sort key lost": (
        changed((GLOBAL, "ByDay", "sort_key"), None),
        f"{GLOBAL}.ByDay.sort_key: documented G2SK -> actual none",
    ),
    "index reads": (
        changed((GLOBAL, "ByDay", "provisioned_throughput"), {**CAPACITY, "read_capacity_units": 7}),
        f"{GLOBAL}.ByDay.read_capacity_units: documented 5 -> actual 7",
    ),
    "table reads": (
        changed(("provisioned_throughput",), {**CAPACITY, "read_capacity_units": 7}),
        "read_capacity_units: documented 5 -> actual 7",
    ),
    "table writes": (
        changed(("provisioned_throughput",), {**CAPACITY, "write_capacity_units": 7}),
        "write_capacity_units: documented 6 -> actual 7",
    ),
    "billing mode": (ON_DEMAND, "billing_mode: documented PROVISIONED -> actual PAY_PER_REQUEST"),
    "type of a key": (
        changed((GLOBAL, "ByDay", "sort_key", "type"), "N"),
        "key_types.G2SK: documented S -> actual N",
    ),
    "table sort key": (
        changed(("sort_key", "name"), "RK"),
        "sort_key: documented SK -> actual RK",
    ),
    "other expiry": (changed(("time_to_live",), "gone"), "time_to_live: documented expires -> actual gone"),
    "no expiry": (changed(("time_to_live",), None), "time_to_live: documented expires -> actual off"),
    "stream view": (changed(("stream",), "KEYS_ONLY"), "stream: documented NEW_IMAGE -> actual KEYS_ONLY"),
    "no stream": (changed(("stream",), None), "stream: documented NEW_IMAGE -> actual off"),
    "protection": (
        changed(("deletion_protection",), ON),
        "deletion_protection: documented off -> actual on",
    ),
    "table class": (
        changed(("table_class",), "STANDARD_INFREQUENT_ACCESS"),
        "table_class: documented STANDARD -> actual STANDARD_INFREQUENT_ACCESS",
    ),
    "no recovery": (
        changed(("point_in_time_recovery",), OFF),
        "point_in_time_recovery: documented on -> actual off",
    ),
}
"""What is on the engine instead of the documented table, and the line that says so."""

NEEDS = {"no recovery": "point-in-time-recovery", "table class": "table-class"}
"""Change to the capability without which an engine cannot tell it."""


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_is_one_line(engine, orders, change):
    """A table that deviates in one decision gives exactly one line; none when the engine cannot tell."""
    actual, line = CHANGES[change]
    apply_schema(design_of(actual, orders), engine)
    differences = diff(desired_state(design_of(TABLE, orders)), describe(design_of(TABLE, orders), engine))
    blind = change in NEEDS and engine.lacks(NEEDS[change])
    assert [str(each) for each in differences] == ([] if blind else [f"{orders}: {line}"])


def test_created_design_has_no_difference(engine, orders):
    """A table that was made from a design is described back equal to it."""
    design = design_of(TABLE, orders)
    apply_schema(design, engine)
    assert diff(desired_state(design), describe(design, engine)) == ()


def test_algoitny_has_no_difference(engine):
    """All tables of algoitny are made and described back equal, and dropped by name."""
    design = load_case("algoitny").design
    try:
        apply_schema(design, engine)
        assert diff(desired_state(design), describe(design, engine)) == ()
    finally:
        dropped = drop_tables(design, engine)
    assert dropped == tuple(design.tables)
    assert describe(design, engine) == ()


def test_missing_table_is_one_line(engine):
    """A table that is not there gives one line, whatever it should have."""
    differences = diff(
        desired_state(design_of(TABLE, "Nowhere")), describe(design_of(TABLE, "Nowhere"), engine)
    )
    assert [str(each) for each in differences] == ["Nowhere: table: documented present -> actual absent"]


def test_what_an_engine_lacks_is_listed(engine, orders):
    """Each operation is either applied, or listed with the reason that the engine declares."""
    scaled = {**TABLE, "auto_scaling": {"max_read_capacity_units": 50, "max_write_capacity_units": 60}}
    scaled["table_class"] = "STANDARD_INFREQUENT_ACCESS"
    outcomes = apply_schema(design_of(scaled, orders), engine)
    reasons = {outcome.operation.api: outcome.not_applied for outcome in outcomes}
    reasons.setdefault("CreateTable.TableClass", "")
    assert reasons == {
        "CreateTable": "",
        "CreateTable.TableClass": engine.lacks("table-class"),
        "UpdateTimeToLive": engine.lacks("time-to-live"),
        "UpdateContinuousBackups": engine.lacks("point-in-time-recovery"),
        "RegisterScalableTarget": engine.lacks("auto-scaling"),
        "PutScalingPolicy": engine.lacks("auto-scaling"),
    }


def test_untold_facts_are_named(engine, orders):
    """A fact that the engine cannot tell is unknown with a reason, neither equal nor different."""
    design = design_of(TABLE, orders)
    apply_schema(design, engine)
    (state,) = describe(design, engine)
    facts = {"point_in_time_recovery": "point-in-time-recovery", "table_class": "table-class"}
    reasons = {fact: engine.lacks(capability) for fact, capability in facts.items()}
    assert state.unknown == {fact: reason for fact, reason in reasons.items() if reason}


def test_existing_table_is_not_made_again(engine, orders):
    """Making a table that exists is refused with what to do."""
    apply_schema(design_of(TABLE, orders), engine)
    with pytest.raises(EngineError) as error:
        apply_schema(design_of(TABLE, orders), engine)
    expected = f"{orders}: CreateTable: the table exists. Drop it, or compare it with `schema diff`."
    assert str(error.value) == expected


def test_protected_table_is_not_dropped(engine, orders):
    """A table that is protected stays, and the error names it."""
    design = design_of(changed(("deletion_protection",), ON), orders)
    apply_schema(design, engine)
    with pytest.raises(EngineError, match=f"^{orders}: DeleteTable: the engine refused it: "):
        drop_tables(design, engine)
    assert len(describe(design, engine)) == 1
