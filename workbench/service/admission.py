"""Lets callers in: who they are, and whether they have asked too often."""

from __future__ import annotations

import math
import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from workbench.service.grants import Caller, KeyRing
from workbench.service.limits import LimitSettings
from workbench.service.refusals import TooMany, Unauthenticated

WINDOW_SECONDS = 60


class Doorkeeper:
    """Checks keys and counts requests.

    Args:
        ring: Knows the callers.
        settings: How often they may ask.
    """

    def __init__(self, ring: KeyRing, settings: LimitSettings) -> None:
        self._ring = ring
        self._default = settings.requests_per_minute
        self._refused = RateLimitItemPerMinute(settings.refused_keys_per_minute)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def caller(self, key: str, address: str) -> Caller:
        """Returns who asks.

        Args:
            key: What the request has for a key.
            address: Where it comes from.

        Raises:
            Unauthenticated: The key is unknown.
            TooMany: An address asks too often with unknown keys.
        """
        try:
            return self._ring.caller(key)
        except Unauthenticated:
            if not self._limiter.hit(self._refused, "refused", address):
                raise self._too_many(self._refused, ("refused", address)) from None
            raise

    def counted(self, caller: Caller) -> list[tuple[bytes, bytes]]:
        """Counts a request and returns the headers that tell how often its caller may go on.

        Raises:
            TooMany: The caller asks too often.
        """
        allowed, who = RateLimitItemPerMinute(caller.grant.requests_per_minute or self._default), caller.name
        if not self._limiter.hit(allowed, "caller", who):
            raise self._too_many(allowed, ("caller", who))
        return self._headers(allowed, ("caller", who))

    def _headers(self, item: RateLimitItemPerMinute, who: tuple[str, str]) -> list[tuple[bytes, bytes]]:
        """Returns the limit, what is left and when there is more. Source: ietf-ratelimit-headers."""
        reset, left = self._limiter.get_window_stats(item, *who)
        policy = f"{item.amount};w={WINDOW_SECONDS}"
        values = (
            ("limit", item.amount),
            ("remaining", max(0, left)),
            ("reset", _seconds(reset)),
            ("policy", policy),
        )
        return [(f"ratelimit-{name}".encode(), str(value).encode()) for name, value in values]

    def _too_many(self, item: RateLimitItemPerMinute, who: tuple[str, str]) -> TooMany:
        headers = {name.decode(): value.decode() for name, value in self._headers(item, who)}
        wait = max(1, int(headers["ratelimit-reset"]))
        return TooMany(
            [f"At most {item.amount} requests a minute are taken. Wait {wait} s."],
            {**headers, "Retry-After": str(wait)},
        )


def _seconds(reset: float) -> int:
    return max(0, math.ceil(reset - time.time()))
