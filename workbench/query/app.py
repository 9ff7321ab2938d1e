"""The service's HTTP interface: versioned, described by OpenAPI, guarded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import StreamingResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from workbench.query.admission import Doorkeeper
from workbench.query.answers import Answer, QueryService
from workbench.query.contract import (
    SECURITY,
    SECURITY_SCHEMES,
    page_schema,
    parameters,
    record_model,
    record_schema,
    responses,
)
from workbench.query.grants import Caller
from workbench.query.guard import Guard, problem_answer
from workbench.query.metrics import Metrics
from workbench.query.question import QuestionReader
from workbench.query.refusals import Busy, Forbidden, Malformed, Refusal
from workbench.query.rendering import item_json
from workbench.spec.design import Design

VERSION = "1"
READY_SECONDS = 1.0
JSON = "application/json"
LINES = "application/x-ndjson"


class NotFound(Refusal):
    """There is no such path."""

    status = 404
    title = "There is nothing here"


class WrongMethod(Refusal):
    """The path does not take this method."""

    status = 405
    title = "The method is not allowed"


@dataclass(frozen=True, slots=True)
class Parts:
    """What the interface is put together from.

    Args:
        design: The design.
        service: Answers questions.
        door: Knows the callers.
        metrics: What is counted.
        ready: Tells whether the table answers.
        log: Where a line a request goes.
    """

    design: Design
    service: QueryService
    door: Doorkeeper
    metrics: Metrics
    ready: Callable[[], Awaitable[bool]]
    log: structlog.typing.WrappedLogger


class _Interface:
    """The operations."""

    def __init__(self, parts: Parts) -> None:
        self.parts, self.service, self.metrics = parts, parts.service, parts.metrics
        self.settings = parts.service.settings
        self.reader = QuestionReader(self.settings, parts.design)
        self.record = record_model(self.settings, parts.design)
        self.attributes = tuple(parts.design.entities[self.settings.entity].attributes)

    def admitted(self, request: Request) -> Caller:
        address = request.client.host if request.client else "unknown"
        caller, limits = self.parts.door.admit(request.headers.get("x-api-key", ""), address)
        request.scope["told"] |= {"caller": caller.name, "headers": limits}
        self.metrics.callers.labels(caller.name).inc()
        return caller

    async def page(self, request: Request) -> Response:
        """Returns one page of the records that a question asks for."""
        caller = self.admitted(request)
        asked = self.reader.read(request.query_params.multi_items())
        answer = await self.service.page(caller, asked)
        self.tell(request, answer)
        return Response(answer.body(explain=asked.explain), media_type=JSON)

    def tell(self, request: Request, answer: Answer) -> None:
        result = "hit" if answer.from_cache else "miss"
        told = request.scope["told"]
        told |= {"place": answer.plan.place.name, "records": answer.page.count, "cache": result}
        self.metrics.records.inc(answer.page.count)
        if self.service.cache is not None:
            self.metrics.cache.labels(result).inc()

    async def export(self, request: Request) -> Response:
        """Returns the records of many pages, a JSON object a line, with the progress after each page."""
        caller = self.admitted(request)
        asked = self.reader.read(request.query_params.multi_items(), export=True)
        answers = self.service.export(caller, asked)
        first = await anext(answers)
        return StreamingResponse(self.lines(request, first, answers), media_type=LINES)

    async def lines(
        self, request: Request, first: Answer, answers: AsyncIterator[Answer]
    ) -> AsyncIterator[bytes]:
        records, pages, answer = 0, 0, first
        while True:
            self.tell(request, answer)
            records, pages = records + answer.page.count, pages + 1
            progress = {"records": records, "pages": pages, "next": answer.next or None}
            items = answer.page.items
            yield b'{"items":%b,"progress":%b}\n' % (items, json.dumps(progress).encode())
            try:
                answer = await anext(answers)
            except StopAsyncIteration:
                break
            except Refusal as refusal:
                yield json.dumps({"problem": refusal.body()}).encode() + b"\n"
                return
        yield json.dumps({"complete": not answer.next, **progress}).encode() + b"\n"

    async def add(self, request: Request) -> Response:
        """Adds a record; one that exists is not changed."""
        caller = self.admitted(request)
        row = _parsed(self.record, await request.body())
        item = await self.service.add(caller, row.model_dump(exclude_none=True))
        self.metrics.invalidations.inc()
        return Response(item_json(item, self.attributes), 201, media_type=JSON)

    async def live(self) -> Response:
        """Tells that the process answers."""
        return Response('{"status":"live"}', media_type=JSON)

    async def ready(self) -> Response:
        """Tells whether the table answers too."""
        try:
            found = await asyncio.wait_for(self.parts.ready(), READY_SECONDS)
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


def _parsed(model: type[BaseModel], body: bytes) -> BaseModel:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}." for e in error.errors()[:20]]
        raise Malformed(problems) from error


def create_app(parts: Parts) -> ASGIApp:
    """Returns the service as an ASGI application.

    Args:
        parts: What it is put together from.
    """
    app = FastAPI(title=parts.design.title, version=VERSION, redoc_url=None)
    _add_routes(app, _Interface(parts))
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    app.add_exception_handler(HTTPException, _not_routed)
    app.add_exception_handler(Refusal, _refused)
    return Guard(app, parts.metrics, parts.service.settings.limits, parts.log)


async def _not_routed(request: Request, error: Exception) -> Response:
    """Answers what the router refuses."""
    if getattr(error, "status_code", 404) == WrongMethod.status:
        allow = ", ".join(_methods(request))
        return problem_answer(WrongMethod([f"Allowed here: {allow}."], {"Allow": allow}))
    return problem_answer(NotFound(["See /openapi.json for what there is."]))


def _methods(request: Request) -> list[str]:
    """Returns the methods that a path takes, of all its routes."""
    routes = [route for route in request.app.routes if getattr(route, "path", "") == request.url.path]
    return sorted({method for route in routes for method in route.methods})


async def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, Refusal):
        raise error
    return problem_answer(error)


def _add_routes(app: FastAPI, interface: _Interface) -> None:
    settings, design = interface.settings, interface.parts.design
    path = f"/v{VERSION}/{settings.collection}"
    page = {JSON: {"schema": page_schema(settings, design)}}
    refusals = (400, 401, 403, 422, 429, 503)
    _read_route(
        app, path, interface.page, responses(200, page, *refusals), parameters(settings, design, export=False)
    )
    lines = {LINES: {"schema": {"type": "string"}}}
    _read_route(
        app,
        f"{path}/export",
        interface.export,
        responses(200, lines, *refusals),
        parameters(settings, design, export=True),
    )
    body = {"required": True, "content": {JSON: {"schema": interface.record.model_json_schema()}}}
    record = {JSON: {"schema": record_schema(settings, design)}}
    app.add_api_route(
        path,
        interface.add,
        methods=["POST"],
        status_code=201,
        response_class=Response,
        responses=responses(201, record, *refusals, 409, 413),
        openapi_extra={"requestBody": body, "security": SECURITY},
    )
    status = {JSON: {"schema": {"type": "object"}}}
    app.add_api_route(
        "/health/live", interface.live, responses=responses(200, status), response_class=Response
    )
    app.add_api_route(
        "/health/ready", interface.ready, responses=responses(200, status, 503), response_class=Response
    )
    app.add_api_route("/metrics", interface.measured, include_in_schema=False, response_class=Response)


def _read_route(
    app: FastAPI, path: str, operation: Any, answers: dict[int | str, Any], given: list[dict[str, Any]]
) -> None:
    extra = {"parameters": given, "security": SECURITY}
    app.add_api_route(path, operation, response_class=Response, responses=answers, openapi_extra=extra)


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, routes=app.routes)
        made.setdefault("components", {})["securitySchemes"] = SECURITY_SCHEMES
        app.openapi_schema = made
    return app.openapi_schema
