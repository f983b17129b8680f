"""The files that users write and are written."""
