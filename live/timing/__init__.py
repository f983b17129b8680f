"""How long batches take here: which to time, how often, and what profile comes of it."""
