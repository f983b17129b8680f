"""What is to be planned, out of a scenario file and the options beside it."""
