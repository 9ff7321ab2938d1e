"""Access patterns: one question or change each, declared so that it can be run without further code."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workbench.spec.base import AttributeName, Name, Scalar, Source, SpecModel, TableName

ComparisonOperator = Literal["=", "<>", "<", "<=", ">", ">=", "between", "begins_with", "contains", "in"]
READ_OPERATIONS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan"})
"""Operations that consume read units; all others consume write units."""

ExistenceOperator = Literal["attribute_exists", "attribute_not_exists"]


class Condition(SpecModel):
    """One condition on an attribute; a list of them is joined by AND."""

    attribute: AttributeName
    """The attribute that is compared."""
    operator: ComparisonOperator | ExistenceOperator
    """The comparison."""
    value: Scalar | tuple[Scalar, ...] = None
    """A literal or template; two for `between`, several for `in`, none for the existence operators."""


class SortCondition(SpecModel):
    """The condition of a Query on the sort key."""

    attribute: AttributeName
    """The sort key."""
    operator: Literal["=", "<", "<=", ">", ">=", "between", "begins_with"]
    """The comparison."""
    value: Scalar | tuple[Scalar, ...]
    """A literal or template; two for `between`."""


class PatternBase(SpecModel):
    """What every access pattern has, whatever its operation."""

    description: str
    """The question, as a user of the application would ask it."""
    entity: Name
    """The entity whose attributes give parameters and results their types."""
    source: Source
    """Where the document states it, or why it was reconstructed."""
    parameters: dict[Name, AttributeName] = {}
    """Parameter to the attribute whose type it has; a parameter named like an attribute needs no entry."""
    draw: str
    """SQL that draws parameter sets from the data; `%(seed)s` and `%(count)s` are given."""
    sql: str
    """The same question, or change, in SQL; its columns are the attributes that are compared."""
    ordered: bool = True
    """Whether the order of the results counts; entries of an index with equal keys never have one."""
    expected_items: float = Field(default=1, ge=0)
    """Items returned or written by one request, as the case's author expects."""
    target_p99_ms: float | None = Field(default=None, gt=0)
    """Documented 99th percentile [ms]."""
    target_source: Source | None = None
    """Where the document states the target."""


class KeyedPattern(PatternBase):
    """A pattern on one item, by its whole primary key."""

    key: dict[AttributeName, str]
    """Key attribute to template over the parameters."""


class GetItem(KeyedPattern):
    """Reads one item."""

    operation: Literal["GetItem"]
    """One item by its key."""
    consistent_read: bool = False
    """Whether the read sees every earlier write, at twice the price."""
    attributes: tuple[AttributeName, ...] = ()
    """Attributes returned; all when empty."""


class BatchGetItem(KeyedPattern):
    """Reads several items by key."""

    operation: Literal["BatchGetItem"]
    """Several items by their keys."""
    for_each: tuple[Name, ...] = Field(min_length=1)
    """Parameters that are lists of equal length, one element an item."""
    consistent_read: bool = False
    """Whether the read sees every earlier write, at twice the price."""
    attributes: tuple[AttributeName, ...] = ()
    """Attributes returned; all when empty."""


class ReadMany(PatternBase):
    """What Query and Scan share."""

    index: TableName | None = None
    """The index that is read; the table when absent."""
    filter: tuple[Condition, ...] = ()
    """Conditions that drop items after they were read and paid, joined by AND."""
    limit: int | None = Field(default=None, ge=1)
    """Items returned at most; pages are followed until then."""
    consistent_read: bool = False
    """Whether the read sees every earlier write, at twice the price."""
    attributes: tuple[AttributeName, ...] = ()
    """Attributes returned; what the index projects when empty."""
    count_only: bool = False
    """Returns `count` instead of items (Select=COUNT)."""


class Query(ReadMany):
    """Reads items of one partition key value."""

    operation: Literal["Query"]
    """The items of one partition key value."""
    partition: dict[AttributeName, str] = Field(min_length=1)
    """Partition key attribute to template."""
    sort: SortCondition | None = None
    """Condition on the sort key; all items when absent."""
    ascending: bool = True
    """Whether the smallest sort key comes first."""


class Scan(ReadMany):
    """Reads a whole table or index."""

    operation: Literal["Scan"]
    """All items of a table or index."""


class PutItem(PatternBase):
    """Writes a whole item of the entity, made from the parameters."""

    operation: Literal["PutItem"]
    """Writes a whole item."""
    condition: tuple[Condition, ...] = ()
    """Conditions that the item must meet, joined by AND."""


class UpdateItem(KeyedPattern):
    """Changes attributes of one item."""

    operation: Literal["UpdateItem"]
    """Changes attributes of one item."""
    set: dict[AttributeName, Scalar] = {}
    """Attribute to its new value, a literal or template."""
    add: dict[AttributeName, Scalar] = {}
    """Attribute to the number that is added to it."""
    remove: tuple[AttributeName, ...] = ()
    """Attributes that are removed."""
    condition: tuple[Condition, ...] = ()
    """Conditions that the item must meet, joined by AND."""


class DeleteItem(KeyedPattern):
    """Deletes one item."""

    operation: Literal["DeleteItem"]
    """Deletes one item."""
    condition: tuple[Condition, ...] = ()
    """Conditions that the item must meet, joined by AND."""


class BatchPutItem(PatternBase):
    """Writes several items of the entity with BatchWriteItem."""

    operation: Literal["BatchWriteItem"]
    """Writes several items."""
    for_each: tuple[Name, ...] = Field(min_length=1)
    """Parameters that are lists of equal length, one element an item."""


class TransactPut(SpecModel):
    """A put inside a transaction."""

    operation: Literal["PutItem"]
    """Writes a whole item."""
    entity: Name
    """The entity of the item."""
    condition: tuple[Condition, ...] = ()
    """Conditions that the item must meet, joined by AND."""


class TransactUpdate(SpecModel):
    """An update inside a transaction."""

    operation: Literal["UpdateItem"]
    """Changes attributes of one item."""
    entity: Name
    """The entity of the item."""
    key: dict[AttributeName, str]
    """Key attribute to template over the parameters."""
    set: dict[AttributeName, Scalar] = {}
    """Attribute to its new value, a literal or template."""
    add: dict[AttributeName, Scalar] = {}
    """Attribute to the number that is added to it."""
    remove: tuple[AttributeName, ...] = ()
    """Attributes that are removed."""
    condition: tuple[Condition, ...] = ()
    """Conditions that the item must meet, joined by AND."""


class TransactDelete(SpecModel):
    """A delete inside a transaction."""

    operation: Literal["DeleteItem"]
    """Deletes one item."""
    entity: Name
    """The entity of the item."""
    key: dict[AttributeName, str]
    """Key attribute to template over the parameters."""
    condition: tuple[Condition, ...] = ()
    """Conditions that the item must meet, joined by AND."""


class TransactCheck(SpecModel):
    """A condition check inside a transaction."""

    operation: Literal["ConditionCheck"]
    """Checks one item without changing it."""
    entity: Name
    """The entity of the item."""
    key: dict[AttributeName, str]
    """Key attribute to template over the parameters."""
    condition: tuple[Condition, ...] = Field(min_length=1)
    """Conditions that the item must meet, joined by AND."""


TransactMember = Annotated[
    TransactPut | TransactUpdate | TransactDelete | TransactCheck, Field(discriminator="operation")
]


class TransactWriteItems(PatternBase):
    """Writes several items, all or none; the SQL returns the state of the pattern's entity afterwards."""

    operation: Literal["TransactWriteItems"]
    """Writes several items, all or none."""
    members: tuple[TransactMember, ...] = Field(min_length=1, max_length=100)
    """The changes and checks, each on another item."""


AccessPattern = Annotated[
    GetItem
    | BatchGetItem
    | Query
    | Scan
    | PutItem
    | UpdateItem
    | DeleteItem
    | BatchPutItem
    | TransactWriteItems,
    Field(discriminator="operation"),
]
