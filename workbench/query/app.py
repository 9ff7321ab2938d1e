"""The query service's HTTP interface."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import ASGIApp

from workbench.query.answers import Answer, QueryService
from workbench.query.contract import page_schema, parameters, record_model, record_schema
from workbench.query.metrics import Metrics
from workbench.query.question import QuestionReader
from workbench.query.rendering import item_json
from workbench.service.house import VERSION, House, parsed
from workbench.service.openapi import JSON, SECURITY, responses
from workbench.service.refusals import Refusal
from workbench.spec.design import Design

LINES = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Parts:
    """What the interface is put together from.

    Args:
        house: Lets callers in and watches.
        design: The design.
        service: Answers questions.
        metrics: What is counted.
    """

    house: House
    design: Design
    service: QueryService
    metrics: Metrics


class _Interface:
    """The operations."""

    def __init__(self, parts: Parts) -> None:
        self.parts, self.service, self.metrics = parts, parts.service, parts.metrics
        self.admitted = parts.house.admitted
        self.settings = parts.service.settings
        self.reader = QuestionReader(self.settings, parts.design)
        self.record = record_model(self.settings, parts.design)
        self.attributes = tuple(parts.design.entities[self.settings.entity].attributes)

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
        records = told.get("records", 0) + answer.page.count
        told |= {"place": answer.plan.place.name, "records": records, "cache": result}
        self.metrics.records.inc(answer.page.count)
        if self.service.cache is not None:
            self.metrics.cache.labels(result).inc()

    async def export(self, request: Request) -> Response:
        """Returns the records of many pages, a JSON object a line.

        Each page is a line with `items` and `progress`: its records, then records, pages and `next` so far.
        The last line has `complete`, which is false where a bound ended the export and `next` goes on, or a
        `problem`.
        """
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
        row = parsed(self.record, await request.body())
        item = await self.service.add(caller, row.model_dump(exclude_none=True))
        self.metrics.invalidations.inc()
        return Response(item_json(item, self.attributes), 201, media_type=JSON)


def create_app(parts: Parts) -> ASGIApp:
    """Returns the service as an ASGI application.

    Args:
        parts: What it is put together from.
    """
    app = parts.house.application()
    _add_routes(app, _Interface(parts))
    return parts.house.guarded(app)


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


def _read_route(
    app: FastAPI, path: str, operation: Any, answers: dict[int | str, Any], given: list[dict[str, Any]]
) -> None:
    extra = {"parameters": given, "security": SECURITY}
    app.add_api_route(path, operation, response_class=Response, responses=answers, openapi_extra=extra)
