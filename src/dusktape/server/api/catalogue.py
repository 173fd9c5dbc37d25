"""What there is to choose from, and what words mean."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from dusktape.server.api import schema


def router() -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["catalogue"])

    @routes.get("/recipes", response_model=dict[str, str])
    def recipes() -> Any:
        """Return recipe name to its description."""
        from dusktape.studio import catalogue

        return catalogue.recipes()

    @routes.get("/parts", response_model=dict[str, Any])
    def parts() -> Any:
        """Return instruments, effects, models and composers with their parameters, ranges and units."""
        from dusktape.studio import catalogue

        return {g: {n: asdict(e) for n, e in catalogue.parts(g).items()} for g in catalogue.LISTED}

    @routes.get("/kits", response_model=list[str])
    def kits() -> Any:
        """Return the kits that drums can play: ours, then your own."""
        from dusktape.studio.kits import characters, own_kits

        return [*characters(), *own_kits()]

    @routes.get("/moods", response_model=list[str])
    def moods() -> Any:
        """Return the moods that a track, or a station, can have."""
        from dusktape.core.roles import MOODS

        return list(MOODS)

    @routes.post("/words", response_model=schema.Understood)
    def words(wish: schema.Wish) -> Any:
        """Return what a wish in words is understood as."""
        from dusktape.studio.words import hear

        text = wish.text.strip()
        found = hear(text) if text else None
        return {"heard": found.facts() if found else None, "said": list(found.lines()) if found else []}

    return routes
