"""A user's own timings, and the service curves that are fitted to them."""
