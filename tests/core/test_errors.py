from __future__ import annotations

import pytest

from dusktape.core import errors
from dusktape.core.errors import DusktapeError, suggestion


def test_a_near_miss_is_suggested_and_a_far_one_gets_the_list():
    assert suggestion("rhode", ("rhodes", "pad")) == "; did you mean 'rhodes'?"
    assert suggestion("xyz", ("rhodes", "pad")) == "; there is pad, rhodes"
    assert suggestion("xyz", ()) == ""


@pytest.mark.parametrize("name", ["RecipeError", "PluginError", "OutputError", "WeightsError", "InputError"])
def test_every_mistake_of_a_user_is_one_kind_of_error(name):
    assert issubclass(getattr(errors, name), DusktapeError)
