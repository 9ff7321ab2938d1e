"""Reads a YAML file into a model; every problem carries the file, the line and the path."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel

Model = TypeVar("Model", bound=BaseModel)


def load_model(path: Path, model: type[Model]) -> Model:
    """Returns the model that a YAML file states."""
    return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
