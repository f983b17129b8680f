"""Numerical methods that know nothing of queues."""
