"""AWS's Price List API, asked only when the user agrees; it needs credentials and costs nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from workbench.errors import EngineError, InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

HOME_REGION = "us-east-1"
"""The API answers for all regions from a few of them; this is one."""

_POSTGRESQL = {"databaseEngine": "PostgreSQL"}
_EXTRA: Mapping[str, Mapping[str, str]] = {"AmazonRDS": _POSTGRESQL}


def price_list_client() -> Any:
    """Returns a client of the Price List API with the user's own credentials."""
    return boto3.session.Session(region_name=HOME_REGION).client("pricing")


def fetch_products(
    service_code: str, region: str, *, yes_real_aws: bool, client: Any = None
) -> list[dict[str, Any]]:
    """Returns all products of a service in a region, parsed.

    Args:
        service_code: Such as `AmazonDynamoDB`.
        region: AWS region code.
        yes_real_aws: The user's consent to requests to AWS.
        client: A client of the API; made from the user's credentials where none is given.

    Raises:
        InputError: The consent is missing.
        EngineError: AWS refused, or its answer is no JSON.
    """
    if not yes_real_aws:
        raise InputError([_no_consent(region)])
    wanted = {"regionCode": region, **_EXTRA.get(service_code, {})}
    filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()]
    try:
        pages = (client or price_list_client()).get_paginator("get_products")
        answers = pages.paginate(ServiceCode=service_code, Filters=filters, FormatVersion="aws_v1")
        return [json.loads(entry) for page in answers for entry in page["PriceList"]]
    except (BotoCoreError, ClientError) as error:
        raise EngineError(f"Price List API, {service_code} in {region}: {error}") from error
    except ValueError as error:
        raise EngineError(f"Price List API, {service_code} in {region}: no JSON; {error}") from error


def _no_consent(region: str) -> Problem:
    return Problem(
        "prices update",
        0,
        "",
        f"asks AWS for the prices of {region} with your credentials; got no --yes-real-aws",
        "Add --yes-real-aws if that is meant",
    )
