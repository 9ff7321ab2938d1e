"""Differences between states of tables, and answers that no engine on this machine gives."""

import pytest

from workbench.schema import Difference, TableState, described_state, diff

KEYS = {
    "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "PK", "AttributeType": "S"}],
}


def described(**more):
    """Returns the state of a table that DescribeTable describes so."""
    table = {"TableName": "Orders", **KEYS, "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}, **more}
    return described_state(table, {"TimeToLiveStatus": "DISABLED"}, {}, {})


def test_table_without_billing_summary_is_provisioned():
    """DescribeTable leaves the billing mode out for a table that was never on demand."""
    capacity = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}
    table = {"TableName": "Orders", **KEYS, "ProvisionedThroughput": capacity}
    facts = described_state(table, None, None, {}).facts
    assert facts["billing_mode"] == "PROVISIONED"
    assert (facts["read_capacity_units"], facts["write_capacity_units"]) == ("3", "4")
    assert "time_to_live" not in facts


def test_table_class_is_read_from_its_summary():
    """The class stands in a summary of its own, and is STANDARD without one."""
    summary = {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
    assert described(TableClassSummary=summary).facts["table_class"] == "STANDARD_INFREQUENT_ACCESS"
    assert described().facts["table_class"] == "STANDARD"


@pytest.mark.parametrize(("status", "text"), [("ENABLED", "on"), ("DISABLED", "off")])
def test_recovery_is_read_from_the_backups(status, text):
    """Point-in-time recovery is on when DescribeContinuousBackups says ENABLED."""
    backups = {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": status}}
    table = {"TableName": "Orders", **KEYS, "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}
    assert described_state(table, None, backups, {}).facts["point_in_time_recovery"] == text


@pytest.mark.parametrize(
    ("status", "text"),
    [("ENABLED", "gone"), ("ENABLING", "gone"), ("DISABLING", "off"), ("DISABLED", "off")],
)
def test_expiry_counts_from_its_switching_on(status, text):
    """An expiry that is being switched on counts as on, one that is being switched off as off."""
    table = {"TableName": "Orders", **KEYS, "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"}}
    expiry = {"TimeToLiveStatus": status, "AttributeName": "gone"}
    assert described_state(table, expiry, None, {}).facts["time_to_live"] == text


def test_unknown_facts_are_not_compared():
    """What an engine cannot tell is no difference, whatever the design says."""
    wanted = TableState("Orders", {"table_class": "STANDARD", "stream": "off"}, {})
    found = TableState("Orders", {"stream": "KEYS_ONLY"}, {"table_class": "it never says"})
    assert diff([wanted], [found]) == (Difference("Orders", "stream", "off", "KEYS_ONLY"),)


def test_table_beyond_the_design_is_one_line():
    """A table that only the engine has is one line."""
    lines = [str(each) for each in diff([], [described()])]
    assert lines == ["Orders: table: documented absent -> actual present"]


def test_lone_index_hides_no_other_index():
    """An index whose name begins like that of a missing one is compared by itself."""
    pairs = {"partition_key": "A", "sort_key": "none", "projection": "ALL"}
    both = {
        f"global_secondary_indexes.{name}.{what}": text
        for name in ("By", "By.Day")
        for what, text in pairs.items()
    }
    one = {what: text for what, text in both.items() if ".By.Day." in what}
    one["global_secondary_indexes.By.Day.projection"] = "KEYS_ONLY"
    lines = {str(each) for each in diff([TableState("T", both, {})], [TableState("T", one, {})])}
    assert lines == {
        "T: global_secondary_indexes.By: documented A ALL -> actual absent",
        "T: global_secondary_indexes.By.Day.projection: documented ALL -> actual KEYS_ONLY",
    }


def test_local_index_shares_the_key_of_its_table():
    """Another partition key of a table with a local index is one difference, not one more for the index."""
    elements = [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "day", "KeyType": "RANGE"}]
    local = {"IndexName": "ByDay", "KeySchema": elements, "Projection": {"ProjectionType": "ALL"}}
    facts = described(LocalSecondaryIndexes=[local]).facts
    assert facts["local_secondary_indexes.ByDay.sort_key"] == "day"
    assert "local_secondary_indexes.ByDay.partition_key" not in facts
