"""DynamoDB on AWS: only when it is asked for twice, because it costs money and holds real data."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from workbench.engines.base import DynamoEngine
from workbench.engines.capabilities import AWS
from workbench.engines.client import aws_client
from workbench.errors import InputError, Problem

NAME = "aws"


@contextlib.contextmanager
def open_aws(region: str, *, yes_real_aws: bool) -> Iterator[DynamoEngine]:
    """Opens DynamoDB on AWS with the user's own credentials.

    Args:
        region: AWS region.
        yes_real_aws: The user's consent to requests that are billed.

    Raises:
        InputError: The consent is missing.
    """
    if not yes_real_aws:
        raise InputError([_no_consent(region)])
    yield DynamoEngine(NAME, "", region, None, "", AWS, aws_client(region), lambda _: aws_client(region))


def _no_consent(region: str) -> Problem:
    return Problem(
        "--engine",
        0,
        "",
        f"aws sends billed requests to the real DynamoDB in {region}; got aws without --yes-real-aws",
        "Add --yes-real-aws (in Python: yes_real_aws=True) if that is meant, or use dynamodb-local or moto.",
    )
