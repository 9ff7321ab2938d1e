"""`workbench migrate` follows a plan, holds it, goes back, and tells where it stands."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from workbench.access.tables import drop_tables, lift_protection
from workbench.cli.migrate import migrate
from workbench.engines import attach_dynamodb
from workbench.errors import InputError, MigrationError
from workbench.migrate.live import FlagStore
from workbench.migrate.plan.session import KeptPlan, kept_folder
from workbench.migrate.plan.steps import StepLedger
from workbench.spec import load_case

NAME = "query-processor"


def invoked(*arguments):
    """Returns the result of a command whose exceptions are not hidden."""
    return CliRunner().invoke(migrate, arguments, catch_exceptions=False)


@pytest.fixture
def options(dynamodb_local, source, tmp_path):
    """The options that name both engines and a folder; the tables are dropped afterwards."""
    yield (
        *("--endpoint-url", dynamodb_local.endpoint_url, "--postgres-url", source.url),
        *("--state", str(tmp_path), "--users", "2"),
    )
    engine = attach_dynamodb(dynamodb_local.endpoint_url)
    lift_protection(load_case(NAME).design, engine)
    drop_tables(load_case(NAME).design, engine)
    engine.client.close()


def test_a_plan_is_run_held_gone_back_with_and_told_of(options, tmp_path):
    """Each command finds what the ones before it left in the folder, the population included."""
    state = ("--state", str(tmp_path))
    begun = invoked("run", NAME, "--to", "dual_write", *options)
    assert (begun.exit_code, begun.output.splitlines()[-1]) == (
        0,
        f"{NAME}: reached; next is backfill.copy",
    )
    told = invoked("status", NAME, *state).output
    assert re.search(r"dual_write +shadow_writes +passed +1 ", told)
    assert re.search(r"backfill +copy +to do +0", told)
    assert "- [x] **tables**" in invoked("plan", NAME, *state).output

    assert invoked("pause", NAME, *state).output == f"{NAME}: stops before its next step\n"
    assert "paused; next is backfill.copy" in invoked("run", NAME, *options).output
    population = options.index("--users")
    resumed = invoked("resume", NAME, "--to", "backfill", *options[:population])
    assert (resumed.exit_code, resumed.output.splitlines()[-1]) == (
        0,
        f"{NAME}: reached; next is reads.reads_25",
    )

    back = invoked("rollback", NAME, *options[:population])
    assert back.output.startswith(f"{NAME}: undone test_reads, answers, ")
    assert back.output.endswith("capture, tables\n")
    assert "undone" in invoked("status", NAME, *state).output
    assert "- [ ] **tables**" in invoked("plan", NAME, *state).output


def test_a_plan_prints_without_having_begun(tmp_path):
    """The runbook needs no engine and leaves no file."""
    printed = invoked("plan", NAME, "--state", str(tmp_path / "none"))
    assert printed.exit_code == 0
    assert printed.output.startswith("# Runbook: ")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("command", ["status", "pause", "resume", "rollback"])
def test_what_was_not_begun_cannot_be_steered(command, tmp_path):
    """The message names the folder and how to begin."""
    with pytest.raises(InputError) as error:
        invoked(command, NAME, "--state", str(tmp_path))
    assert str(error.value) == (
        f"--state: no plan was begun here; got {tmp_path}. "
        f"Begin one with `workbench migrate run {NAME}`, or name its folder with --state."
    )


def test_an_unknown_phase_is_told_before_anything_is_opened(tmp_path):
    """The near name is offered, and no folder is made."""
    with pytest.raises(InputError) as error:
        invoked("run", NAME, "--to", "backfil", "--state", str(tmp_path / "none"))
    assert str(error.value) == (
        '--to: there is no such phase; got "backfil", allowed dual_write, backfill, reads, writes, '
        "decommission. Write `backfill`."
    )
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("command", ["status", "pause", "resume", "rollback", "run", "plan"])
def test_the_folder_of_another_case_is_refused(command, tmp_path):
    """No command tells, holds or goes on with the steps of one case as those of another."""
    with StepLedger(tmp_path / "plan.sqlite") as ledger:
        ledger.bind(case="algoitny", users=2, seed=1)
    with pytest.raises(MigrationError, match=r"plan\.sqlite: this plan was begun with case algoitny\."):
        invoked(command, NAME, "--state", str(tmp_path))
    with StepLedger(tmp_path / "plan.sqlite") as ledger:
        assert not ledger.paused


@pytest.mark.parametrize("command", ["run", "resume", "rollback"])
def test_two_processes_do_not_run_one_plan(command, options, tmp_path):
    """The second one says so before it opens anything, also where both databases take both."""
    with StepLedger(tmp_path / "plan.sqlite") as ledger:
        ledger.bind(case=NAME, users=2, seed=1)
    kept = KeptPlan(load_case(NAME), tmp_path)
    with kept.alone(), pytest.raises(MigrationError, match="another process runs this plan"):
        invoked(command, NAME, *options)
    assert not (tmp_path / "flags.sqlite").exists()


def test_what_was_not_moved_is_not_verified(tmp_path):
    """No empty databases are made and compared with each other."""
    with pytest.raises(InputError, match=r"--state: nothing was moved here; got .*none\. Move it with"):
        invoked("verify", NAME, "--state", str(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


def test_cases_of_one_name_in_two_folders_are_kept_apart_and_outside_of_both(tmp_path, monkeypatch):
    """A move leaves no file among those of its case, however the case is named, and finds its state again."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    kept = []
    for folder in (tmp_path / "a" / "mine", tmp_path / "b" / "mine"):
        folder.mkdir(parents=True)
        monkeypatch.chdir(folder.parent)
        assert (
            kept_folder("mine")
            == kept_folder(str(folder))
            == kept_folder("../" + folder.parent.name + "/mine")
        )
        kept.append(kept_folder("mine"))
    assert len(set(kept)) == 2
    assert all(folder.is_relative_to(tmp_path / "state") for folder in kept)
    assert kept_folder(NAME) == kept_folder(str(load_case(NAME).directory))
    assert kept_folder(NAME).name == NAME


def test_a_comparison_after_the_plan_says_why_postgresql_lacks_writes(options, tmp_path):
    """What was written since the plan ended is no loss, though the sides are not equal."""
    assert invoked("run", NAME, "--to", "dual_write", *options).exit_code == 0
    places = options[: options.index("--users")]
    early = invoked("verify", NAME, *places)
    FlagStore(tmp_path / "flags.sqlite").change(write_mode="dynamodb")
    late = invoked("verify", NAME, *places)
    assert (early.exit_code, late.exit_code) == (1, 1)
    assert "not equal" in early.output
    assert "PostgreSQL follows no more" not in early.output
    assert "PostgreSQL follows no more: only DynamoDB has what was written since.\n" in late.output
