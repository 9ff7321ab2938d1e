"""Files of items: what `workbench size` prints, and each message about a wrong file."""

import gzip
import json

import pytest
from click.testing import CliRunner

from workbench.cli.size import size
from workbench.errors import InputError
from workbench.model import TableShape
from workbench.model.item_file import read_items
from workbench.model.storage import entry_bytes, storage_bytes

SHIRT = {"shirt-color": {"S": "R"}, "shirt-size": {"S": "M"}}
LARGE = {"pk": {"S": "x" * 4095}}


def lines(*documents):
    """The bytes of a file with one JSON document a line."""
    return "\n".join(map(json.dumps, documents)).encode()


def items(content):
    """The items of a file with their lines."""
    return [(held.line, held.item) for held in read_items(content, "f.json")]


def test_each_item_gives_its_sizes_and_units_and_the_last_line_the_sums(tmp_path):
    """23 bytes are one unit of each kind, 4,097 are five and two."""
    path = tmp_path / "items.jsonl"
    path.write_bytes(lines(SHIRT, LARGE))
    result = CliRunner().invoke(size, [str(path)])
    assert [text.split("\t") for text in result.stdout.splitlines()] == [
        ["line", "item_bytes", "stored_bytes", "write_units", "read_units"],
        ["1", "23", "123", "1", "1"],
        ["2", "4097", "4197", "5", "2"],
        ["2 items", "4120", "4320", "6", "3"],
    ]


@pytest.mark.parametrize(
    "content",
    [
        lines(SHIRT),
        json.dumps(SHIRT, indent=2).encode(),
        lines([SHIRT]),
        lines({"Item": SHIRT}),
        lines({"Items": [SHIRT], "Count": 1, "ScannedCount": 1}),
        gzip.compress(lines({"Item": SHIRT})),
        b"\xef\xbb\xbf" + lines(SHIRT),
    ],
    ids=["a line", "over many lines", "a list", "an export", "a scan", "a packed export", "with a BOM"],
)
def test_an_item_is_found_in_each_kind_of_file(content):
    """The same item comes out of every form that DynamoDB and its tools write."""
    assert items(content) == [(1, SHIRT)]


def test_lines_keep_their_numbers_where_some_are_blank():
    """A blank line is passed over and counted."""
    assert items(lines(SHIRT) + b"\n\n" + lines({"Item": LARGE})) == [(1, SHIRT), (3, LARGE)]


def test_an_attribute_that_is_called_item_is_no_export():
    """`{"Item": {"S": ...}}` is an item with one attribute."""
    assert items(lines({"Item": {"S": "x"}})) == [(1, {"Item": {"S": "x"}})]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "f.json: has no lines. Write one JSON object a line."),
        (
            b"{'a': 1}",
            (
                "f.json:1: is not JSON: Expecting property name enclosed in double quotes at column 2. "
                "Write one item in DynamoDB JSON, or one a line."
            ),
        ),
        (
            lines(SHIRT) + b"\nx\n" + lines({"a": 1}),
            (
                "f.json:2: is not JSON: Expecting value at column 1. "
                "Write one item in DynamoDB JSON, or one a line.\n"
                "f.json:3: a: is not one typed value; got 1, "
                "allowed one of S, N, B, BOOL, NULL, SS, NS, BS, L, M. "
                'Write values in DynamoDB JSON, such as {"S": "text"} or {"N": "1"}.'
            ),
        ),
        (
            lines([SHIRT, {"a": {"N": "x"}}]),
            'f.json:1: [1].a.N: is not the text of a number; got "x". Write numbers as text, such as "1.5".',
        ),
        (
            gzip.compress(lines(SHIRT))[:-9],
            (
                "f.json: is damaged gzip: Compressed file ended before the end-of-stream marker was reached. "
                "Fetch or compress it again."
            ),
        ),
    ],
    ids=["empty", "single quotes", "several lines", "in a list", "damaged"],
)
def test_a_file_that_holds_no_items_is_told_with_line_and_path(content, message):
    """Each kind of mistake gives exactly its message."""
    with pytest.raises(InputError) as caught:
        read_items(content, "f.json")
    assert str(caught.value) == message


SHAPE = TableShape.from_create_table(
    {
        "TableName": "orders",
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "state", "AttributeType": "S"},
        ],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by_state",
                "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    }
)


def test_storage_counts_100_bytes_for_each_item_and_each_entry():
    """Two items of 60 and 3 bytes, one of them with an entry of 12 bytes, give 263 and 112 bytes."""
    first = {"pk": {"S": "a"}, "state": {"S": "open"}, "pad": {"S": "x" * 45}}
    second = {"pk": {"S": "b"}}
    assert entry_bytes(SHAPE, first) == {"by_state": 12}
    assert entry_bytes(SHAPE, second) == {}
    assert storage_bytes(SHAPE, [first, second]) == {"orders": 263, "by_state": 112}
