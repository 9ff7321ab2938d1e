"""The house that a service lives in: who is let in, health, metrics, refusals, documentation."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp

from workbench.service.admission import Doorkeeper
from workbench.service.documentation import add_documentation
from workbench.service.grants import Caller
from workbench.service.guard import Guard
from workbench.service.limits import LimitSettings
from workbench.service.metrics import ServiceMetrics
from workbench.service.openapi import JSON, describe, responses
from workbench.service.refusals import (
    Busy,
    Failure,
    Forbidden,
    Malformed,
    NotFound,
    Refusal,
    WrongMethod,
    problem_answer,
)

VERSION = "1"
READY_SECONDS = 1.0
MOST_PROBLEMS = 20
MANNERS = """Send your key in `X-API-Key`. A refusal is a problem document whose `problems` say what is wrong.
`RateLimit-Remaining` tells how many requests are left, `RateLimit-Reset` in how many seconds there are more;
429 and 503 have `Retry-After`. A page ends with `next`: send it as `token`, with the same question."""
"""What a caller needs to know of every operation."""
GONE = 499
"""Status of a request whose caller went away, as proxies write it."""

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class House:
    """What all services need.

    Args:
        title: What the service is called.
        door: Knows the callers.
        limits: What a connection may ask.
        metrics: What is counted.
        ready: Tells whether the table answers.
        log: Where a line a request goes.
    """

    title: str
    door: Doorkeeper
    limits: LimitSettings
    metrics: ServiceMetrics
    ready: Callable[[], Awaitable[bool]]
    log: structlog.typing.WrappedLogger

    def admitted(self, request: Request) -> Caller:
        """Returns who sends a request, and notes how often it may go on.

        Raises:
            Unauthenticated: The key is unknown.
            TooMany: The caller asks too often.
        """
        address = request.client.host if request.client else "unknown"
        caller = self.door.caller(request.headers.get("x-api-key", ""), address)
        told = request.scope["told"]
        told["caller"] = caller.name
        told["headers"] = self.door.counted(caller)
        self.metrics.callers.labels(caller.name).inc()
        return caller

    def application(self) -> FastAPI:
        """Returns an application with documentation, to which a service adds its paths."""
        app = FastAPI(
            title=self.title,
            description=MANNERS,
            version=VERSION,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
        )
        describe(app)
        add_documentation(app)
        app.add_exception_handler(HTTPException, _not_routed)
        app.add_exception_handler(Refusal, _refused)
        app.add_exception_handler(RequestValidationError, _malformed)
        app.add_exception_handler(ClientDisconnect, _gone)
        app.add_exception_handler(Exception, _failed)
        return app

    def guarded(self, app: FastAPI) -> ASGIApp:
        """Returns an application with health and metrics beside its paths, and the guard around it."""
        _add_own(app, self)
        return Guard(app, self.metrics, self.limits, self.log)

    async def live(self) -> Response:
        """Tells that the process answers."""
        return Response('{"status":"live"}', media_type=JSON)

    async def is_ready(self) -> Response:
        """Tells whether the table answers too."""
        try:
            found = await asyncio.wait_for(self.ready(), READY_SECONDS)
        except TimeoutError:
            found = False
        self.metrics.ready.set(found)
        if not found:
            raise Busy(["The table does not answer."], {"Retry-After": "1"})
        return Response('{"status":"ready"}', media_type=JSON)

    async def measured(self, request: Request) -> Response:
        """Returns what the service counts about itself, for Prometheus."""
        if not self.admitted(request).grant.operate:
            raise Forbidden(["This key does not grant reading the metrics."])
        return Response(self.metrics.text(), headers={"content-type": CONTENT_TYPE_LATEST})


def _add_own(app: FastAPI, house: House) -> None:
    status = {JSON: {"schema": {"type": "object"}}}
    live, ready = responses(200, status), responses(200, status, 503)
    app.add_api_route("/health/live", house.live, responses=live, response_class=Response)
    app.add_api_route("/health/ready", house.is_ready, responses=ready, response_class=Response)
    app.add_api_route("/metrics", house.measured, include_in_schema=False, response_class=Response)


async def _not_routed(request: Request, error: Exception) -> Response:
    """Answers what the router refuses."""
    if getattr(error, "status_code", NotFound.status) == WrongMethod.status:
        allow = ", ".join(_methods(request))
        return problem_answer(WrongMethod([f"Allowed here: {allow}."], {"Allow": allow}))
    return problem_answer(NotFound(["See /openapi.json for what there is."]))


def _methods(request: Request) -> list[str]:
    """Returns the methods that a path takes, of all its routes."""
    matching = getattr(request.scope.get("route"), "path", request.url.path)
    routes = [route for route in request.app.routes if getattr(route, "path", "") == matching]
    return sorted({method for route in routes for method in getattr(route, "methods", ())})


async def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, Refusal):
        raise error
    return problem_answer(error)


async def _malformed(_: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    return problem_answer(Malformed(problems_of(error)))


async def _gone(_: Request, __: Exception) -> Response:
    """Ends a request whose caller went away; nobody reads the answer, logs and metrics tell its status."""
    return Response(status_code=GONE)


async def _failed(_: Request, __: Exception) -> Response:
    """Tells nothing of a failure, which goes on to the guard, whose log has it."""
    return problem_answer(Failure(["It was logged. Name its X-Request-Id when you report it."]))


def problems_of(error: ValidationError | RequestValidationError) -> list[str]:
    """Returns a sentence for each of the first problems of a request."""
    found = error.errors()[:MOST_PROBLEMS]
    return [f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}." for one in found]


def parsed(model: type[Model], body: bytes) -> Model:
    """Returns what the body of a request says.

    Args:
        model: What it has to be.
        body: JSON.

    Raises:
        Malformed: It is not; all problems at once.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise Malformed(problems_of(error)) from error
