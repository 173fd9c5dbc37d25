"""How a model draws for a pack: what it is told, and how many at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dusktape.core.errors import InputError
from dusktape.publish.drawing import Drawing
from dusktape.publish.pack.build import make

from .conftest import Diffusing, Waves


def test_a_model_that_knows_tempi_is_told_that_of_its_loops(run, order):
    Waves.told.clear()
    asked = order(run(Waves), kinds=("loops",), count=1, bpm=84.0, bars=2, drawing=Drawing(temperature=0.9, top_p=0.8))
    facts = make(asked)
    assert Waves.told == [{"temperature": 0.9, "top_p": 0.8}, {"bpm": 84.0}]
    assert facts["source"]["drawn"] == {"temperature": 0.9, "top_p": 0.8}
    with pytest.raises(InputError, match="is told the tempo of its loops; say which: --bpm 80"):
        make(replace(asked, bpm=None, out=asked.out.with_name("B")))


def test_a_model_draws_as_it_is_told_and_no_more_than_are_missing(run, order):
    Diffusing.heard.clear()
    folder = run(Diffusing)
    make(order(folder, count=3, drawing=Drawing(steps=7, sampler="heun", device="cpu")))
    assert Diffusing.heard[0] == ("heun", 7, 3)
    assert sum(count for *_, count in Diffusing.heard) <= 5
    Diffusing.heard.clear()
    make(order(folder, count=11, force=True))
    assert [count for *_, count in Diffusing.heard][:2] == [8, 3]


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"temperature": 0.9}, "thuds has no --temperature; that is for a training of wavenet: leave it out"),
        ({"top_p": 0.9}, "thuds has no --top-p"),
        ({"sampler": "heun"}, "thuds has no --sampler; that is for diffusion: leave it out"),
        ({"device": "cuda"}, "thuds computes on the CPU; leave out --device cuda"),
    ],
)
def test_a_model_is_told_nothing_that_it_does_not_know(run, order, told, said):
    asked = order(run(), drawing=Drawing(**told))
    with pytest.raises(InputError) as error:
        make(asked)
    assert said in str(error.value)
    assert not asked.out.exists()
    with pytest.raises(InputError, match=r"--[a-z-]+ is for models of sounds, and rainy is none; leave it out"):
        make(order("rainy", drawing=Drawing(**told)))


def test_what_a_dilated_net_cannot_be_told_is_refused(run, order):
    folder = run(Waves)
    for told, said in (
        ({"steps": 5}, "no --steps, it draws sample by sample"),
        ({"temperature": 3.0}, "at most 2, got 3"),
    ):
        with pytest.raises(InputError, match=said):
            make(order(folder, drawing=Drawing(**told)))


def test_the_seed_is_said_when_nothing_is_refused_any_more(run, order):
    said: list[str] = []
    for wrong in ({"labels": ("kik",)}, {"kinds": ("loops",)}, {"licence": "CC0-1.0"}):
        with pytest.raises(InputError):
            make(order(run(name=str(wrong)[2:6], licences={"CC-BY-4.0": 1}), **wrong), say=said.append)
    assert said == []
    asked = order(run())
    make(asked, say=said.append)
    assert said[0] == f"pack of {asked.source}, seed 3"
