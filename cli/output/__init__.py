"""How results and messages are printed."""
