"""One probe a capability: does the engine do what DynamoDB on AWS does?"""

from __future__ import annotations

import contextlib
import itertools
import time
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import ClientError

from workbench.engines.client import local_client

names = (f"Probe{number}" for number in itertools.count())

TTL_SECONDS = 15


@contextlib.contextmanager
def table(client, **options):
    """Makes a table with a sort key for a block; options extend or replace the request."""
    name = next(names)
    request = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes("pk", "sk"),
        "KeySchema": keys("pk", "sk"),
        **options,
    }
    client.create_table(**request)
    try:
        yield name
    finally:
        client.delete_table(TableName=name)


def attributes(*names):
    """Definitions of string attributes."""
    return [{"AttributeName": name, "AttributeType": "S"} for name in names]


def keys(partition, sort=None):
    """A key schema."""
    named = {"HASH": partition, "RANGE": sort}
    return [{"AttributeName": name, "KeyType": kind} for kind, name in named.items() if name]


def key(sort="s", **extra):
    """An item or its key."""
    return {"pk": {"S": "p"}, "sk": {"S": sort}, **extra}


def service(engine, name):
    """A client of another service at the engine's address."""
    return local_client(engine.endpoint_url, engine.region, engine.database, name)


def refused(call, *codes, **request):
    """Whether a call is refused, for one of some reasons if they are named."""
    try:
        call(**request)
    except ClientError as error:
        return not codes or error.response["Error"]["Code"] in codes
    return False


def accepted(call, **request):
    """Whether a call is accepted."""
    return not refused(call, **request)


def auto_scaling(engine):
    """A registered minimum above the capacity raises the capacity."""
    client = engine.client
    provisioned = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    with table(client, BillingMode="PROVISIONED", ProvisionedThroughput=provisioned) as name:
        registered = accepted(
            service(engine, "application-autoscaling").register_scalable_target,
            ServiceNamespace="dynamodb",
            ResourceId=f"table/{name}",
            ScalableDimension="dynamodb:table:ReadCapacityUnits",
            MinCapacity=5,
            MaxCapacity=10,
        )
        described = client.describe_table(TableName=name)["Table"]["ProvisionedThroughput"]
        return registered and described["ReadCapacityUnits"] >= 5


def backups(engine):
    """A backup can be made and listed."""
    with table(engine.client) as name:
        return accepted(engine.client.create_backup, TableName=name, BackupName="first")


def consumed_capacity(engine):
    """An entry of 1,000 bytes in a local index costs one unit.

    The base item is 1,000 bytes too: pk 2 + 1, sk 2 + 1, l 1 + 993. AWS charges 1 + 1.
    """
    local = {
        "IndexName": "local",
        "KeySchema": keys("pk", "l"),
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    options = {"AttributeDefinitions": attributes("pk", "sk", "l"), "LocalSecondaryIndexes": [local]}
    with table(engine.client, **options) as name:
        return units(engine.client.put_item, TableName=name, Item=key(l={"S": "x" * 993})) == 2


def units(call, **request):
    """Units that a call consumed in all."""
    return call(ReturnConsumedCapacity="TOTAL", **request)["ConsumedCapacity"]["CapacityUnits"]


def consumed_capacity_of_one_item(engine):
    """An item of 4,097 bytes costs 5 to write, 1 to read, 2 to read consistently, 5 to delete.

    pk 2 + 1, sk 2 + 1, v 1 + 4,090; a unit of writing is 1,024 bytes, one of reading 4,096.
    """
    client = engine.client
    with table(client) as name:
        request = {"TableName": name, "Key": key()}
        found = [
            units(client.put_item, TableName=name, Item=key(v={"S": "x" * 4090})),
            units(client.get_item, **request),
            units(client.get_item, ConsistentRead=True, **request),
            units(client.delete_item, **request),
        ]
        return found == [5, 1, 2, 5]


def deletion_protection(engine):
    """A protected table is not deleted."""
    client = engine.client
    with table(client, DeletionProtectionEnabled=True) as name:
        protected = refused(client.delete_table, TableName=name)
        if protected:
            client.update_table(TableName=name, DeletionProtectionEnabled=False)
        else:
            client.create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=attributes("pk"),
                KeySchema=keys("pk"),
            )
        return protected


def eventual_index_reads(engine):
    """An index may be read before a write has reached it: seen at least once in 50 writes."""
    index = {"IndexName": "by-g", "KeySchema": keys("g"), "Projection": {"ProjectionType": "KEYS_ONLY"}}
    options = {"AttributeDefinitions": attributes("pk", "sk", "g"), "GlobalSecondaryIndexes": [index]}
    with table(engine.client, **options) as name:
        return any(_lags(engine.client, name, f"{number}") for number in range(50))


def _lags(client, name, value):
    client.put_item(TableName=name, Item=key(value, g={"S": value}))
    answer = client.query(
        TableName=name,
        IndexName="by-g",
        KeyConditionExpression="g = :g",
        ExpressionAttributeValues={":g": {"S": value}},
    )
    return answer["Count"] == 0


def global_tables(engine):
    """A replica that was asked for is described."""
    client = engine.client
    with table(client) as name:
        create = {"Create": {"RegionName": "eu-west-1"}}
        asked = accepted(client.update_table, TableName=name, ReplicaUpdates=[create])
        return asked and bool(client.describe_table(TableName=name)["Table"].get("Replicas"))


def item_collection_metrics(engine):
    """A write to a table with a local index tells the size of the collection."""
    local = {
        "IndexName": "local",
        "KeySchema": keys("pk", "l"),
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    options = {"AttributeDefinitions": attributes("pk", "sk", "l"), "LocalSecondaryIndexes": [local]}
    with table(engine.client, **options) as name:
        answer = engine.client.put_item(
            TableName=name, Item=key(l={"S": "l"}), ReturnItemCollectionMetrics="SIZE"
        )
        return "ItemCollectionMetrics" in answer


def point_in_time_recovery(engine):
    """Recovery can be switched on and is described."""
    client = engine.client
    with table(client) as name:
        wanted = {"PointInTimeRecoveryEnabled": True}
        if refused(client.update_continuous_backups, TableName=name, PointInTimeRecoverySpecification=wanted):
            return False
        described = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        return described["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def request_validation(engine):
    """Numbers of 39 digits, batches of 26 and filters on keys are refused."""
    client = engine.client
    with table(client) as name:
        puts = [{"PutRequest": {"Item": key(str(number))}} for number in range(26)]
        return (
            refused(client.put_item, TableName=name, Item=key(n={"N": "1" * 39}))
            and refused(client.batch_write_item, RequestItems={name: puts})
            and refused(
                client.query,
                TableName=name,
                KeyConditionExpression="pk = :p",
                FilterExpression="sk = :p",
                ExpressionAttributeValues={":p": {"S": "p"}},
            )
        )


def separate_databases(engine):
    """Another access key does not see the table."""
    with table(engine.client) as name:
        return name not in engine.connect("another").list_tables()["TableNames"]


def streams(engine):
    """A write appears in the table's stream."""
    specification = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    with table(engine.client, StreamSpecification=specification) as name:
        engine.client.put_item(TableName=name, Item=key())
        arn = engine.client.describe_table(TableName=name)["Table"]["LatestStreamArn"]
        reader = service(engine, "dynamodbstreams")
        shard = reader.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
        start = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
        records = reader.get_records(ShardIterator=reader.get_shard_iterator(**start)["ShardIterator"])[
            "Records"
        ]
        return [record["dynamodb"]["NewImage"] for record in records] == [key()]


def table_class(engine):
    """The class of a table is stored and described."""
    with table(engine.client, TableClass="STANDARD_INFREQUENT_ACCESS") as name:
        described = engine.client.describe_table(TableName=name)["Table"]
        return described.get("TableClassSummary", {}).get("TableClass") == "STANDARD_INFREQUENT_ACCESS"


def throttling(engine):
    """Writes far beyond one unit a second are refused; 50 MB would need hours of burst capacity."""
    provisioned = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    with table(engine.client, BillingMode="PROVISIONED", ProvisionedThroughput=provisioned) as name:
        item = key(v={"S": "x" * 300_000})
        return any(refused(engine.client.put_item, TableName=name, Item=item) for _ in range(10))


def time_to_live(engine):
    """The attribute that expires items is stored and described."""
    client = engine.client
    with table(client) as name:
        expire(client, name)
        described = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        return (described["TimeToLiveStatus"], described["AttributeName"]) == ("ENABLED", "expires")


def expire(client, name):
    """Sets the attribute `expires` as the one that expires items."""
    specification = {"Enabled": True, "AttributeName": "expires"}
    client.update_time_to_live(TableName=name, TimeToLiveSpecification=specification)


def time_to_live_deletes(engine):
    """An item that expired an hour ago is deleted within some seconds."""
    client = engine.client
    with table(client) as name:
        expire(client, name)
        client.put_item(TableName=name, Item=key(expires={"N": str(int(time.time()) - 3600)}))
        deadline = time.monotonic() + TTL_SECONDS
        while time.monotonic() < deadline:
            if "Item" not in client.get_item(TableName=name, Key=key()):
                return True
            time.sleep(0.5)
        return False


def transactions(engine):
    """Eight clients at a time write transactions of different items, and all are accepted."""
    with table(engine.client) as name:
        for start in range(0, 200, 25):
            puts = [{"PutRequest": {"Item": key(f"{number}")}} for number in range(start, start + 25)]
            engine.client.batch_write_item(RequestItems={name: puts})
        with ThreadPoolExecutor(8) as pool:
            return all(pool.map(lambda worker: _transact(engine.client, name, worker), range(8)))


def _transact(client, name, worker):
    batches = [
        [{"Put": {"TableName": name, "Item": key(f"{worker}-{batch}-{n}")}} for n in range(4)]
        for batch in range(5)
    ]
    return all(accepted(client.transact_write_items, TransactItems=batch) for batch in batches)
