"""An AI lo-fi studio: composes, performs, mixes and masters lo-fi hip-hop."""

__version__ = "0.1.0"
