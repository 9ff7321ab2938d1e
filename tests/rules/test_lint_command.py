"""`workbench lint`: its forms, its exit codes, what is accepted, and what is hostile."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from workbench.cli import main
from workbench.lint import all_rules
from workbench.spec.measured import fingerprint

HERE = Path(__file__).parent
BASE = yaml.safe_load((HERE / "base.yaml").read_text(encoding="utf-8"))
MOST_SECONDS = 2
MOST_BYTES = 500 * 2**20
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{this}: &{this} [{', '.join([f'*{last}'] * 9)}]\n"
    for last, this in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A folder with the clean case, below the working directory."""
    folder = tmp_path / "shop"
    folder.mkdir()
    for kind in ("design", "workload"):
        write(folder, kind, BASE[kind])
    monkeypatch.chdir(tmp_path)
    return folder


def write(folder, kind, data):
    """Writes one file of a case."""
    text = data if isinstance(data, str) else yaml.safe_dump(data, sort_keys=False)
    (folder / f"{kind}.yaml").write_text(text, encoding="utf-8")


def change(folder, **design):
    """Lays top-level fields over the design of a case."""
    write(folder, "design", BASE["design"] | design)


def run(monkeypatch, capsys, *arguments):
    """Returns exit code, output and errors of `workbench lint`."""
    monkeypatch.setattr(sys, "argv", ["workbench", "lint", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0), *capsys.readouterr()


def with_tables(**shop):
    """Returns the tables of the base with fields of the only one changed."""
    return {"Shop": BASE["design"]["tables"]["Shop"] | shop}


def with_secret():
    """Returns the entities of the base with an attribute that is an error."""
    order = BASE["design"]["entities"]["Order"]
    return {"Order": order | {"attributes": order["attributes"] | {"api_key": {"type": "S"}}}}


def line_of(folder, text):
    """Returns the number of the first line of a design that contains a text."""
    lines = (folder / "design.yaml").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def needy():
    """Returns the ids of the rules that need a measurement, in their order."""
    return ", ".join(rule.id for rule in all_rules() if rule.needs)


def test_clean_case_ends_with_0(shop, monkeypatch, capsys):
    """A design without findings says so, names the rules that were not run, and ends with 0."""
    code, output, errors = run(monkeypatch, capsys, shop.name)
    assert (code, errors) == (0, "")
    advice = "Run `workbench measure shop` for sizes and units."
    assert output == (
        f"shop: not run: {needy()}. {advice}\nshop: 0 errors, 0 warnings, 0 notes; 0 accepted\n"
    )


def test_warning_ends_with_0(shop, monkeypatch, capsys):
    """A warning is printed with file and line and does not fail the command."""
    change(shop, tables=with_tables(deletion_protection=False))
    code, output, _ = run(monkeypatch, capsys, shop.name)
    line = line_of(shop, "Shop:")
    assert code == 0
    assert output.splitlines()[0] == (
        f"{Path('shop', 'design.yaml')}:{line}: tables.Shop: warning missing-deletion-protection: "
        "one call deletes the table"
    )


def test_error_ends_with_1(shop, monkeypatch, capsys):
    """An error fails the command with 1 and is printed first."""
    change(shop, entities=with_secret(), tables=with_tables(deletion_protection=False))
    code, output, _ = run(monkeypatch, capsys, shop.name)
    assert code == 1
    assert "error secret-attribute" in output.splitlines()[0]
    assert output.splitlines()[-1] == "shop: 1 errors, 1 warnings, 0 notes; 0 accepted"


def test_wrong_file_ends_with_2(shop, monkeypatch, capsys):
    """A design that does not hold together ends with 2 and the messages of the checks alone."""
    change(shop, tables=with_tables(time_to_live="PK"))
    code, output, errors = run(monkeypatch, capsys, shop.name)
    assert (code, output) == (2, "")
    assert errors.startswith(f"{Path('shop', 'design.yaml')}:")
    assert "Traceback" not in errors


def test_unknown_region_ends_with_2(shop, monkeypatch, capsys):
    """A region without prices is named with those that have some."""
    code, output, errors = run(monkeypatch, capsys, shop.name, "--region", "moon-1")
    assert (code, output) == (2, "")
    assert errors.startswith("--region: has no DynamoDB prices; got moon-1, allowed af-south-1, ")


def test_finding_is_accepted_with_its_reason(shop, monkeypatch, capsys):
    """A suppression takes a finding out of the count and shows it with the reason."""
    accepted = {
        "rule": "secret-attribute",
        "where": "entities.Order",
        "reason": "It is a public sandbox key.",
    }
    change(shop, entities=with_secret(), suppressions=[accepted])
    code, output, _ = run(monkeypatch, capsys, shop.name)
    assert code == 0
    assert "accepted secret-attribute: It is a public sandbox key." in output.splitlines()[0]
    assert output.splitlines()[-1] == "shop: 0 errors, 0 warnings, 0 notes; 1 accepted"


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        (
            {"rule": "secret-attribute", "where": "entities.Ord"},
            "accepts secret-attribute at entities.Ord, but that rule finds nothing there",
        ),
        (
            {"rule": "reserved-word"},
            "accepts reserved-word, but that rule finds nothing there",
        ),
        ({"rule": "no-such-rule"}, "accepts no-such-rule, but that rule does not exist"),
    ],
)
def test_suppression_that_accepts_nothing_is_found(shop, monkeypatch, capsys, stated, message):
    """A suppression without a finding is a warning, also one whose place only begins like one."""
    change(shop, entities=with_secret(), suppressions=[stated | {"reason": "no longer true at all"}])
    _, output, _ = run(monkeypatch, capsys, shop.name)
    warning = f"suppressions[0]: warning unused-suppression: {message}; delete the suppression"
    assert output.splitlines()[1].endswith(warning)


def test_suppression_of_a_rule_that_was_not_run_is_kept(shop, monkeypatch, capsys):
    """Without a measurement nobody knows whether a rule that needs one would find something."""
    change(shop, suppressions=[{"rule": "item-near-limit", "reason": "seen and accepted"}])
    _, output, _ = run(monkeypatch, capsys, shop.name)
    assert "unused-suppression" not in output


def test_json_says_what_the_text_says(shop, monkeypatch, capsys):
    """JSON has every finding with its place, what was accepted, what was not run, and the counts."""
    accepted = {"rule": "missing-deletion-protection", "reason": "a trial that lives for a day"}
    change(
        shop, entities=with_secret(), tables=with_tables(deletion_protection=False), suppressions=[accepted]
    )
    code, output, _ = run(monkeypatch, capsys, shop.name, "--format", "json")
    told = json.loads(output)
    assert code == 1
    assert told["findings"] == [
        {
            "rule": "secret-attribute",
            "severity": "error",
            "line": line_of(shop, "api_key:"),
            "path": "entities.Order.attributes.api_key",
            "message": "api_key is stored as plain S, readable with the item and its backups",
        }
    ]
    assert [(each["rule"], each["reason"]) for each in told["accepted"]] == [tuple(accepted.values())]
    assert {each["rule"] for each in told["not_run"]} == {rule.id for rule in all_rules() if rule.needs}
    assert told["counts"] == {"error": 1, "warning": 0, "note": 0}


def test_sarif_has_what_the_standard_requires(shop, monkeypatch, capsys):
    """The log has the required properties of SARIF 2.1.0, with rules, places, levels and suppressions."""
    accepted = {"rule": "missing-deletion-protection", "reason": "a trial that lives for a day"}
    change(
        shop, entities=with_secret(), tables=with_tables(deletion_protection=False), suppressions=[accepted]
    )
    _, output, _ = run(monkeypatch, capsys, shop.name, "--format", "sarif")
    log = json.loads(output)
    assert log["version"] == "2.1.0"
    (only,) = log["runs"]
    driver = only["tool"]["driver"]
    ids = [rule["id"] for rule in driver["rules"]]
    assert driver["name"]
    assert set(ids) == {rule.id for rule in all_rules()} | {"unused-suppression"}
    assert len(set(ids)) == len(ids)
    for result in only["results"]:
        assert result["message"]["text"]
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in {"none", "note", "warning", "error"}
        (location,) = result["locations"]
        assert location["physicalLocation"]["artifactLocation"]["uri"] == "shop/design.yaml"
        assert location["physicalLocation"]["region"]["startLine"] >= 1
    error, other = only["results"]
    assert "suppressions" not in error
    assert other["suppressions"] == [{"kind": "inSource", "justification": accepted["reason"]}]


def measure(folder, **fields):
    """Lays a measurement of the base beside a case."""
    stated = BASE["measurement"] | {"fingerprint": fingerprint(folder)} | fields
    (folder / "measured.json").write_text(json.dumps(stated), encoding="utf-8")


def test_measured_case_runs_all_rules(shop, monkeypatch, capsys):
    """With a measurement every rule is run, with the prices of the newest snapshot."""
    measure(shop)
    _, output, _ = run(monkeypatch, capsys, shop.name, "--dau", "86400")
    assert "not run" not in output
    assert "warning on-demand-dearer: on demand it costs " in output


def test_outdated_measurement_is_not_used(shop, monkeypatch, capsys):
    """A measurement of other files counts as none, and the command says how to make it again."""
    measure(shop, fingerprint="of another design")
    _, output, _ = run(monkeypatch, capsys, shop.name)
    assert "Run `workbench measure shop` for sizes and units." in output


def test_problems_of_all_cases_are_named(shop, monkeypatch, capsys):
    """Two wrong cases give the problems of both."""
    code, output, errors = run(monkeypatch, capsys, shop.name, "no-such", "nor-this")
    assert (code, output) == (2, "")
    assert errors.count("there is no such case") == 2


def test_machine_forms_take_one_case(shop, monkeypatch, capsys):
    """JSON and SARIF of two cases would be no JSON; asking for it is refused."""
    code, output, errors = run(monkeypatch, capsys, shop.name, shop.name, "--format", "sarif")
    assert (code, output) == (2, "")
    assert "--format sarif takes one case; got 2." in errors


def rows(*counts):
    """Returns a population of tables with so many rows."""
    tables = "".join(
        f"  {name}:\n    rows: {count}\n    columns: {{id: {{kind: sequence}}}}\n"
        for name, count in zip("abc", counts, strict=False)
    )
    return f"schema_version: 1\ncase: shop\ntables:\n{tables}"


USAGE = """
import json, resource, subprocess, sys
quiet, kept = subprocess.DEVNULL, subprocess.PIPE
ended = subprocess.run(sys.argv[1:], stdout=quiet, stderr=kept, text=True, check=False)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([ended.returncode, ended.stderr, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024]))
"""
"""A small process between: a child's peak memory begins with that of the process it was forked from."""


def measured(folder):
    """Returns exit code, errors, CPU seconds and peak bytes of linting a folder in a process of its own."""
    command = [sys.executable, "-c", USAGE, sys.executable, "-m", "workbench", "lint", folder.name]
    environment = os.environ | {"PYTHONPATH": str(HERE.parents[1])}
    ended = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(ended.stdout)


def hostile(name, text, message):
    """Returns one hostile file and what is said about it."""
    return pytest.param(name, text, message, id=message.replace(" ", "_"))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        hostile("design", LAUGHS, "is an alias"),
        hostile("design", "a: &a [*a]\n", "has an anchor"),
        hostile("design", "[" * 100_000, "is nested too deeply"),
        hostile("design", "entities:\n" + "  x: {}\n" * 60_000, "holds too many values"),
        hostile("design", "x" * (2**20 + 1), "is too large"),
        hostile("design", 'title: "a\x1b[2Jb"\n', "holds a character nobody can see"),
        hostile("design", "title: !!python/object/apply:os.system ['true']\n", "has a YAML tag"),
        hostile("design", f"schema_version: {'9' * 100_000}\n", "is too long a number"),
        hostile("workload", "diurnal: [1e999]\n", "is not a finite number"),
        hostile(
            "population",
            rows("{fixed: 1000000000}"),
            "is out of bounds; got 1000000000, allowed at most 1e+08",
        ),
        hostile(
            "population",
            rows("{fixed: 1000000}", "{parent: a, per_parent: 1000}"),
            "tables.b: has 1,000,000,000 rows for one user, more than 100,000,000",
        ),
    ],
)
def test_hostile_file_ends_soon_in_a_clear_error(shop, name, text, message):
    """A file made to hurt ends with 2, a message and no traceback, in 2 s of CPU and 500 MB of memory."""
    write(shop, name, text)
    code, errors, cpu_seconds, peak_bytes = measured(shop)
    assert code == 2
    assert f"shop/{name}.yaml" in errors
    assert message in errors
    assert "Traceback" not in errors
    assert cpu_seconds < MOST_SECONDS
    assert peak_bytes < MOST_BYTES
