"""A name for a song that has none, from its seed, mood and weather."""

from __future__ import annotations

from dusktape.core.seed import Seed

_THINGS = {
    "clear": ("Rooftops", "Lamplight", "Last Train", "Balcony", "Paper Moon", "Neon", "Crosswalk", "Window Seat"),
    "rain": ("Umbrella", "Wet Asphalt", "Gutters", "Raincoat", "Bus Stop", "Puddles", "Awning", "Night Bus"),
    "snow": ("First Snow", "Footprints", "Radiator", "Mittens", "Quiet Street", "Woodsmoke", "Frost", "Tea Kettle"),
    "fog": ("Harbour", "Lighthouse", "Grey Morning", "Ferry", "Headlights", "Low Tide", "Overpass", "Signal Lamp"),
}
_TOUCHES = {
    "wistful": ("Letters to {}", "{} We Left", "{}, Again", "The Other {}", "{} in Sepia"),
    "warm": ("{} and Tea", "Home by {}", "{}, Stay a While", "Sunday {}", "{} on Low"),
    "dreamy": ("{} Half Asleep", "{} Underwater", "Drifting {}", "{} on the Ceiling", "Soft {}"),
    "dark": ("{} After Midnight", "No More {}", "{} Under Static", "{}, 4 a.m.", "Black {}"),
    "hopeful": ("{} at First Light", "Almost {}", "{} Tomorrow", "Up by {}", "New {}"),
    "sleepy": ("{} Lullaby", "Slow {}", "{} in Bed", "One More {}", "{}, Lights Off"),
}


def title_for(seed: Seed, *, mood: str, weather: str) -> str:
    """Return a title. The same seed, mood and weather always give the same one."""
    here = seed.at("title")
    thing = here.at("thing").pick(_THINGS[weather])
    return here.at("touch").pick(_TOUCHES[mood]).format(thing)
