"""The child process that serves a case, so that its processor time is its own."""

from __future__ import annotations

import os
import sys
from typing import Any

from workbench.engines import attach_dynamodb
from workbench.engines.lifetime import exit_with_parent, read_settings, report_ready, take_stdout
from workbench.engines.wire import WireClient
from workbench.query.assembly import assemble
from workbench.query.kept import page_cache
from workbench.query.settings import load_settings
from workbench.query.store import WireCalls
from workbench.service.grants import Grant
from workbench.service.options import Options
from workbench.service.server import serve
from workbench.spec import load_case

LOOPBACK = "127.0.0.1"


def main() -> None:
    """Serves until the parent ends."""
    given: dict[str, Any] = read_settings()
    pipe = take_stdout()
    exit_with_parent()
    case = load_case(given["case"])
    settings = load_settings(case)
    engine = attach_dynamodb(given["endpoint_url"], given["engine"], database=given["database"])
    callers = {name: Grant.model_validate_json(text) for name, text in given["callers"].items()}
    options = Options(callers, log=sys.stderr if given["log"] else None)
    client = WireCalls(WireClient(engine))
    with page_cache(given["cache"], settings) as cache:
        application = assemble(case, settings, client, options, cache)
        serve(
            application,
            settings.limits,
            LOOPBACK,
            0,
            lambda url: report_ready(pipe, url=url, pid=os.getpid()),
            client.close,
        )


if __name__ == "__main__":
    main()
