"""Writes items in batches, and repeats what a table did not take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from typing import Any

from orjson import Fragment
from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_random_exponential

from workbench.engines.direct import caller, direct_calls
from workbench.engines.failures import DYNAMODB_SILENT
from workbench.engines.prepared import body_of
from workbench.errors import MigrationError
from workbench.items import Item
from workbench.migrate.digests import content_digest, key_digest
from workbench.model.item_size import most_item_bytes

BATCH_ITEMS = 25
"""Writes of a BatchWriteItem request at most. Source: dg-constraints"""

BATCH_BYTES = 2 * 2**20
"""Items of a batch together [bytes]; JSON may make text six times as long, a request has 16 MiB at most."""

BODY_BYTES = 12 * 2**20
"""JSON of a batch's items together [bytes], where it is known. Source: dg-constraints"""

READ_KEYS = 100
"""Keys of a BatchGetItem request at most. Source: dg-constraints"""

ATTEMPTS = 12
LONGEST_WAIT_SECONDS = 10.0


@dataclass(frozen=True)
class BatchWriter:
    """Writes items of one table.

    Args:
        client: boto3 low-level client, shared by threads.
        table: The table's name.
        key_names: Names of the attributes of the primary key.
    """

    client: Any
    table: str
    key_names: tuple[str, ...]

    def parts(self, items: Sequence[Item]) -> Iterator[Sequence[Item]]:
        """Returns what is written at a time."""
        return (items[start : start + BATCH_ITEMS] for start in range(0, len(items), BATCH_ITEMS))

    def write(self, items: Sequence[Item]) -> int:
        """Writes a part until every item is acknowledged and returns how many there were.

        Raises:
            MigrationError: The table left items unprocessed after many attempts.
        """
        for batch in self._batches(items):
            self._write([{"PutRequest": {"Item": item}} for item in batch])
        return len(items)

    def _batches(self, items: Sequence[Item]) -> Iterator[list[Any]]:
        if direct_calls(self.client) is None:
            return batches(items)
        ready = [body_of(item) for item in items]
        return ([Fragment(body) for body in batch] for batch in batches(ready, len, BODY_BYTES))

    def _write(self, pending: list[Any]) -> None:
        call = caller(self.client)

        def attempt() -> bool:
            nonlocal pending
            answer = call("BatchWriteItem", {"RequestItems": {self.table: pending}})
            pending = answer.get("UnprocessedItems", {}).get(self.table, [])
            return bool(pending)

        self._repeat(attempt, "written")

    def read(self, items: Sequence[Item]) -> dict[bytes, Item]:
        """Returns the stored items that have the keys of some items, by the digest of their keys."""
        found: dict[bytes, Item] = {}
        for start in range(0, len(items), READ_KEYS):
            found.update(self._read(items[start : start + READ_KEYS]))
        return found

    def _read(self, items: Sequence[Item]) -> dict[bytes, Item]:
        found: dict[bytes, Item] = {}
        keys = [{name: item[name] for name in self.key_names} for item in items]
        pending = {"Keys": keys, "ConsistentRead": True}

        def attempt() -> bool:
            nonlocal pending
            answer = self.client.batch_get_item(RequestItems={self.table: pending})
            found.update({self.key(item): item for item in answer["Responses"].get(self.table, [])})
            pending = answer.get("UnprocessedKeys", {}).get(self.table, {})
            return bool(pending)

        self._repeat(attempt, "read")
        return found

    def missing(self, items: Sequence[Item]) -> list[Item]:
        """Returns those items that the table lacks or holds with another content."""
        found = {key: content_digest(item) for key, item in self.read(items).items()}
        return [item for item in items if found.get(self.key(item)) != content_digest(item)]

    def key(self, item: Item) -> bytes:
        """Returns the digest of an item's primary key."""
        return key_digest(self.table, self.key_names, item)

    def _repeat(self, attempt: Any, verb: str) -> None:
        def checked() -> bool:
            try:
                return bool(attempt())
            except self.client.exceptions.ProvisionedThroughputExceededException:
                return True
            except self.client.exceptions.ClientError as error:
                raise MigrationError(
                    f"{self.table}: items were not {verb}: {error}. Look at `workbench schema diff`."
                ) from error
            except DYNAMODB_SILENT as error:
                raise MigrationError(
                    f"{self.table}: items were not {verb}: {error}. Run the same command again: it resumes."
                ) from error

        def give_up(_: Any) -> None:
            raise MigrationError(
                f"{self.table}: some items were not {verb} in {ATTEMPTS} attempts. "
                "Raise the table's capacity and run the same command again: it resumes."
            )

        Retrying(
            retry=retry_if_result(bool),
            wait=wait_random_exponential(multiplier=0.05, max=LONGEST_WAIT_SECONDS),
            stop=stop_after_attempt(ATTEMPTS),
            retry_error_callback=give_up,
        )(checked)


def batches(
    items: Iterable[Sized], size: Callable[[Any], int] = most_item_bytes, most_bytes: int = BATCH_BYTES
) -> Iterator[list[Any]]:
    """Cuts items into batches that one request can carry.

    Args:
        items: The items, or their JSON.
        size: Returns what an item adds to a batch [bytes].
        most_bytes: What a batch has at most [bytes].
    """
    batch: list[Any] = []
    size_bytes = 0
    for item in items:
        added_bytes = size(item)
        if batch and (len(batch) == BATCH_ITEMS or size_bytes + added_bytes > most_bytes):
            yield batch
            batch, size_bytes = [], 0
        batch.append(item)
        size_bytes += added_bytes
    if batch:
        yield batch
