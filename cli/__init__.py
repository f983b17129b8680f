"""The command line: `recplan` and every way of printing what it finds."""


def main() -> None:
    """Run the `recplan` command with the process's arguments and exit with its status."""
    import gc

    # What a run loads, it keeps: looking for garbage in it takes a tenth of the time until the result.
    gc.disable()

    from .application import app

    app(prog_name="recplan")
