"""A command whose options are given once, unless they say that they may be repeated."""

from __future__ import annotations

from collections import Counter
from typing import Any

from typer.core import TyperCommand


class GivenOnce(TyperCommand):
    """A command that refuses an option which is given again, of which the parser would forget all but the last."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the command line; `ValueError` names an option that is given more than once."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        # Who asks for help gets it.
        if not any(parameter.is_eager for parameter in order):
            for parameter, times in Counter(order).items():
                if times > 1 and parameter.param_type_name == "option" and not _repeatable(parameter):
                    raise ValueError(f"{max(parameter.opts, key=len)} is given {times} times; give it once")
        return super().parse_args(ctx, args)


def _repeatable(parameter: Any) -> bool:
    return bool(parameter.multiple or parameter.count)
