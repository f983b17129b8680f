"""Hardware, and how long operators take on it."""
