"""The latency target: read, and told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..options.scenario import SlaOptions
from ..output.message import note
from ..output.wording import given
from .plausibility import warn_of_target
from .setting import DEFAULT_SCOPE, Setting

if TYPE_CHECKING:
    from recplan.queuemodel import Sla


DEFAULT_PERCENTILE = 95.0


def read_sla(setting: Setting, options: SlaOptions) -> Sla:
    """Read the latency target from the options, the file, or what was published for the model."""
    from recplan.queuemodel import Sla, arguments

    stated = setting.file.sla if setting.file else None
    if options.sla_ms is not None:
        seconds = arguments.number("--sla-ms", options.sla_ms, above=0) / 1e3
        stated = replace(stated, seconds=seconds) if stated else Sla(DEFAULT_PERCENTILE, seconds, DEFAULT_SCOPE)
    else:
        stated = stated or _published_sla(setting)
    percentile = stated.percentile
    if options.percentile is not None:
        percentile = arguments.percentile("--percentile", options.percentile)
    sla = Sla(percentile, stated.seconds, options.scope or stated.scope)
    warn_of_target(setting.machine, setting.sizes, sla)
    return sla


def stated_sla(setting: Setting) -> Sla | None:
    """Return the target of the scenario file, or the one published for the model; None where there is neither."""
    from recplan.profiles import models

    if setting.file is not None and setting.file.sla is not None:
        return setting.file.sla
    published = (model.sla for model in models() if model.name == setting.model)
    return next((replace(sla, scope=DEFAULT_SCOPE) for sla in published), None)


def _published_sla(setting: Setting) -> Sla:
    from recplan.profiles import models

    for model in models():
        if model.name == setting.model:
            published = f"published for {model.name}: {given(1e3 * model.sla.seconds)} ms ({model.source})"
            note(f"without --sla-ms, the bound is the one {published}")
            return replace(model.sla, scope=DEFAULT_SCOPE)
    raise ValueError("--sla-ms is missing; give the bound of the latency, in milliseconds")


def sla_document(sla: Sla, swept: Collection[str] = ()) -> Mapping[str, Any]:
    """Describe a latency target as the output's ``sla`` does; None stands for what axes of a sweep vary."""
    return {
        "percentile": None if "percentile" in swept else sla.percentile,
        "latency_ms": None if "sla-ms" in swept else 1e3 * sla.seconds,
        "scope": sla.scope,
    }


def describe_sla(sla: Sla) -> str:
    """Write a latency target, with its scope where that is not the commands' default.

    >>> from recplan.queuemodel import Sla
    >>> describe_sla(Sla(95, 0.4, "station")), describe_sla(Sla(95, 0.4, "machine"))
    ('p95 <= 400 ms', 'p95 <= 400 ms of all queries together')
    """
    together = "" if sla.scope == DEFAULT_SCOPE else " of all queries together"
    return f"p{given(sla.percentile)} <= {given(1e3 * sla.seconds)} ms{together}"
