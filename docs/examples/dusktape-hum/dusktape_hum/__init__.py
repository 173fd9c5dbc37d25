"""An instrument, an effect and a recipe for Dusktape."""

from pathlib import Path

FOLDER = Path(__file__).parent
