"""Sessions of ONNX Runtime: one a worker, of one thread each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike

import onnxruntime

from recplan.queuemodel import arguments

from ..model.onnx_file import first_line

_ENDING = "ExecutionProvider"
#: Providers whose work is done on the cores that recplan counts.
_ON_CORES = ("ACL", "ArmNN", "CPU", "Dnnl", "Xnnpack")
_FATAL = 4


def find_provider(name: str) -> str:
    """Return ONNX Runtime's name of an execution provider, in whatever case and with or without its ending.

    Raises
    ------
    ValueError
        Where this installation has none of that name.
    """
    there: dict[str, str] = {full.removesuffix(_ENDING).lower(): full for full in onnxruntime.get_available_providers()}
    asked = name.lower().removesuffix(_ENDING.lower())
    if asked not in there:
        raise arguments.unknown("provider", asked, sorted(there))
    return there[asked]


def is_on_cores(provider: str) -> bool:
    """Tell whether a provider computes on the cores, and not on an accelerator beside them."""
    return provider.removesuffix(_ENDING) in _ON_CORES


def sessions(
    name: str | PathLike[str], content: bytes | None, count: int, provider: str
) -> list[onnxruntime.InferenceSession]:
    """Load a model so many times.

    Parameters
    ----------
    name : str or path-like
        Its file, or what messages call it.
    content : bytes or None
        What a file of it would hold; None: the file is read.
    count : int
        How many sessions.
    provider : str
        The execution provider.

    Returns
    -------
    list of onnxruntime.InferenceSession
        Sessions of one thread, which does not spin while it waits.

    Raises
    ------
    ValueError
        Where the provider does not run the model.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _FATAL
    with running(name, "load the model"):
        loaded = [
            onnxruntime.InferenceSession(content or str(name), options, providers=[provider]) for _ in range(count)
        ]
    used = loaded[0].get_providers()
    if used[0] != provider:
        # It says so in its log alone, and goes on with another.
        raise ValueError(f"{name}: {provider} does not start here, and ONNX Runtime took {used[0]} instead")
    return loaded


@contextmanager
def running(name: str | PathLike[str], what: str) -> Iterator[None]:
    """Turn whatever ONNX Runtime raises into a `ValueError` of one line."""
    try:
        yield
    except ValueError:
        raise
    except Exception as error:
        raise ValueError(f"{name}: ONNX Runtime cannot {what}: {first_line(error)}") from None


def engine_name(provider: str) -> str:
    """Name the engine with its version, and the provider."""
    return f"onnxruntime {onnxruntime.__version__}, {provider}"
