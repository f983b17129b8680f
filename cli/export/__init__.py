"""Policies written down for where they are used."""
