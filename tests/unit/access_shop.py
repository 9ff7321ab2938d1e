"""A small design of a shop, with one pattern that a test states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from workbench.access.requests import RequestMaker
from workbench.spec.design import Design

SHOP = yaml.safe_load(Path(__file__).with_name("access_shop.yaml").read_text(encoding="utf-8"))

KEY = {"PK": "SHOP#{shop_id:05d}", "SK": "ORDER#{order_id}"}


def design(pattern: dict[str, Any], shop: dict[str, Any] = SHOP) -> Design:
    """Returns the shop, or one like it, with one pattern called `it`."""
    source = {"reconstructed": "made for the tests of requests"}
    stated = {
        "description": "A question.",
        "entity": "Order",
        "source": source,
        "draw": "SELECT 1",
        "sql": "SELECT 1",
    }
    return Design.model_validate({**shop, "patterns": {"it": {**stated, **pattern}}})


def requests(pattern: dict[str, Any], **parameters: Any) -> list[tuple[str, dict[str, Any]]]:
    """Returns operation and arguments of every request of a pattern."""
    maker = RequestMaker(design(pattern), "it")
    return [(request.operation, request.arguments) for request in maker.requests(parameters)]


def only(pattern: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    """Returns the arguments of a pattern's one request."""
    ((_, arguments),) = requests(pattern, **parameters)
    return arguments
