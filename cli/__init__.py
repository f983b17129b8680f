"""The command line: `recplan` and every way of printing what it finds."""


def main() -> None:
    """Run the `recplan` command with the process's arguments and exit with its status."""
    try:
        _run()
    except KeyboardInterrupt:
        # Before anything has begun.
        raise SystemExit(130) from None


def _run() -> None:
    import gc

    from .output.interruption import interruptible
    from .output.streams import hold_streams

    # What a run loads, it keeps: looking for garbage in it takes a tenth of the time until the result.
    gc.disable()
    hold_streams()
    with interruptible():
        from .application import app

        app(prog_name="recplan")
