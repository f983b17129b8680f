"""A model that is loaded once for each worker."""

from __future__ import annotations

from os import PathLike

from recplan.queuemodel import LARGEST_SIZE, arguments

from ..model.fed_model import read_fed_model
from .computer import free_memory, usable_cores
from .request_inputs import RequestInputs
from .session import find_provider, is_on_cores, sessions

_GIB = 2**30


class LoadedModel:
    """A model that is ready to be run.

    Parameters
    ----------
    name : str or path-like
        An ONNX file, or what messages call the model.
    content : bytes, optional
        What the file would hold; if not given, it is read.
    workers : int, optional
        How many workers have a session of it; if not given, one a core, and one on an accelerator.
    max_batch : int
        Items of the largest request.
    provider : str
        Execution provider of ONNX Runtime.
    seed : int
        Of the made-up inputs.

    Attributes
    ----------
    kind : str
        ``"cpu"`` or ``"accelerator"``: what the provider computes on.
    sessions : list of onnxruntime.InferenceSession
        One for each worker.
    inputs : RequestInputs
        What requests are fed.

    Raises
    ------
    FileError
        Where the file is no model whose inputs can be made up.
    ValueError
        Where there are fewer cores than workers, too little memory, or no such provider, or where it does not run the
        model.
    """

    def __init__(
        self,
        name: str | PathLike[str],
        content: bytes | None = None,
        *,
        workers: int | None = None,
        max_batch: int,
        provider: str = "CPU",
        seed: int = 0,
    ) -> None:
        self.name = name
        self.provider = find_provider(provider)
        self.kind = "cpu" if is_on_cores(self.provider) else "accelerator"
        self.workers = _checked_workers(workers, self.kind)
        self.max_batch = arguments.whole("max_batch", max_batch, most=LARGEST_SIZE)
        seed = arguments.whole("seed", seed, least=0)
        model = read_fed_model(name, content)
        needed, free = (self.workers + 1) * model.weight_bytes, free_memory()
        if needed > free:
            raise ValueError(
                f"{name} needs {needed / _GIB:.3g} GiB to be loaded for {self.workers} workers, and {free / _GIB:.3g} "
                "GiB of memory are free; take fewer workers, or cut its tables"
            )
        self.inputs = RequestInputs(model.inputs, self.max_batch, seed)
        self.sessions = sessions(name, content, self.workers, self.provider)


def _checked_workers(workers: int | None, kind: str) -> int:
    cores = usable_cores()
    if workers is None:
        return cores if kind == "cpu" else 1
    if arguments.whole("workers", workers) > cores:
        raise ValueError(f"{arguments.shown('workers', workers)} must be at most {cores}, the cores that are here")
    return workers
