"""Chunks of rows become items, and each key belongs to the first row that asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.items import Item, ItemMaker, Unrepresentable
from workbench.migrate.ledger import Claim, Ledger, Reject
from workbench.migrate.rows import Chunk


@dataclass(frozen=True)
class ChunkMaker:
    """Makes the items of one entity and keeps the ledger's claims.

    Args:
        entity: The entity's name.
        maker: Makes an item of a row.
        key: Gives the digest of an item's primary key.
        ledger: Knows which row has a key.
    """

    entity: str
    maker: ItemMaker
    key: Callable[[Item], bytes]
    ledger: Ledger

    def made(self, chunk: Chunk) -> tuple[list[Item], list[Reject]]:
        """Returns the items of a chunk, and its rows that become none with the reason."""
        found: list[tuple[Claim, Item]] = []
        rejects: list[Reject] = []
        for row_key, row in chunk.rows:
            try:
                item = self.maker.item(row)
            except Unrepresentable as reason:
                rejects.append(Reject(self.entity, row_key, str(reason)))
            else:
                found.append((Claim(self.key(item), self.entity, row_key), item))
        owners = self.ledger.claim([claim for claim, _ in found])
        items = []
        for (claim, item), owner in zip(found, owners, strict=True):
            if owner == claim:
                items.append(item)
            else:
                rejects.append(_collision(claim, owner))
        return items, rejects


def _collision(claim: Claim, owner: Claim) -> Reject:
    reason = f"its item would have the key of {owner.entity} row {owner.row_key}"
    return Reject(claim.entity, claim.row_key, reason)
