"""The population's declaration and generator."""

from __future__ import annotations

import json
import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from pydantic import ValidationError

from workbench.errors import InputError
from workbench.population import generate
from workbench.population.copy_text import copy_block
from workbench.population.texts import text_pool
from workbench.spec.population import Population

BASE = {"kind": "sequence"}


def population(tables, hostile=()):
    """Returns a population of these tables."""
    return Population.model_validate(
        {"schema_version": 1, "case": "test", "tables": tables, "hostile": list(hostile)}
    )


def unescape(field):
    r"""Returns a COPY field as PostgreSQL reads it: \N is NULL, a backslash and a letter one character."""
    if field == b"\\N":
        return None
    out, letters = bytearray(), iter(field)
    for letter in letters:
        if letter == ord("\\"):
            letter = {"n": 10, "t": 9, "r": 13, "\\": 92}[chr(next(letters))]  # noqa: PLW2901 - the escaped one
        out.append(letter)
    return bytes(out).decode()


def rows(spec, users=100, seed=1, **options):
    """Returns table to rows, each a dictionary of texts."""
    read = {}
    for data in generate(spec, users, seed, **options):
        lines = b"".join(data.blocks).split(b"\n")[:-1]
        read[data.table] = [
            dict(zip(data.columns, map(unescape, line.split(b"\t")), strict=True)) for line in lines
        ]
    return read


def values(column, count=2000, seed=1, **others):
    """Returns the values of one column in a table of its own."""
    spec = population({"t": {"rows": {"fixed": count}, "columns": {**others, "x": column}}})
    return [row["x"] for row in rows(spec, seed=seed)["t"]]


ACCOUNTS = {
    "owners": {
        "rows": {"per_user": 1},
        "columns": {"id": BASE, "name": {"kind": "template", "text": "o{id}"}},
    },
    "things": {
        "rows": {"parent": "owners", "per_parent": 7.5, "sigma": 1},
        "columns": {
            "id": BASE,
            "owner": {"kind": "reference", "table": "owners", "parent": True, "null_fraction": 0.2},
            "owner_name": {"kind": "copy", "reference": "owner", "column": "name", "written": False},
            "stranger": {"kind": "template", "text": "s{id:04d}", "written": False},
            "label": {"kind": "first_of", "columns": ["owner_name", "stranger"]},
        },
    },
}


def test_same_seed_same_bytes():
    """Two runs with one seed are equal byte for byte, another seed differs."""
    spec = population(
        {"t": {"rows": {"fixed": 50}, "columns": {"x": {"kind": "boolean", "probability": 0.5}}}}
    )
    first, again, other = (
        b"".join(block for data in generate(spec, 1, seed) for block in data.blocks) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_new_column_changes_no_other():
    """A column added in front leaves the values of the others as they were."""
    number = {"kind": "integer", "maximum": 1000}
    assert values(number) == values(number, more={"kind": "integer", "maximum": 9, "null_fraction": 0.5})


def test_rows_across_blocks_continue():
    """Sequences and references go on over block borders."""
    assert values(BASE, count=20_000) == [str(number) for number in range(1, 20_001)]


def test_parent_rows_sum_exactly():
    """Rows per parent add up to the stated mean times the parents, and are skewed."""
    things = rows(population(ACCOUNTS))["things"]
    owned = [int(row["owner"]) for row in things if row["owner"]]
    assert len(things) == 750
    assert max(np.bincount(owned)) > 3 * 7.5


def test_copy_and_first_of():
    """A copied value is the referenced row's; where the reference is NULL the next value is taken."""
    things = rows(population(ACCOUNTS))["things"]
    assert all(
        row["label"] == (f"o{row['owner']}" if row["owner"] else f"s{int(row['id']):04d}") for row in things
    )
    assert set(things[0]) == {"id", "owner", "label"}


def test_minimum_rows_for_few_users():
    """Rows per user never fall below the minimum."""
    tables = {"t": {"rows": {"per_user": 0.1, "minimum": 12}, "columns": {"id": BASE}}}
    assert len(rows(population(tables), users=3)["t"]) == 12
    assert len(rows(population(tables), users=500)["t"]) == 50


def test_null_fraction():
    """The share of NULLs is the stated one, within four standard deviations."""
    found = values({"kind": "sequence", "null_fraction": 0.25}, count=10_000).count(None) / 10_000
    assert abs(found - 0.25) < 4 * math.sqrt(0.25 * 0.75 / 10_000)


def test_only_when():
    """A conditional column has values exactly where its condition holds."""
    flag = {"kind": "boolean", "probability": 0.5}
    column = {"kind": "sequence", "only_when": {"flag": "true"}}
    read = rows(population({"t": {"rows": {"fixed": 200}, "columns": {"flag": flag, "x": column}}}))["t"]
    assert {(row["flag"], row["x"] is None) for row in read} == {("true", False), ("false", True)}


def test_zipf_reference():
    """With exponent 1 the most popular of n rows is drawn in 1 of H(n) cases."""
    tables = {
        "targets": {"rows": {"fixed": 100}, "columns": {"id": BASE}},
        "t": {
            "rows": {"fixed": 20_000},
            "columns": {"x": {"kind": "reference", "table": "targets", "zipf_exponent": 1}},
        },
    }
    counts = np.bincount([int(row["x"]) for row in rows(population(tables))["t"]])
    expected = 1 / sum(1 / rank for rank in range(1, 101))
    assert abs(counts.max() / 20_000 - expected) < 4 * math.sqrt(expected * (1 - expected) / 20_000)


def pairs(fixed, per_parent):
    """Returns a population that pairs each of 300 parents with different ones of `fixed` rows."""
    other = {"kind": "reference", "table": "others", "distinct": True}
    parent = {"kind": "reference", "table": "parents", "parent": True}
    return population(
        {
            "others": {"rows": {"fixed": fixed}, "columns": {"id": BASE}},
            "parents": {"rows": {"fixed": 300}, "columns": {"id": BASE}},
            "pairs": {
                "rows": {"parent": "parents", "per_parent": per_parent, "sigma": 0.5},
                "columns": {"parent": parent, "other": other},
            },
        }
    )


def test_distinct_references_of_a_parent_differ():
    """No pair occurs twice, over block borders too, and every row that can be referred to is."""
    read = rows(pairs(200, 40))["pairs"]
    assert len({(row["parent"], row["other"]) for row in read}) == len(read) == 12_000
    assert len({row["other"] for row in read}) == 200


@pytest.mark.parametrize("seed", range(1, 6))
def test_no_parent_has_more_rows_than_distinct_references(seed):
    """Parents share 1,200 rows unevenly, but none has more than the five others; all pairs differ."""
    read = rows(pairs(5, 4), seed=seed)["pairs"]
    assert len({(row["parent"], row["other"]) for row in read}) == len(read) == 1200
    assert max(Counter(row["parent"] for row in read).values()) == 5


def test_too_few_rows_for_distinct_references_are_told():
    """A parent that needs more different rows than there are is an error that names the column."""
    with pytest.raises(InputError, match=r"tables\.pairs\.columns\.other: has \d+ distinct rows .*; got 5"):
        rows(pairs(5, 40))


def test_distinct_without_parent_is_refused():
    """Rows that are made for no parent cannot differ within one."""
    column = {"kind": "reference", "table": "a", "distinct": True}
    tables = {
        "a": {"rows": {"fixed": 1}, "columns": {"id": BASE}},
        "b": {"rows": {"fixed": 1}, "columns": {"x": column}},
    }
    with pytest.raises(ValidationError, match=r"b\.x is distinct, which needs a parent"):
        population(tables)


def test_timestamps_stay_in_range_and_tie():
    """Moments lie in the range, and the stated share equals the moment before."""
    column = {"kind": "timestamp", "start": "2045-01-01T00:00:00Z", "end": "2045-01-02T00:00:00Z"}
    moments = values({**column, "tie_fraction": 0.2}, count=5000)
    assert all(moment.startswith("2045-01-01T") and moment.endswith("+00") for moment in moments)
    ties = sum(a == b for a, b in pairwise(moments)) / 5000
    assert abs(ties - 0.2) < 4 * math.sqrt(0.2 * 0.8 / 5000)


def test_later_is_never_before():
    """A later moment is never before the one that it follows."""
    start = {"kind": "timestamp", "start": "2045-01-01T00:00:00Z", "end": "2045-02-01T00:00:00Z"}
    column = {"kind": "later", "than": "start", "mean_hours": 2}
    read = rows(population({"t": {"rows": {"fixed": 500}, "columns": {"start": start, "x": column}}}))["t"]
    assert all(row["start"] <= row["x"] for row in read)


@pytest.mark.parametrize("alphabet", ["prose", "code", "digits"])
def test_text_sizes(alphabet):
    """Texts are whole characters within the bounds, with the stated median."""
    column = {"kind": "text", "alphabet": alphabet, "median_bytes": 200, "sigma": 0.8, "maximum_bytes": 900}
    sizes = np.array([len(text.encode()) for text in values(column, count=4000)])
    assert sizes.max() <= 900
    assert abs(np.log(np.median(sizes) / 200)) < 4 * 1.2533 * 0.8 / math.sqrt(4000) + 3 / 200


def test_text_can_be_empty():
    """A minimum of zero bytes gives empty texts, which are not NULL."""
    column = {"kind": "text", "alphabet": "digits", "median_bytes": 1, "sigma": 2, "maximum_bytes": 50}
    assert "" in values(column)


def test_prose_mixes_scripts():
    """Prose has ASCII, Hangul, emoji outside the basic plane and combining marks."""
    text = text_pool("prose", 1).content.decode()
    assert all(sign in text for sign in ("graph", "문제", "\U0001f680", "\u0301", "\u200d"))


def test_pool_offsets_are_characters():
    """The pool's offsets are where UTF-8 characters start."""
    pool = text_pool("code", 1)
    starts = [i for i, byte in enumerate(pool.content) if byte & 0xC0 != 0x80]
    assert pool.starts.tolist() == [*starts, len(pool.content)]


def test_large_texts_at_fixed_rows():
    """One row in so many is large, whatever the seed."""
    large = {"every": 10, "minimum_bytes": 5000, "maximum_bytes": 6000}
    column = {"kind": "text", "alphabet": "digits", "median_bytes": 20, "maximum_bytes": 100, "large": large}
    for seed in (1, 2):
        sizes = [len(text) for text in values(column, count=30, seed=seed)]
        assert [row for row, size in enumerate(sizes) if size > 100] == [5, 15, 25]


def test_json_and_tags_parse():
    """JSON columns are valid JSON with the stated fields; tags are different values."""
    fields = {
        "text": {"kind": "text", "alphabet": "code", "median_bytes": 60, "maximum_bytes": 200},
        "number": {"kind": "decimal", "minimum": 1, "maximum": 2, "scale": 3},
        "none": {"kind": "boolean", "probability": 1, "null_fraction": 1},
        "count": {"kind": "integer", "minimum": 5, "maximum": 5},
    }
    for text in values({"kind": "json", "fields": fields}, count=50):
        value = json.loads(text)
        assert (value["none"], value["count"], isinstance(value["text"], str)) == (None, 5, True)
        assert 1 <= value["number"] <= 2
    for text in values({"kind": "tags", "values": ["a", "b", "c"], "minimum": 1, "maximum": 3}, count=50):
        tags = json.loads(text)
        assert 1 <= len(tags) == len(set(tags)) <= 3


def test_choice_and_integers_keep_to_their_values():
    """Choices come by weight, integers within their bounds, both ends included."""
    picks = values({"kind": "choice", "weights": {"a": 3, "b": 1}}, count=4000)
    assert abs(picks.count("a") / 4000 - 0.75) < 4 * math.sqrt(0.75 * 0.25 / 4000)
    assert {int(n) for n in values({"kind": "integer", "minimum": -1, "maximum": 2})} == {-1, 0, 1, 2}


def test_listed_values_repeat():
    """Listed values come in order and again, with booleans and NULL as PostgreSQL reads them."""
    assert values({"kind": "listed", "values": [True, None, 1.5]}, count=4) == ["true", None, "1.5", "true"]


def test_template_with_null_is_null():
    """A template is NULL where one of its columns is."""
    column = {"kind": "template", "text": "{a}!"}
    assert set(values(column, count=5, a={"kind": "sequence", "null_fraction": 1})) == {None}


def test_copy_escapes():
    """Tabs, line ends, carriage returns and backslashes are escaped, NULL and empty differ."""
    assert copy_block([[b"a\tb\nc\r\\", b""], [None, b"\\N"]]) == b"a\\tb\\nc\\r\\\\\t\\N\n\t\\\\N\n"


def test_hostile_rows_only_on_demand():
    """Hostile rows come after all others of their table and change none of them."""
    hostile = {
        "table": "owners",
        "reason": "a name that nobody has",
        "values": {"name": {"text": "ab", "times": 3}},
    }
    spec = population(ACCOUNTS, [hostile])
    plain, with_hostile = rows(spec), rows(spec, hostile=True)
    assert with_hostile["owners"] == [*plain["owners"], {"id": "101", "name": "ababab"}]
    assert with_hostile["things"] == plain["things"]


def test_tables_are_read_in_order():
    """Reading a table before those that it refers to is refused and named."""
    _, things = generate(population(ACCOUNTS), 3, 1)
    with pytest.raises(ValueError, match=r"^the blocks of owners must be read before those of things$"):
        next(things.blocks)


REFERENCE = {"kind": "reference", "table": "owners"}
PROBLEMS = {
    "x needs": ({"x": {"kind": "template", "text": "{y}"}}, "t.x needs column y, which is not before it"),
    "no day": (
        {"y": BASE, "x": {"kind": "template", "text": "{y:date}"}},
        "t.x cuts a day out of a moment; only {name} and {name:0Nd} are filled in here",
    ),
    "no moment": (
        {"y": BASE, "x": {"kind": "later", "than": "y", "mean_hours": 1}},
        "t.x is later than y, which is no moment",
    ),
    "no reference": (
        {"y": BASE, "x": {"kind": "copy", "reference": "y", "column": "id"}},
        "t.x copies by y, which is no reference",
    ),
    "no such table": (
        {"x": {"kind": "reference", "table": "nowhere"}},
        "t.x refers to nowhere.id, which is not before it",
    ),
    "no parent": (
        {"x": {**REFERENCE, "parent": True}},
        "t.x refers to a parent, but the rows are not made per row of owners",
    ),
    "no such column": (
        {"y": REFERENCE, "x": {"kind": "copy", "reference": "y", "column": "size"}},
        "t.x copies size, which the referenced table lacks",
    ),
}


@pytest.mark.parametrize(("columns", "message"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_column_problems(columns, message):
    """A column that needs what is not there is refused, and says what it needs."""
    owners = {"rows": {"fixed": 1}, "columns": {"id": BASE}}
    with pytest.raises(ValidationError) as caught:
        population({"owners": owners, "t": {"rows": {"fixed": 1}, "columns": columns}})
    assert message in str(caught.value)


def test_all_problems_at_once():
    """Rows of a missing parent and hostile rows of missing places are told together."""
    tables = {"t": {"rows": {"parent": "p", "per_parent": 1}, "columns": {"x": BASE}}}
    hostile = [
        {"table": "u", "reason": "for a table that is missing", "values": {"x": 1}},
        {"table": "t", "reason": "for a column that is missing", "values": {"y": 1}},
    ]
    with pytest.raises(ValidationError) as caught:
        population(tables, hostile)
    assert all(
        part in str(caught.value)
        for part in (
            "t has rows per row of p, which is not before it",
            "hostile.0 is for table u, which is not there",
            "hostile.1 sets t.y, which is not written",
        )
    )


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({}, "needs exactly one of `fixed`, `per_user`, `per_parent` and `packaged`"),
        ({"fixed": 1, "per_user": 1}, "needs exactly one of `fixed`, `per_user`, `per_parent`"),
        ({"fixed": 1, "parent": "t"}, "`parent` and `per_parent` belong together"),
    ],
)
def test_row_problems(stated, message):
    """The number of rows must be stated in exactly one way."""
    with pytest.raises(ValidationError) as caught:
        population({"t": {"rows": stated, "columns": {"x": BASE}}})
    assert message in str(caught.value)
