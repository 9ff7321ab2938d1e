"""What DynamoDB charges for: bytes of items and units of requests, exact and without an engine."""

from workbench.model.actions import Action, Consumed
from workbench.model.dialects import AWS, DIALECTS, DYNAMODB_LOCAL, Dialect
from workbench.model.item_size import item_bytes, number_bytes, value_bytes
from workbench.model.predict import predict
from workbench.model.table import IndexShape, TableShape

__all__ = [
    "AWS",
    "DIALECTS",
    "DYNAMODB_LOCAL",
    "Action",
    "Consumed",
    "Dialect",
    "IndexShape",
    "TableShape",
    "item_bytes",
    "number_bytes",
    "predict",
    "value_bytes",
]
