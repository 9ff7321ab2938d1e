"""Who is told by budgets and alarms: an e-mail address or an SNS topic, always given, never made up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from workbench.errors import InputError, Problem

MOST_TOPICS = 1
MOST_EMAILS = 10

_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True)
class Subscriber:
    """Somebody who is told.

    Args:
        address: An e-mail address, or the ARN of an SNS topic.
    """

    address: str

    @property
    def is_topic(self) -> bool:
        """Whether it is a topic; alarms can tell only topics."""
        return _TOPIC.fullmatch(self.address) is not None

    @property
    def budgets(self) -> dict[str, str]:
        """The subscriber as AWS Budgets takes it."""
        kind = "SNS" if self.is_topic else "EMAIL"
        return {"SubscriptionType": kind, "Address": self.address}


def watchers(account: str, addresses: Iterable[str]) -> tuple[Subscriber, ...]:
    """Returns who is told.

    Args:
        account: Account that is watched, which must have 12 digits.
        addresses: E-mail addresses and ARNs of SNS topics.

    Raises:
        InputError: The account or an address is none, or they are more than a budget tells; all at once.
    """
    given = tuple(map(Subscriber, addresses))
    problems = [*_address_problems(given), *_count_problems(given)]
    if not _ACCOUNT.fullmatch(account):
        message = f"is no account; got {account!r}, allowed 12 digits"
        problems.append(Problem("--account", 0, "", message, "Take the number of the account to watch"))
    if problems:
        raise InputError(problems)
    return given


def _address_problems(given: Sequence[Subscriber]) -> Iterator[Problem]:
    for each in given:
        if not each.is_topic and not _EMAIL.fullmatch(each.address):
            message = f"is no address; got {each.address!r}, allowed an e-mail address or the ARN of a topic"
            yield Problem("--notify", 0, "", message, "Name whom to tell")


def _count_problems(given: Sequence[Subscriber]) -> Iterator[Problem]:
    """Source: budgets-limits."""
    topics = sum(each.is_topic for each in given)
    for count, most, words in (
        (topics, MOST_TOPICS, "topics"),
        (len(given) - topics, MOST_EMAILS, "e-mails"),
    ):
        if count > most:
            message = f"an alert tells fewer; got {count} {words}, allowed {most}"
            yield Problem("--notify", 0, "", message, "Let a topic tell the others")
