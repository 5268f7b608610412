"""The page of all parameters, made from the option models: what is not there cannot be set."""

from __future__ import annotations

import inspect
import re
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from tumourflow.options import Parameters

HEAD = """# Every parameter

A parameter is set in `conf/<cohort>/parameters.yml`, in a [recipe](training.md#recipes), or on the command line, where each of these stands
above the one before it:

    kedro run --pipeline=segmentation --env=lgg --params=training.width=24,preparation.filters=median+clahe

`--params` is split at commas, so that lists are joined by `+` there. A name that is not on this page, or a value beyond its bounds, stops
the run before it begins.
"""
_WORDS = {
    int: "whole number",
    float: "number",
    str: "text",
    bool: "true or false",
    NoneType: "null",
}
_ATTRIBUTE = re.compile(r"^    (?P<name>\w+): (?P<meaning>.*(?:\n {8,}.*)*)", re.MULTILINE)


def write_parameters_page() -> str:
    """Write the page.

    Returns:
        Markdown: a section for the parameters without a group and one for each group, and in it for each parameter its name, type,
        bounds, default and meaning.
    """
    groups = {name: model for name, field in Parameters.model_fields.items() if (model := group_of(field))}
    alone = [name for name in Parameters.model_fields if name not in groups]
    parts = [HEAD, "## Of the run as a whole { #run }\n", *_describe_all(Parameters, alone, "")]
    for name, model in groups.items():
        summary = inspect.cleandoc(model.__doc__ or "").split("\n\nAttributes:")[0]
        parts += [f"## {name} {{ #{name} }}\n", f"{summary}\n", *_describe_all(model, list(model.model_fields), f"{name}.")]
    return "\n".join(parts)


def group_of(field: FieldInfo) -> type[BaseModel] | None:
    """Tell the option model of a field that holds a group of parameters, none of one that is a parameter itself."""
    annotation = field.annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def read_meanings(model: type[BaseModel]) -> dict[str, str]:
    """Read the section `Attributes` of a docstring.

    Example:
        >>> read_meanings(Parameters)["seed"]
        'Seed of everything random.'
    """
    text = inspect.cleandoc(model.__doc__ or "").partition("Attributes:\n")[2]
    return {found["name"]: " ".join(found["meaning"].split()) for found in _ATTRIBUTE.finditer(text)}


def name_type(annotation: Any) -> str:
    """Put a type into words.

    Example:
        >>> name_type(int | None), name_type(Literal["a", "b"]), name_type(tuple[str, ...]), name_type(bool)
        ('whole number or null', '`a` or `b`', 'list of text', 'true or false')
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return _join([f"`{value}`" for value in arguments])
    if origin in (Union, UnionType):
        return _join([part for argument in arguments for part in [name_type(argument)]])
    if origin is tuple:
        return f"list of {name_type(arguments[0])}"
    if origin is dict:
        return f"{name_type(arguments[1])} by name"
    return _WORDS.get(annotation, getattr(annotation, "__name__", str(annotation)))


def name_bounds(field: FieldInfo) -> str:
    """Put the bounds of a parameter into words, empty where it has none.

    Example:
        >>> name_bounds(Parameters.model_fields["seed"]), name_bounds(Parameters.model_fields["folds"])
        ('0 or more, below 4294967296', '2 to 100')
    """
    found = {
        name: getattr(rule, name) for rule in field.metadata for name in ("ge", "gt", "le", "lt", "multiple_of") if hasattr(rule, name)
    }
    words = []
    if "ge" in found and "le" in found:
        words.append(f"{found['ge']} to {found['le']}")
    else:
        words += [text.format(found[name]) for name, text in (("ge", "{} or more"), ("gt", "above {}")) if name in found]
        words += [text.format(found[name]) for name, text in (("le", "at most {}"), ("lt", "below {}")) if name in found]
    if "multiple_of" in found:
        words.append(f"a multiple of {found['multiple_of']}")
    return ", ".join(words)


def name_default(field: FieldInfo) -> str:
    """Write a default as it stands in a file, `required` where there is none.

    Example:
        >>> name_default(Parameters.model_fields["raw_root"]), name_default(Parameters.model_fields["folds"])
        ('required', 'default `null`')
    """
    value = field.default
    if value is PydanticUndefined:
        return "required"
    if value in ("", (), {}):
        return "default empty"
    if value is None or isinstance(value, bool):
        return f"default `{'null' if value is None else str(value).lower()}`"
    return f"default `{value:g}`" if isinstance(value, float) else f"default `{value}`"


def _describe_all(model: type[BaseModel], names: list[str], prefix: str) -> list[str]:
    meanings = read_meanings(model)
    return [_describe(f"{prefix}{name}", model.model_fields[name], meanings[name]) for name in names]


def _describe(name: str, field: FieldInfo, meaning: str) -> str:
    facts = " · ".join(filter(None, [name_type(field.annotation), name_bounds(field), name_default(field)]))
    return f"### `{name}` {{ #{name} }}\n\n{meaning}\n\n{facts}\n{{ .facts }}\n"


def _join(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
