"""The page that shows a service's OpenAPI description; everything it loads comes from the service itself."""

from __future__ import annotations

import base64
import hashlib
import importlib.resources
import re

from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

PAGE, FILES = "/docs", "/docs-files"
_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


def add_documentation(app: FastAPI) -> None:
    """Adds the page and the files of Swagger UI, which come with an installed package.

    Args:
        app: What is described.
    """
    made = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title=app.title,
        swagger_js_url=f"{FILES}/swagger-ui-bundle.js",
        swagger_css_url=f"{FILES}/swagger-ui.css",
        swagger_favicon_url=f"{FILES}/favicon.png",
    )
    content = bytes(made.body)
    allowed = policy(content)

    async def page(request: Request) -> HTMLResponse:
        request.scope["told"]["policy"] = allowed
        return HTMLResponse(content)

    app.add_api_route(PAGE, page, include_in_schema=False)
    app.mount(FILES, StaticFiles(directory=str(importlib.resources.files("fastapi_offline") / "static")))


def policy(content: bytes) -> bytes:
    """Returns a policy that allows a page its own files and exactly the scripts inside it.

    Source: csp-hash

    Args:
        content: The page.
    """
    digests = (hashlib.sha256(script).digest() for script in _SCRIPT.findall(content))
    inside = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return (
        f"default-src 'none'; script-src 'self' {inside}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ).encode()
