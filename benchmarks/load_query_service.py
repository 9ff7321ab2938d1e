"""The users of the load on the query service, for locust: ten questions a second each."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

from locust import FastHttpUser, constant_throughput, task

ASKED = json.loads(Path(os.environ["WORKBENCH_QUESTIONS"]).read_text(encoding="utf-8"))


class Dashboard(FastHttpUser):
    """Asks a drawn question ten times a second, or as often as answers come."""

    wait_time = constant_throughput(10)

    def on_start(self) -> None:
        """Takes a source of questions of its own."""
        self.rng = random.Random()  # noqa: S311 - test data
        self.key = {"X-API-Key": os.environ["WORKBENCH_KEY"]}

    @task
    def ask(self) -> None:
        """Asks for one page."""
        self.client.get(f"/v1/records?{self.rng.choice(ASKED)}", headers=self.key, name="page")
