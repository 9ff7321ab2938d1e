"""Relational rows and parameters as DynamoDB items; everything in boto3's low-level DynamoDB JSON."""

from workbench.items.codec import AttributeValue, Item, Unrepresentable, canonical
from workbench.items.maker import ItemMaker

__all__ = ["AttributeValue", "Item", "ItemMaker", "Unrepresentable", "canonical"]
