"""Recipes as data. `default.toml` says everything; each recipe says only what differs."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "recipes"
DEFAULT = Path(__file__).parent / "default.toml"
