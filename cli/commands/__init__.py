"""The commands that compute: one a module, and none imports another."""
