"""Asks the peers anew what the tests compare with, and fails when an answer is not the committed one.

`--write` puts the new answers in place; then look at what `make test` says of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import yaml

HERE = Path(__file__).parent
GOLDEN = HERE.parent / "tests" / "golden"
MODELS, ANSWERS = GOLDEN / "peer_models.yaml", GOLDEN / "peer_answers.json"
PEER = HERE.parent / ".venv-bench" / "bin" / "python"


def asked() -> str:
    """Returns what the peers answer now, as text."""
    models = yaml.safe_load(MODELS.read_text(encoding="utf-8"))["models"]
    done = subprocess.run(  # noqa: S603  the peers' interpreter, made by `make bench`
        [PEER, HERE / "peer_answers.py"],
        input=json.dumps(models),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.dumps(json.loads(done.stdout), indent=1, sort_keys=True) + "\n"


def main() -> int:
    """Compares or writes; the exit code is 1 when an answer changed."""
    answers = asked()
    if "--write" in sys.argv:
        ANSWERS.write_text(answers, encoding="utf-8")
    same = answers == ANSWERS.read_text(encoding="utf-8")
    count = len(json.loads(answers)["answers"])
    print(
        f"{count} models, both peers: answers {'equal those' if same else 'DIFFER from those'} of the tests"
    )
    return int(not same)


if __name__ == "__main__":
    sys.exit(main())
