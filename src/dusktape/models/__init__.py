"""Learned parts, one folder each: `net.py` (torch), `infer.py` (numpy), `tokens.py`, `card.md`, weights."""
