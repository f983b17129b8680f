"""The command line: `recplan` and every way of printing what it finds."""


def main() -> None:
    """Run the `recplan` command with the process's arguments and exit with its status."""
    import gc

    from .output.interruption import described, interruptible, status_of
    from .output.message import tell
    from .output.streams import hold_streams

    # What a run loads, it keeps: looking for garbage in it takes a tenth of the time until the result.
    gc.disable()
    hold_streams()
    with interruptible():
        try:
            from .application import app

            app(prog_name="recplan")
        except KeyboardInterrupt as interrupt:
            # Before the command began.
            tell("error", described(interrupt))
            raise SystemExit(status_of(interrupt)) from None
