"""Planning with the policies that searches find: fleets, days, power, sweeps, comparisons."""
