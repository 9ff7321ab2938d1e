"""Both replications on real engines: what is late, doubled, reordered, lost or cut off changes nothing."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from workbench.engines import open_postgres
from workbench.errors import EngineError, MigrationError
from workbench.migrate import Ledger, ensure_schema, load_source, verify
from workbench.migrate.live import (
    FlagStore,
    NotAllowedError,
    OutcomeUnknownError,
    Router,
    begin_dual_write,
    cut_over,
    end_dual_write,
    go_back,
    probe_writes,
    replication,
)
from workbench.migrate.live.cutover import finish, load_in_batches, pause_dual_write
from workbench.migrate.live.forward import OUTBOX, _note
from workbench.migrate.live.side_table import Placement, parts
from workbench.migrate.live.state import engine_state, source_state
from workbench.migrate.live.touched import item_name, key_names
from workbench.spec import load_case

_numbers = itertools.count()


@dataclass
class Scene:
    """A case whose migration has begun."""

    case: Any
    postgres: Any
    engine: Any
    flags: FlagStore
    replication: Any
    router: Router

    def draw(self, pattern, seed=1, count=5):
        """Returns parameter sets drawn from the rows as they are."""
        with closing(self.postgres.connect(autocommit=True)) as connection:
            return self.router._rows.questions[pattern].draw(connection, seed, count)

    def backfill(self):
        """Copies the rows that exist."""
        with Ledger() as ledger:
            return self.replication.backfill(ledger)

    def other(self, engine):
        """Returns replication by another process, whose requests take another way."""
        return replication(self.replication.name, self.case, self.postgres, engine)

    @property
    def equal(self):
        """Whether every item is as its row says."""
        return verify(self.case, self.postgres, self.engine).equal

    def count(self, email):
        """Returns the executions that an account has in both databases."""
        states = engine_state(self.case, self.engine), source_state(self.case, self.postgres)
        place = ("AlgoItny-Users", f'[{{"S": "USER#{email}"}}, {{"S": "METADATA"}}]')
        return tuple(int(state[place]["execution_count"]["N"]) for state in states)


TRIMMED = {
    "algoitny": (
        "usage_log WHERE id > 20",
        "search_history WHERE id > 10",
        "problems WHERE id > 8 AND id NOT IN (SELECT problem_id FROM search_history)",
    ),
    "dealership": ("review_votes WHERE review_id > 20", "reviews WHERE id > 20"),
}
"""Rows that a case does without here."""

_templates: dict[str, str] = {}


def template(name, postgres):
    """Returns the database of a server that holds some rows of a case."""
    if name not in _templates:
        database = f"template_{name}_{next(_numbers)}"
        with postgres.connect(autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {database}")
        with open_postgres(postgres.url.replace("/postgres?", f"/{database}?")) as source:
            load_source(load_case(name), source, 3, 1)
            with source.connect() as connection:
                for rows in TRIMMED[name]:
                    connection.execute(f"DELETE FROM {rows}")
        _templates[name] = database
    return _templates[name]


@contextmanager
def staged(name, postgres, dynamodb_local, strategy="guaranteed"):
    """Yields a case whose rows are loaded and whose tables are made."""
    database, original = f"live{next(_numbers)}", template(name, postgres)
    with postgres.connect(autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database} TEMPLATE {original}")
    with (
        open_postgres(postgres.url.replace("/postgres?", f"/{database}?")) as source,
        closing(dynamodb_local.connect(database)) as client,
    ):
        case, engine = load_case(name), replace(dynamodb_local, client=client, database=database)
        ensure_schema(case, engine)
        flags, follow = FlagStore(), replication(strategy, case, source, engine)
        with closing(follow), closing(Router(case, source, engine, flags, follow)) as router:
            yield Scene(case, source, engine, flags, follow, router)


@pytest.fixture
def algoitny(postgres, dynamodb_local):
    """The problems case, before its migration."""
    with staged("algoitny", postgres, dynamodb_local) as scene:
        yield scene


class Client:
    """A client whose answers are lost when it is told so; requests are kept, and can be sent once more."""

    def __init__(self, client):
        self._client, self.kept, self.losing, self.holding = client, [], 0, 0

    def __getattr__(self, name):
        return getattr(self._client, name)

    def transact_write_items(self, **arguments):
        """Sends a transaction, or holds it back, and may answer nothing."""
        self.kept.append(arguments)
        if self.holding:
            self.holding -= 1
            raise ReadTimeoutError(endpoint_url="x")
        answer = self._client.transact_write_items(**arguments)
        if self.losing:
            self.losing -= 1
            raise ReadTimeoutError(endpoint_url="x")
        return answer

    def late(self, number):
        """Lets a request arrive that was held back; returns the reasons why it was refused."""
        arguments = {name: value for name, value in self.kept[number].items() if name != "ClientRequestToken"}
        try:
            self._client.transact_write_items(**arguments)
        except self._client.exceptions.TransactionCanceledException as error:
            return [reason["Code"] for reason in error.response["CancellationReasons"]]
        return []


def through(scene, client):
    """Returns the scene's engine with another client."""
    return replace(scene.engine, client=client)


def test_a_write_past_the_router_is_refused(algoitny):
    """What the migration would not notice is refused by PostgreSQL, before it and after it nothing is."""
    statement = "UPDATE users SET name = 'x'"
    with algoitny.postgres.connect() as connection:
        connection.execute(statement)
    begin_dual_write(algoitny.flags, algoitny.replication)
    with (
        algoitny.postgres.connect() as connection,
        pytest.raises(connection.ProgrammingError, match="a write to users that the migration would miss"),
    ):
        connection.execute(statement)
    end_dual_write(algoitny.flags, algoitny.replication)
    with algoitny.postgres.connect() as connection:
        connection.execute(statement)


def test_a_change_is_made_once_however_often_it_is_sent(algoitny):
    """Sent again under its name, a change changes nothing, whoever leads."""
    begin_dual_write(algoitny.flags, algoitny.replication)
    algoitny.backfill()
    (count, *_) = algoitny.draw("increment_execution_count")
    first, same = algoitny.count(count["email"])
    assert first == same
    for _ in range(2):
        assert algoitny.router.call("increment_execution_count", count, "one").accepted
    assert algoitny.count(count["email"]) == (first + 1, first + 1)
    cut_over(algoitny.flags, algoitny.replication, algoitny.postgres)
    for _ in range(2):
        assert algoitny.router.call("increment_execution_count", count, "two").accepted
    assert algoitny.replication.drain_back() == 1
    assert algoitny.count(count["email"]) == (first + 2, first + 2)


def test_a_write_whose_second_half_never_came_waits(algoitny):
    """A process that ends between both databases leaves its change to whoever comes next."""
    begin_dual_write(algoitny.flags, algoitny.replication)
    pause_dual_write(algoitny.flags)
    for pattern in ("create_user", "create_problem", "record_history", "delete_test_case", "add_test_cases"):
        for parameters in algoitny.draw(pattern, count=2):
            assert algoitny.router.call(pattern, parameters).accepted
    waiting = algoitny.replication.lag()
    assert waiting == 2 + 2 + 2 * 2 + 2 + 2 * 5
    algoitny.backfill()
    with closing(algoitny.other(algoitny.engine)) as next_one:
        assert next_one.drain() <= waiting
        assert next_one.lag() == 0
    assert algoitny.equal


def test_a_backfill_neither_overwrites_nor_revives(algoitny):
    """Items that changed and rows that went while the backfill read an older state stay as they became."""
    begin_dual_write(algoitny.flags, algoitny.replication)
    (count, *_), (gone, *_) = (algoitny.draw(p) for p in ("increment_execution_count", "delete_test_case"))
    before = source_state(algoitny.case, algoitny.postgres)
    assert algoitny.router.call("increment_execution_count", count).accepted
    assert algoitny.router.call("delete_test_case", gone).accepted
    side = algoitny.replication.side
    old = [Placement(f"{t}|x", t, {}, item, 0) for (t, _), item in before.items()]
    for placement in old:
        names = key_names(algoitny.case.design, placement.table)
        key = {name: placement.item[name] for name in names}
        side.place([replace(placement, name=item_name(placement.table, key), key=key)])
    assert algoitny.equal


def test_plain_batches_pass_over_what_is_newer(algoitny):
    """Batches leave what was brought over before them, and what changed meanwhile follows them."""
    begin_dual_write(algoitny.flags, algoitny.replication)
    early, late, *_ = algoitny.draw("increment_execution_count")
    gone = algoitny.draw("delete_test_case")[0]
    assert algoitny.router.call("increment_execution_count", early).accepted
    assert algoitny.router.call("delete_test_case", gone).accepted
    with Ledger() as ledger:
        real, written = ledger.finish_chunk, []

        def finish_chunk(chunk):
            if not written:
                written.append(algoitny.router.call("increment_execution_count", late).side)
                assert algoitny.replication.lag() == 1
            real(chunk)

        ledger.finish_chunk = finish_chunk
        result = load_in_batches(algoitny.flags, algoitny.replication, ledger)
    assert written == ["postgres"]
    assert sum(entity.rejected for entity in result.entities) == 0
    assert algoitny.flags.read().write_mode == "dual"
    assert algoitny.equal


def test_a_put_that_repeats_an_item_goes_back_as_nothing(algoitny):
    """Where DynamoDB puts an item again and SQL refuses the row, the way back goes on."""
    begin_dual_write(algoitny.flags, algoitny.replication)
    algoitny.backfill()
    action = algoitny.draw("log_usage")[0]
    cut_over(algoitny.flags, algoitny.replication, algoitny.postgres)
    for name in ("one", "other"):
        assert algoitny.router.call("log_usage", action, name).accepted
    assert go_back(algoitny.flags, algoitny.replication, algoitny.postgres) == 2
    assert algoitny.equal


def test_writers_that_commit_in_another_order_leave_the_last_state(postgres, dynamodb_local):
    """A counter of rows is right when an earlier change is committed after a later one was brought over."""
    with staged("dealership", postgres, dynamodb_local) as scene:
        begin_dual_write(scene.flags, scene.replication)
        scene.backfill()
        pause_dual_write(scene.flags)
        first = scene.draw("create_review")[0]
        second = {**first, "id": first["id"] + 1}
        writer = scene.replication.writer(scene.flags.read())
        items = writer._touching["create_review"].items(first)
        with closing(scene.postgres.connect()) as slow:
            slow.execute("SELECT set_config('migration.change', 'slow', true)")
            scene.router._rows.change(slow, "create_review", first)
            slow.cursor().executemany(OUTBOX, [_note(item) for item in items])
            assert scene.router.call("create_review", second).accepted
            scene.replication.drain()
            slow.commit()
        scene.replication.drain()
        assert scene.equal


def test_a_late_request_does_not_undo_a_newer_one(algoitny):
    """A request that arrives after its change was brought over another way is refused by the engine."""
    begin_dual_write(algoitny.flags, algoitny.replication)
    algoitny.backfill()
    pause_dual_write(algoitny.flags)
    one, other = algoitny.draw("increment_execution_count")[0], algoitny.draw("create_problem")[0]
    assert algoitny.router.call("increment_execution_count", one).accepted
    client = Client(algoitny.engine.client)
    client.holding = 1000
    with closing(algoitny.other(through(algoitny, client))) as slow, pytest.raises(EngineError):
        slow.drain()
    assert algoitny.router.call("increment_execution_count", one).accepted
    assert algoitny.router.call("create_problem", other).accepted
    algoitny.replication.drain()
    assert client.late(0) == ["None", "ConditionalCheckFailed"]
    assert algoitny.equal


def test_a_lost_answer_is_asked_for_again(algoitny):
    """A change whose answer was lost is acknowledged, and was made once, whoever leads."""
    client = Client(algoitny.engine.client)
    with closing(algoitny.other(through(algoitny, client))) as follow:
        begin_dual_write(algoitny.flags, follow)
        algoitny.backfill()
        count = algoitny.draw("increment_execution_count")[0]
        before, _ = algoitny.count(count["email"])
        client.losing = 2
        assert follow.writer(algoitny.flags.read()).write("increment_execution_count", count, "one").accepted
        cut_over(algoitny.flags, follow, algoitny.postgres)
        client.losing = 2
        assert follow.writer(algoitny.flags.read()).write("increment_execution_count", count, "two").accepted
        follow.drain_back()
        assert algoitny.count(count["email"]) == (before + 2, before + 2)


def test_what_dynamodb_does_not_take_is_deferred_and_read_elsewhere(algoitny):
    """A write is acknowledged, waits, and reads come from PostgreSQL until DynamoDB has it."""
    client = Client(algoitny.engine.client)
    follow = algoitny.other(through(algoitny, client))
    with (
        closing(follow),
        closing(Router(algoitny.case, algoitny.postgres, algoitny.engine, algoitny.flags, follow)) as router,
    ):
        begin_dual_write(algoitny.flags, follow)
        algoitny.backfill()
        algoitny.flags.change(read_percent=100)
        new = algoitny.draw("create_user")[0]
        client.holding = 10
        assert router.call("create_user", new).accepted
        assert (follow.deferred, follow.lag(), follow.behind()) == (1, 1, True)
        found = router.call("get_user_by_email", {"email": new["email"]})
        assert (found.side, found.count, router.shadow.awaited) == ("postgres", 1, 1)
        follow.drain()
        found = router.call("get_user_by_email", {"email": new["email"]})
        assert (found.side, found.count, follow.behind()) == ("dynamodb", 1, False)


def test_the_cut_over_closes_postgresql_to_the_application(algoitny):
    """Every table of the source refuses the application's writes, and takes them again on the way back."""
    begin_dual_write(algoitny.flags, algoitny.replication)
    algoitny.backfill()
    assert set(probe_writes(algoitny.postgres).values()) == {""}
    pattern, parameters = "create_problem", algoitny.draw("create_problem")[0]
    result = cut_over(algoitny.flags, algoitny.replication, algoitny.postgres)
    assert len(result.refusals) == 7
    for table, refusal in result.refusals.items():
        assert f"permission denied for table {table.split('.')[1]}" in refusal
    with pytest.raises(NotAllowedError, match="permission denied for table problems"):
        algoitny.router._rows.call(pattern, parameters)
    assert go_back(algoitny.flags, algoitny.replication, algoitny.postgres) == 0
    assert set(probe_writes(algoitny.postgres).values()) == {""}
    assert algoitny.router.call(pattern, parameters).side == "postgres"


def test_the_cut_over_waits_for_a_commit_whose_sender_is_gone(algoitny):
    """A change that was under way in PostgreSQL when its process ended is in DynamoDB after the cut-over."""
    begin_dual_write(algoitny.flags, algoitny.replication)
    algoitny.backfill()
    count = algoitny.draw("increment_execution_count")[0]
    before, _ = algoitny.count(count["email"])
    repository = algoitny.router._rows
    touching = algoitny.replication.writer(algoitny.flags.read())._touching["increment_execution_count"]
    with closing(algoitny.postgres.connect()) as orphan, ThreadPoolExecutor(1) as pool:
        orphan.execute("SELECT set_config('migration.change', 'orphan', true)")
        assert repository.change(orphan, "increment_execution_count", count) == 1
        orphan.cursor().executemany(OUTBOX, [_note(item) for item in touching.items(count)])
        cutting = pool.submit(cut_over, algoitny.flags, algoitny.replication, algoitny.postgres)
        with closing(algoitny.postgres.connect(autocommit=True)) as other:
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'"
            while not other.execute(waiting).fetchone()[0]:
                assert not cutting.done()
        orphan.commit()
        assert cutting.result().drained == 1
    assert algoitny.count(count["email"]) == (before + 1, before + 1)


def test_a_cut_over_that_fails_leaves_postgresql_in_the_lead(algoitny):
    """When DynamoDB does not take what waits, the application goes on writing to PostgreSQL."""
    client = Client(algoitny.engine.client)
    with closing(algoitny.other(through(algoitny, client))) as follow:
        begin_dual_write(algoitny.flags, follow)
        pause_dual_write(algoitny.flags)
        new = algoitny.draw("create_problem", count=2)
        assert algoitny.router.call("create_problem", new[0]).accepted
        client.holding = 1000
        with pytest.raises(EngineError):
            cut_over(algoitny.flags, follow, algoitny.postgres)
        assert algoitny.flags.read().write_mode == "postgres"
        assert algoitny.router.call("create_problem", new[1]).side == "postgres"


def test_going_back_brings_every_change_in_order(algoitny):
    """Changes of DynamoDB are made in PostgreSQL in the order of their items, however they are found."""
    begin_dual_write(algoitny.flags, algoitny.replication)
    algoitny.backfill()
    cut_over(algoitny.flags, algoitny.replication, algoitny.postgres)
    job = algoitny.draw("create_job")[0]
    steps = [("PENDING", "PROCESSING"), ("PROCESSING", "COMPLETED")]
    assert algoitny.router.call("create_job", job).accepted
    for status, following in steps:
        change = {"id": job["id"], "status": status, "next_status": following, "now": job["created_at"]}
        assert algoitny.router.call("update_job_status", change).accepted
        assert not algoitny.router.call("update_job_status", change).accepted
    drawn = algoitny.draw("change_user_plan")
    plans = sorted({parameters["plan_name"] for parameters in drawn})
    for plan in (plans[0], plans[1], plans[0]):
        assert algoitny.router.call("change_user_plan", {**drawn[0], "plan_name": plan}).accepted
    back = algoitny.replication._back
    found = back.pending
    back.pending = lambda: [replace(change, versions={}) for change in reversed(found())]
    assert go_back(algoitny.flags, algoitny.replication, algoitny.postgres) == 6
    assert algoitny.equal
    (stored,) = algoitny.router.call("get_job_by_task", {"celery_task_id": job["celery_task_id"]}).items
    assert stored["status"] == {"S": "COMPLETED"}


def test_a_change_that_arrives_after_the_way_back_is_refused(algoitny):
    """What was sent while DynamoDB led and arrives later takes place on neither side."""
    client = Client(algoitny.engine.client)
    with closing(algoitny.other(through(algoitny, client))) as follow:
        begin_dual_write(algoitny.flags, follow)
        algoitny.backfill()
        cut_over(algoitny.flags, follow, algoitny.postgres)
        count = algoitny.draw("increment_execution_count")[0]
        client.kept, client.holding = [], 1000
        with pytest.raises(OutcomeUnknownError):
            follow.writer(algoitny.flags.read()).write("increment_execution_count", count, "late")
        client.holding = 0
        go_back(algoitny.flags, follow, algoitny.postgres)
        assert "ConditionalCheckFailed" in client.late(0)
        assert algoitny.router.call("increment_execution_count", count).accepted
        assert algoitny.equal
        assert follow.lag() == 0


def test_a_change_that_postgresql_cannot_make_is_told(algoitny):
    """A row that is missing in PostgreSQL stops the way back, which names pattern and change."""
    begin_dual_write(algoitny.flags, algoitny.replication)
    algoitny.backfill()
    cut_over(algoitny.flags, algoitny.replication, algoitny.postgres)
    count = algoitny.draw("increment_execution_count")[0]
    with algoitny.postgres.connect() as connection:
        connection.execute("SELECT set_config('migration.change', 'x', true)")
        connection.execute("UPDATE users SET email = 'x' WHERE email = %s", (count["email"],))
    assert algoitny.router.call("increment_execution_count", count, "lonely").accepted
    with pytest.raises(MigrationError, match=r"1 changes of DynamoDB .* first increment_exec\w+ lonely"):
        go_back(algoitny.flags, algoitny.replication, algoitny.postgres)
    assert algoitny.flags.read().write_mode == "dynamodb"


def test_a_shadow_read_names_what_differs(algoitny):
    """An attribute that is wrong in DynamoDB is found by the question that reads it."""
    begin_dual_write(algoitny.flags, algoitny.replication)
    algoitny.backfill()
    problem = algoitny.draw("get_problem")[0]
    algoitny.flags.change(shadow_read_percent=100)
    algoitny.router.call("get_problem", problem)
    assert (algoitny.router.shadow.compared, algoitny.router.shadow.mismatches) == (1, ())
    algoitny.engine.client.update_item(
        TableName="AlgoItny-Main",
        Key={"PK": {"S": f"PROBLEM#{problem['platform']}#{problem['problem_id']}"}, "SK": {"S": "METADATA"}},
        UpdateExpression="SET title = :t",
        ExpressionAttributeValues={":t": {"S": "wrong"}},
    )
    algoitny.router.call("get_problem", problem)
    (mismatch,) = algoitny.router.shadow.mismatches
    assert mismatch.pattern == "get_problem"
    assert [(d.attribute, d.dynamodb) for d in mismatch.differences] == [("title", '{"S": "wrong"}')]


def test_a_transaction_carries_no_more_than_it_may():
    """At most 50 items with their versions, and 3 MiB of items, go together; none is left out."""
    small = [Placement(str(n), "T", {}, None, 1) for n in range(120)]
    assert [len(part) for part in parts(small)] == [50, 50, 20]
    large = [replace(p, item={"k": {"S": "x" * (1024 * 400 - 1)}}) for p in small[:20]]
    assert [len(part) for part in parts(large)] == [7, 7, 6]
    assert [p.name for part in parts(large) for p in part] == [p.name for p in large]


def test_a_share_of_the_reads_stays_in_a_larger_one(algoitny):
    """Questions that DynamoDB answers at 10 % it answers at 25 %; shares are about as large as said."""
    texts = [str(number) for number in range(2000)]
    members = {
        percent: {text for text in texts if algoitny.router._in_share(percent, "read", "p", text)}
        for percent in (0, 10, 25, 100)
    }
    assert members[0] < members[10] < members[25] < members[100] == set(texts)
    assert 120 < len(members[10]) < 280


def test_nothing_is_left_when_the_migration_is_finished(algoitny):
    """Tables, triggers and the side table go, and DynamoDB takes writes alone."""
    begin_dual_write(algoitny.flags, algoitny.replication)
    algoitny.backfill()
    cut_over(algoitny.flags, algoitny.replication, algoitny.postgres)
    for _ in range(2):
        finish(algoitny.flags, algoitny.replication)
    assert set(algoitny.engine.client.list_tables()["TableNames"]) == set(algoitny.case.design.tables)
    with algoitny.postgres.connect() as connection:
        assert connection.execute("SELECT to_regnamespace('migration')").fetchone() == (None,)
    count = algoitny.draw("increment_execution_count")[0]
    for _ in range(2):
        assert algoitny.router.call("increment_execution_count", count, "same").accepted
    assert algoitny.count(count["email"])[0] == algoitny.count(count["email"])[1] + 1


def test_the_documented_way_forgets_what_failed(postgres, dynamodb_local):
    """Plain dual write acknowledges what DynamoDB never gets, and its way back loses what came since."""
    with staged("algoitny", postgres, dynamodb_local, "documented") as scene:
        begin_dual_write(scene.flags, scene.replication)
        scene.backfill()
        count = scene.draw("increment_execution_count", count=2)
        before = scene.count(count[0]["email"])
        scene.engine.client.update_item, real = _throttled(scene), scene.engine.client.update_item
        assert scene.router.call("increment_execution_count", count[0]).accepted
        scene.engine.client.update_item = real
        assert (scene.replication.failed, scene.replication.lag()) == (1, 0)
        assert scene.count(count[0]["email"]) == (before[0], before[1] + 1)
        cut_over(scene.flags, scene.replication, scene.postgres)
        before = scene.count(count[1]["email"])
        assert scene.router.call("increment_execution_count", count[1]).accepted
        assert go_back(scene.flags, scene.replication, scene.postgres) == 0
        assert scene.count(count[1]["email"]) == (before[1], before[1])


def _throttled(scene):
    def refuse(**_):
        raise scene.engine.client.exceptions.ProvisionedThroughputExceededException(
            {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slow down"}},
            "UpdateItem",
        )

    return refuse
