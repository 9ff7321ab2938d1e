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

    def admit(self, key: str, address: str) -> tuple[Caller, list[tuple[bytes, bytes]]]:
        """Returns who asks, and the headers that tell how often it may go on.

        Args:
            key: What the request has for a key.
            address: Where it comes from.

        Raises:
            Unauthenticated: The key is unknown.
            TooMany: The caller, or an address with unknown keys, asks too often.
        """
        try:
            caller = self._ring.caller(key)
        except Unauthenticated:
            if not self._limiter.hit(self._refused, "refused", address):
                raise self._too_many(self._refused, ("refused", address)) from None
            raise
        allowed = RateLimitItemPerMinute(caller.grant.requests_per_minute or self._default)
        if not self._limiter.hit(allowed, "caller", caller.name):
            raise self._too_many(allowed, ("caller", caller.name))
        return caller, self._headers(allowed, ("caller", caller.name))

    def _headers(self, item: RateLimitItemPerMinute, who: tuple[str, str]) -> list[tuple[bytes, bytes]]:
        """Returns the limit, what is left and when it is whole again. Source: ietf-ratelimit-headers."""
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
