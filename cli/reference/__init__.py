"""The commands that look something up: the catalogue, terms, the schema, the calibration."""
