"""What was computed, as the fields of results."""
