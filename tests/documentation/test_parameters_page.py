import doctest
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo

from tumourflow.options import Parameters


@pytest.fixture
def page(generator):
    return generator("parameters_page")


def parameters() -> dict[str, FieldInfo]:
    found = {}
    for name, field in Parameters.model_fields.items():
        model = field.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            found |= {f"{name}.{inner}": inner_field for inner, inner_field in model.model_fields.items()}
        else:
            found[name] = field
    return found


def test_every_parameter_stands_there_once_with_a_meaning(page):
    sections = page.write_parameters_page().split("\n### ")[1:]
    told = {section.split("`")[1]: section.split("\n\n")[1] for section in sections}
    assert list(told) == list(dict.fromkeys(told))
    assert set(told) == set(parameters())
    assert len(sections) == len(told)
    assert all(len(meaning) > 10 for meaning in told.values())


def test_every_bound_stands_there(page):
    sections = {section.split("`")[1]: section for section in page.write_parameters_page().split("\n### ")[1:]}
    for name, field in parameters().items():
        for rule in field.metadata:
            for bound in ("ge", "gt", "le", "lt", "multiple_of"):
                if hasattr(rule, bound):
                    assert str(getattr(rule, bound)) in sections[name].split("\n\n")[2], name


def test_examples_of_the_generator(page):
    assert doctest.testmod(page, extraglobs={"Literal": Literal}).failed == 0


@pytest.mark.parametrize(
    ("field", "bounds"),
    [
        (FieldInfo.from_annotation(Annotated[int, Field(ge=1, le=4)]), "1 to 4"),
        (FieldInfo.from_annotation(Annotated[float, Field(gt=0, lt=0.5)]), "above 0, below 0.5"),
        (FieldInfo.from_annotation(Annotated[int, Field(ge=16, le=64, multiple_of=16)]), "16 to 64, a multiple of 16"),
        (FieldInfo.from_annotation(str), ""),
    ],
)
def test_bounds_in_words(page, field, bounds):
    assert page.name_bounds(field) == bounds


@pytest.mark.parametrize(
    ("default", "words"),
    [
        (None, "default `null`"),
        (False, "default `false`"),
        (0, "default `0`"),
        (1, "default `1`"),
        (0.002, "default `0.002`"),
        ("", "default empty"),
        ((), "default empty"),
        ({}, "default empty"),
        ("unet", "default `unet`"),
    ],
)
def test_defaults_as_a_file_holds_them(page, default, words):
    assert page.name_default(FieldInfo(default=default)) == words
