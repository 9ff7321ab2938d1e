"""Takes back what the writes of a pattern changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.access.calls import MAX_BATCH_WRITES, Request
from workbench.access.execution import Sender
from workbench.items.codec import Item
from workbench.replay.images import Address, Images
from workbench.replay.targets import Target, targets

if TYPE_CHECKING:
    from workbench.access.requests import RequestMaker
    from workbench.engines.base import DynamoEngine
    from workbench.spec.design import Design


class Undo:
    """Puts the items that a pattern writes back to what they were when this was made.

    Args:
        design: The design that has the pattern.
        maker: Makes the pattern's requests.
        engine: Holds the items.
        drawn: The parameter sets that will be written with.
    """

    def __init__(
        self,
        design: Design,
        maker: RequestMaker,
        engine: DynamoEngine,
        drawn: Sequence[Mapping[str, Any]],
    ) -> None:
        self._sender = Sender(engine.client, direct=True)
        images = Images(design, self._sender)
        requests = (request for parameters in drawn for request in maker.requests(parameters))
        found = (t for request in requests for t in targets(design, maker.pattern, request))
        self._written = {t.address: t for t in found if t.operation != "ConditionCheck"}
        self._before: dict[Address, Item] = {}
        for table in {target.table for target in self._written.values()}:
            keys = [target.key for target in self._written.values() if target.table == table]
            self._before |= images.read(table, keys)

    def __call__(self) -> None:
        """Puts everything back."""
        writes = list(self._writes())
        for start in range(0, len(writes), MAX_BATCH_WRITES):
            self._send(writes[start : start + MAX_BATCH_WRITES])

    def _writes(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for address, target in self._written.items():
            yield target.table, _write(target, self._before.get(address))

    def _send(self, writes: Sequence[tuple[str, dict[str, Any]]]) -> None:
        by_table: dict[str, list[dict[str, Any]]] = {}
        for table, write in writes:
            by_table.setdefault(table, []).append(write)
        self._sender.send([Request("BatchWriteItem", {"RequestItems": by_table})])


def _write(target: Target, before: Item | None) -> dict[str, Any]:
    if before is None:
        return {"DeleteRequest": {"Key": target.key}}
    return {"PutRequest": {"Item": before}}
