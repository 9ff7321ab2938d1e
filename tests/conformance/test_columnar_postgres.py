"""Item sizes in columns, straight from PostgreSQL, against the item made of each row."""

import numpy as np
import pytest
from psycopg.rows import dict_row

from workbench.engines.arrow import arrow_batches
from workbench.errors import EngineError
from workbench.items import ItemMaker, Unrepresentable
from workbench.items.column_sizes import ColumnSizer
from workbench.migrate.rehearsal import load_source
from workbench.model.item_size import item_bytes
from workbench.model.storage import entry_bytes
from workbench.replay.units import table_shapes
from workbench.spec import load_case
from workbench.spec.design import Design

CASE = load_case("algoitny")
SHAPES = table_shapes(CASE.design)

ODD_VALUES = """
SELECT n AS id, 'row ' || n AS label, value, stamp, day, document::json AS document, share, code, raw
FROM (VALUES
  (1, 12.500::numeric, '2045-01-02 03:04:05+02'::timestamptz, '2045-01-02'::date,
   '{"b": 1, "a": 1e3, "b": 2}',
   0.1::real, '00000000-0000-0000-0000-000000000005'::uuid, '\\x0102'::bytea),
  (2, 1e100, '0001-01-01 00:00:00+00', '0001-01-01', ' {"é": "\\u00e9\\n"}', 1e30, NULL, ''),
  (3, 0.00000000000000000001, '1969-12-31 23:59:59.5+00', '9999-12-31', '{}', -0.5, NULL, NULL),
  (4, 'NaN', NULL, NULL, NULL, NULL, NULL, NULL),
  (5, 'infinity', NULL, NULL, NULL, NULL, NULL, NULL),
  (6, NULL, 'infinity', NULL, NULL, NULL, NULL, NULL),
  (7, NULL, '-infinity', NULL, NULL, NULL, NULL, NULL),
  (8, NULL, NULL, 'infinity', NULL, NULL, NULL, NULL),
  (9, NULL, '12000-01-01 00:00:00+00', NULL, NULL, NULL, NULL, NULL),
  (10, NULL, '0044-03-15 12:00:00 BC', NULL, NULL, NULL, NULL, NULL),
  (11, NULL, NULL, '10000-01-01', NULL, NULL, NULL, NULL),
  (12, NULL, NULL, NULL, '[1]', NULL, NULL, NULL),
  (13, -0.10, NULL, NULL, '{"a": {"b": [true, false, null]}}', NULL, NULL, NULL)
) AS rows (n, value, stamp, day, document, share, code, raw)
ORDER BY n
"""

ODD_DESIGN = Design.model_validate(
    {
        "schema_version": 1,
        "case": "odd",
        "title": "Odd values",
        "document": "none",
        "tables": {
            "Odd": {"partition_key": {"name": "PK", "type": "S"}, "billing_mode": "PAY_PER_REQUEST"},
        },
        "entities": {
            "Odd": {
                "table": "Odd",
                "keys": {"PK": "ODD#{id:010d}"},
                "attributes": {
                    "id": {"type": "N", "format": "integer"},
                    "label": {"type": "S"},
                    "value": {"type": "N"},
                    "stamp": {"type": "S", "format": "timestamp"},
                    "day": {"type": "S", "format": "date"},
                    "document": {"type": "M"},
                    "share": {"type": "N"},
                    "code": {"type": "S"},
                    "raw": {"type": "B"},
                },
            }
        },
    }
)


@pytest.fixture(scope="module")
def source(postgres):
    """The population of algoitny with the rows that no item can hold, in a database of its own."""
    with postgres.connect() as connection:
        connection.autocommit = True
        connection.execute("CREATE SCHEMA columns_of_algoitny")
        connection.execute("ALTER ROLE CURRENT_USER SET search_path TO columns_of_algoitny")
    load_source(CASE, postgres, users=40, seed=3, hostile=True)
    yield postgres
    with postgres.connect() as connection:
        connection.autocommit = True
        connection.execute("ALTER ROLE CURRENT_USER RESET search_path")
        connection.execute("DROP SCHEMA columns_of_algoitny CASCADE")


def in_columns(postgres, design, entity, query):
    """Returns size and entry sizes of each row from columns; None for a refused row."""
    sizer = ColumnSizer(design, entity)
    with arrow_batches(postgres, query, batch_bytes=20_000) as batches:
        sized = list(sizer.each(batches))
    assert sized
    item_sizes, refused = (
        np.concatenate([getattr(one, name) for one in sized]) for name in ("item_bytes", "refused")
    )
    entries = {
        name: np.concatenate([one.entry_bytes[name] for one in sized]) for name in sized[0].entry_bytes
    }
    return [
        None
        if refused[row]
        else (int(item_sizes[row]), {k: int(v[row]) for k, v in entries.items() if v[row]})
        for row in range(len(refused))
    ]


def one_by_one(postgres, design, entity, query):
    """Returns the same from the item made of each row."""
    maker, shape = ItemMaker(design, entity), table_shapes(design)[design.entities[entity].table]
    sizes = []
    with postgres.connect() as connection:
        for row in connection.cursor(row_factory=dict_row).execute(query):
            try:
                item = maker.item(row)
            except Unrepresentable:
                sizes.append(None)
            else:
                sizes.append((item_bytes(item), entry_bytes(shape, item)))
    return sizes


@pytest.mark.parametrize("entity", list(CASE.mapping.entities))
def test_columns_have_the_sizes_of_the_items(source, entity):
    """Each row of each entity has the same item and entry sizes both ways, and the same are refused."""
    query = f"SELECT * FROM ({CASE.mapping.entities[entity].query}) AS source ORDER BY id"
    expected = one_by_one(source, CASE.design, entity, query)
    assert len(expected) >= 6
    assert in_columns(source, CASE.design, entity, query) == expected


def test_values_that_python_or_dynamodb_lacks_are_refused_alike(postgres):
    """Infinities, years outside 1 to 9999, json as written, real numbers and identifiers agree both ways."""
    expected = one_by_one(postgres, ODD_DESIGN, "Odd", ODD_VALUES)
    assert [row for row, size in enumerate(expected, start=1) if size is None] == [
        4,
        5,
        6,
        7,
        8,
        9,
        10,
        11,
        12,
    ]
    assert in_columns(postgres, ODD_DESIGN, "Odd", ODD_VALUES) == expected


def test_a_query_that_fails_is_explained(postgres):
    """A wrong query ends in an error that names the server and what PostgreSQL said."""
    with (
        pytest.raises(EngineError, match=r"cannot be read as columns: .*nowhere"),
        arrow_batches(postgres, "SELECT * FROM nowhere"),
    ):
        pass


def test_a_query_that_fails_on_the_way_is_explained(postgres):
    """An error that comes after the first rows is explained as well."""
    query = "SELECT 1 / (9000 - n) AS id, repeat('x', 100) AS label FROM generate_series(1, 9000) AS n"
    with (
        pytest.raises(EngineError, match=r"cannot be read as columns: .*division by zero"),
        arrow_batches(postgres, query, batch_bytes=1000) as batches,
    ):
        list(batches)
