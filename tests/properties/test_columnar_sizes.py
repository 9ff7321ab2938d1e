"""Sizes in columns are those of one item at a time, whatever the rows hold."""

import datetime as dt
import json
import uuid
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.items import ItemMaker, Unrepresentable
from workbench.items.arrow_columns import settled_number, settled_number_length
from workbench.items.codec import encoder, number_text
from workbench.items.column_sizes import ColumnSizer
from workbench.model.columnar import Spans, decimal_bytes, decimal_lengths, integer_bytes, integer_lengths
from workbench.model.columnar_json import document_bytes
from workbench.model.item_size import item_bytes, number_bytes, value_bytes
from workbench.model.storage import entry_bytes
from workbench.model.table import IndexShape, TableShape
from workbench.spec.design import Attribute, Design

longs = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(-2000, 2000).map(lambda n: n * 10**12))
decimals = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9),
    st.decimals(allow_nan=False, allow_infinity=False, places=25, min_value=-1000, max_value=1000),
    st.integers(-(10**40), 10**40).map(Decimal),
    st.just(Decimal("NaN")),
)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
moments = st.datetimes(dt.datetime(1, 1, 2), dt.datetime(9999, 12, 30), timezones=st.just(dt.UTC))  # noqa: DTZ001  the strategy adds the zone
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), texts, longs, decimals.filter(Decimal.is_finite)),
    lambda inside: st.one_of(
        st.lists(inside, max_size=4), st.dictionaries(st.one_of(texts, st.just('a"')), inside, max_size=4)
    ),
    max_leaves=12,
)


def spans(column):
    """Returns texts as spans of one buffer."""
    ends = np.cumsum([len(text) for text in column], dtype=np.int64)
    octets = np.frombuffer("".join(column).encode(), np.uint8)
    return Spans(octets, ends - [len(text) for text in column], ends)


def jsonb_text(value):
    """Returns a JSON value as PostgreSQL writes jsonb: fractions plain, text raw, a blank after signs."""
    if isinstance(value, dict):
        members = (f"{json.dumps(name, ensure_ascii=False)}: {jsonb_text(v)}" for name, v in value.items())
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(jsonb_text, value)) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.dumps(value, ensure_ascii=False)


@settings(deadline=None)
@given(st.lists(longs, max_size=20))
def test_integers_have_the_size_and_length_of_their_texts(values):
    """Whole numbers of 64 bits are sized like their decimal texts."""
    array = np.array(values, np.int64)
    assert integer_bytes(array).tolist() == [number_bytes(str(value)) for value in values]
    assert integer_lengths(array).tolist() == [len(str(value)) for value in values]


@settings(deadline=None)
@given(st.lists(decimals, max_size=20))
def test_decimals_have_the_size_and_length_of_their_plain_texts(values):
    """Decimal texts are sized like the texts that DynamoDB keeps, and refused where it keeps none."""
    column = spans([format(value, "f") for value in values])
    expected = [plain(value) for value in values]
    sizes, lengths = decimal_bytes(column, settled_number), decimal_lengths(column, settled_number_length)
    assert sizes.refused.tolist() == lengths.refused.tolist() == [text is None for text in expected]
    assert sizes.size_bytes.tolist() == [number_bytes(text) if text else 0 for text in expected]
    assert lengths.size_bytes.tolist() == [len(text) if text else 0 for text in expected]


def plain(value):
    """Returns the text that DynamoDB keeps of a number, None without one."""
    try:
        return number_text(value)
    except Unrepresentable:
        return None


def documents(kind, column):
    """Returns sizes and refusals of jsonb texts by flat passes, None for a refused one."""
    encode = encoder(Attribute(type=kind))
    raw = [text.encode() for text in column]
    offsets = np.cumsum([0, *map(len, raw)], dtype=np.int64)
    measured = document_bytes(
        np.frombuffer(b"".join(raw), np.uint8),
        offsets,
        kind,
        lambda text: value_bytes(encode(json.loads(text, parse_float=Decimal))),
        settled_number,
    )
    pairs = zip(measured.size_bytes.tolist(), measured.refused.tolist(), strict=True)
    return [None if refused else size for size, refused in pairs]


def one_document(kind, text):
    """Returns the size of a jsonb text by way of the item, None for a refused one."""
    try:
        return value_bytes(encoder(Attribute(type=kind))(json.loads(text, parse_float=Decimal)))
    except Unrepresentable:
        return None


@settings(deadline=None)
@given(st.lists(json_values, max_size=8), st.sampled_from("ML"))
def test_documents_have_the_size_of_the_values_they_hold(values, kind):
    """Documents of jsonb have the size of the nested value, and are refused where it is refused."""
    column = [jsonb_text(value) for value in values]
    assert documents(kind, column) == [one_document(kind, text) for text in column]


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "[[], {}, [{}]]",
        r'{"a\\": "\\\\\"", "b": "\t{[,1"}',
        r'{"a": "\u0001"}',
        '{"": 1}',
        r'{"x": "\"\":"}',
        '{"a": 1.50, "b": -0.05, "c": 100}',
        "[" * 31 + "]" * 31,
        "[" * 32 + "]" * 32,
        '{"' + "n" * 65_536 + '": 1}',
        '["' + "v" * 65_536 + '"]',
        "[1e5, 2]",
        "[1234567890123456789012345678901234567890]",
        "true",
    ],
)
@pytest.mark.parametrize("kind", ["M", "L"])
def test_documents_at_the_edges_have_the_size_of_the_values_they_hold(text, kind):
    """Escapes, empty and deep containers, long names and numbers do not mislead the flat passes."""
    column = ["{}", text, "[]", text, '{"a": [1, "b"]}']
    assert documents(kind, column) == [one_document(kind, one) for one in column]


INDEX = {"projection": {"type": "INCLUDE", "non_key_attributes": ["label", "facts"]}}
DESIGN = Design.model_validate(
    {
        "schema_version": 1,
        "case": "columns",
        "title": "Every format",
        "document": "none",
        "tables": {
            "Things": {
                "partition_key": {"name": "PK", "type": "S"},
                "sort_key": {"name": "SK", "type": "S"},
                "billing_mode": "PAY_PER_REQUEST",
                "global_secondary_indexes": {
                    "ByRank": INDEX
                    | {
                        "partition_key": {"name": "G", "type": "S"},
                        "sort_key": {"name": "R", "type": "N"},
                    },
                    "ByLabel": {
                        "partition_key": {"name": "label", "type": "S"},
                        "projection": {"type": "ALL"},
                    },
                },
            }
        },
        "entities": {
            "Thing": {
                "table": "Things",
                "keys": {"PK": "T#{label}#{flag}", "SK": "{at}#{at:date}#{rank:04d}#{price}#{ends}#{code}"},
                "index_keys": {
                    "ByRank": {"keys": {"G": "Ä#{day}", "R": "{rank}"}, "when": {"flag": True, "code": None}}
                },
                "constants": {"kind": "Thing"},
                "attributes": {
                    "label": {"type": "S"},
                    "rank": {"type": "N", "format": "integer"},
                    "price": {"type": "N"},
                    "flag": {"type": "BOOL"},
                    "at": {"type": "S", "format": "timestamp"},
                    "ends": {"type": "N", "format": "epoch_seconds"},
                    "day": {"type": "S", "format": "date"},
                    "code": {"type": "S"},
                    "raw": {"type": "B"},
                    "facts": {"type": "M"},
                    "kept": {"type": "L"},
                    "tags": {"type": "SS"},
                    "marks": {"type": "NS"},
                    "share": {"type": "N"},
                    "hidden": {"type": "S", "stored": False},
                    "absent": {"type": "S"},
                },
            }
        },
    }
)
SHAPE = TableShape(
    "Things",
    ("PK", "SK"),
    {"PK": "S", "SK": "S", "G": "S", "R": "N", "label": "S"},
    {
        "ByRank": IndexShape(
            "ByRank",
            "global",
            {"G": "S", "R": "N"},
            "INCLUDE",
            frozenset({"PK", "SK", "G", "R", "label", "facts"}),
        ),
        "ByLabel": IndexShape("ByLabel", "global", {"label": "S"}, "ALL", frozenset()),
    },
)

NUMERIC = pa.opaque(pa.string(), "numeric", "PostgreSQL")


def typed(name, kind, named=""):
    """Returns a field as ADBC describes it."""
    return pa.field(name, kind, metadata={"POSTGRESQL:type": f"'{named}'"} if named else None)


def extension(kind, values):
    """Returns an array of an extension type."""
    return pa.ExtensionArray.from_storage(kind, pa.array(values, kind.storage_type))


FIELDS = [
    typed("label", pa.string()),
    typed("rank", pa.int32()),
    typed("price", NUMERIC, "numeric"),
    typed("flag", pa.bool_()),
    typed("at", pa.timestamp("us", "UTC")),
    typed("ends", pa.timestamp("us", "UTC")),
    typed("day", pa.date32()),
    typed("code", pa.uuid()),
    typed("raw", pa.binary()),
    typed("facts", pa.json_(), "jsonb"),
    typed("kept", pa.json_(), "json"),
    typed("tags", pa.list_(pa.string())),
    typed("marks", pa.list_(pa.int64())),
    typed("share", pa.float64()),
]


def wire(field, value):
    """Returns a Python value as it stands in the Arrow column of a field."""
    if value is None:
        return None
    if isinstance(field.type, pa.JsonType):
        return jsonb_text(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.bytes if isinstance(value, uuid.UUID) else value


def batch_of(rows):
    """Returns rows as a record batch."""
    arrays = []
    for field in FIELDS:
        values = [wire(field, row[field.name]) for row in rows]
        special = isinstance(field.type, pa.BaseExtensionType)
        arrays.append(extension(field.type, values) if special else pa.array(values, field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(FIELDS))


rows_of = st.fixed_dictionaries(
    {
        "label": st.one_of(st.none(), texts, st.just("x" * 2050)),
        "rank": st.one_of(st.none(), st.integers(-5, 20_000)),
        "price": st.one_of(st.none(), decimals),
        "flag": st.one_of(st.none(), st.booleans()),
        "at": st.one_of(st.none(), moments),
        "ends": st.one_of(st.none(), moments),
        "day": st.one_of(st.none(), st.dates()),
        "code": st.one_of(st.none(), st.uuids()),
        "raw": st.one_of(st.none(), st.binary(max_size=9)),
        "facts": st.one_of(st.none(), json_values),
        "kept": st.one_of(st.none(), json_values),
        "tags": st.one_of(st.none(), st.lists(texts, max_size=3)),
        "marks": st.one_of(st.none(), st.lists(longs, max_size=3)),
        "share": st.one_of(st.none(), st.floats(-1e12, 1e12)),
    }
)
GOOD = {
    "label": "a",
    "rank": 7,
    "price": Decimal("1.50"),
    "flag": True,
    "at": dt.datetime(2045, 1, 2, 3, 4, 5, 6, dt.UTC),
    "ends": dt.datetime(1969, 12, 31, 23, 59, 59, 1, dt.UTC),
    "day": dt.date(2045, 1, 2),
    "code": uuid.UUID(int=5),
    "raw": b"123",
    "facts": {"a": [1, "b"]},
    "kept": [],
    "tags": ["a", "b", "a"],
    "marks": [100, 1, 100],
    "share": 0.1,
}
near = st.builds(
    lambda row, names: GOOD | {name: row[name] for name in names}, rows_of, st.sets(st.sampled_from([*GOOD]))
)


def expected(row):
    """Returns the size of a row's item and of its entries, by way of the item; None for a refused row."""
    try:
        item = ItemMaker(DESIGN, "Thing").item(row)
    except Unrepresentable:
        return None
    entries = entry_bytes(SHAPE, item)
    return item_bytes(item), *(entries.get(index, 0) for index in SHAPE.indexes)


def measured(rows):
    """Returns the same from columns."""
    sizes = ColumnSizer(DESIGN, "Thing").sizes(batch_of(rows))
    columns = [sizes.item_bytes, *(sizes.entry_bytes[index] for index in SHAPE.indexes)]
    together = zip(sizes.refused.tolist(), *(column.tolist() for column in columns), strict=True)
    return [None if refused else tuple(values) for refused, *values in together]


@settings(deadline=None)
@given(st.lists(near, max_size=6))
def test_rows_of_every_format_have_the_size_of_their_items(rows):
    """Items and index entries have the same size in columns, and the same rows are refused."""
    assert measured(rows) == [expected(row) for row in rows]


def test_the_row_that_others_are_changed_from_is_no_refusal():
    """The row that the property varies becomes an item with both entries' sizes known."""
    assert expected(GOOD) is not None
    assert measured([GOOD, GOOD | {"code": None}]) == [expected(GOOD), expected(GOOD | {"code": None})]


def test_rows_in_a_slice_have_their_own_sizes():
    """A batch that starts inside its buffers is measured like a copy of it."""
    rows = [GOOD | {"label": "l" * n, "facts": {"k" * (n + 1): n}} for n in range(6)]
    whole, part = ColumnSizer(DESIGN, "Thing").sizes(batch_of(rows)), batch_of(rows).slice(2, 3)
    assert ColumnSizer(DESIGN, "Thing").sizes(part).item_bytes.tolist() == whole.item_bytes[2:5].tolist()


def test_empty_texts_are_left_out_where_the_mapping_says_so():
    """With `omit` an empty text is no attribute, like NULL."""
    rows = [GOOD | {"label": ""}]
    kept, left = (
        ColumnSizer(DESIGN, "Thing", omit_empty=omit).sizes(batch_of(rows)).refused for omit in (False, True)
    )
    assert kept.tolist() == [True]
    assert left.tolist() == [True]
