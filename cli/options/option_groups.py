"""Options that several commands share, declared once as the fields of a dataclass."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_type_hints


def expanded(command: Callable[..., None]) -> Callable[..., None]:
    """Replace each parameter that is a dataclass by the dataclass's fields.

    Typer reads a command's options from its signature. The returned function has one keyword parameter per
    field, with the field's annotation and default, and hands `command` the dataclasses made from them.

    Parameters
    ----------
    command : callable
        A function with annotated parameters.

    Returns
    -------
    callable
        The function for Typer.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Shape:
    ...     width: int
    ...     height: int = 2
    >>> def area(shape: Shape, unit: str) -> None:
    ...     print(shape.width * shape.height, unit)
    >>> expanded(area)(width=3, height=4, unit="m2")
    12 m2
    >>> list(inspect.signature(expanded(area)).parameters)
    ['width', 'height', 'unit']
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, type[Any]] = {}
    options: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        hint = hints[parameter.name]
        if is_dataclass(hint) and isinstance(hint, type):
            groups[parameter.name] = hint
            options.extend(_options_of(hint))
        else:
            options.append(_option(parameter.name, hint, parameter.default))

    def call(**values: Any) -> None:
        made = {
            name: group(**{field.name: values.pop(field.name) for field in fields(group)})
            for name, group in groups.items()
        }
        command(**made, **values)

    call.__doc__ = command.__doc__
    call.__annotations__ = {option.name: option.annotation for option in options}
    call.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
    return call


def _options_of(group: type[Any]) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [_option(field.name, hints[field.name], field.default) for field in fields(group)]


def _option(name: str, annotation: object, default: object) -> inspect.Parameter:
    # Keyword parameters may come in any order, with or without a default.
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if default is MISSING else default,
        annotation=annotation,
    )
