"""The stations of a machine under a policy, one module a queue, by Kendall's notation."""
