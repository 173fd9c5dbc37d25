"""The drum kit: every song has its own, tuned, worn and placed by its parameters and its seed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from dusktape.core.audio import Cues, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.grains import CellPlayer, GrainTrack
from dusktape.instruments.drums import generated
from dusktape.instruments.drums.kinds import DRUMS, KINDS
from dusktape.instruments.drums.rack import CELL_FRAMES, Placing, Rack, stirring, strokes
from dusktape.instruments.drums.shaping import Tuning


@dataclass(frozen=True, slots=True)
class Kit:
    """A close, worn kit of drums, of machines or of things: what stands there is the `character`.

    Drums of wood and metal: `dusty`, `tight`, `soft`, their `machine` twin. Kinds of their own: `boombap` (off a
    record into a twelve-bit sampler), `brushes` (swept snare, feathered kick, a hand that stirs in time), `808`
    (sine kick, square-wave metal), `cassette` (a drum machine's chip on hot tape), `foley` (a box, a book, matches,
    keys, a cup) and `found` (a door, a stapler, breath, coins, glass). `generated` is drawn from the song's seed by a
    network that learned from drums, and stands in no other song.

    Everything is synthesised. Each drum is rendered once per velocity layer and round-robin variant that the
    notes use (1 to 3 ms each), then placed: two thousand hits cost less than a tenth of a second.
    Pitches follow General MIDI percussion (35-54 as far as a lo-fi kit has them, 70 is the shaker); others
    are silent. Closed and pedal hat choke the open one.
    """

    character: str = param("dusty", choices=tuple(KINDS), text="what kind of kit stands there")
    kick_tune_hz: float = param(
        50.0, low=36.0, high=72.0, unit="Hz", text="where the kick comes to rest; 43 is deep, 57 is firm"
    )
    kick_decay_ms: float = param(
        95.0, low=30.0, high=400.0, unit="ms", text="how long the kick rings; 60 is a thud, 140 hums"
    )
    kick_sweep_hz: float = param(
        125.0, low=0.0, high=400.0, unit="Hz", text="how far above its note the kick starts; 70 is round, 190 punches"
    )
    kick_click: float = param(0.3, low=0.0, high=1.0, text="beater against head; 0 is all felt")
    snare_tune_hz: float = param(188.0, low=120.0, high=300.0, unit="Hz", text="the head; 165 is loose, 215 is cranked")
    snare_decay_ms: float = param(48.0, low=15.0, high=160.0, unit="ms", text="the wires' tail; 28 is dry, 75 is washy")
    snare_noise: float = param(0.6, low=0.0, high=1.0, text="wires against head; 0.3 is a tom, 0.9 is paper")
    snare_attack_ms: float = param(1.2, low=0.2, high=8.0, unit="ms", text="0.5 cracks, 3 is sampled off a worn record")
    hat_decay_ms: float = param(15.0, low=4.0, high=60.0, unit="ms", text="closed hat; 10 ticks, 22 breathes")
    hat_tone_hz: float = param(
        6500.0, low=3000.0, high=10000.0, unit="Hz", text="where the hats' metal lies; lower is trashier"
    )
    dust_db: float = param(
        -50.0,
        low=-100.0,
        high=-25.0,
        unit="dB",
        text="noise of the record each sample was taken from, under its peak; -40 is plain to hear, -100 is none",
    )
    snare_db: float = param(
        0.0,
        low=-12.0,
        high=12.0,
        unit="dB",
        text="snare, rim and clap against the rest; -3 is behind the chords, 5 carries the beat",
    )
    cymbals_db: float = param(
        0.0,
        low=-18.0,
        high=12.0,
        unit="dB",
        text="hats, cymbals and shakers against the drums; -4 sits back, 4 ticks in front",
    )
    room_bleed: float = param(0.3, low=0.0, high=1.0, text="how much of the room the microphones hear")
    looseness: float = param(
        0.5, low=0.0, high=1.0, text="how much strokes differ from each other; 0 is a loop of one sample"
    )
    stereo: float = param(0.35, low=0.0, high=1.0, text="how wide the kit stands; kick and snare stay in the middle")
    view: str = param("audience", choices=("audience", "drummer"), text="from where: the hats are right or left")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CellPlayer:
        """Return a player at frame 0."""
        beat_s = 60.0 / min(max(cues.bpm, 40.0), 160.0)
        played = {DRUMS[note.pitch].name for note in notes if note.pitch in DRUMS}
        rack = rack_of(self, sample_rate, seed, beat_s=beat_s, played=played)
        hits = strokes(notes, seed)
        if "stir" in KINDS[self.character].strikes:
            hits = sorted(hits + stirring(hits, beat_s * sample_rate), key=lambda hit: hit.frame)
        track = GrainTrack(rack.events(hits), cell_frames=CELL_FRAMES)
        return CellPlayer(track.cell, cell_frames=CELL_FRAMES, tail_frames=int(2.6 * sample_rate))


def rack_of(kit: Kit, sample_rate: int, seed: Seed, *, beat_s: float = 0.75, played: Collection[str] = ()) -> Rack:
    """Return the samples of a kit, rendered when first asked for.

    The last kit is kept for the next that asks for the same: each part is opened twice, to be levelled and to be heard.

    Parameters
    ----------
    kit, sample_rate, seed
        What stands there, and whose it is.
    beat_s
        Brushes stir once in so long.
    played
        Names of the drums that will be struck, if that is known: a model draws them together.
    """
    return _rack(kit, sample_rate, seed, beat_s, frozenset(played) if KINDS[kit.character].drawn else frozenset())


@lru_cache(maxsize=1)
def _rack(kit: Kit, sample_rate: int, seed: Seed, beat_s: float, drawn: frozenset[str]) -> Rack:
    placing = Placing(
        dust_db=kit.dust_db,
        snare_db=kit.snare_db,
        cymbals_db=kit.cymbals_db,
        room_bleed=kit.room_bleed,
        looseness=kit.looseness,
        stereo=kit.stereo if kit.view == "drummer" else -kit.stereo,
    )
    kind = KINDS[kit.character]
    if kind.drawn:
        kind = replace(kind, strikes={**kind.strikes, **generated.strikes(seed.at("drawn"), drawn)})
    return Rack(kind, _tuning(kit, sample_rate, seed.at("tuning"), beat_s), placing, seed)


def _tuning(kit: Kit, sample_rate: int, seed: Seed, beat_s: float) -> Tuning:
    """Resolve the parameters, the character's word and a few per cent of the song's own."""
    kind = KINDS[kit.character]

    def own(name: str, spread: float) -> float:
        return float(2.0 ** (spread * (2.0 * seed.at(name).unit() - 1.0)))

    return Tuning(
        sample_rate=sample_rate,
        kick_hz=kit.kick_tune_hz * own("kick", 0.04),
        kick_sweep_hz=kit.kick_sweep_hz * own("sweep", 0.3),
        kick_sweep_s=0.026 * own("fall", 0.6),
        kick_decay_s=kit.kick_decay_ms / 1000.0 * kind.decay * own("ring", 0.1),
        kick_click=kit.kick_click * kind.click,
        kick_drive=1.6 * kind.drive * own("drive", 0.35),
        snare_hz=kit.snare_tune_hz * own("snare", 0.04),
        snare_decay_s=kit.snare_decay_ms / 1000.0 * kind.decay * own("wires", 0.12),
        snare_noise=kit.snare_noise,
        snare_attack_s=kit.snare_attack_ms / 1000.0 * kind.attack,
        snare_top_hz=kind.top_hz * own("top", 0.15),
        hat_decay_s=kit.hat_decay_ms / 1000.0 * kind.decay,
        hat_hz=kit.hat_tone_hz * own("hat", 0.08),
        wood=own("wood", 0.12),
        metal=own("metal", 0.1),
        brush=kind.brush,
        machine=kind.machine,
        beat_s=beat_s,
    )
