"""Searching for the policy that carries the most."""
