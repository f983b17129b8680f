"""A model under load: queries that arrive, an engine that serves them, and the prediction for the same ones."""
