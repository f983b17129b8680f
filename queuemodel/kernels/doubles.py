"""Limits of a double that kernels keep to."""

from __future__ import annotations

import math

#: A difference, relative or between probabilities, that may be but rounding.
ROUNDING = 1e-12
#: Stands for a probability of 0, whose logarithm is not finite; 1 - p is no finer.
LEAST_PROBABILITY = 1e-15
LEAST_LOG = math.log(LEAST_PROBABILITY)
#: What a recursion scales down once it is there, long before it overflows.
LARGE = 1e200
#: Sums of exponentials of this are still finite.
LARGE_LOG = 600.0
