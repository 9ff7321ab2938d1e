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
    operator: ComparisonOperator | ExistenceOperator
    value: Scalar | tuple[Scalar, ...] = None
    """A literal or template; two for `between`, several for `in`, none for the existence operators."""


class SortCondition(SpecModel):
    """The condition of a Query on the sort key."""

    attribute: AttributeName
    operator: Literal["=", "<", "<=", ">", ">=", "between", "begins_with"]
    value: Scalar | tuple[Scalar, ...]


class PatternBase(SpecModel):
    """What every access pattern has, whatever its operation."""

    description: str
    """The question, as a user of the application would ask it."""
    entity: Name
    """The entity whose attributes give parameters and results their types."""
    source: Source
    parameters: dict[Name, AttributeName] = {}
    """Parameter to the attribute whose type it has; a parameter named like an attribute needs no entry."""
    draw: str
    """SQL that draws parameter sets from the data; `%(seed)s` and `%(count)s` are given."""
    sql: str
    """The same question, or change, in SQL; its columns are the attributes that are compared."""
    ordered: bool = True
    """Whether the order of the results is part of the answer."""
    expected_items: float = Field(default=1, ge=0)
    """Items returned or written by one request, as the case's author expects."""
    target_p99_ms: float | None = Field(default=None, gt=0)
    """Documented 99th percentile [ms]."""
    target_source: Source | None = None


class KeyedPattern(PatternBase):
    """A pattern on one item, by its whole primary key."""

    key: dict[AttributeName, str]
    """Key attribute to template over the parameters."""


class GetItem(KeyedPattern):
    """Reads one item."""

    operation: Literal["GetItem"]
    consistent_read: bool = False
    attributes: tuple[AttributeName, ...] = ()
    """Attributes returned; all when empty."""


class BatchGetItem(KeyedPattern):
    """Reads several items by key."""

    operation: Literal["BatchGetItem"]
    for_each: tuple[Name, ...] = Field(min_length=1)
    """Parameters that are lists of equal length, one element an item."""
    consistent_read: bool = False
    attributes: tuple[AttributeName, ...] = ()


class ReadMany(PatternBase):
    """What Query and Scan share."""

    index: TableName | None = None
    filter: tuple[Condition, ...] = ()
    limit: int | None = Field(default=None, ge=1)
    """Items returned at most; pages are followed until then."""
    consistent_read: bool = False
    attributes: tuple[AttributeName, ...] = ()
    """Attributes returned; what the index projects when empty."""
    count_only: bool = False
    """Returns `count` instead of items (Select=COUNT)."""


class Query(ReadMany):
    """Reads items of one partition key value."""

    operation: Literal["Query"]
    partition: dict[AttributeName, str] = Field(min_length=1)
    """Partition key attribute to template."""
    sort: SortCondition | None = None
    ascending: bool = True


class Scan(ReadMany):
    """Reads a whole table or index."""

    operation: Literal["Scan"]


class PutItem(PatternBase):
    """Writes a whole item of the entity, made from the parameters."""

    operation: Literal["PutItem"]
    condition: tuple[Condition, ...] = ()


class UpdateItem(KeyedPattern):
    """Changes attributes of one item."""

    operation: Literal["UpdateItem"]
    set: dict[AttributeName, Scalar] = {}
    add: dict[AttributeName, Scalar] = {}
    remove: tuple[AttributeName, ...] = ()
    condition: tuple[Condition, ...] = ()


class DeleteItem(KeyedPattern):
    """Deletes one item."""

    operation: Literal["DeleteItem"]
    condition: tuple[Condition, ...] = ()


class BatchPutItem(PatternBase):
    """Writes several items of the entity with BatchWriteItem."""

    operation: Literal["BatchWriteItem"]
    for_each: tuple[Name, ...] = Field(min_length=1)
    """Parameters that are lists of equal length, one element an item."""


class TransactPut(SpecModel):
    """A put inside a transaction."""

    operation: Literal["PutItem"]
    entity: Name
    condition: tuple[Condition, ...] = ()


class TransactUpdate(SpecModel):
    """An update inside a transaction."""

    operation: Literal["UpdateItem"]
    entity: Name
    key: dict[AttributeName, str]
    set: dict[AttributeName, Scalar] = {}
    add: dict[AttributeName, Scalar] = {}
    remove: tuple[AttributeName, ...] = ()
    condition: tuple[Condition, ...] = ()


class TransactDelete(SpecModel):
    """A delete inside a transaction."""

    operation: Literal["DeleteItem"]
    entity: Name
    key: dict[AttributeName, str]
    condition: tuple[Condition, ...] = ()


class TransactCheck(SpecModel):
    """A condition check inside a transaction."""

    operation: Literal["ConditionCheck"]
    entity: Name
    key: dict[AttributeName, str]
    condition: tuple[Condition, ...] = Field(min_length=1)


TransactMember = Annotated[
    TransactPut | TransactUpdate | TransactDelete | TransactCheck, Field(discriminator="operation")
]


class TransactWriteItems(PatternBase):
    """Writes several items, all or none; the SQL returns the state of the pattern's entity afterwards."""

    operation: Literal["TransactWriteItems"]
    members: tuple[TransactMember, ...] = Field(min_length=1, max_length=100)


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
