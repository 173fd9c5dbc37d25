from __future__ import annotations

import json

import pytest

from dusktape.core.errors import DusktapeError, InputError, RecipeError
from dusktape.core.params import build
from dusktape.core.plugins import find
from dusktape.core.roles import MOODS
from dusktape.core.seed import Seed
from dusktape.studio import catalogue, presets
from dusktape.studio.wish import DEFAULT_RECIPE, Wish, checked_seed

NAMES = tuple(presets.recipe_files())


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_makes_sense_for_every_seed(name):
    table = presets.load(name)
    for seed in range(31):
        recipe = presets.resolve(table, Seed(seed), where=name)
        assert recipe.name == name
        assert 30.0 <= recipe.form.length_s <= 3600.0
        assert -20.0 <= recipe.master.loudness_lufs <= -11.0
        assert recipe.master.ceiling_dbtp <= -1.0
        assert recipe.harmony.max_chords * 4 >= recipe.form.loop_bars
        assert any(part.on and not part.texture for part in recipe.parts.values())


def test_there_are_eight_recipes_or_more_and_each_says_what_it_is():
    assert len(NAMES) >= 8
    texts = catalogue.recipes()
    assert set(texts) == set(NAMES)
    assert all(texts.values())
    assert len(set(texts.values())) == len(texts)


def test_the_default_is_as_long_and_as_loud_as_promised():
    assert presets.load(DEFAULT_RECIPE)["name"] == DEFAULT_RECIPE
    lengths = [Wish().resolve(Seed(s)).form.length_s for s in range(40)]
    assert min(lengths) >= 100.0
    assert max(lengths) <= 200.0
    assert max(lengths) - min(lengths) > 50.0
    assert Wish().resolve(Seed(1)).master.loudness_lufs == -14.0


def test_recipes_are_told_apart_by_their_numbers():
    def figures(name):
        return json.dumps(Wish(name).resolve(Seed(1)).model_dump(mode="json", exclude={"name", "description"}))

    assert len({figures(name) for name in NAMES}) == len(NAMES)


def test_one_seed_closes_a_recipe_always_the_same_way():
    assert Wish("dusk").resolve(Seed(4)) == Wish("dusk").resolve(Seed(4))
    assert Wish("dusk").resolve(Seed(4)) != Wish("dusk").resolve(Seed(5))


def test_an_option_changes_what_it_names_and_nothing_else():
    plain = Wish().resolve(Seed(4)).model_dump()
    for change, path, value in [
        ({"bpm": 77.0}, ("tempo", "bpm"), 77.0),
        ({"minutes": 2.5}, ("form", "length_s"), 150.0),
        ({"key": "gb minor"}, ("key",), "F# minor"),
        ({"mood": "dark"}, ("mood",), "dark"),
        ({"loudness_lufs": -16.0}, ("master", "loudness_lufs"), -16.0),
        ({"settings": ("keys.pan=0.5",)}, ("parts", "keys", "pan"), 0.5),
    ]:
        changed = Wish(**change).resolve(Seed(4)).model_dump()
        assert dig(changed, path) == value
        bury(changed, path, dig(plain, path))
        assert changed == plain


def dig(table, path):
    for key in path:
        table = table[key]
    return table


def bury(table, path, value):
    dig(table, path[:-1])[path[-1]] = value


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("tempo.bpm=80", ("tempo", "bpm"), 80.0),
        ("form.one_loop=true", ("form", "one_loop"), True),
        ("key=F# minor", ("key",), "F# minor"),
        ("mood=dark", ("mood",), "dark"),
        ("weather=snow", ("weather",), "snow"),
        ("drums.ghosts=0.25", ("drums", "ghosts"), 0.25),
        ("drums.style=jazz", ("drums", "style"), "jazz"),
        ("bass.style=walking", ("bass", "style"), "walking"),
        ("drums.loudness_lufs=-18", ("parts", "drums", "loudness_lufs"), -18.0),
        ("drums.kick_tune_hz=50", ("parts", "drums", "params", "kick_tune_hz"), 50),
        ("drums.crush.bits=10", ("parts", "drums", "chain", "crush", "bits"), 10),
        ("keys.on=false", ("parts", "keys", "on"), False),
        ("keys.instrument=rhodes", ("parts", "keys", "instrument"), "rhodes"),
        ("parts.keys.loudness_lufs=-20", ("parts", "keys", "loudness_lufs"), -20.0),
        ("keys.lowpass.cutoff_hz=2000", ("parts", "keys", "chain", "lowpass", "cutoff_hz"), 2000),
        ("parts.keys.chain.lowpass.cutoff_hz=2e3", ("parts", "keys", "chain", "lowpass", "cutoff_hz"), 2000.0),
        ("keys.plate.mix=0.2", ("parts", "keys", "chain", "plate", "mix"), 0.2),
        ("master.chain.wow.wow_cents=4", ("master", "chain", "wow", "wow_cents"), 4),
        ("master.ceiling_dbtp=-2", ("master", "ceiling_dbtp"), -2.0),
        (" keys.pan = 0.25 ", ("parts", "keys", "pan"), 0.25),
    ],
)
def test_a_setting_reaches_its_place(setting, path, value):
    assert dig(Wish(settings=(setting,)).resolve(Seed(2)).model_dump(), path) == value


def test_false_takes_an_effect_or_a_part_out():
    recipe = Wish(settings=("keys.lowpass=false", "master.chain.wow=false", "parts.rain=false")).resolve(Seed(2))
    assert "lowpass" not in recipe.parts["keys"].chain
    assert "wow" not in recipe.master.chain
    assert "rain" not in recipe.parts


@pytest.mark.parametrize("path", ["keys.{}", "keys.chain.{}", "parts.keys.chain.{}"])
def test_an_effect_is_switched_off_and_on_whether_it_is_there_or_not(path):
    def chain(*settings):
        return Wish("rainy", settings=[f"{path.format(name)}={to}" for name, to in settings]).resolve(Seed(2))

    plain = chain()
    assert "tremolo" not in plain.parts["keys"].chain
    assert "lowpass" in plain.parts["keys"].chain
    assert chain(("tremolo", "false")) == chain(("lowpass", "true")) == plain
    assert chain(("tremolo", "true")).parts["keys"].chain == {**plain.parts["keys"].chain, "tremolo": {}}
    assert "lowpass" not in chain(("lowpass", "false"), ("lowpass", "false")).parts["keys"].chain


def test_an_effect_of_the_master_or_a_part_that_is_out_may_be_taken_out_again():
    assert Wish(settings=("master.chain.room=false", "parts.pad=false", "parts.pad=false")).resolve(Seed(2))
    assert Wish(settings=("master.chain.room=true",)).resolve(Seed(2)).master.chain["room"] == {}


def test_a_name_that_is_effect_and_parameter_is_switched_as_an_effect_and_set_as_a_parameter():
    assert "width" in Wish(settings=("pad.width=true",)).resolve(Seed(2)).parts["pad"].chain
    assert Wish(settings=("pad.width=0.5",)).resolve(Seed(2)).parts["pad"].params["width"] == 0.5


def test_switches_work_in_a_file_as_well(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("[parts.keys.chain]\nwow = false\necho = true\nlowpass = true\n[master.chain]\necho = false\n")
    recipe = Wish(str(file)).resolve(Seed(1))
    assert recipe.parts["keys"].chain["echo"] == {}
    assert recipe.parts["keys"].chain["lowpass"] == Wish().resolve(Seed(1)).parts["keys"].chain["lowpass"]
    assert "wow" not in recipe.parts["keys"].chain
    assert "echo" not in recipe.master.chain


def test_a_name_is_offered_once(resolved):
    with pytest.raises(RecipeError) as caught:
        Wish(settings=("foo=1",)).resolve(Seed(2))
    names = str(caught.value).partition("there is ")[2].split(", ")
    assert len(names) == len(set(names)) > 10


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"bpm": 39.0}, "dusk: tempo.bpm must be between 40 and 160, got 39; choose --bpm in that range"),
        (
            {"loudness_lufs": 3.0},
            "dusk: master.loudness_lufs must be between -30 and -8, got 3; choose --loudness in",
        ),
        ({"minutes": 0.1}, "a track is 0.5 to 60 minutes long, got 0.1; choose --minutes in that range"),
        (
            {"bpm": 80.0, "settings": ("tempo.bpm=39",)},
            "dusk: tempo.bpm must be between 40 and 160, got 39; choose --set tempo.bpm in that range",
        ),
    ],
)
def test_the_option_that_asks_too_much_is_named(wish, said):
    with pytest.raises(RecipeError) as caught:
        Wish(**wish).resolve(Seed(2))
    assert str(caught.value).startswith(said)


def test_the_last_setting_wins():
    recipe = Wish(bpm=70.0, settings=("tempo.bpm=80", "tempo.bpm=90")).resolve(Seed(2))
    assert recipe.tempo.bpm == 90.0


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("keys", "'keys' is no setting; write part.param=value, as in keys.loudness_lufs=-20"),
        ("=3", "'=3' is no setting"),
        ("kes.bark=3", "--set kes.bark: there is no 'kes'; did you mean 'keys'?"),
        ("tempo.bmp=80", "--set tempo.bmp=80: unknown field 'tempo.bmp'; did you mean 'bpm'?"),
        (
            "tempo.bpm=fast",
            "dusk: tempo.bpm must be a number between 40 and 160, got 'fast'; choose --set tempo.bpm in that range",
        ),
        ("tempo.bpm=999", "dusk: tempo.bpm must be between 40 and 160, got 999; choose --set tempo.bpm in that range"),
        ("tempo=3", "dusk: tempo must be a table, got 3"),
        (
            "keys.instrument=rodes",
            "dusk: parts.keys.instrument: there is no instrument 'rodes'; did you mean 'rhodes'?",
        ),
        ("keys.lowpss.mix=3", "dusk: parts.keys.chain.lowpss: there is no effect 'lowpss'; did you mean 'lowpass'?"),
        (
            "keys.lowpass.cutof_hz=3",
            "dusk: parts.keys.chain.lowpass: there is no 'cutof_hz'; did you mean 'cutoff_hz'?",
        ),
        (
            "keys.lowpass.cutoff_hz=-3",
            "dusk: parts.keys.chain.lowpass: lowpass: cutoff_hz must be between 20 and 20000",
        ),
        ("drums.kick_tune_hz=9999", "dusk: parts.drums (kit): kit: kick_tune_hz must be between"),
        ("drums.kick_tone_hz=50", "dusk: parts.drums (kit): there is no 'kick_tone_hz'; did you mean 'kick_tune_hz'?"),
        ("master.chain.wow.wow_cents=nan", "dusk: master.chain.wow: wow: wow_cents must be between"),
        ("rain.instrument=nothing", "dusk: parts.rain.instrument: there is no instrument 'nothing'"),
        ("composer=netwrks", "dusk: there is no composer 'netwrks'; did you mean 'networks'?"),
        ("parts=3", "dusk: parts must be a table, got 3"),
        ("keys.chain=3", "dusk: parts.keys.chain must be a table, got 3"),
        ("keys.tremlo=false", "--set keys.tremlo=false: parts.keys.chain: there is no effect 'tremlo'; did you mean"),
        ("keys.tremlo=true", "--set keys.tremlo=true: parts.keys.chain: there is no effect 'tremlo'; did you mean"),
        ("parts.kyes=false", "--set parts.kyes=false: there is no part 'kyes'; did you mean 'keys'?"),
        ("parts.kyes.pan=0", "dusk: there is no part 'kyes'; did you mean 'keys'?"),
        ("name=../x", "dusk: name: '../x' is no name for a file"),
        ("a.b.c=1", "--set a.b.c: there is no 'a'"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_in_one_line(setting, said):
    with pytest.raises(DusktapeError) as caught:
        Wish(settings=(setting,)).resolve(Seed(2))
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "first", ["parts=false", "parts=3", "parts.keys=3", "keys.chain=3", "keys.params=x", "tempo=3"]
)
@pytest.mark.parametrize("second", ["keys.pan=0", "keys.lowpass=false", "keys.lowpass.cutoff_hz=500", "tempo.bpm=80"])
def test_settings_that_contradict_each_other_never_crash(first, second):
    try:
        Wish(settings=(first, second)).resolve(Seed(2))
    except DusktapeError as error:
        assert "\n" not in str(error)


def test_a_file_of_ones_own_says_only_what_differs(tmp_path):
    file = tmp_path / "late night.toml"
    file.write_text('mood = "dark"\n[tempo]\nbpm = { between = [70.0, 71.0] }\n[parts.keys.chain]\nroom = false\n')
    recipe = Wish(str(file)).resolve(Seed(1))
    assert recipe.name == "late night"
    assert recipe.mood == "dark"
    assert 70.0 <= recipe.tempo.bpm <= 71.0
    assert "room" not in recipe.parts["keys"].chain
    assert recipe.parts["keys"].chain.keys() >= {"lowpass", "saturation"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mood = dark", "line 1, column 8: "),
        ("mood = 'dark'\n[tempo\n", "line 2, column"),
        ("tmpo = 3", "unknown field 'tmpo'; did you mean 'tempo'?"),
        ("[tempo]\nbmp = 80", "unknown field 'tempo.bmp'; did you mean 'bpm'?"),
        (
            "[parts.keys]\nlaudness_lufs = -20",
            "unknown field 'parts.keys.laudness_lufs'; did you mean 'loudness_lufs'?",
        ),
        ("[tempo]\nbpm = { between = [90, 70] }", "tempo.bpm: between wants two numbers, low first"),
        ("[parts.keys.chain]\nlowpss = {}", "there is no effect 'lowpss'; did you mean 'lowpass'?"),
        ("[parts.new]\ninstrument = 'rain'\ntexture = true", "parts.new.loudness_lufs is missing; add it"),
        ("[parts.kyes]\nloudness_lufs = -20", ": there is no part 'kyes'; did you mean 'keys'?"),
        ("[parts.vynil]\nloudness_lufs = -20", ": there is no part 'vynil'; did you mean 'vinyl'?"),
        (
            "[parts.harp]\ninstrument = 'rhodes'\nloudness_lufs = -20",
            ": parts.harp: composers write for keys, lead, pad, bass, drums and guest; take one of these names, or say",
        ),
        ("[tempo]\nbpm = { any_off = [70, 80] }", "not 'any_off'; did you mean 'any_of'?"),
        ("[parts.keys.chain]\ntremlo = false", "there is no effect 'tremlo'; did you mean 'tremolo'?"),
        ("parts = 3", "parts must be a table, got 3; write one"),
        ("[parts]\nkeys = 3", "parts.keys must be a table, got 3"),
    ],
)
def test_a_mistake_in_a_file_is_named_with_the_file_and_the_way_out(tmp_path, text, said):
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(DusktapeError) as caught:
        Wish(str(file)).resolve(Seed(1))
    assert str(file) in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


BELL = "[parts.keys]\ninstrument = { any_of = ['rhodes', 'kalimba'] }\n"
CHOICES_AMISS = [
    ("mood = { any_of = ['dark', 'warm', 'gloomy'], weights = [99, 99, 1] }", "mood: there is no 'gloomy'"),
    ("[tempo]\nbpm = { between = [70, 300] }", "tempo.bpm must be between 40 and 160, got 300"),
    ("[tempo]\nbpm = { any_of = [70, { between = [80, 75] }] }", "tempo.bpm: between wants two numbers, low first"),
    ("tempo = { any_of = [{ bpm = 70, swing = 0.5, lay_back_ms = 0, jitter_ms = 0 }, { bpm = 71 }] }", "is missing"),
    ("[parts.keys]\ninstrument = { any_of = ['rhodes', 'rodes'], weights = [9, 1] }", "no instrument 'rodes'"),
    ("[parts.lead]\ninstrument = { any_of = ['flute', 'rain'] }", "parts.lead.instrument: 'rain' is a texture"),
    ("[parts.drums]\ninstrument = { any_of = ['kit', 'rhodes'] }", "parts.drums.instrument: 'rhodes' plays pitches"),
    ("[parts.drums.params]\ncharacter = { any_of = ['dusty', 'rusty'] }", "character must be one of dusty, tight"),
    (f"{BELL}[parts.keys.params]\nbark = {{ between = [0.2, 9.5] }}", "parts.keys (rhodes): rhodes: bark must be"),
    (
        "[parts.keys.chain]\nlowpass.cutoff_hz = { between = [4000, 90000] }",
        "parts.keys.chain.lowpass: lowpass: ",
    ),
    ("[parts.keys.chain]\nodd = { effect = { any_of = ['chorus', 'corus'] } }", "there is no effect 'corus'"),
    ("[master]\nloudness_lufs = { any_of = [-14, -2] }", "master.loudness_lufs must be between -30 and -8, got -2"),
    (f"[tempo]\nbpm = {{ any_of = {[60 + k / 100 for k in range(3000)]} }}", "more than 1000 alternatives"),
]


@pytest.mark.parametrize(("text", "said"), CHOICES_AMISS, ids=[said for _, said in CHOICES_AMISS])
def test_every_alternative_of_a_choice_is_tried_when_a_recipe_is_loaded(tmp_path, text, said):
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError) as caught:
        presets.load(str(file))
    assert str(caught.value).startswith(f"{file}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_recipe_that_only_some_seeds_find_broken_is_listed_as_broken(own_recipes):
    own_recipes(odd="mood = { any_of = ['dark', 'gloomy'], weights = [999, 1] }", kitchen="mood = 'dark'")
    assert "odd" not in catalogue.recipes()
    assert "gloomy" in presets.broken_recipes()["odd"]
    assert "kitchen" in presets.working_recipes()


def test_a_parameter_that_one_of_the_instruments_lacks_breaks_no_recipe(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(f"{BELL}[parts.keys.params]\nbark = {{ between = [0.2, 0.5] }}\n", encoding="utf-8")
    assert presets.load(str(file))["parts"]["keys"]["instrument"] == {"any_of": ["rhodes", "kalimba"]}


def test_an_unknown_recipe_is_refused_with_a_suggestion(tmp_path):
    with pytest.raises(RecipeError, match=r"^there is no recipe 'duks'; did you mean 'dusk'\?$"):
        Wish("duks").resolve(Seed(1))
    with pytest.raises(InputError, match=r"nowhere\.toml' cannot be read: .*; check the name"):
        Wish(str(tmp_path / "nowhere.toml")).resolve(Seed(1))


@pytest.mark.parametrize("minutes", [0.49, 60.01, 0.0, -1.0, float("nan"), float("inf")])
def test_an_impossible_length_is_refused(minutes):
    with pytest.raises(RecipeError, match=r"a track is 0\.5 to 60 minutes long, got"):
        Wish(minutes=minutes).resolve(Seed(1))


def test_a_new_seed_can_be_said_aloud_and_a_negative_one_is_refused():
    seeds = {checked_seed(None).value for _ in range(20)}
    assert len(seeds) > 15
    assert all(0 <= seed < 1_000_000 for seed in seeds)
    assert checked_seed(0) == Seed(0)
    with pytest.raises(InputError, match="a seed is 0 or more, got -1"):
        checked_seed(-1)


def test_every_part_is_described_with_unit_and_range():
    for group in ("instruments", "effects"):
        for entry in catalogue.parts(group).values():
            assert entry.text
            assert entry.problem == ""
            assert all(p.text for p in entry.params)
    assert {"harmony", "melody", "drums"} <= set(catalogue.parts("models"))
    assert {"networks", "rules"} <= set(catalogue.parts("composers"))
    with pytest.raises(DusktapeError, match="there is no group of parts 'efects'; did you mean 'effects'"):
        catalogue.parts("efects")


def test_a_broken_recipe_of_somebody_else_does_not_hide_the_others(own_recipes):
    own_recipes(odd="mood = ", kitchen='description = "Pots."\n')
    listed = catalogue.recipes()
    assert set(listed) == {*NAMES, "kitchen"}
    assert listed["kitchen"] == "Pots."
    assert presets.recipe_remarks()[0].startswith("recipe odd is left out: ")


def test_all_moods_are_used_by_somebody():
    heard = {Wish(name).resolve(Seed(s)).mood for name in NAMES for s in range(6)}
    assert heard == set(MOODS)


def test_a_parameter_of_another_instrument_is_left_out_where_the_recipe_draws_one() -> None:
    table = presets.override(presets.load("dusk"), ["keys.instrument=pad"])
    recipe = presets.resolve(table, Seed(1), where="dusk")
    assert "decay_s" not in recipe.parts["keys"].params
    assert "detune_cents" in recipe.parts["keys"].params


def test_a_parameter_that_somebody_set_for_another_instrument_is_refused() -> None:
    settings = ["keys.instrument=pad", "keys.decay_s=2"]
    table = presets.override(presets.load("dusk"), settings)
    with pytest.raises(RecipeError, match="decay_s"):
        presets.resolve(table, Seed(1), where="dusk", options=presets.places(table, settings))


def test_a_word_that_looks_like_a_number_can_be_chosen() -> None:
    table = presets.override(presets.load("dusk"), ["drums.character=808"])
    drums = presets.resolve(table, Seed(1), where="dusk").parts["drums"]
    assert build(find("instruments", "kit"), {"character": drums.params["character"]}, where="drums").character == "808"


def test_a_name_in_quotes_stays_text() -> None:
    table = presets.override(presets.load("dusk"), ['keys.instrument="808"'])
    assert table["parts"]["keys"]["instrument"] == "808"
