"""Rows as items of an entity: keys, sparse index keys, limits."""

from __future__ import annotations

import pytest

from workbench.items import ItemMaker, Unrepresentable
from workbench.items.maker import renderer
from workbench.model.item_size import item_bytes
from workbench.spec.design import Attribute, Design

GSI = {
    "partition_key": {"name": "G", "type": "S"},
    "sort_key": {"name": "R", "type": "N"},
    "projection": {"type": "ALL"},
}


def maker(**entity):
    """Returns the maker of an entity with two keys, a sparse index and the given fields."""
    return ItemMaker(
        Design.model_validate(
            {
                "schema_version": 1,
                "case": "unit",
                "title": "Unit",
                "document": "none",
                "tables": {
                    "Things": {
                        "partition_key": {"name": "PK", "type": "S"},
                        "sort_key": {"name": "SK", "type": "S"},
                        "billing_mode": "PAY_PER_REQUEST",
                        "global_secondary_indexes": {"ByRank": GSI},
                    }
                },
                "entities": {
                    "Thing": {
                        "table": "Things",
                        "keys": {"PK": "{name}", "SK": "THING#{rank:03d}"},
                        "index_keys": {
                            "ByRank": {"keys": {"G": "OPEN#{owner}", "R": "{rank}"}, "when": {"open": True}}
                        },
                        "constants": {"kind": "Thing"},
                        "attributes": {
                            "name": {"type": "S"},
                            "rank": {"type": "N", "stored": False},
                            "owner": {"type": "S"},
                            "open": {"type": "BOOL"},
                            "body": {"type": "S"},
                        },
                    }
                    | entity
                },
            }
        ),
        "Thing",
    )


ROW = {"name": "a", "rank": 5, "owner": "o", "open": True, "body": None}


def test_an_item_has_keys_stored_attributes_constants_and_index_keys():
    """A value that is not stored only fills templates; NULL becomes no attribute."""
    assert maker().item(ROW) == {
        "PK": {"S": "a"},
        "SK": {"S": "THING#005"},
        "name": {"S": "a"},
        "owner": {"S": "o"},
        "open": {"BOOL": True},
        "kind": {"S": "Thing"},
        "G": {"S": "OPEN#o"},
        "R": {"N": "5"},
    }


@pytest.mark.parametrize("change", [{"open": False}, {"open": None}, {"owner": None}])
def test_an_item_stays_out_of_an_index_whose_keys_or_condition_it_lacks(change):
    """Either all key attributes of an index are there, or none."""
    assert not maker().item(ROW | change).keys() & {"G", "R"}


def test_a_binary_key_holds_the_bytes_of_its_text():
    """A template of a binary key is encoded as UTF-8."""
    render = renderer("NAME#{name}", "B", {"name": Attribute(type="S")})
    assert render({"name": "é"}) == {"B": "NAME#é".encode()}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": None}, "key PK has a part that is NULL"),
        ({"name": ""}, "key PK is empty"),
        ({"name": "é" * 1025}, "key PK has 2050 bytes, at most 2048 are allowed"),
        ({"rank": 1000}, "key SK: 1000 has more than the 3 digits that keep its order as text"),
        ({"owner": "o" * 2044}, "key G has 2049 bytes, at most 2048 are allowed"),
        ({"body": 5}, "body: int is not text"),
    ],
)
def test_a_row_that_no_item_can_hold_is_refused_with_the_attribute(change, reason):
    """The reason names the key or attribute."""
    with pytest.raises(Unrepresentable) as refused:
        maker().item(ROW | change)
    assert str(refused.value) == reason


@pytest.mark.parametrize("character", ["x", "é"])
def test_a_partition_key_may_have_2048_bytes(character):
    """The limit counts bytes of UTF-8, not characters."""
    name = character * (2048 // len(character.encode()))
    assert maker().item(ROW | {"name": name})["PK"] == {"S": name}


def test_a_sort_key_may_have_1024_bytes_and_no_more():
    """One byte above the limit of a sort key is refused, though a partition key could have it."""
    named = maker(keys={"PK": "FIXED", "SK": "{name}"})
    assert named.item(ROW | {"name": "x" * 1024})["SK"] == {"S": "x" * 1024}
    with pytest.raises(Unrepresentable, match="key SK has 1025 bytes, at most 1024 are allowed"):
        named.item(ROW | {"name": "x" * 1025})


def test_an_item_may_have_409600_bytes_and_no_more():
    """Names and values of all attributes count; one byte more is refused."""
    rest = item_bytes(maker().item(ROW)) + len("body")
    largest = "x" * (409_600 - rest)
    assert item_bytes(maker().item(ROW | {"body": largest})) == 409_600
    with pytest.raises(Unrepresentable, match="the item has 409601 bytes, at most 409600 are allowed"):
        maker().item(ROW | {"body": largest + "x"})
