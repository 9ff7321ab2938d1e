"""What a caller or a connection may ask of a service, as `service.yaml` states it."""

from __future__ import annotations

from pydantic import Field

from workbench.spec.base import SpecModel


class LimitSettings(SpecModel):
    """What a caller or a connection may ask of the service."""

    requests_per_minute: int = Field(ge=1)
    """Requests of a caller whose key states no other number."""
    refused_keys_per_minute: int = Field(ge=1)
    """Requests with an unknown key from one address, after which the address waits."""
    body_kb: int = Field(ge=1)
    """Body of a request at most [1,024 bytes]."""
    header_kb: int = Field(ge=1)
    """Request line and headers at most [1,024 bytes]."""
    request_seconds: float = Field(gt=0)
    """Time in which a request must have arrived whole [s]."""
    idle_seconds: int = Field(ge=1)
    """How long a connection is kept between requests [s]."""
    connections: int = Field(ge=1)
    """Open connections at most; further ones are closed at once."""
    requests_at_once: int = Field(ge=1)
    """Requests that are being answered at most; further ones are told to come back."""
